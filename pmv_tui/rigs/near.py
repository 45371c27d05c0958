"""Whether a word that names no listed rig is a slip of the pen, or a host of its own."""

import subprocess
from collections.abc import Collection
from difflib import get_close_matches

OF_SSH = 3.0
"""Seconds in which `ssh` tells what its config says of a host."""


def meant_instead(word: str, known: Collection[str]) -> str:
    """Return the name that is likely to be meant by a word; empty where a host is.

    Nothing is looked up unless the word is like a name that is known.
    """
    near = get_close_matches(word, known, n=1)
    if not near or "@" in word or "." in word:
        return ""
    return "" if _has_entry(word) or _has_address(word) else near[0]


def _has_entry(host: str) -> bool:
    """Whether the user's config of `ssh` says where a host is."""
    try:
        done = subprocess.run(
            ["ssh", "-G", "--", host],  # noqa: S607 - the user's own, as for a connection
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=OF_SSH,
            check=False,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    said = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    elsewhere = said.get("hostname", host).lower() != host.lower()
    return elsewhere or "proxyjump" in said or "proxycommand" in said


def _has_address(host: str) -> bool:
    # It takes its time, and nearly no word gets here: a terminal would show its rigs later.
    from pmv_tui.network import LIMIT, NameTrouble, look_up  # noqa: PLC0415

    try:
        return bool(look_up(host).result(LIMIT))
    except (NameTrouble, TimeoutError):
        return False

"""Runs a module of this package in a process of its own, for a limited time."""

import subprocess
import sys
from collections.abc import Mapping, Sequence


class Silent(Exception):  # noqa: N818 - what happened, as it reads
    """A process did not end in its time, and was killed."""


def run_child(
    arguments: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run `python -m` with arguments.

    Returns
    -------
    Its exit code, or a signal's number below zero; and what it wrote to stdout.

    Raises
    ------
    Silent : it took longer.
    OSError : it cannot be started.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Silent(f"no answer within {seconds:g} s") from None
    return done.returncode, done.stdout

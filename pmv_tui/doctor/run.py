"""Collects what the checks look at, and runs them all at once, each within a limit."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pmv_tui.cameras.search import searches
from pmv_tui.config.locate import ConfigError, locate_config
from pmv_tui.config.schema import RigConfig
from pmv_tui.control.client import snapshot_of
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.doctor import Examined, Finding, links, machine
from pmv_tui.doctor import rig as of_rig
from pmv_tui.threads import in_background
from pmv_tui.wire.status import why_not_understood

SEARCH_SECONDS = 4

ANSWER_SECONDS = 1.0


def gather(config_option: Path | None, load: Callable[[Path], RigConfig]) -> Examined:
    """Look at the rig of a config file, which may be broken or not there.

    Parameters
    ----------
    config_option : what --config was given, if anything.
    load : reads a config file, or raises a ConfigError that says what is wrong with it.

    Raises
    ------
    RigError : this user has no folder for an engine.
    """
    search = in_background(lambda: searches.search(SEARCH_SECONDS))
    config, problems, location = RigConfig(), "", None
    try:
        location = locate_config(config_option)
        path = location.path
        config = load(path)
    except ConfigError as error:
        path, problems = error.path, location.explained(error) if location else str(error)
    rig = Rig.of(path)
    runs = False
    with suppress(RigError):  # The check of the storage says whose folder that is.
        runs = rig.engine_runs()
    snapshot = snapshot_of(rig.endpoint, ANSWER_SECONDS) if runs else None
    foreign = why_not_understood(snapshot) if snapshot else ""
    return Examined(
        rig,
        config,
        problems.splitlines(),
        search,
        snapshot=None if foreign else snapshot,
        foreign=foreign,
        engine_pid=rig.engine_pid() if runs else None,
        terminal=os.get_terminal_size() if sys.stdout.isatty() else None,
    )


Check = tuple[str, Callable[[Examined], Iterable[Finding]]]
"""The name by which a check is reported, and what looks."""

CHECKS: Sequence[Check] = (
    ("config", of_rig.check_config_file),
    ("engine", of_rig.check_engine),
    ("cameras", of_rig.check_cameras),
    ("ports", of_rig.check_ports),
    ("bandwidth", links.check_bandwidth),
    ("usb", links.check_usb),
    ("network", links.check_network),
    ("limits", machine.check_open_files),
    ("limits", machine.check_processors),
    ("limits", machine.check_memory),
    ("clock", machine.check_clock),
    ("storage", machine.check_storage),
    ("session", machine.check_session),
    ("display", machine.check_display),
    ("terminal", machine.check_terminal),
    ("libraries", machine.check_libraries),
)
"""In the order in which they are reported."""

LIMIT = 4.6
"""Seconds after which a check counts as having given no answer; their own limits are below it."""


def examine(
    examined: Examined, checks: Sequence[Check] = CHECKS, limit: float = LIMIT
) -> list[Finding]:
    """Run the checks; what they found is given in their order.

    Parameters
    ----------
    limit : seconds for all of them together.
    """

    def start(look: Callable[[Examined], Iterable[Finding]]) -> "Future[list[Finding]]":
        return in_background(lambda: list(look(examined)))

    # A check that hangs in the kernel cannot be ended: it is left behind.
    answers = [(name, start(look)) for name, look in checks]
    wait([answer for _, answer in answers], limit)
    return [
        replace(finding, check=name)
        for name, answer in answers
        for finding in _found(answer, limit)
    ]


def _found(answer: "Future[list[Finding]]", limit: float) -> list[Finding]:
    """Return what a check found, or that it failed or hangs: the others count whatever it does."""
    if not answer.done():
        text = f"no answer within {limit:g} s"
        return [Finding("warning", text, "run pmv-tui doctor once more")]
    if trouble := answer.exception():
        text = f"this check failed: {type(trouble).__name__}: {trouble}"
        return [Finding("warning", text, "report it, with the output of pmv-tui doctor --json")]
    return answer.result()

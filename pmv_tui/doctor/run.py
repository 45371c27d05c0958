"""Collects what the checks look at, and runs them all at once, each within a limit."""

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from functools import partial
from pathlib import Path

from pmv_tui.config.locate import ConfigError, locate_config
from pmv_tui.config.schema import RigConfig
from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.doctor import display
from pmv_tui.doctor.examined import Check, Examined, Finding, search_cameras
from pmv_tui.doctor.links import check_bandwidth, check_network, check_usb
from pmv_tui.doctor.machine import (
    check_clock,
    check_libraries,
    check_limits,
    check_session,
    check_storage,
    check_terminal,
)
from pmv_tui.doctor.rig import check_cameras, check_config_file, check_engine, check_ports
from pmv_tui.threads import in_background
from pmv_tui.wire.status import Snapshot, why_not_understood

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
    search = in_background(partial(search_cameras, SEARCH_SECONDS))
    config = RigConfig()
    problems: tuple[str, ...] = ()
    try:
        location = locate_config(config_option)
        path = location.path
    except ConfigError as error:
        path, problems = error.path, tuple(str(error).splitlines())
    else:
        try:
            config = load(path)
        except ConfigError as error:
            problems = tuple(location.explained(error).splitlines())
    rig = Rig.of(path)
    runs = _engine_runs(rig)
    snapshot = _snapshot(rig) if runs else None
    foreign = why_not_understood(snapshot) if snapshot else ""
    return Examined(
        rig,
        config,
        problems,
        search,
        snapshot=None if foreign else snapshot,
        foreign=foreign,
        engine_pid=rig.engine_pid() if runs else None,
        terminal=os.get_terminal_size() if sys.stdout.isatty() else None,
    )


def _engine_runs(rig: Rig) -> bool:
    try:
        return rig.engine_runs()
    except RigError:
        return False  # The check of the storage says whose folder that is.


def _snapshot(rig: Rig) -> Snapshot | None:
    with ControlClient(rig.endpoint) as client:
        try:
            return client.request("snapshot", timeout=ANSWER_SECONDS).get("snapshot")
        except EngineGone:
            return None


CHECKS: Mapping[str, Check] = {
    "config": check_config_file,
    "engine": check_engine,
    "cameras": check_cameras,
    "ports": check_ports,
    "bandwidth": check_bandwidth,
    "usb": check_usb,
    "network": check_network,
    "limits": check_limits,
    "clock": check_clock,
    "storage": check_storage,
    "session": check_session,
    "display": display.look,
    "terminal": check_terminal,
    "libraries": check_libraries,
}
"""In the order in which they are reported."""

LIMIT = 4.6
"""Seconds after which a check counts as having given no answer; their own limits are below it."""


def examine(
    examined: Examined, checks: Mapping[str, Check] = CHECKS, limit: float = LIMIT
) -> list[Finding]:
    """Run the checks; what they found is given in their order.

    Parameters
    ----------
    limit : seconds for all of them together.
    """
    # A check that hangs in the kernel cannot be ended: it is left behind.
    answers = {
        name: in_background(partial(_run, check, examined)) for name, check in checks.items()
    }
    wait(answers.values(), limit)
    silent = [Finding("warning", f"no answer within {limit:g} s", "run pmv-tui doctor once more")]
    return [
        dataclasses.replace(finding, check=name)
        for name, answer in answers.items()
        for finding in (answer.result() if answer.done() else silent)
    ]


def _run(check: Check, examined: Examined) -> list[Finding]:
    try:
        return list(check(examined))
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the other checks count
        text = f"this check failed: {type(trouble).__name__}: {trouble}"
        return [Finding("warning", text, "report it, with the output of pmv-tui doctor --json")]

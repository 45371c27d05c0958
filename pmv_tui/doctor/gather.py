"""Collects what the checks look at: the config file, the engine's answer, a search under way."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from pmv_tui.config.locate import locate_config
from pmv_tui.config.problems import ConfigError
from pmv_tui.config.schema import RigConfig
from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.control.messages import Snapshot, why_not_understood
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.found import start_search

SEARCH_SECONDS = 4

ANSWER_SECONDS = 1.0


def gather(config_option: Path | None, load: Callable[[Path], RigConfig]) -> Examined:
    """Look at the rig of a config file, which may be broken or not there.

    Parameters
    ----------
    config_option : what --config was given, if anything.
    load : reads a config file, or raises a ConfigError that tells what is wrong with it.

    Raises
    ------
    RigError : this user has no folder for an engine.
    """
    search = start_search(SEARCH_SECONDS)
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
    snapshot = _snapshot(rig)
    foreign = why_not_understood(snapshot) if snapshot else ""
    return Examined(
        rig,
        config,
        problems,
        search,
        snapshot=None if foreign else snapshot,
        foreign=foreign,
        engine_pid=rig.engine_pid() if _engine_runs(rig) else None,
        terminal=os.get_terminal_size() if sys.stdout.isatty() else None,
    )


def _engine_runs(rig: Rig) -> bool:
    try:
        return rig.engine_runs()
    except RigError:
        return False  # Whose folder that is, the check of the storage tells.


def _snapshot(rig: Rig) -> Snapshot | None:
    if not _engine_runs(rig):
        return None
    with ControlClient(rig.endpoint) as client:
        try:
            return client.request("snapshot", timeout=ANSWER_SECONDS).get("snapshot")
        except EngineGone:
            return None

"""What commands need of the rig: its config file, its engine's answer and environment."""

import argparse
import os
from typing import TYPE_CHECKING, Any, TypeVar

from pmv_tui.cli.grammar import WRONG, CommandFailed, said_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmv_tui.config.load import Check, LoadedConfig
    from pmv_tui.config.locate import Location
    from pmv_tui.control.rig import Rig
    from pmv_tui.wire.status import CameraStatus, Reply, Snapshot


DISK_TIMEOUT = 5.0
"""Seconds that a disk is given; that of a server which is gone may never answer."""

Value = TypeVar("Value")


def from_disk(call: "Callable[[], Value]", what: object, limit: float = DISK_TIMEOUT) -> "Value":
    """Do what needs a disk, in limited time; whatever it raises is raised here.

    Parameters
    ----------
    what : the file or folder that is looked at, for people.
    limit : seconds.
    """
    from pmv_tui.threads import in_background

    try:
        return in_background(call).result(limit)
    except TimeoutError:
        raise CommandFailed(
            f"{what}: its disk did not answer within {limit:g} s; see that it is mounted "
            "and its server runs"
        ) from None


def locate(options: argparse.Namespace) -> "Location":
    """Find the config file."""
    from pmv_tui.config.locate import OPTION, ConfigError, locate_config

    option = getattr(options, "config", None)
    named_by = OF_RIGS.get(for_rig(), OPTION)
    with said_of(ConfigError, code=WRONG):
        return from_disk(lambda: locate_config(option, named_by), option or "the config file")


OF_RIGS = {"list": "rigs.toml or HOST:CONFIG", "key": "authorized_keys"}
"""What names the config file, by how another `pmv-tui` has this one run."""


def for_rig() -> str:
    """Return how another `pmv-tui` has this one run, with --rig; empty where a person does."""
    from pmv_tui.rigs.remote import FOR_RIG

    return os.environ.get(FOR_RIG, "")


def rig_of(options: argparse.Namespace) -> "Rig":
    """Name the rig that a command is for."""
    from pmv_tui.control.rig import Rig, RigError

    path = locate(options).path
    with said_of(RigError):
        return from_disk(lambda: Rig.of(path), path)


def load(options: argparse.Namespace, *further: "Check") -> "LoadedConfig":
    """Read the config file; every error in it is reported at once, those of further checks too."""
    from pmv_tui.config.load import load_config
    from pmv_tui.config.locate import ConfigError

    location = locate(options)
    try:
        return from_disk(lambda: load_config(location.path, *further), location.path)
    except ConfigError as error:
        raise CommandFailed(location.explained(error), WRONG) from None


def request(options: argparse.Namespace, command: str, **arguments: Any) -> "Reply":
    """Ask the running engine; whatever keeps it from answering is said in words."""
    from pmv_tui.control.client import ControlClient, EngineGone, Unsendable, operator_here
    from pmv_tui.control.rig import RigError, why_silent
    from pmv_tui.wire.status import NO_COMMAND, TO_REPLACE_IT, why_not_understood

    rig = rig_of(options)
    with said_of(RigError):
        if not rig.engine_runs():
            raise CommandFailed(_no_engine(options, rig))
    with ControlClient(rig.endpoint) as client, said_of(Unsendable, code=WRONG):
        try:
            if command != "snapshot":  # A snapshot that is signed attaches, as for TUIs of before.
                arguments["operator"] = operator_here(f"pmv-tui {command}")
            reply = client.request(command, **arguments)
        except EngineGone as error:
            raise CommandFailed(
                f"{error}; {why_silent(rig.engine_pid())}; its log: {rig.log_path}"
            ) from None
    if reply.get("error", "").startswith(NO_COMMAND):
        # An engine outlives the installation that it was started from.
        raise CommandFailed(f"the engine is of a version without {command!r}: {TO_REPLACE_IT}")
    if "error" in reply:
        raise CommandFailed(reply["error"])
    if "snapshot" in reply and (foreign := why_not_understood(reply["snapshot"])):
        raise CommandFailed(f"the engine {foreign}: {TO_REPLACE_IT}")
    return reply


def _no_engine(options: argparse.Namespace, rig: "Rig") -> str:
    """Say that no engine runs, and what may be meant: a path that is no file, or another rig."""
    from contextlib import suppress

    from pmv_tui.config.locate import why_no_file
    from pmv_tui.control.client import engine_pids

    path = locate(options).path
    with suppress(FileNotFoundError):  # An engine can do without.
        if why := from_disk(lambda: why_no_file(path), path):
            return f"no engine runs for {path}, which {why}"
    ours = "pmv-tui --rig RIG" if for_rig() else "pmv-tui"
    start = f"{ours} where --start" if for_rig() else "pmv-tui or pmv-tui serve"
    text = f"no engine runs for {rig.config_path}; {start} starts one"
    others = len(engine_pids())
    if others == 0:
        return text
    run = "another engine of yours runs" if others == 1 else f"{others} other engines of yours run"
    return (
        f"{text}; {run} {'there' if for_rig() else 'here'}: {ours} engines shows for which config"
    )


def unique_id_of(camera: str, snapshot: "Snapshot") -> str:
    """Return the unique_id of the camera that a name, or a unique_id, means."""
    names = {each["unique_id"]: each["name"] for each in snapshot["cameras"]}
    if camera in names:
        return camera
    found = [unique_id for unique_id, name in names.items() if name == camera]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(f"{len(found)} cameras are called {camera!r}: use a unique_id")
    known = ", ".join(names.values()) or "none"
    raise CommandFailed(f"there is no camera {camera!r}; there are: {known}")


def named_cameras(names: "Sequence[str]", snapshot: "Snapshot") -> "list[CameraStatus]":
    """Return the cameras that names or unique_ids mean, in the rig's order; `all`, or none: each.

    Raises
    ------
    CommandFailed : there is no such camera, or several have that name.
    """
    from pmv_tui.config.schema import EVERY_CAMERA

    cameras = snapshot["cameras"]
    if not names or EVERY_CAMERA in names:
        return cameras
    named = {unique_id_of(name, snapshot) for name in names}
    return [each for each in cameras if each["unique_id"] in named]


DECIDING = ("PYLON_CAMEMU", "GENICAM_GENTL64_PATH")
"""Read by SDKs, in each process for itself."""


def differences(rig: "Rig") -> list[str]:
    """Return which of the variables this process and the rig's engine do not have alike."""
    import psutil

    from pmv_tui.control.rig import RigError

    try:
        pid = rig.engine_pid() if rig.engine_runs() else None
        theirs = psutil.Process(pid).environ() if pid else os.environ
    except (OSError, RigError, psutil.Error):
        return []  # whose it is, and what to do about that, other commands say
    return [
        f"{name} is {here or 'not set'} here and {there or 'not set'} in the engine (pid {pid}), "
        "which may find other cameras; to change that: pmv-tui stop, then start it where that is "
        "right"
        for name in DECIDING
        if (here := os.environ.get(name, "")) != (there := theirs.get(name, ""))
    ]

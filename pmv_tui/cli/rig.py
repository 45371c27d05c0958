"""What commands need of the rig: its config file, its engine's answer."""

import argparse
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.outcome import WRONG, CommandFailed

if TYPE_CHECKING:
    from pmv_tui.config.load import Check, LoadedConfig
    from pmv_tui.config.locate import Location
    from pmv_tui.control.messages import Reply
    from pmv_tui.control.rig import Rig


def locate(options: argparse.Namespace) -> "Location":
    """Find the config file."""
    from pmv_tui.config.locate import locate_config
    from pmv_tui.config.problems import ConfigError

    try:
        return locate_config(getattr(options, "config", None))
    except ConfigError as error:
        raise CommandFailed(str(error), WRONG) from None


def rig_of(options: argparse.Namespace) -> "Rig":
    """Name the rig that a command is for."""
    from pmv_tui.control.rig import Rig, RigError

    try:
        return Rig.of(locate(options).path)
    except RigError as error:
        raise CommandFailed(str(error)) from None


def load(options: argparse.Namespace, *further: "Check") -> "LoadedConfig":
    """Read the config file; every error in it is told at once, those of further checks too."""
    from pmv_tui.config.load import load_config
    from pmv_tui.config.problems import ConfigError

    location = locate(options)
    try:
        return load_config(location.path, *further)
    except ConfigError as error:
        raise CommandFailed(location.explained(error), WRONG) from None


def request(options: argparse.Namespace, command: str, **arguments: Any) -> "Reply":
    """Ask the running engine; whatever keeps it from answering is said in words."""
    from pmv_tui.control.client import ControlClient, EngineGone, Unsendable
    from pmv_tui.control.messages import TO_REPLACE_IT, why_not_understood
    from pmv_tui.control.rig import RigError

    rig = rig_of(options)
    try:
        runs = rig.engine_runs()
    except RigError as error:
        raise CommandFailed(str(error)) from None
    if not runs:
        raise CommandFailed(
            f"no engine runs for {rig.config_path}; pmv-tui or pmv-tui serve starts one"
        )
    with ControlClient(rig.endpoint) as client:
        try:
            reply = client.request(command, **arguments)
        except EngineGone as error:
            by_force = f"kill -9 {rig.engine_pid()} ends it by force"
            raise CommandFailed(f"{error}; its log: {rig.log_path}; {by_force}") from None
        except Unsendable as error:
            raise CommandFailed(str(error), WRONG) from None
    if "error" in reply:
        raise CommandFailed(reply["error"])
    if "snapshot" in reply and (foreign := why_not_understood(reply["snapshot"])):
        raise CommandFailed(f"the engine {foreign}: {TO_REPLACE_IT}")
    return reply

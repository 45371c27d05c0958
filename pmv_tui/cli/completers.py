"""What a shell is offered for an argument: cameras' names, settings, files."""

import argparse
import tomllib
from collections.abc import Iterable
from typing import Any

from argcomplete.completers import BaseCompleter, FilesCompleter

from pmv_tui.cli.grammar import CommandFailed
from pmv_tui.cli.rig import locate

PATIENCE = 0.5
"""Seconds that an engine may take to name its cameras: somebody has pressed tab, and waits."""

NOT_SET = {"unique_id", "pub_address", "pull_address"}
"""Keys of a camera's config that `set` refuses."""


UNUSABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What a config file may lead to that nobody has checked."""


class Offers(BaseCompleter):
    """Offers what fits an argument that has no choices of its own."""

    def __call__(
        self,
        *,
        prefix: str,
        action: argparse.Action,
        parser: argparse.ArgumentParser,
        parsed_args: argparse.Namespace,
    ) -> Iterable[str]:
        """Return every completion; argcomplete leaves out what does not begin with `prefix`."""
        match action.dest:
            case "config" | "key" | "server_key":
                files: Any = FilesCompleter()
                return list(
                    files(prefix=prefix, action=action, parser=parser, parsed_args=parsed_args)
                )
            case "camera" | "plug" | "plug_paused":
                return _camera_names(parsed_args)
            case "cameras":
                return [*_camera_names(parsed_args), "all"]
            case "words":
                return [*_camera_names(parsed_args), "all", *_setting_keys()]
        return []


def _camera_names(options: argparse.Namespace) -> list[str]:
    """Name the rig's cameras: as its engine does, or else its config file. None is no error."""
    from pmv_tui.control.client import snapshot_of
    from pmv_tui.control.rig import Rig, RigError

    try:
        path = locate(options).path
        rig = Rig.of(path)
        if rig.engine_runs():
            snapshot = snapshot_of(rig.endpoint, PATIENCE)
            return [camera["name"] for camera in snapshot["cameras"]] if snapshot else []
        cameras = tomllib.loads(path.read_text()).get("cameras", [])
        return [camera.get("name") or camera["unique_id"].rpartition("-")[0] for camera in cameras]
    except (CommandFailed, RigError, *UNUSABLE):
        # A config with mistakes, or none: whoever presses tab can be shown nothing.
        return []


def _setting_keys() -> list[str]:
    from pmv_tui.config.schema import CameraConfig

    return [f"{key}=" for key in CameraConfig.model_fields if key not in NOT_SET]

"""`pmv-tui completion`: the script by which a shell completes, and what it is offered then."""

import argparse
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.grammar import DONE, CommandFailed, Grammar, put, rigs_of
from pmv_tui.cli.rig import locate

if TYPE_CHECKING:
    from pmv_tui.rigs.listed import ListedRig

SHELLS = ("bash", "zsh", "fish")

PATIENCE = 0.5
"""Seconds that an engine may take to name its cameras: somebody has pressed tab, and waits."""

NOT_SET = {"unique_id", "pub_address", "pull_address"}
"""Keys of a camera's config that `set` refuses."""

UNUSABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What a config file may lead to that nobody has checked."""


def add_commands(grammar: Grammar) -> None:
    """Add `completion`."""
    completion = grammar.command(
        "completion",
        _completion,
        "print the script that completes commands and camera names",
        listing=False,
        only_here="completion is of this machine's shell: leave --rig out",
    )
    completion.add_argument("shell", choices=SHELLS)


def _completion(options: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    put(shellcode(["pmv-tui"], shell=options.shell) + "\n")
    return DONE


def answer_shell(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks through the script, and end the process."""
    from argcomplete import autocomplete
    from argcomplete.completers import FilesCompleter

    class Offers(FilesCompleter):
        """Offers what fits an argument that has no choices of its own."""

        def __call__(self, prefix: str, **asked: Any) -> list[str]:
            argument = asked["action"].dest
            if argument in ("config", "key", "server_key"):
                return super().__call__(prefix)
            if argument == "names_file":
                return [*_words("cameras", asked["parsed_args"]), *super().__call__(prefix)]
            return _words(argument, asked["parsed_args"])

    autocomplete(parser, always_complete_options=False, default_completer=Offers())


def _words(argument: str, options: argparse.Namespace) -> list[str]:
    """Return what may stand for an argument; argcomplete leaves out what does not begin so."""
    match argument:
        case "camera" | "plug" | "plug_paused":
            return _camera_names(options)
        case "cameras":
            return [*_camera_names(options), "all"]
        case "words":
            from pmv_tui.config.schema import CameraConfig

            keys = [f"{key}=" for key in CameraConfig.model_fields if key not in NOT_SET]
            return [*_camera_names(options), "all", *keys]
        case "rigs" | "rigs_before" | "rigs_named":
            rigs = _listed_rigs()
            groups = dict.fromkeys(rig.group for rig in rigs if rig.group)
            return [*(rig.name for rig in rigs), *groups, "all", "local"]
        case "listed_rig" | "rig":
            return [rig.name for rig in _listed_rigs()]
    return []


def _listed_rigs() -> "list[ListedRig]":
    """Return the rigs of the user's list; of one with mistakes none."""
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.rigs.listed import load_rigs

    try:
        return load_rigs()
    except ConfigError:
        return []


def _camera_names(options: argparse.Namespace) -> list[str]:
    """Name the rig's cameras: as its engine does, or else its config file. None is no error."""
    import tomllib

    from pmv_tui.control.client import snapshot_of
    from pmv_tui.control.rig import Rig, RigError

    if rigs_of(options):
        return []  # Whoever presses tab does not wait for other machines.
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

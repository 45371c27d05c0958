"""The commands that start something: the TUI, the engine."""

import argparse
import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pmv_tui.cli.grammar import DONE, WRONG, CommandFailed, Grammar, said_of
from pmv_tui.cli.rig import load, locate, rig_of

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig

TUI_NICENESS = 10


def add_commands(grammar: Grammar) -> None:
    """Add `serve`."""
    serve = grammar.command(
        "serve",
        _serve,
        "run the engine in the foreground, without a TUI",
        listing=False,
        only_here="serve runs on its own machine, in the foreground: ssh -t HOST pmv-tui serve",
    )
    serve.add_argument(
        "--plug", metavar="NAME", action="append", default=[], help="plug a camera at once"
    )
    serve.add_argument(
        "--plug-paused",
        metavar="NAME",
        action="append",
        default=[],
        help="plug a camera at once, but paused",
    )
    serve.add_argument(
        "--linger",
        action="store_true",
        help="end when nobody uses it any more, after [engine] linger seconds",
    )
    serve.add_argument("--plug-all", action="store_true", help="plug every camera at once")


def attach(options: argparse.Namespace) -> int:
    """Show the TUI, on an engine that is started where none runs."""
    from pmv_tui.output import guarded_terminal, refusal
    from pmv_tui.system import ignore_while_starting

    if why := refusal():
        raise CommandFailed(why, WRONG)
    from pmv_tui.tui import startup

    ignore_while_starting()
    startup.begin()
    from pmv_tui.control.launch import ConfigRefused, EngineKeeper, Launch
    from pmv_tui.control.rig import Rig, RigError

    location = locate(options)
    with said_of(RigError):
        rig = Rig.of(location.path)
        rig.make_folder()
        with guarded_terminal(rig.tui_output_path) as printed:
            launch, keeper = Launch(rig), EngineKeeper(rig)
            # From here on this process only shows: where processors are few, the engine and the
            # clients come first.
            os.nice(TUI_NICENESS)
            # By name: only here does the command line touch Textual (see the contracts in
            # pyproject.toml). It is imported while the engine starts.
            tui = importlib.import_module("pmv_tui.tui.run")
            config, complaint = _tui_config(rig.config_path)
            try:
                launch.wait()
            except ConfigRefused as error:
                load(options)  # It says the same, and why this file is used.
                raise CommandFailed(str(error), WRONG) from None
            code: int = tui.run_tui(
                rig,
                config or tui.DefaultTuiConfig(),
                printed,
                keeper,
                complaint=complaint,
                looked_at=location.looked_at,
            )
            return code


def attach_fleet(options: argparse.Namespace, _words: list[str]) -> int:
    """Show the TUI on the rigs of --rig; it looks as the config file of this machine says."""
    from pmv_tui.cli.elsewhere import rigs_named
    from pmv_tui.output import guarded_terminal, refusal
    from pmv_tui.system import ignore_while_starting

    rigs = rigs_named(options)
    if why := refusal():
        raise CommandFailed(why, WRONG)
    from pmv_tui.tui import startup

    ignore_while_starting()
    startup.begin()
    from pmv_tui.control.rig import Rig, RigError

    with said_of(RigError):
        own = Rig.of(locate(options).path)
        own.make_folder()
        with guarded_terminal(own.tui_output_path) as printed:
            os.nice(TUI_NICENESS)
            tui = importlib.import_module("pmv_tui.tui.run_fleet")
            config, complaint = _tui_config(own.config_path)
            code: int = tui.run_fleet(
                rigs, config or tui.DefaultTuiConfig(), printed, complaint=complaint
            )
            return code


def _tui_config(path: Path) -> "tuple[TuiConfig | None, Callable[[], str]]":
    """Read how the TUI is to look; a file with mistakes is no reason not to look at a rig.

    Returns
    -------
    What the file says, None where it has no `[tui]` or has mistakes; and what reports these.
    """
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.config.toml_text import parse_toml, read_text

    with suppress(ConfigError):
        # Not checked where it is not there: pydantic takes as long to import as half of Textual.
        if "tui" in parse_toml(path, read_text(path) or ""):
            return _checked(path), str
    return None, partial(_config_complaint, path)


def _config_complaint(path: Path) -> str:
    """Return what is wrong with the config file; empty where nothing is."""
    from pmv_tui.config.locate import ConfigError

    try:
        _checked(path)
    except ConfigError as error:
        return f"The TUI has its default look and keys until this is fixed: {error}"
    return ""


def _checked(path: Path) -> "TuiConfig":
    from pmv_tui.config.load import load_config
    from pmv_tui.tui.key_map import tui_problems

    return load_config(path, tui_problems).config.tui


def _serve(options: argparse.Namespace) -> int:
    from pmv_tui.system import ignore_while_starting

    ignore_while_starting()

    from pmv_tui.control.rig import RigError
    from pmv_tui.engine.process import serve

    loaded = load(options)
    to_plug = ["all"] if options.plug_all else options.plug
    with said_of(RigError):
        serve(rig_of(options), loaded, to_plug, options.plug_paused, lingers=options.linger)
    return DONE

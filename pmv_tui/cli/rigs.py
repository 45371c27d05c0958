"""`pmv-tui rigs`: the rigs of the user's own rigs.toml."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pmv_tui.cli.grammar import DONE, WRONG, Grammar, said_of, show
from pmv_tui.cli.rig import from_disk

if TYPE_CHECKING:
    from pmv_tui.rigs.listed import ListedRig


def add_commands(grammar: Grammar) -> None:
    """Add `rigs` and its actions."""
    rigs = grammar.command(
        "rigs",
        _list,
        "list the rigs of your rigs.toml; add, remove and compare them",
        only_here="rigs is about this machine's list: leave --rig out",
    )
    actions = rigs.add_subparsers(metavar="ACTION")
    grammar.action(actions, "list", _list, "list them, as without an action")
    add = grammar.action(actions, "add", _add, "list one more rig")
    add.add_argument("name", metavar="NAME", help="what it is called")
    add.add_argument(
        "host", metavar="HOST[:CONFIG]", help="as ssh knows it, or local; a file there"
    )
    add.add_argument(
        "--group", metavar="GROUP", default="", help="what several are called together"
    )
    add.add_argument(
        "--command",
        metavar="COMMAND",
        dest="called",
        default="",
        help="how pmv-tui is called there",
    )
    remove = grammar.action(actions, "remove", _remove, "take a rig off the list")
    remove.add_argument("listed_rig", metavar="NAME", help="a rig of the list")
    check = grammar.action(
        actions,
        "check",
        _check,
        "compare rigs: versions, clocks, disks, settings, the doctor's word",
    )
    check.add_argument(
        "rigs_named", metavar="RIG", nargs="*", help="as --rig takes them; default: all"
    )


def _list(options: argparse.Namespace) -> int:
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.rigs.listed import load_rigs, rigs_path

    with said_of(ConfigError, code=WRONG):
        path = rigs_path()
        rigs = from_disk(lambda: load_rigs(path), path)
    none = [f"{path} lists no rig; pmv-tui rigs add NAME HOST[:CONFIG] lists one"]
    show(options, list(map(asdict, rigs)), lambda: _lines(rigs) if rigs else none)
    return DONE


def _lines(rigs: "list[ListedRig]") -> list[str]:
    from pmv_tui.cli.report import in_columns

    rows = [(rig.name, rig.group, rig.host, rig.config, rig.command) for rig in rigs]
    return in_columns([("NAME", "GROUP", "HOST", "CONFIG", "COMMAND"), *rows])


def _add(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from pmv_tui.config.locate import ConfigError
    from pmv_tui.config.save import SaveError
    from pmv_tui.rigs.edit import add_rig
    from pmv_tui.rigs.listed import NoSuchRig, parse_rig, rigs_path

    with said_of(NoSuchRig, ConfigError, code=WRONG), said_of(SaveError):
        rig = replace(
            parse_rig(options.host),
            name=options.name,
            group=options.group,
            command=options.called,
        )
        path = rigs_path()
        from_disk(lambda: add_rig(rig, path), path)
    show(options, asdict(rig), lambda: [f"{rig.name} is listed in {path}"])
    return DONE


def _remove(options: argparse.Namespace) -> int:
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.config.save import SaveError
    from pmv_tui.rigs.edit import remove_rig
    from pmv_tui.rigs.listed import NoSuchRig, rigs_path

    name = options.listed_rig
    with said_of(ConfigError, code=WRONG), said_of(SaveError, NoSuchRig):
        path = rigs_path()
        from_disk(lambda: remove_rig(name, path), path)
    show(options, {"name": name}, lambda: [f"{name} is no longer listed in {path}"])
    return DONE


def _check(options: argparse.Namespace) -> int:
    from pmv_tui.cli.check_rigs import check_rigs

    return check_rigs(options)

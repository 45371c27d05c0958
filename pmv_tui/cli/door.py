"""`pmv-tui rig-door`: all that an ssh key may do here which is for pmv-tui on another machine."""

import argparse
import os
import sys

from pmv_tui.cli.grammar import WRONG, CommandFailed, Grammar, Run, put, rigs_of

WITHOUT_ASKING = "where"
"""The command by which an engine is found; the TUI of another machine needs no other."""


def add_commands(grammar: Grammar) -> None:
    """Add `rig-door`."""
    door = grammar.command(
        "rig-door",
        _door,
        "carry out what another machine's pmv-tui asks by ssh, for authorized_keys",
        listing=False,
        only_here="rig-door stands in authorized_keys, on the rig",
    )
    door.add_argument(
        "allowed",
        metavar="COMMAND",
        nargs="*",
        help=f"what may be run beside {WITHOUT_ASKING}, such as status",
    )


def _door(options: argparse.Namespace) -> int:
    from pmv_tui import cli
    from pmv_tui.rigs.remote import BY_KEY, FOR_RIG, asked_of

    asked = asked_of(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    if asked is None:
        raise CommandFailed("this ssh key is for pmv-tui on another machine alone", WRONG)
    mark, words = asked
    put(f"\n{mark}\n")
    print(f"\n{mark}", file=sys.stderr)
    wanted = cli.command_line().parse_args(words)
    command = getattr(wanted, "command", "")
    if command not in (WITHOUT_ASKING, *options.allowed) or rigs_of(wanted):
        raise CommandFailed(
            f"your ssh key may not run {command or 'the TUI'} there; what it may stands after "
            "rig-door in the file authorized_keys of that machine",
            WRONG,
        )
    # Whatever was asked for, it is this rig's.
    vars(wanted).pop("config", None)
    if "config" in options:
        wanted.config = options.config
    os.environ[FOR_RIG] = BY_KEY
    run: Run = wanted.run
    return run(wanted)

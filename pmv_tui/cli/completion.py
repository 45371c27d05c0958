"""`pmv-tui completion`: the script by which a shell completes the command line."""

import argparse

from pmv_tui.cli.grammar import DONE, Grammar, put

SHELLS = ("bash", "zsh", "fish")


def add_commands(grammar: Grammar) -> None:
    """Add `completion`."""
    completion = grammar.command(
        "completion", _completion, "print the script that completes commands and camera names"
    )
    completion.add_argument("shell", choices=SHELLS)


def _completion(options: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    put(shellcode(["pmv-tui"], shell=options.shell) + "\n")
    return DONE


def answer_shell(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks through the script, and end the process."""
    from argcomplete import autocomplete

    from pmv_tui.cli.completers import Offers

    autocomplete(parser, always_complete_options=False, default_completer=Offers())

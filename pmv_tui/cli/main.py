"""Reads the command line and runs one command."""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from pmv_tui import __version__
from pmv_tui.cli import completion, doctor, events, keys, look, start, steer
from pmv_tui.cli.grammar import Grammar, Run
from pmv_tui.cli.outcome import DONE, INTERRUPTED, CommandFailed, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned."""
    if isinstance(sys.stdout, TextIOWrapper):  # a locale of few letters is no reason to fail
        sys.stdout.reconfigure(errors="replace")
    parser = command_line()
    if "_ARGCOMPLETE" in os.environ:
        completion.answer_shell(parser)
    try:
        try:
            options = parser.parse_args(arguments)
            run: Run = options.run
            return run(options)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where it is still dealt with that nobody reads
    except CommandFailed as failure:
        say(*f"pmv-tui: {failure}".split("\n"), to_stderr=True)
        return failure.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has what they wanted; the interpreter must not flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def command_line() -> argparse.ArgumentParser:
    """Build the parser of every command."""
    grammar = Grammar(__version__, start.attach)
    for group in (start, steer, events, look, doctor, keys, completion):
        group.add_commands(grammar)
    return grammar.parser

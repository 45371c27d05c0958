"""How a command ends: its exit code, what it prints, what went wrong in a sentence."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pmv_tui.printable import printable

DONE, NOT_DONE, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; it could not be done; the command line or the config file is wrong; ctrl+c came
before it was done. Documented in docs/commands.md."""


class CommandFailed(Exception):  # noqa: N818 - what happened, as it reads
    """A command ends with a sentence for people and an exit code."""

    def __init__(self, text: str, code: int = NOT_DONE) -> None:
        super().__init__(text)
        self.code = code


def show(options: argparse.Namespace, value: Any, lines: Callable[[], list[str]]) -> None:
    """Print a value as JSON where that was asked for, else the lines for people."""
    if options.json:
        put(f"{json.dumps(value, indent=2)}\n")
    else:
        say(*lines())


def say(*lines: str) -> None:
    """Print lines for people; what in them could steer the terminal is replaced."""
    # As late as the command line can: nothing of what devices, files and scripts call themselves
    # gets past this.
    put("".join(f"{printable(line)}\n" for line in lines))


def complain(text: str) -> None:
    """Say on stderr why a command failed; where nobody can read it, its exit code still tells."""
    with suppress(OSError):
        for line in f"pmv-tui: {text}".split("\n"):
            print(printable(line), file=sys.stderr)


def put(text: str) -> None:
    """Write a text to stdout, all of it.

    Raises
    ------
    CommandFailed : it cannot be written.
    BrokenPipeError : nobody reads it any more.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandFailed(f"the output cannot be written: {error.strerror}") from None

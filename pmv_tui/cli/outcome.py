"""How a command ends: its exit code, what it prints, what went wrong in a sentence."""

import argparse
import json
from collections.abc import Callable
from typing import Any

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
        print(json.dumps(value, indent=2))
    else:
        print("\n".join(lines()))

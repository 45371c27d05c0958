"""Runs many commands of the real command line, each in a process of its own with odd surroundings.

    python -m tests.system.surroundings < RUNS

Reads a list of runs as JSON, prints how each ended. The program is imported once, and each run is
forked from it: hundreds of them take seconds.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

from pmv_tui.cli import command_line, main

UNCAUGHT, UNWRITTEN = 99, 120
"""Exit codes of a run that ended by an exception, and of one with output left over."""

PORT_OF_NOBODY = "tcp://localhost:1"

MORE = {"probe": ["--seconds", "0.1"]}
"""What is added so that a command ends soon."""


class Run(TypedDict):
    """One command, and what is odd around it.

    Attributes
    ----------
    arguments : of the command line.
    streams : by descriptor, "open", "closed" or "full".
    environment : what is set otherwise; null: not set.
    """

    arguments: list[str]
    streams: list[str]
    environment: dict[str, str | None]


class Ending(TypedDict):
    """How it ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


def every_command() -> Iterator[list[str]]:
    """Build a command line for every command that the parser knows, and for each of its choices."""
    yield []
    for action in command_line()._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, parser in action.choices.items():
                for arguments in _arguments(parser):
                    yield [name, *arguments, *MORE.get(name, [])]


def _arguments(parser: argparse.ArgumentParser) -> Iterator[list[str]]:
    values = {"address": PORT_OF_NOBODY, "pub": PORT_OF_NOBODY, "pull": PORT_OF_NOBODY}
    variants: list[list[str]] = [[]]
    for action in parser._actions:
        if not action.option_strings and action.nargs != "?":
            choices = action.choices or [values.get(action.dest, "left")]
            variants = [[*variant, choice] for variant in variants for choice in choices]
    yield from variants


def _carry_out(run: Run) -> int:
    """Run a command in this process, as if it had been started so; give its exit code."""
    for name, value in run["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    for descriptor, (name, state) in enumerate(
        zip(("stdin", "stdout", "stderr"), run["streams"], strict=True)
    ):
        if state == "full":
            os.dup2(os.open("/dev/full", os.O_WRONLY), descriptor)
        if state == "closed":
            os.close(descriptor)
        stream = None if state == "closed" else os.fdopen(descriptor, "w" if descriptor else "r")
        setattr(sys, name, stream)
    try:
        code = main(run["arguments"])
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - it is what is looked for
        traceback.print_exc()
        sys.stderr.flush()
        return UNCAUGHT
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return UNWRITTEN
    return code


def _ended(run: Run, folder: Path) -> Ending:
    files = [folder / "out", folder / "err"]
    process = os.fork()
    if not process:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor, path in enumerate(files, start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        os._exit(_carry_out(run))
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    out, err = (path.read_text(errors="replace") for path in files)
    return {"code": code, "out": out, "err": err}


def _import_what_they_import() -> None:
    import pmv_tui.control.client  # noqa: PLC0415
    import pmv_tui.control.launch  # noqa: PLC0415
    import pmv_tui.doctor.run  # noqa: PLC0415
    import pmv_tui.keys  # noqa: PLC0415
    import pmv_tui.probe  # noqa: PLC0415
    import pmv_tui.tui.key_map  # noqa: F401, PLC0415


if __name__ == "__main__":
    runs: list[Any] = json.load(sys.stdin)
    _import_what_they_import()
    gc.freeze()  # so that forks share it
    with tempfile.TemporaryDirectory() as folder:
        json.dump([_ended(run, Path(folder)) for run in runs], sys.stdout)

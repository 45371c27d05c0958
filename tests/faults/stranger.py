"""Starts the misbehaving clients of strangers.py."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def run_stranger(kind: str, *numbers: int | str, seconds: float = 300) -> str:
    """Let one do its worst to the end; give what it prints."""
    done = subprocess.run(
        _command(kind, *numbers), stdout=subprocess.PIPE, text=True, timeout=seconds, check=True
    )
    return done.stdout


@contextmanager
def stranger(kind: str, *numbers: int | str) -> Iterator["subprocess.Popen[str]"]:
    """Let one go on while a block runs; it is killed after it, even where it was stopped."""
    with subprocess.Popen(_command(kind, *numbers), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def freeze(process: "subprocess.Popen[str]") -> None:
    """Stop a client that has received something."""
    assert process.stdout is not None
    assert process.stdout.readline(), "its first image"
    process.send_signal(signal.SIGSTOP)


def _command(kind: str, *numbers: int | str) -> list[str]:
    """Return its command line. What it takes is to cost the engine by what it sends, not by what it
    computes on a machine of two cores.
    """
    return [
        "nice",
        "-n",
        "10",
        sys.executable,
        "-m",
        "tests.faults.strangers",
        kind,
        *map(str, numbers),
    ]

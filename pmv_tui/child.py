"""Runs a module of this package in a process of its own, for a limited time."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Silent(Exception):  # noqa: N818 - what happened, as it reads
    """A process did not end in its time, and was killed."""


class Ended(NamedTuple):
    """How a process ended.

    Parameters
    ----------
    status : its exit code, or a signal's number below zero.
    said, errors : what it wrote to stdout and stderr.
    """

    status: int
    said: str
    errors: str


def run_child(
    arguments: Sequence[str],
    seconds: float,
    environment: Mapping[str, str] | None = None,
    started: Callable[["subprocess.Popen[str]"], object] = lambda _: None,
) -> Ended:
    """Run `python -m` with arguments.

    Parameters
    ----------
    environment : its environment variables; None: this process's.
    started : is given the process, to end it before its time.

    Raises
    ------
    Silent : it took longer.
    OSError : it cannot be started.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as child:
        started(child)
        try:
            said, errors = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Silent(f"no answer within {seconds:g} s") from None
        finally:
            child.kill()
    return Ended(child.returncode, said, errors)

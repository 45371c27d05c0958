"""The standard streams as a shell may leave them: closed, on a full disk, or read by nobody."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

STREAMS = ("stdin", "stdout", "stderr")
"""By descriptor: 0, 1 and 2."""


def make_usable() -> None:
    """Open descriptors 0 to 2 where they are closed, and let Python's streams take any text.

    A closed one leads to /dev/null from here on. Otherwise the next file or socket that is opened
    would get its number, and with it whatever libraries print.
    """
    for descriptor, name in enumerate(STREAMS):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            stream = os.fdopen(descriptor, mode, errors="backslashreplace", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if isinstance(sys.stdout, TextIOWrapper):  # a locale of few letters is no reason to fail
        sys.stdout.reconfigure(errors="replace")


def drop_unwritten() -> None:
    """Drop what cannot be written: the interpreter would try once more, and end with code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)

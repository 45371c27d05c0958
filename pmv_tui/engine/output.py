"""The file that takes what libraries print in the engine, and its last words."""

import ctypes
import faulthandler
import sys
from pathlib import Path

_LINE_BUFFERED = 1
"""`_IOLBF` of stdio.h."""


def new_output(path: Path) -> Path:
    """Make room for an engine's output; that of the engine before it is kept, as .1."""
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    return path


def prepare_output() -> None:
    """Let what is printed reach the file at once, and what a library crashes with too.

    Both Python and the C library would else hold back some thousand characters.
    """
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file here
    c = ctypes.CDLL(None)
    c.setvbuf(ctypes.c_void_p.in_dll(c, "stdout"), None, _LINE_BUFFERED, 0)
    faulthandler.enable(all_threads=False)

"""Versions: what to write into a report, and what to compare between two rigs."""

import ctypes
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import zmq

from pmv_tui import __version__
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, note, ok

REQUIRED = ("msgpack", "numpy", "opencv-python", "pydantic", "pypylon", "pyzmq", "textual")

OPTIONAL = ("PyGObject",)


def look(examined: Examined) -> Iterator[Finding]:  # noqa: ARG001 - the form of every check
    """Tell the versions of all that takes part."""
    yield ok(
        f"pmv-tui {__version__}, Python {platform.python_version()}, "
        f"Linux {platform.release()} on {platform.machine()}, libzmq {zmq.zmq_version()}"
    )
    there = []
    for name in (*REQUIRED, *OPTIONAL):
        try:
            there.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            if name in REQUIRED:
                yield error(f"{name} is not installed", f"pip install {name}")
            else:
                yield note(f"{name} is not installed: aravis cameras need it")
    yield ok(", ".join(filter(None, [*there, _aravis()])))


def _aravis() -> str:
    """Name the version of the library itself, which is no Python package."""
    try:
        library = ctypes.CDLL("libaravis-0.8.so.0")
    except OSError:
        return ""
    parts = (library[f"arv_get_{part}_version"]() for part in ("major", "minor", "micro"))
    return f"aravis {'.'.join(map(str, parts))}"

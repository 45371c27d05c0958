"""Who publishes: the product and those it is compared with, started alike and measured alike."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.rig import free_ports, running

CONTENDERS = ("bare", "tuned", "imagezmq", "vidgear", "product")

CLIENT_OF = {
    "bare": "documented",
    "tuned": "documented",
    "imagezmq": "imagezmq",
    "vidgear": "vidgear",
    "product": "documented",
    "curve": "documented",
}
"""The kind of client that each is measured with, unless a work says otherwise."""

FASTEST_SIMULATED = 1000.0
"""Frames a second: what a simulated camera makes at most."""


@dataclass(frozen=True, slots=True)
class Cameras:
    """What is published.

    Parameters
    ----------
    count : cameras.
    width, height : pixels.
    fps : frames a second; 0: as fast as it goes.
    """

    count: int
    width: int
    height: int
    fps: float

    def __str__(self) -> str:
        """Describe them for a heading."""
        cameras = "1 camera" if self.count == 1 else f"{self.count} cameras"
        rate = f"at {self.fps:g} fps" if self.fps else "as fast as it goes"
        return f"{cameras} {self.width}x{self.height} {rate}"


@dataclass(frozen=True, slots=True)
class Publisher:
    """A contender that runs.

    Parameters
    ----------
    process : the one whose processor time and memory count.
    ports : where each camera is received, on this machine.
    key : the file of a client that is let in; None where no key is asked for.
    """

    process: psutil.Process
    ports: list[int]
    key: Path | None = None


@contextmanager
def publishing(contender: str, cameras: Cameras) -> Iterator[Publisher]:
    """Let a contender publish for the length of a block; `curve` is the product, encrypted."""
    if contender in ("product", "curve"):
        with running(
            count=cameras.count,
            width=cameras.width,
            height=cameras.height,
            fps=cameras.fps or FASTEST_SIMULATED,
            curve=contender == "curve",
        ) as rig:
            yield Publisher(rig.engine, rig.ports, rig.key)
        return
    ports = free_ports(cameras.count)
    about = (contender, cameras.width, cameras.height, cameras.fps, *ports)
    command = [sys.executable, "-m", "benchmarks.loops", *map(str, about)]
    loop = subprocess.Popen(command)
    try:
        yield Publisher(psutil.Process(loop.pid), ports)
    finally:
        loop.terminate()
        loop.wait()


def missing_peers() -> list[str]:
    """Name the contenders that are not installed."""
    return [name for name in ("imagezmq", "vidgear") if find_spec(name) is None]

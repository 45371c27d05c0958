"""Who publishes: the product and those it is compared with, started alike and measured alike."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.cameras import UNPACED, Phases
from benchmarks.rig import free_ports, running

CONTENDERS = ("bare", "tuned", "imagezmq", "vidgear", "product")

CLIENT_OF = {
    "bare": "documented",
    "tuned": "documented",
    "imagezmq": "imagezmq",
    "vidgear": "vidgear",
    "product": "documented",
    "curve": "documented",
    "iceoryx2": "iceoryx2",
}
"""The kind of client that each is measured with, unless a work says otherwise."""


@dataclass(frozen=True, slots=True)
class Cameras:
    """What is published.

    Parameters
    ----------
    count : cameras.
    width, height : pixels.
    fps : frames a second; 0: as fast as it goes.
    phases : whether all have their frame at one instant.
    """

    count: int
    width: int
    height: int
    fps: float
    phases: Phases = "at once"

    def __str__(self) -> str:
        """Describe them for a heading."""
        cameras = "1 camera" if self.count == 1 else f"{self.count} cameras"
        rate = f"at {self.fps:g} fps" if self.fps else "as fast as it goes"
        phases = f" {self.phases}" if self.count > 1 else ""
        return f"{cameras} {self.width}x{self.height} {rate}{phases}"


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
    """Let a contender publish for the length of a block.

    `curve` is the product, encrypted; `product, ipc` the product at ipc addresses.
    """
    if contender in ("product", "product, ipc", "curve"):
        with running(
            count=cameras.count,
            width=cameras.width,
            height=cameras.height,
            fps=cameras.fps or UNPACED,
            phases=cameras.phases,
            curve=contender == "curve",
            ipc=contender == "product, ipc",
        ) as rig:
            yield Publisher(rig.engine, rig.ports, rig.key)
        return
    ports = free_ports(cameras.count)
    about = (contender, cameras.width, cameras.height, cameras.fps, cameras.phases, *ports)
    command = [sys.executable, "-m", "benchmarks.loops", *map(str, about)]
    loop = subprocess.Popen(command)
    try:
        yield Publisher(psutil.Process(loop.pid), ports)
    finally:
        loop.terminate()
        loop.wait()
        if contender == "iceoryx2":
            from benchmarks.iceoryx import clear  # noqa: PLC0415 - it may not be installed

            clear()


def missing_peers() -> list[str]:
    """Name the contenders that are not installed."""
    return [name for name in ("imagezmq", "vidgear", "iceoryx2") if find_spec(name) is None]

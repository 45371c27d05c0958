"""The cameras that are measured: the simulated scene at phases that are said, or without a pause.

A back end of another package, as far as the engine knows: `announce` writes what makes it one. The
loops that the product is compared with keep time by the same code, so that a frame comes at the
same moment and costs the same everywhere.
"""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Literal

from pmv_tui.cameras.base import Camera, FoundCamera, Frame, FrameCounts
from pmv_tui.cameras.pacing import Pacer
from pmv_tui.cameras.simulated.scene import BlobScene
from pmv_tui.config.schema import CameraConfig

Phases = Literal["at once", "spread"]
"""Whether all cameras have their frame at one instant, as on one trigger, or evenly spaced."""

UNPACED = 100_000.0
"""Frames a second in a config, the most that it may say: a frame as soon as it can be drawn."""


class Beat:
    """When frames are due: at a rate, from a phase of all processes' common clock on.

    Parameters
    ----------
    fps : frames a second; `UNPACED` or more: as soon as somebody asks.
    phase : part of a period by which it is later than another of phase 0.
    """

    def __init__(self, fps: float, phase: float = 0.0) -> None:
        self._pacer = None if fps >= UNPACED else Pacer(fps)
        self._period, self._phase = 1 / fps, phase
        self._numbers = count()
        self._begun = False

    def wait(self, timeout: float) -> int | None:
        """Wait for the next frame to be due; return its number, or None after a time-out."""
        if self._pacer is None:
            return next(self._numbers)
        if not self._begun:
            self._begun = True
            time.sleep((self._phase * self._period - time.monotonic()) % self._period)
        return self._pacer.wait(timeout)


class MeasuredCamera(Camera):
    """The built-in scene, on a beat."""

    pixel_format = "Mono8"

    def __init__(self, config: CameraConfig) -> None:
        self.fps: float | None = config.fps
        self.counts = FrameCounts()
        self._scene = BlobScene(config.width, config.height)
        self._beat = Beat(config.fps, float(config.serial.partition("@")[2]))

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next frame. See `Camera.grab`."""
        number = self._beat.wait(timeout)
        if number is None:
            return None
        image = self._scene.read(number, self.new_image)
        return Frame(image, time.time_ns())

    def close(self) -> None:
        """Nothing is held."""


class MeasuredBackend:
    """Cameras that exist in the config alone."""

    name = "measured"

    def discover(self) -> list[FoundCamera]:
        """Find nothing."""
        return []

    def open(self, config: CameraConfig) -> Camera:
        """Make a camera. See `Backend.open`."""
        return MeasuredCamera(config)


def unique_ids(number: int, phases: Phases) -> list[str]:
    """Name so many cameras of this back end, each with its phase."""
    return [f"c{index}@{phase}-measured" for index, phase in enumerate(each_phase(number, phases))]


def each_phase(number: int, phases: Phases) -> Iterator[float]:
    """Yield the phases of so many cameras, parts of a period."""
    for index in range(number):
        yield index / number if phases == "spread" else 0.0


def announce(folder: Path) -> None:
    """Write what makes this a back end of every process that has the folder on its path."""
    metadata = folder / "measured_cameras-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: measured-cameras\nVersion: 1\n"
    )
    (metadata / "entry_points.txt").write_text(
        f"[pmv_tui.cameras]\nmeasured = {__name__}:{MeasuredBackend.__name__}\n"
    )

"""A back end whose cameras do what no real one does on demand: hang, vanish, break.

Installed for a test as another package's is, through an entry point. A file named after the
camera's serial, in the engine's working folder, says what it does: `hang`, `lost`, `absent`,
`crash`, `abort`, `noisy` (prints as some SDKs do), `restless` (another shape each second), `flat`
(images three pixels high), `empty` (images without a pixel), `fixed` (always `FIXED_IMAGE`, and the
same times), `grain` (always `GRAIN`) or `trip` (an exception in each of the engine's other
threads).
"""

import ctypes
import json
import os
import threading
import time
from pathlib import Path

import numpy as np

from pmv_tui.cameras.base import (
    Camera,
    CameraError,
    CameraLost,
    FoundCamera,
    Frame,
    FrameCounts,
)
from pmv_tui.config.schema import CameraConfig

FIXED_IMAGE = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)

GRAIN = np.random.default_rng(1).choice(np.arange(8, 239, 10, dtype=np.uint8), (240, 320))
"""Of those greys that terminals have; a spot of it is too bright."""
GRAIN[130:133, 170:172] = 255

FIXED_TIME, FIXED_DEVICE_TIME = 1_700_000_000_123_456_789, 987_654_321_000


class FakeCamera(Camera):
    """Gives grey frames at the rate that is wanted, unless asked otherwise."""

    def __init__(self, config: CameraConfig) -> None:
        self.pixel_format = "BayerRG8" if config.pixel_format == "Colour" else "Mono8"
        self.fps = config.fps
        self.counts = FrameCounts()
        self._serial = config.serial
        self._next = time.monotonic()

    def grab(self, timeout: float) -> Frame | None:
        """Do what the file says."""
        match mood(self._serial):
            case "hang":
                while mood(self._serial) == "hang":
                    time.sleep(0.01)
            case "lost" | "absent":
                raise CameraLost("the cable was pulled")
            case "crash":
                raise ZeroDivisionError("a bug of the driver")
            case "abort":
                os.write(2, b"driver: assertion failed\n")
                os.abort()
            case "trip":
                Path(self._serial).unlink()
                trip("receiver", "windows", "log", "terminal")
            case "noisy":
                for descriptor in (1, 2):
                    os.write(descriptor, b"\x1b[2Jdriver: buffer 7 is late\n")
        self._next = max(self._next + 1 / self.fps, time.monotonic())
        time.sleep(min(timeout, max(0.0, self._next - time.monotonic())))
        if mood(self._serial) == "fixed":
            has_clock = self.pixel_format == "Mono8"
            return Frame(FIXED_IMAGE, FIXED_TIME, FIXED_DEVICE_TIME if has_clock else None)
        if mood(self._serial) == "grain":
            return Frame(GRAIN, time.time_ns())
        restless = 48 + 8 * (int(self._next) % 3)
        height = {"restless": restless, "flat": 3, "empty": 0}.get(mood(self._serial), 48)
        return Frame(np.full((height, 64), 128, np.uint8), time.time_ns())

    def close(self) -> None:
        """There is nothing to release."""


class FakeBackend:
    """Opens what it is asked for."""

    name = "fake"

    def discover(self) -> list[FoundCamera]:
        """Find what the file `found` lists, if there is one: ids with their descriptions."""
        match mood("search"):
            case "crash":
                os.abort()
            case "hang":
                time.sleep(60)
        found = Path("found")
        listed = json.loads(found.read_text()) if found.exists() else {}
        return [FoundCamera(unique_id, description) for unique_id, description in listed.items()]

    def open(self, config: CameraConfig) -> Camera:
        """Open a camera, unless it is absent."""
        if mood(config.serial) == "absent":
            raise CameraError("no such camera", "plug it in")
        return FakeCamera(config)


def trip(*names: str) -> None:
    """Throw an exception in threads of this process; each meets it when it runs next."""
    for thread in threading.enumerate():
        if thread.name in names:
            ident, error = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)


def mood(serial: str) -> str:
    """Read what the camera is to do."""
    try:
        return Path(serial).read_text()
    except FileNotFoundError:
        return ""

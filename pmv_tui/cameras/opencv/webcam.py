"""A Video4Linux device, read through OpenCV. Needs OpenCV: see cv2_import."""

import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import Camera, CameraError, CameraLost, Frame, FrameCounts, Setting
from pmv_tui.cameras.opencv.mono import as_mono
from pmv_tui.cameras.readback import absent, grey_only, number, require_no_restart
from pmv_tui.config.schema import CameraConfig

MANUAL_EXPOSURE = 1
"""V4L2_EXPOSURE_MANUAL of Linux' v4l2-controls.h."""

US_PER_EXPOSURE_STEP = 100
"""µs in one step of Video4Linux' exposure control."""


SIZE = {cv2.CAP_PROP_FRAME_WIDTH: "width", cv2.CAP_PROP_FRAME_HEIGHT: "height"}

REPEAT_PAUSE = 0.005
"""Seconds between two tries while the driver repeats a frame: it may do so without any wait."""

NOT_THERE = -1
"""What OpenCV gives as the value of a control that the webcam does not have."""


class Webcam(Camera):
    """An open webcam.

    Parameters
    ----------
    capture : open and set; released with the camera.
    device : for people.
    config : what it was set to.
    """

    pixel_format = "Mono8"

    def __init__(self, capture: cv2.VideoCapture, device: str, config: CameraConfig) -> None:
        self.counts = FrameCounts()
        self._capture = capture
        self._device = device
        self._config = config
        self._last: tuple[float, NDArray[Any]] | None = None
        self.fps: float | None = self._rate()

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next new frame. See `Camera.grab`.

        OpenCV's reading knows no timeout for a single call: it returns with a frame, or without
        one after `cv2_import.READ_TIMEOUT`, and then the camera is gone. Some drivers then repeat
        the last frame for ever instead: what is repeated is no frame.
        """
        deadline = time.monotonic() + timeout
        while (frame := self._read()) is None:
            if time.monotonic() + REPEAT_PAUSE > deadline:
                return None
            time.sleep(REPEAT_PAUSE)
        return frame

    def _read(self) -> Frame | None:
        """Read a frame; None where it is the last one once more."""
        more, image = self._capture.read()
        timestamp = time.time_ns()
        if not more:
            raise CameraLost(f"{self._device} sends no more images", "check its cable")
        # The driver's time stamp of the image, ms on the kernel's monotonic clock.
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        # The images are compared only where the stamps are the same: it costs nothing else.
        if self._last and self._last[0] == stamp and np.array_equal(self._last[1], image):
            return None
        self._last = stamp, image
        return Frame(as_mono(image, self.new_image), timestamp, round(stamp * 1e6) or None)

    def settings(self) -> tuple[Setting, ...]:
        """Return what the driver says is in effect; it reports no ranges. See `Camera.settings`."""
        config = self._config
        exposure_time = self._control(cv2.CAP_PROP_EXPOSURE)
        return (
            self._reported("fps", config.fps, self._rate()),
            self._reported(
                "exposure_time",
                _given(config, "exposure_time"),
                None if exposure_time is None else exposure_time * US_PER_EXPOSURE_STEP,
            ),
            self._reported("gain", _given(config, "gain"), self._control(cv2.CAP_PROP_GAIN)),
            grey_only(config),
            absent("external_trigger", config.external_trigger),
            absent("roi", config.roi),
            *(self._size(control, name) for control, name in SIZE.items()),
            self._fourcc(),
        )

    def _size(self, control: int, name: str) -> Setting:
        """Return a side of the images; another is asked for when the stream restarts."""
        actual = self._control(control)
        wanted = _given(self._config, name)
        if not actual:
            return absent(name, wanted)
        return number(name, wanted, int(actual), live=False)

    def _fourcc(self) -> Setting:
        """Return what the webcam sends, as four letters."""
        code = int(self._control(cv2.CAP_PROP_FOURCC) or 0)
        wanted = self._config.fourcc or None
        if code <= 0:
            return absent("fourcc", wanted)
        actual = code.to_bytes(4, "little").decode("ascii", "replace").strip("\0")
        note = "" if wanted in (None, actual) else "the driver's choice instead"
        return Setting("fourcc", wanted, actual, note=note)

    def apply(self, config: CameraConfig) -> None:
        """Ask the driver for what the config gives. See `Camera.apply`."""
        require_no_restart(
            self._config, config, "source", "external_trigger", "width", "height", "fourcc"
        )
        self._config = config
        apply_settings(self._capture, config)
        self.fps = self._rate()

    @staticmethod
    def _reported(name: str, wanted: float | None, actual: float | None) -> Setting:
        return absent(name, wanted) if actual is None else number(name, wanted, actual)

    def _rate(self) -> float | None:
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        return rate if rate > 0 else None

    def _control(self, control: int) -> float | None:
        value = self._capture.get(control)
        return None if value == NOT_THERE else value

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def open_webcam(device: Path, config: CameraConfig) -> Webcam:
    """Open a video device and apply the settings that its driver takes.

    Parameters
    ----------
    device : `/dev/video0`, or a link to it as in /dev/v4l/by-id.

    Raises
    ------
    CameraError : there is no such device, or it cannot be opened; says why.
    """
    if not device.is_char_device():
        raise CameraError(
            f"there is no camera {device}", "connect it, or find its number with: pmv-tui cameras"
        )
    if not os.access(device, os.R_OK | os.W_OK):
        raise CameraError(
            f"{device} may not be used by this user",
            'try: sudo usermod -aG video "$USER", then log in again',
        )
    capture = cv2.VideoCapture(str(device.resolve()), cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise CameraError(
            f"{device} cannot be opened for capture",
            "close whatever other program uses it, and check that it is a camera",
        )
    apply_settings(capture, config)
    return Webcam(capture, str(device), config)


def apply_settings(capture: cv2.VideoCapture, config: CameraConfig) -> None:
    """Ask the driver for the config's settings. What it does not know, it ignores.

    Exposure and gain are touched only where the config gives them: most webcams find better values
    by themselves than the defaults, which are meant for machine vision.
    """
    # The pixel format first: it decides which sizes there are, and these which rates.
    if config.fourcc:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*config.fourcc))
    for control, name in SIZE.items():
        if (size := _given(config, name)) is not None:
            capture.set(control, size)
    capture.set(cv2.CAP_PROP_FPS, config.fps)
    exposure_time, gain = _given(config, "exposure_time"), _given(config, "gain")
    if exposure_time is not None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE)
        capture.set(cv2.CAP_PROP_EXPOSURE, exposure_time / US_PER_EXPOSURE_STEP)
    if gain is not None:
        capture.set(cv2.CAP_PROP_GAIN, gain)


def _given(config: CameraConfig, name: str) -> float | None:
    """Return a number that the config sets; None where it is a default."""
    return getattr(config, name) if name in config.model_fields_set else None

"""A Video4Linux device, read through OpenCV. Needs OpenCV: see cv2_import."""

import os
import time
from pathlib import Path

import cv2

from pmv_tui.cameras.base import CameraError, CameraLost, Frame, FrameCounts
from pmv_tui.cameras.mono import as_mono
from pmv_tui.config.schema import CameraConfig

MANUAL_EXPOSURE = 1
"""V4L2_EXPOSURE_MANUAL of Linux' v4l2-controls.h."""

US_PER_EXPOSURE_STEP = 100
"""µs in one step of Video4Linux' exposure control."""


class Webcam:
    """An open webcam.

    Parameters
    ----------
    capture : open; released with the camera.
    device : for people.
    """

    pixel_format = "Mono8"

    def __init__(self, capture: cv2.VideoCapture, device: str) -> None:
        self.counts = FrameCounts()
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = rate if rate > 0 else None
        self._capture = capture
        self._device = device

    def grab(self, timeout: float) -> Frame | None:  # noqa: ARG002 - the driver has its own
        """Wait for the next frame. See `Camera.grab`.

        OpenCV's reading knows no timeout for a single call: it returns with a frame, or without
        one after `cv2_import.READ_TIMEOUT`, and then the camera is gone.
        """
        more, image = self._capture.read()
        timestamp = time.time_ns()
        if not more:
            raise CameraLost(f"{self._device} sends no more images", "check its cable")
        # The driver's time stamp of the image, ms on the kernel's monotonic clock.
        device_timestamp = round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        return Frame(as_mono(image), timestamp, device_timestamp or None)

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
    return Webcam(capture, str(device))


def apply_settings(capture: cv2.VideoCapture, config: CameraConfig) -> None:
    """Ask the driver for the config's settings. What it does not know, it ignores.

    Exposure and gain are touched only where the config gives them: most webcams find better values
    by themselves than the defaults, which are meant for machine vision.
    """
    capture.set(cv2.CAP_PROP_FPS, config.fps)
    if "exposure_time" in config.model_fields_set:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE)
        capture.set(cv2.CAP_PROP_EXPOSURE, config.exposure_time / US_PER_EXPOSURE_STEP)
    if "gain" in config.model_fields_set:
        capture.set(cv2.CAP_PROP_GAIN, config.gain)

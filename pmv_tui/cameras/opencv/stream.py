"""A stream from the network, read through OpenCV: RTSP, HTTP and what else FFmpeg has.

Needs OpenCV: see cv2_import.
"""

import time

import cv2

from pmv_tui.cameras.base import Camera, CameraError, CameraLost, Frame, FrameCounts, Setting
from pmv_tui.cameras.opencv.mono import as_mono
from pmv_tui.cameras.readback import absent, grey_only, require_no_restart
from pmv_tui.config.schema import CameraConfig
from pmv_tui.untrusted import without_passwords

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "tcp")

OPEN_TIMEOUT, READ_TIMEOUT = 4000, 2000
"""ms after which a host that does not answer, or sends nothing, counts as gone."""


class StreamCamera(Camera):
    """A network camera's stream. It sets its own rate, and nothing of it can be set.

    Parameters
    ----------
    capture : open; released with the camera.
    url : where from.
    """

    pixel_format = "Mono8"
    fps: float | None = None

    def __init__(self, capture: cv2.VideoCapture, url: str, config: CameraConfig) -> None:
        self.counts = FrameCounts()
        self._capture = capture
        self._url = without_passwords(url)
        self._config = config

    def grab(self, timeout: float) -> Frame:  # noqa: ARG002 - OpenCV has one of its own
        """Wait for the next frame, `READ_TIMEOUT` at most. See `Camera.grab`."""
        more, image = self._capture.read()
        timestamp = time.time_ns()
        if not more:
            raise CameraLost(f"{self._url} sends no more images", "it is connected to again")
        return Frame(as_mono(image, self.new_image), timestamp)

    def settings(self) -> tuple[Setting, ...]:
        """Return settings of which none can be set. See `Camera.settings`."""
        config, why = self._config, "the stream's own"
        return (
            absent("fps", config.fps, why),
            absent("exposure_time", config.exposure_time, why),
            absent("gain", config.gain, why),
            grey_only(config),
            absent("external_trigger", config.external_trigger, why),
            absent("roi", config.roi, why),
        )

    def apply(self, config: CameraConfig) -> None:
        """Apply what makes no difference to the stream. See `Camera.apply`."""
        require_no_restart(self._config, config, "source", "external_trigger")
        self._config = config

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()


def open_stream(url: str, config: CameraConfig) -> StreamCamera:
    """Connect to a stream.

    Raises
    ------
    CameraError : FFmpeg knows no such stream, or nobody answers.
    """
    shown = without_passwords(url)
    scheme = url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        raise CameraError(
            f"{shown} cannot be a source: there are no {scheme}:// streams here",
            f"use one of {', '.join(SCHEMES)}, a device or a file",
        )
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT),
    ]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise CameraError(
            f"no stream comes from {shown}",
            "check the address, the password and that the camera is on: ffplay URL shows it",
        )
    return StreamCamera(capture, url, config)

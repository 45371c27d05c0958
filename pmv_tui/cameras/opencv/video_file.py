"""A video file as a source of images. Needs OpenCV: see cv2_import.

Needs OpenCV: see cv2_import.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import CameraError, EndOfStream, NewImage, plain_image
from pmv_tui.cameras.opencv.mono import as_mono

FASTEST_BELIEVED = 100.0
"""Images a second; above, a file may give the tick of its clock, such as 1/1000 s, for the rate."""

MAX_RATE = 1000.0
"""Images a second; above, it always does."""

LOOKED_AT = 10
"""Images whose time stamps are compared with a rate that is doubted."""

MADE_UP = 25.0
"""Images a second that FFmpeg gives a stream without any."""

_MATROSKA = b"\x1a\x45\xdf\xa3"
_STREAMS = (b"\0\0\1", b"\0\0\0\1", b"\xff\xd8\xff")
"""How a raw stream begins: MPEG, H.264 or H.265 without a container, or JPEGs in a row."""


def own_rate(path: Path) -> float | None:
    """Return the images a second that a video file states; None where it states none.

    Where a file states none OpenCV gives 25, or the tick of the clock by which images are stamped.
    """
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        if not 0 < rate <= MAX_RATE:
            return None
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(_STREAMS) and rate == MADE_UP:
            return None
        doubted = rate >= FASTEST_BELIEVED or start == _MATROSKA
        return None if doubted and not _borne_out(capture, rate) else rate
    finally:
        capture.release()


def _borne_out(capture: cv2.VideoCapture, rate: float) -> bool:
    """Return whether the time stamps of the first images are about as far apart as a rate says."""
    stamps: list[float] = []
    while len(stamps) < LOOKED_AT and capture.grab():
        stamps.append(capture.get(cv2.CAP_PROP_POS_MSEC))
    if len(stamps) < 2:
        return True  # nothing speaks against it
    apart = (stamps[-1] - stamps[0]) / (len(stamps) - 1)
    return 0.5 < apart * rate / 1000 < 2


class VideoFile:
    """A video's images, one after another.

    Parameters
    ----------
    path : the file.
    loop : whether the first image comes after the last one; otherwise that is the end.
    size : (width, height) in pixels that the images are resized to; None leaves them as they are.

    Raises
    ------
    CameraError : nothing in the file can be decoded.
    """

    def __init__(self, path: Path, *, loop: bool, size: tuple[int, int] | None = None) -> None:
        self._path = path
        self._loop = loop
        self._size = size
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self._first = self._decode()
        if self._first is None:
            self.close()
            raise CameraError(
                f"no image can be decoded from {path}",
                "check that it is a whole video file, for instance with: ffprobe FILE",
            )

    def read(self, number: int, new_image: NewImage) -> NDArray[np.uint8]:  # noqa: ARG002
        """Decode the next image, for every one is shown. See `ImageSource.read`."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        image = self._decode(new_image)
        if image is not None:
            return image
        if not self._loop:
            raise EndOfStream(f"{self._path} has been played to its end")
        # Opened again, not sought to its beginning: not every format can be sought in.
        self._capture.open(str(self._path), cv2.CAP_FFMPEG)
        image = self._decode(new_image)
        if image is None:
            raise CameraError(
                f"no image can be decoded from {self._path} any more",
                "check that the file is still there and whole",
            )
        return image

    def _decode(self, new_image: NewImage = plain_image) -> NDArray[np.uint8] | None:
        """Decode one image; None at the end of what can be decoded."""
        more, image = self._capture.read()
        if not more:
            return None
        if self._size is not None:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        return as_mono(image, new_image)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

"""A video file as a source of images. Needs OpenCV: see cv2_import."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import CameraError, EndOfStream
from pmv_tui.cameras.mono import as_mono


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

    def read(self, number: int) -> NDArray[np.uint8]:  # noqa: ARG002 - every image is shown
        """Decode the next image. See `ImageSource.read`."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        image = self._decode()
        if image is not None:
            return image
        if not self._loop:
            raise EndOfStream(f"{self._path} has been played to its end")
        # Opened anew, not sought to its beginning: not every format can be sought in.
        self._capture.open(str(self._path), cv2.CAP_FFMPEG)
        image = self._decode()
        if image is None:
            raise CameraError(
                f"no image can be decoded from {self._path} any more",
                "check that the file is still there and whole",
            )
        return image

    def _decode(self) -> NDArray[np.uint8] | None:
        """Decode one image; None at the end of what can be decoded."""
        more, image = self._capture.read()
        if not more:
            return None
        if self._size is not None:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        return as_mono(image)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

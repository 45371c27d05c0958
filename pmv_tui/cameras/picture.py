"""A picture file as a source of images. Needs OpenCV: see cv2_import."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import CameraError
from pmv_tui.cameras.mono import as_mono


class Picture:
    """One picture, again and again.

    Parameters
    ----------
    path : the file.
    size : (width, height) in pixels that it is resized to; None leaves it as it is.

    Raises
    ------
    CameraError : the file is broken.
    """

    def __init__(self, path: Path, size: tuple[int, int] | None = None) -> None:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise CameraError(
                f"the picture {path} cannot be decoded", "check that an image viewer shows it"
            )
        if size is not None:
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        self._image = as_mono(image)

    def read(self, number: int) -> NDArray[np.uint8]:  # noqa: ARG002 - it does not move
        """Give the picture. See `ImageSource.read`."""
        return self._image

    def close(self) -> None:
        """Nothing is held."""


def is_picture(path: Path) -> bool:
    """Tell whether the first bytes of a file are those of a picture that can be read."""
    return cv2.haveImageReader(str(path))

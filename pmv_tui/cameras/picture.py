"""A picture file as a source of images. Needs OpenCV: see cv2_import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        image = decoded(path, lambda: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
        if size is not None:
            image = as_mono(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        self._image = image

    def read(self, number: int) -> NDArray[np.uint8]:  # noqa: ARG002 - it does not move
        """Give the picture. See `ImageSource.read`."""
        return self._image

    def close(self) -> None:
        """Nothing is held."""


def decoded(path: Path, decode: Callable[[], Any]) -> NDArray[np.uint8]:
    """Decode a picture, grey.

    Parameters
    ----------
    decode : gives the image; None where there is none.

    Raises
    ------
    CameraError : it is broken, or too large.
    """
    try:
        image = decode()
    except (cv2.error, MemoryError) as error:
        if isinstance(error, MemoryError) or "CV_IO_MAX_IMAGE" in str(error):
            raise CameraError(
                f"the picture {path} is too large", "make it smaller: 2^30 pixels at most"
            ) from error
        image = None
    if image is None:
        raise CameraError(
            f"the picture {path} cannot be decoded", "check that an image viewer shows it"
        )
    return as_mono(image)

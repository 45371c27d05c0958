"""Makes images grey, as the wire format needs them. Needs OpenCV: see cv2_import."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import NewImage, plain_image


def as_mono(image: NDArray[Any], new_image: NewImage = plain_image) -> NDArray[np.uint8]:
    """Make an image grey.

    Parameters
    ----------
    image : uint8, shape (height, width), (height, width, 1), or with 3 or 4 channels in BGRA order.
    new_image : returns room for the grey one; one that is grey already is not copied.

    Returns
    -------
    uint8, shape (height, width), C-contiguous.
    """
    if image.ndim == 3 and image.shape[2] in (3, 4):
        code = cv2.COLOR_BGR2GRAY if image.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
        room = new_image(*image.shape[:2])
        cv2.cvtColor(image, code, room)
        return room
    return np.ascontiguousarray(image.reshape(image.shape[:2]), dtype=np.uint8)

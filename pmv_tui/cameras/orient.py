"""Mirrors and turns images: a camera that hangs upside down, or looks into a mirror."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FLIPS = {"none": (), "horizontal": (1,), "vertical": (0,), "both": (0, 1)}
"""The axes that each value of `flip` turns round."""


def orient(image: NDArray[np.uint8], flip: str, rotate: int) -> NDArray[np.uint8]:
    """Mirror an image, then turn it clockwise.

    Parameters
    ----------
    image : uint8, shape (height, width).
    flip : a key of `FLIPS`.
    rotate : degrees: 0, 90, 180 or 270.

    Returns
    -------
    uint8, C-contiguous; an array of its own where anything is to be done.
    """
    turned = np.rot90(np.flip(image, FLIPS[flip]), -rotate // 90)
    return np.ascontiguousarray(turned)


@cache
def oriented_format(pixel_format: str, width: int, height: int, flip: str, rotate: int) -> str:
    """Return what the bytes of an image are once it is oriented: a Bayer pattern turns with it.

    Parameters
    ----------
    pixel_format : `Mono8`, `BayerRG8`, …, whose letters are the first two pixels of the first row.
    width, height : of the image before, pixels.
    """
    letters = pixel_format.removeprefix("Bayer")[:2]
    if not pixel_format.startswith("Bayer") or letters not in _SECOND_ROW:
        return pixel_format
    # The last pixels become the first; the sizes say which of the pattern's they are.
    pattern = np.array([list(letters), list(_SECOND_ROW[letters])])
    tile = np.pad(pattern, [(0, height % 2), (0, width % 2)], mode="wrap")
    turned = np.rot90(np.flip(tile, FLIPS[flip]), -rotate // 90)
    return f"Bayer{turned[0, 0]}{turned[0, 1]}{pixel_format[len('BayerRG') :]}"


_SECOND_ROW = {"RG": "GB", "GR": "BG", "BG": "GR", "GB": "RG"}

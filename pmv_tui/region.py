"""A part of an image: which one is shown where one is asked for."""

import numpy as np
from numpy.typing import NDArray

from pmv_tui.wire.status import Region


def region_in(width: int, height: int, asked: Region | None, pixel_format: str) -> Region:
    """Return what of an image is shown where a region of it is asked for.

    That is what lies in the image; all of it where nothing does, as its size may have changed since
    it was asked for. Of a raw Bayer image it is whole squares of four colours, those which the
    region touches.

    Parameters
    ----------
    width, height : of the image, pixels.
    asked : at least a pixel wide and high; None: all of the image.
    """
    if asked is None:
        asked = 0, 0, width, height
    unit = unit_of(width, height, pixel_format)
    (left, right), (top, bottom) = (
        (max(start, 0) // unit * unit, -(-min(start + size, whole) // unit) * unit)
        for start, size, whole in (
            (asked[0], asked[2], width // unit * unit),
            (asked[1], asked[3], height // unit * unit),
        )
    )
    if left >= right or top >= bottom:
        return region_in(width, height, None, pixel_format)
    return left, top, right - left, bottom - top


def unit_of(width: int, height: int, pixel_format: str) -> int:
    """Return the sides of what an image is made of, pixels: four colours, or one pixel."""
    return 2 if pixel_format.startswith("Bayer") and min(width, height) > 1 else 1


def cut(image: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """Return a view of that region of an image."""
    x, y, width, height = region
    return image[y : y + height, x : x + width]

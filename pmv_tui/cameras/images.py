"""Images made smaller, mirrored and turned."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import NewImage, plain_image
from pmv_tui.config.schema import downsampled


def downsample(
    image: NDArray[np.uint8], factor: int, pixel_format: str, new_image: NewImage = plain_image
) -> NDArray[np.uint8]:
    """Average squares of pixels into one; rows and columns that fill none are left out.

    A raw Bayer image keeps its pattern: the pixels of one colour are averaged among themselves,
    so that a pixel of the result has the colour that its place in the pattern says.

    Parameters
    ----------
    image : uint8, shape (height, width).
    factor : pixels on the side of a square: 1, 2 or 4.
    pixel_format : what the bytes are: `Mono8`, `BayerRG8`, ….
    new_image : returns room for the result.

    Returns
    -------
    uint8, C-contiguous, shape (height // factor, width // factor), for Bayer both rounded down to
    even numbers; always a new array.
    """
    bayer = pixel_format.startswith("Bayer")
    height, width = (downsampled(size, factor, bayer=bayer) for size in image.shape)
    result = new_image(height, width)
    whole = image[: height * factor, : width * factor]
    if factor == 1:
        result[:] = whole
    elif not bayer:
        _average(whole, factor, result)
    else:
        for row in (0, 1):
            for column in (0, 1):
                _average(whole[row::2, column::2], factor, result[row::2, column::2])
    return result


def _average(image: NDArray[np.uint8], factor: int, result: NDArray[np.uint8]) -> None:
    """Average squares of `factor` pixels, rounded to the nearest, into the result."""
    width = result.shape[1]
    # Rows first: whole rows are added at the speed of memory. The sum of 4x4 pixels fits 16 bits.
    sums = image[::factor].astype(np.uint16)
    for row in range(1, factor):
        sums += image[row::factor]
    # Neighbours are then added two at a time: each pair is one number of twice the width.
    while sums.shape[1] > width:
        pairs = sums.view(np.uint32)
        sums = ((pairs & 0xFFFF) + (pairs >> 16)).astype(np.uint16)
    shift = 2 * (factor.bit_length() - 1)
    result[:] = (sums + (1 << (shift - 1))) >> shift


FLIPS = {"none": (), "horizontal": (1,), "vertical": (0,), "both": (0, 1)}
"""The axes that each value of `flip` turns round."""


def orient(
    image: NDArray[np.uint8], flip: str, rotate: int, new_image: NewImage = plain_image
) -> NDArray[np.uint8]:
    """Mirror an image, then turn it clockwise.

    Parameters
    ----------
    image : uint8, shape (height, width).
    flip : a key of `FLIPS`.
    rotate : degrees: 0, 90, 180 or 270.
    new_image : returns room for the result.
    """
    turned = np.rot90(np.flip(image, FLIPS[flip]), -rotate // 90)
    result = new_image(*turned.shape)
    result[:] = turned
    return result


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

"""Makes a frame small enough for a terminal."""

import numpy as np
from numpy.typing import NDArray

SAMPLES = 4
"""Rows that are averaged for one of the thumbnail, at most: more look no better and cost more."""


def fit_inside(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Give the largest size of the same shape that fits, never above the image's own.

    Parameters
    ----------
    width, height : of the image, pixels.
    max_width, max_height : of where it is shown, pixels.

    Returns
    -------
    Width and height, pixels; at least 1.
    """
    scale = min(max_width / width, max_height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail(
    image: NDArray[np.uint8], max_width: int, max_height: int, pixel_format: str
) -> NDArray[np.uint8]:
    """Scale an image down to fit, each pixel the mean of those it stands for.

    Of these all columns count, but only some rows, spread evenly. A raw Bayer image is taken by
    squares of two pixels on a side, one of each colour: their mean is a grey.

    Parameters
    ----------
    image : uint8, shape (height, width).
    max_width, max_height : pixels.
    pixel_format : what the bytes are: `Mono8`, `BayerRG8`, ….

    Returns
    -------
    uint8, C-contiguous, of the image's shape as nearly as whole pixels allow; an array of its own.
    """
    unit = 2 if pixel_format.startswith("Bayer") and min(image.shape) > 1 else 1
    height, width = (size // unit for size in image.shape)
    small_width, small_height = fit_inside(width, height, max_width, max_height)
    sums, summed = _summed_rows(image, np.arange(small_height + 1) * height // small_height, unit)
    columns = np.arange(small_width + 1) * width // small_width * unit
    totals = np.add.reduceat(sums[:, : columns[-1]], columns[:-1], axis=1, dtype=np.uint32)
    counts = (np.diff(columns) * summed).astype(np.uint32)
    means: NDArray[np.uint32] = (totals + counts // 2) // counts
    return means.astype(np.uint8)


def _summed_rows(
    image: NDArray[np.uint8], edges: NDArray[np.int_], unit: int
) -> tuple[NDArray[np.uint16], int]:
    """Add up some of the rows between each edge and the next.

    Parameters
    ----------
    edges : in units of `unit` rows, which are taken together.

    Returns
    -------
    The sums, and how many rows are in each.
    """
    lengths = np.diff(edges)
    picks = min(SAMPLES // unit, int(lengths.min()))
    sums = np.zeros((len(lengths), image.shape[1]), np.uint16)
    for pick in range(picks):
        first = (edges[:-1] + (2 * pick + 1) * lengths // (2 * picks)) * unit
        for row in range(unit):
            sums += image[first + row]
    return sums, picks * unit

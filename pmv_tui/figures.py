"""An image in numbers, for who aims, focuses and exposes a lens at a terminal."""

import math

import numpy as np
from numpy.typing import NDArray

from pmv_tui.wire.status import PERCENTILES, Figures

SATURATED = 255
"""The value that brighter light does not raise."""

MOST_COUNTED = 4_500_000
"""Pixels in which the saturated and the black ones are counted, at most: 0.5 ms."""

MOST_SAMPLED = 150_000
"""Pixels of a histogram, at most: 0.2 ms, for numpy makes 64 bits of each."""

MOST_COMPARED = 80_000
"""Pixels that are compared with their neighbours, at most: 0.3 ms."""

SIGNIFICANT = 20.0
"""Standard deviations, of the correlation that noise alone would show, from which on there is
structure: then noise moves the figure by some 0.05 at most."""


def figures(image: NDArray[np.uint8], pixel_format: str) -> Figures:
    """Return how an image is exposed and focused.

    Parameters
    ----------
    image : uint8, shape (height, width), with a pixel at least; of a raw Bayer image, whole squares
        of four colours.
    pixel_format : what the bytes are: `Mono8`, `BayerRG8`, ….
    """
    # An odd step takes as many of each colour of a raw image.
    counted = image[:: _odd(image.size / MOST_COUNTED)]
    step = _odd(math.sqrt(image.size / MOST_SAMPLED))
    histogram = np.bincount(image[::step, ::step].ravel(), minlength=256)
    below = np.cumsum(histogram)
    ranks = np.array(PERCENTILES) / 100 * below[-1]
    return Figures(
        counted=counted.size,
        saturated=np.count_nonzero(counted == SATURATED) / counted.size,
        black=np.count_nonzero(counted == 0) / counted.size,
        step=step,
        mean=float(histogram @ np.arange(256) / below[-1]),
        percentiles=np.searchsorted(below, ranks).tolist(),
        histogram=histogram.tolist(),
        sharpness=sharpness(one_colour(image, pixel_format)),
    )


def stretching(darkest: int, brightest: int) -> NDArray[np.uint8]:
    """Return what each of the 256 values becomes where two are to be black and white: uint8."""
    values = (np.arange(256) - darkest) * 255 / max(brightest - darkest, 1)
    return values.clip(0, 255).round().astype(np.uint8)


def one_colour(image: NDArray[np.uint8], pixel_format: str) -> NDArray[np.uint8]:
    """Return a view of an image's pixels of one colour: of a raw Bayer image half of its greens."""
    if not pixel_format.startswith("Bayer"):
        return image
    first_green = 0 if pixel_format.startswith("BayerG") else 1
    return image[::2, first_green::2]


def sharpness(image: NDArray[np.uint8]) -> float | None:
    """Return how fine the structure of an image is; None where there is none beyond noise.

    It is Vollath's autocorrelation measure, the covariance of neighbours less that of pixels two
    apart, divided by the former, along rows and columns: D. Vollath, "The influence of the scene
    parameters and of noise on the behaviour of automatic focusing algorithms", Journal of
    Microscopy 151 (1988) 133-146. A. Santos et al., "Evaluation of autofocus functions in molecular
    cytogenetic analysis", Journal of Microscopy 188 (1997) 264-272, found such ones the best of 13.

    Noise of pixels, which differs from one to the next, adds to neither covariance: pictures with
    noise of 8 keep the figure that they have without, where the variance of the Laplacian is all
    noise, and Tenengrad's most. What is added to every value, or multiplies it, cancels out. What
    cannot be told from noise does not count: dots that are no larger than a pixel.

    Of large images some rows are compared, spread evenly.

    Parameters
    ----------
    image : uint8, shape (height, width).
    """
    height, width = image.shape
    if height < 3 or width < 3:
        return None
    step = max(1, round((height - 2) * width / MOST_COMPARED))
    first, below, two_below = (
        image[row : height - 2 + row : step].astype(np.float32) for row in range(3)
    )
    here = first[:, :-2]
    next_ones = _difference(here, first[:, 1:-1]) + _difference(here, below[:, :-2])
    second_ones = _difference(here, first[:, 2:]) + _difference(here, two_below[:, :-2])
    variance = float(here.var(dtype=np.float64))
    # Half the mean square of differences is the variance less the covariance.
    covariance = variance - next_ones / 4
    if covariance <= SIGNIFICANT * variance / here.size**0.5:
        return None
    return max(0.0, (second_ones - next_ones) / 4 / covariance)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the mean square of the difference."""
    apart = one - other
    # Not by BLAS, which would wake threads of its own.
    squared = np.einsum("ij,ij->i", apart, apart)
    return float(squared.sum(dtype=np.float64)) / apart.size


def _odd(least: float) -> int:
    """Return the smallest odd number that is not below another."""
    return math.ceil((least - 1) / 2) * 2 + 1 if least > 1 else 1

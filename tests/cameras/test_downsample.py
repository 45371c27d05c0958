"""Downsampling: averages, at every size, and the Bayer pattern that stays."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.cameras.images import downsample


def random_image(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize(("height", "width"), [(48, 64), (50, 67), (17, 16)])
def test_a_pixel_is_the_mean_of_its_square(height: int, width: int, factor: int) -> None:
    image = random_image(height, width)
    small = downsample(image, factor, "Mono8")
    rows, columns = height // factor, width // factor
    squares = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    assert small.shape == (rows, columns)
    assert small.dtype == np.uint8
    assert small.flags.c_contiguous
    assert np.abs(small - squares.mean(axis=(1, 3))).max() <= 0.5


@pytest.mark.parametrize("factor", [2, 4])
def test_white_stays_white(factor: int) -> None:
    assert np.all(downsample(np.full((16, 16), 255, np.uint8), factor, "Mono8") == 255)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_bayer_image_keeps_its_pattern(factor: int) -> None:
    red, green, other_green, blue = 200, 100, 110, 30
    cell = np.array([[red, green], [other_green, blue]], np.uint8)
    small = downsample(np.tile(cell, (17, 21)), factor, "BayerRG8")
    assert np.array_equal(small, np.tile(cell, (17 // factor, 21 // factor)))
    assert small.flags.c_contiguous


def test_colours_of_a_bayer_image_are_averaged_apart() -> None:
    image = random_image(32, 32)
    small = downsample(image, 2, "BayerGB8")
    assert small[0, 0] == pytest.approx(image[0:4:2, 0:4:2].mean(), abs=0.5)
    assert small[1, 0] == pytest.approx(image[1:4:2, 0:4:2].mean(), abs=0.5)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_the_result_is_an_array_of_its_own(factor: int) -> None:
    image = random_image(16, 16)
    kept = image.copy()
    downsample(image, factor, "Mono8")[:] = 0
    assert np.array_equal(image, kept)

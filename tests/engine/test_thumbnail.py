"""Thumbnails: their shape, their greys, and what of the image is in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.engine.stream.preview import fit_inside, thumbnail

SIDES = st.integers(1, 300)


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from(["Mono8", "BayerRG8"]))
def test_it_fits_is_no_larger_than_the_image_and_keeps_its_shape(
    width: int, height: int, max_width: int, max_height: int, pixel_format: str
) -> None:
    small = thumbnail(np.zeros((height, width), np.uint8), max_width, max_height, pixel_format)
    assert 1 <= small.shape[0] <= min(height, max_height)
    assert 1 <= small.shape[1] <= min(width, max_width)
    if pixel_format == "Mono8":
        # Within the half pixel to which a side is rounded, unless that made it none.
        scale = min(max_width / width, max_height / height, 1)
        assert small.shape[0] == pytest.approx(max(height * scale, 1), abs=0.51)
        assert small.shape[1] == pytest.approx(max(width * scale, 1), abs=0.51)


@given(SIDES, SIDES, SIDES, st.integers(0, 255), st.sampled_from(["Mono8", "BayerRG8"]))
def test_an_even_grey_stays_that_grey(
    width: int, height: int, size: int, grey: int, pixel_format: str
) -> None:
    image = np.full((height, width), grey, np.uint8)
    assert (thumbnail(image, size, size, pixel_format) == grey).all()


@given(st.integers(100, 300), st.integers(100, 300), st.integers(8, 25), st.integers(8, 25))
def test_the_mean_of_a_smooth_image_is_kept(
    width: int, height: int, max_width: int, max_height: int
) -> None:
    x, y = np.linspace(0, 3, width), np.linspace(0, 2, height)[:, np.newaxis]
    image = (128 + 60 * np.sin(x + y)).astype(np.uint8)
    small = thumbnail(image, max_width, max_height, "Mono8")
    assert small.mean() == pytest.approx(image.mean(), abs=1)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_where_the_sizes_divide_it_is_the_mean_of_each_square(
    width: int, height: int, factor: int, seed: int
) -> None:
    shape = height * factor, width * factor
    image = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    squares = image.reshape(height, factor, width, factor).mean(axis=(1, 3))
    assert np.abs(thumbnail(image, width, height, "Mono8") - squares).max() <= 0.5


def test_a_bright_spot_is_where_it_was() -> None:
    image = np.zeros((1024, 1280), np.uint8)
    image[700:760, 300:360] = 255
    small = thumbnail(image, 64, 64, "Mono8")
    y, x = divmod(int(small.argmax()), small.shape[1])
    assert (x * 20, y * 20) == (300, 700)


def test_a_bayer_image_of_one_colour_is_an_even_grey_and_not_a_pattern() -> None:
    image = np.zeros((100, 120), np.uint8)
    image[::2, ::2] = 200
    assert set(thumbnail(image, 37, 31, "BayerRG8").ravel().tolist()) == {50}


def test_the_size_that_fits_is_never_above_the_images_own() -> None:
    assert fit_inside(1280, 1024, 80, 30) == (38, 30)
    assert fit_inside(640, 480, 9999, 9999) == (640, 480)
    assert fit_inside(10_000, 1, 100, 100) == (100, 1)

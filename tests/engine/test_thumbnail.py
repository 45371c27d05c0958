"""Thumbnails: their shape, their greys, and what of the image is in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.engine.stream.preview import fit_inside, saturated, thumbnail
from pmv_tui.region import cut, region_in

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


@given(SIDES, SIDES, st.tuples(*[st.integers(-50, 350)] * 2, *[st.integers(1, 400)] * 2))
def test_a_region_is_what_of_it_lies_in_the_image(
    width: int, height: int, asked: tuple[int, int, int, int]
) -> None:
    image = np.random.default_rng(1).integers(0, 256, (height, width)).astype(np.uint8)
    x, y = np.meshgrid(range(width), range(height))
    wanted = image[
        (asked[0] <= x) & (x < asked[0] + asked[2]) & (asked[1] <= y) & (y < asked[1] + asked[3])
    ]
    part = cut(image, region_in(width, height, asked, "Mono8"))
    assert (part.ravel() == (wanted if wanted.size else image.ravel())).all()


def test_a_region_that_fits_is_shown_pixel_by_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (300, 400)).astype(np.uint8)
    for asked in ((0, 0, 80, 60), (333, 257, 80, 60), (-10, 290, 20, 5000), (399, 299, 1, 1)):
        x, y, width, height = region_in(400, 300, asked, "Mono8")
        small = thumbnail(cut(image, (x, y, width, height)), 80, 60, "Mono8")
        assert (small == image[y : y + height, x : x + width]).all()
    assert region_in(400, 300, (333, 257, 80, 60), "Mono8") == (333, 257, 67, 43)
    assert region_in(400, 300, (400, 0, 80, 60), "Mono8") == (0, 0, 400, 300)


@given(SIDES, SIDES, st.tuples(*[st.integers(-50, 350)] * 2, *[st.integers(1, 400)] * 2))
def test_a_region_of_a_bayer_image_is_of_whole_squares_that_begin_as_the_image_does(
    width: int, height: int, asked: tuple[int, int, int, int]
) -> None:
    region = region_in(width, height, asked, "BayerRG8")
    assert min(region[:2]) >= 0
    assert min(region[2:]) >= 1
    assert region[0] + region[2] <= width
    assert region[1] + region[3] <= height
    if min(width, height) > 1:
        assert not any(each % 2 for each in region)


def test_a_bayer_region_of_one_colour_is_an_even_grey() -> None:
    image = np.zeros((100, 120), np.uint8)
    image[::2, ::2] = 200
    part = cut(image, region_in(120, 100, (31, 17, 20, 10), "BayerRG8"))
    assert set(thumbnail(part, 80, 60, "BayerRG8").ravel().tolist()) == {50}


@given(SIDES, SIDES, st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_a_pixel_is_marked_where_any_that_it_stands_for_is_saturated(
    width: int, height: int, max_width: int, max_height: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    image = random.integers(0, 255, (height, width)).astype(np.uint8)
    spots = random.integers(0, height, 3), random.integers(0, width, 3)
    image[spots] = 255
    marked = saturated(image, max_width, max_height, "Mono8")
    sizes = thumbnail(image, max_width, max_height, "Mono8").shape
    assert marked.shape == sizes
    # The last pixel of the thumbnail that begins at or before the spot.
    rows, columns = (
        ((spot + 1) * size - 1) // side
        for spot, size, side in zip(spots, sizes, image.shape, strict=True)
    )
    assert marked[rows, columns].all()
    assert marked.sum() == len(set(zip(rows.tolist(), columns.tolist(), strict=True)))

"""Images that are mirrored and turned, and the patterns of raw ones."""

from itertools import product

import numpy as np
import pytest

from pmv_tui.cameras.images import FLIPS, orient, oriented_format

COLOURS = {"R": 0, "G": 1, "B": 2}


def test_an_image_is_mirrored_and_then_turned_clockwise() -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert orient(image, "none", 90).tolist() == [[4, 1], [5, 2], [6, 3]]
    assert orient(image, "none", 270).tolist() == [[3, 6], [2, 5], [1, 4]]
    assert orient(image, "horizontal", 0).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert orient(image, "vertical", 0).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert (orient(image, "both", 0) == orient(image, "none", 180)).all()
    turned = orient(image, "horizontal", 90)
    assert turned.tolist() == [[6, 3], [5, 2], [4, 1]]
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("letters", ["RGGB", "GRBG", "BGGR", "GBRG"])
def test_a_raw_images_format_says_which_colour_each_pixel_has(letters: str) -> None:
    for height, width, flip, rotate in product((4, 5), (6, 7), FLIPS, (0, 90, 180, 270)):
        pattern = np.array([COLOURS[each] for each in letters], np.uint8).reshape(2, 2)
        image = np.tile(pattern, (3, 4))[:height, :width]
        turned = orient(image, flip, rotate)
        oriented = oriented_format(f"Bayer{letters[:2]}8", width, height, flip, rotate)
        first = [COLOURS[each] for each in oriented.removeprefix("Bayer")[:2]]
        assert turned[0, :2].tolist() == first
        assert oriented.endswith("8")


def test_grey_stays_grey() -> None:
    assert oriented_format("Mono8", 7, 5, "both", 90) == "Mono8"

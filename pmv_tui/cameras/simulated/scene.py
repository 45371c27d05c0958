"""The simulated camera's built-in scene: a bright blob that wanders over a soft background."""

import math

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import NewImage, plain_image

INK = 96
"""Bright enough to be read, and darker than what clients are to find: the scene's blob."""

PAPER = 0

_DOTS = """
.###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###.
#...# .##.. #...# ....# ..##. #.... .#... ....# #...# #...#
#..## ..#.. ....# ...#. .#.#. ####. #.... ...#. #...# #...#
#.#.# ..#.. ..##. ..##. #..#. ....# ####. ...#. .###. .####
##..# ..#.. .#... ....# ##### ....# #...# ..#.. #...# ....#
#...# ..#.. #.... #...# ...#. #...# #...# ..#.. #...# ...#.
.###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..
"""

GLYPH_HEIGHT, GLYPH_WIDTH = 7, 5
"""Of a digit in dots, without the margin of one dot around it."""


def _cells() -> NDArray[np.uint8]:
    """Read the font: uint8, shape (10, GLYPH_HEIGHT + 2, GLYPH_WIDTH + 1), a cell for each digit.

    A cell has a margin of one dot above, below and on the right.
    """
    rows = [line.split() for line in _DOTS.split("\n") if line]
    cells = np.full((10, GLYPH_HEIGHT + 2, GLYPH_WIDTH + 1), PAPER, np.uint8)
    for y, row in enumerate(rows):
        for digit, dots in enumerate(row):
            cells[digit, y + 1, :GLYPH_WIDTH] = [INK if dot == "#" else PAPER for dot in dots]
    return cells


class NumberStamp:
    """Draws numbers into the top left corner of images of one size.

    Parameters
    ----------
    width, height : of the images, pixels.
    digits : drawn of a number; its last ones where it has more, and fewer where the image is too
        narrow for them.
    """

    def __init__(self, width: int, height: int, digits: int = 8) -> None:
        self.dot = max(1, min(width, height) // 160)
        """Pixels on the side of a dot."""
        self._dots = _cells().repeat(self.dot, axis=1).repeat(self.dot, axis=2)
        self._cells = self._dots
        self.digits = min(digits, (width - self.dot) // self._dots.shape[2])

    def set_ink(self, ink: int) -> None:
        """Draw with another grey from now on, above 0."""
        self._cells = np.where(self._dots == INK, np.uint8(ink), np.uint8(PAPER))

    def draw(self, image: NDArray[np.uint8], number: int) -> None:
        """Draw a number, with leading zeros.

        Parameters
        ----------
        image : uint8, shape (height, width); drawn into.
        number : not negative.
        """
        text = f"{number % 10**self.digits:0{self.digits}}"
        cells = self._cells[[int(digit) for digit in text]]
        height = cells.shape[1]
        plate = cells.transpose(1, 0, 2).reshape(height, -1)
        image[:height, : self.dot] = PAPER
        image[:height, self.dot : self.dot + plate.shape[1]] = plate


# Background and blob add up to less than 255, so that adding them needs no wider type.
BACKGROUND_MAX = 110
BLOB_MAX = 150

FAINTEST_INK = 16
"""Grey of the number in an image that is exposed so little that nothing else is seen either."""


class BlobScene:
    """A scene whose images depend on the frame's number, the size and the exposure alone.

    Parameters
    ----------
    width, height : pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._radius = min(width, height) // 8
        self._background = _background(width, height)
        self._blob = _blob(self._radius)
        self._stamp = NumberStamp(width, height)
        self._tones: NDArray[np.uint8] | None = None

    def expose(self, brightness: float) -> None:
        """Make what is drawn from now on brighter or darker; 1 is as it was made.

        The number is darker than the blob, and still read however the scene is exposed.
        """
        self._stamp.set_ink(min(INK, max(FAINTEST_INK, round(INK * brightness))))
        tones = np.clip(np.arange(256) * brightness, 0, 255).astype(np.uint8)
        self._tones = tones if brightness != 1 else None

    def read(self, number: int, new_image: NewImage = plain_image) -> NDArray[np.uint8]:
        """Draw the image of a frame. See `ImageSource.read`."""
        image = new_image(self._height, self._width)
        image[:] = self._background
        x, y = self.blob_centre(number)
        radius = self._radius
        image[y - radius : y + radius, x - radius : x + radius] += self._blob
        if self._tones is not None:
            self._tones.take(image, out=image)
        self._stamp.draw(image, number)
        return image

    def blob_centre(self, number: int) -> tuple[int, int]:
        """Return where the blob is in a frame: (x, y) in pixels."""
        # Two periods without a small common multiple: a path that fills the image over time.
        across = math.sin(2 * math.pi * number / 310)
        down = math.sin(2 * math.pi * number / 230)
        x = round(self._width / 2 + (self._width / 2 - self._radius) * across)
        y = round(self._height / 2 + (self._height / 2 - self._radius) * down)
        # A half pixel may be rounded out of the image.
        return min(x, self._width - self._radius), min(y, self._height - self._radius)

    def close(self) -> None:
        """Nothing is held."""


def _background(width: int, height: int) -> NDArray[np.uint8]:
    """Weave a cloth of a few slow waves: uint8, shape (height, width), at most BACKGROUND_MAX."""
    # (cycles across, cycles down, weight); the weights sum to 1.
    waves = [(0.7, 0.4, 0.4), (1.5, -2.3, 0.25), (5.0, 3.5, 0.2), (-9.0, 13.0, 0.15)]
    x = np.arange(width, dtype=np.float32) * (2 * np.pi / width)
    background = np.empty((height, width), np.uint8)
    # Row by row: the largest image would need gigabytes in floating point.
    for row in range(height):
        y = 2 * np.pi * row / height
        cloth = sum(weight * np.sin(across * x + down * y) for across, down, weight in waves)
        background[row] = (0.5 + 0.4 * cloth) * BACKGROUND_MAX
    return background


def _blob(radius: int) -> NDArray[np.uint8]:
    """Make a round spot that fades to its edge: uint8, shape (2 * radius, 2 * radius)."""
    offset = (np.arange(2 * radius) - radius) / radius
    distance_squared = offset[:, np.newaxis] ** 2 + offset**2
    glow = np.clip(1 - distance_squared, 0, None) ** 2
    return (BLOB_MAX * glow).astype(np.uint8)

"""Draws a frame's number into its image, in a font of dots that a test can read back."""

import numpy as np
from numpy.typing import NDArray

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

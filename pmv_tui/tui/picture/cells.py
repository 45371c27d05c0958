"""The cells of a picture: a character, its ink and its paper in each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.tui.picture.colours import NO_COLOUR

BLACK, WHITE = 0x000000, 0xFFFFFF


class Cells(NamedTuple):
    """Arrays of shape (rows, columns).

    Parameters
    ----------
    glyphs : a character each, one column wide.
    ink, paper : 0xRRGGBB, or NO_COLOUR.
    """

    glyphs: NDArray[np.str_]
    ink: NDArray[np.int32]
    paper: NDArray[np.int32]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.ink)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return int(self.ink.shape[1])

    def runs(self, row: int) -> Iterator[tuple[str, int, int]]:
        """Divide a row into texts of one ink and one paper each."""
        ink, paper = self.ink[row], self.paper[row]
        starts = np.flatnonzero((ink[1:] != ink[:-1]) | (paper[1:] != paper[:-1])) + 1
        text = "".join(self.glyphs[row].tolist())
        start = 0
        for end in [*starts.tolist(), len(text)]:
            yield text[start:end], int(ink[start]), int(paper[start])
            start = end

    def changes(self, before: "Cells") -> list[tuple[int, int, int]]:
        """Find what differs: (row, first column, columns) of each row that does.

        Parameters
        ----------
        before : of the same shape.
        """
        differs = self.ink != before.ink
        differs |= self.paper != before.paper
        differs |= self.glyphs != before.glyphs
        found = []
        for row in np.flatnonzero(differs.any(axis=1)).tolist():
            columns = np.flatnonzero(differs[row])
            first, last = int(columns[0]), int(columns[-1])
            found.append((row, first, last - first + 1))
        return found

    def write(self, row: int, column: int, text: str, paper: int) -> None:
        """Write a text over some cells, as far as they exist; where there are colours, on paper."""
        if not 0 <= row < self.rows:
            return
        text = text[: self.columns - column]
        place = slice(column, column + len(text))
        self.glyphs[row, place] = list(text)
        if self.paper[row, column] != NO_COLOUR:
            self.ink[row, place] = BLACK if _is_bright(paper) else WHITE
            self.paper[row, place] = paper


def _is_bright(colour: int) -> bool:
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    return 0.299 * red + 0.587 * green + 0.114 * blue > 127

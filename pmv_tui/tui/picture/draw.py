"""Draws a camera's picture: greys, boxes, points, labels, and why it is not live."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pmv_tui.control.messages import Thumbnail
from pmv_tui.control.overlays import Overlay
from pmv_tui.tui.lines import wrap
from pmv_tui.tui.picture.canvas import Canvas, Label
from pmv_tui.tui.picture.cells import BLACK, WHITE, Cells
from pmv_tui.tui.picture.colours import NO_COLOUR
from pmv_tui.tui.picture.greys import Greys
from pmv_tui.tui.picture.look import Look
from pmv_tui.tui.text import plain

UPPER_HALF = "▀"

Value = TypeVar("Value", bound=np.generic)

DIMMING = 0.35
"""Of an image that is not live."""

BOX_MARK, POINT_MARK = "+", "o"
"""Where there are no colours."""


class Drawing:
    """One camera's picture, from image to image.

    Parameters
    ----------
    look : of the terminal.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._greys = Greys(look)

    def draw(
        self,
        pixels: NDArray[np.uint8],
        image_size: Sequence[int],
        overlays: Sequence[Overlay],
        notice: str,
    ) -> Cells:
        """Draw an image.

        Parameters
        ----------
        pixels : uint8, shape (height, width); a row of cells shows two rows.
        image_size : width and height of the image as it was captured, pixels.
        overlays : in pixels of that.
        notice : why the image is not live; it is dimmed then. Empty where it is live.
        """
        if notice:
            pixels = (pixels * DIMMING).astype(np.uint8)
        canvas = Canvas(self._greys.round(pixels), image_size)
        canvas.draw(overlays)
        cells = self._shaded(canvas) if self._look.shades else self._coloured(canvas)
        for label in canvas.labels:
            _write_label(cells, label)
        if notice:
            write_notice(cells, notice)
        return cells

    def _coloured(self, canvas: Canvas) -> Cells:
        """Colour the cells: two pixels in each, or the mean of both."""
        top, bottom = _halves(canvas.colours)
        if self._look.halves:
            glyphs = np.where(top == bottom, " ", UPPER_HALF)
            return Cells(glyphs, top.copy(), bottom.copy())
        # What is drawn over one of the two is not mixed with the other.
        drawn = _halves(canvas.boxes | canvas.points)
        colours = self._mean(canvas) * 0x010101
        colours = np.where(drawn[0], top, np.where(drawn[1], bottom, colours))
        return Cells(np.full(colours.shape, " "), np.full_like(colours, WHITE), colours)

    def _shaded(self, canvas: Canvas) -> Cells:
        """Make characters of the greys; what is drawn over them has characters of its own."""
        shades = np.array(list(self._look.shades))
        glyphs = shades[np.searchsorted(self._look.greys, self._mean(canvas))]
        for mark, drawn in ((BOX_MARK, canvas.boxes), (POINT_MARK, canvas.points)):
            upper, lower = _halves(drawn)
            glyphs[upper | lower] = mark
        none = np.full(glyphs.shape, NO_COLOUR, np.int32)
        return Cells(glyphs, none, none.copy())

    def _mean(self, canvas: Canvas) -> NDArray[np.int32]:
        """Give each cell one of the greys that the terminal has."""
        upper, lower = _halves(canvas.greys)
        greys = np.array(self._look.greys, np.int32)
        middles = (greys[1:] + greys[:-1]) // 2
        return greys[np.searchsorted(middles, (upper + lower) // 2)]


def greys_in(image: Thumbnail) -> NDArray[np.uint8]:
    """Return the pixels that were told, uint8, shape (height, width)."""
    width, height = image["size"]
    return np.frombuffer(image["pixels"] or b"", np.uint8).reshape(height, width)


def words(text: str, rows: int, columns: int) -> Cells:
    """Write a text where there is no image."""
    none = np.full((rows, columns), NO_COLOUR, np.int32)
    cells = Cells(np.full((rows, columns), " "), none, none.copy())
    write_notice(cells, text)
    return cells


def write_notice(cells: Cells, notice: str) -> None:
    """Write a text in the middle, in white on black where there are colours."""
    room = max(cells.columns - 2, 1)
    lines = [line[:room] for line in wrap(plain(notice), room)][: cells.rows]
    first = (cells.rows - len(lines)) // 2
    for row, line in enumerate(lines, first):
        cells.write(row, (cells.columns - len(line)) // 2, line, BLACK)


def _write_label(cells: Cells, label: Label) -> None:
    """Write a label above its place, or below it in the first row; wholly inside where it fits."""
    row = label.y // 2
    column = max(0, min(label.x, cells.columns - len(label.text)))
    cells.write(row - 1 if row else 1, column, label.text, label.colour)


def _halves(
    pixels: NDArray[Value],
) -> tuple[NDArray[Value], NDArray[Value]]:
    """Divide rows into upper and lower ones; the last one is both where their number is odd."""
    upper, lower = pixels[::2], pixels[1::2]
    if len(lower) < len(upper):
        lower = np.vstack([lower, upper[-1:]])
    return upper, lower

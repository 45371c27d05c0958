"""Makes a picture of real pixels: what a terminal is sent of an image, and the cells below it."""

from base64 import standard_b64encode
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.image_file import png_of_few
from pmv_tui.tui.graphics import KITTY_DELETED, MOST_PIXELS, Ability
from pmv_tui.tui.picture import (
    DIMMING,
    WHITE,
    Canvas,
    Cells,
    Contrast,
    Shown,
    Value,
    canvas_of,
    write_label,
    write_notice,
)
from pmv_tui.wire.drawn import Overlay

MOST_GREYS = 64
"""More are noise to the eye, and to the line."""

MOST_SIXEL_GREYS = 32
"""A sixel terminal is sent each row once for each grey in it."""

FOR_OVERLAYS = 24
"""Colours that are kept for what is drawn over an image, or a fourth where there are few."""


EMPTY = 0x010101
"""Behind an image, as good as black: no word stands on it."""


class Indexed(NamedTuple):
    """An image of few colours.

    Parameters
    ----------
    pixels : the number of each one's colour; uint8, shape (height, width).
    palette : the colours; uint8, shape (colours, 3): red, green, blue.
    """

    pixels: NDArray[np.uint8]
    palette: NDArray[np.uint8]


def indexed(canvas: Canvas, colours: int) -> Indexed:
    """Round a canvas to few colours: greys in even steps, and those that are drawn on it."""
    overlays = min(FOR_OVERLAYS, colours // 4)
    greys = colours - overlays
    pixels = ((np.arange(256) * (greys - 1) + 127) // 255).astype(np.uint8)[canvas.greys]
    ramp = np.arange(greys) * 255 // (greys - 1)
    palette = np.repeat(ramp[:, None], 3, axis=1).astype(np.uint8)
    drawn = canvas.marks > 0
    if not (overlays and drawn.any()):
        return Indexed(pixels, palette)
    shown, which = np.unique(canvas.colours[drawn], return_inverse=True)
    if len(shown) > overlays:  # What fades over an image: neighbours become one.
        which = which * overlays // len(shown)
        shown = shown[np.arange(overlays) * len(shown) // overlays]
    pixels[drawn] = greys + which
    parts = np.stack([shown >> 16, shown >> 8 & 0xFF, shown & 0xFF], axis=1)
    return Indexed(pixels, np.concatenate([palette, parts.astype(np.uint8)]))


BAND = 6
"""Rows that one sixel shows."""

FIRST_SIXEL = ord("?")
"""The empty one."""

TOKEN = 6
"""Bytes of a repeated sixel, or of a colour's number, at most."""


def sixel(image: Indexed) -> str:
    """Return an image as a terminal of sixels takes it, which begins at the cursor.

    Each band of six rows is written once for each of its colours: a sixel says in which of the six
    rows a pixel has it.
    """
    height, width = image.pixels.shape
    shares = (image.palette.astype(int) * 100 + 127) // 255  # percent
    palette = "".join(f"#{n};2;{r};{g};{b}" for n, (r, g, b) in enumerate(shares.tolist()))
    runs = _runs(_masks(image.pixels, len(image.palette)), width)
    body = _written(runs, len(image.palette), width)
    return f'\x1bP0;1q"1;1;{width};{height}{palette}{body}\x1b\\'


class Runs(NamedTuple):
    """Sixels that repeat themselves; arrays of one length.

    Parameters
    ----------
    lines : where each stands: the number of its band times that of the colours, plus its colour's.
    gaps : empty sixels before it.
    lengths : how often it is there.
    sixels : which, six bits.
    """

    lines: NDArray[np.intp]
    gaps: NDArray[np.intp]
    lengths: NDArray[np.intp]
    sixels: NDArray[np.uint8]


def _runs(masks: NDArray[np.uint8], width: int) -> Runs:
    """Find what repeats itself in sixels that stand in lines of a width."""
    places = np.flatnonzero(masks)
    sixels = masks[places]
    lines, columns = np.divmod(places, width)
    begins = np.ones(len(places), bool)
    begins[1:] = (sixels[1:] != sixels[:-1]) | (np.diff(places) != 1) | (lines[1:] != lines[:-1])
    first = np.flatnonzero(begins)
    lengths = np.diff(first, append=len(places))
    lines, columns = lines[first], columns[first]
    ends = np.zeros_like(columns)
    ends[1:] = np.where(lines[1:] == lines[:-1], columns[:-1] + lengths[:-1], 0)
    return Runs(lines, columns - ends, lengths, sixels[first])


def _written(runs: Runs, colours: int, width: int) -> str:
    """Write runs: before each line its colour, and the way to it from the line before."""
    text = np.zeros((len(runs.lines), 4, TOKEN), np.uint8)
    begins = np.ones(len(runs.lines), bool)
    begins[1:] = runs.lines[1:] != runs.lines[:-1]
    bands, numbers = np.divmod(runs.lines[begins], colours)
    ways = np.full(len(bands), ord("$"), np.uint8)  # back to the left
    ways[1:][np.diff(bands) > 0] = ord("-")  # and down
    ways[:1] = 0
    text[begins, 0, 0] = ways
    text[begins, 1] = _numbers(colours)[numbers]
    text[:, 2] = _repeated(width)[runs.gaps]
    repeated = _repeated(width)[runs.lengths]
    sixels = np.broadcast_to(runs.sixels[:, None] + FIRST_SIXEL, repeated.shape)
    text[:, 3] = np.where(repeated == FIRST_SIXEL, sixels, repeated)
    return bytes(text[text != 0]).decode()


def _masks(pixels: NDArray[np.uint8], colours: int) -> NDArray[np.uint8]:
    """Return sixels of each band and colour, one after the other, a bit for each of six rows."""
    height, width = pixels.shape
    bands = -(-height // BAND)
    masks = np.zeros(bands * colours * width, np.uint8)
    columns = np.arange(width)
    for row in range(BAND):
        part = pixels[row::BAND]
        starts = np.arange(len(part))[:, None] * colours
        masks[((starts + part) * width + columns).reshape(-1)] |= 1 << row
    return masks


@lru_cache(maxsize=8)
def _numbers(colours: int) -> NDArray[np.uint8]:
    return _tokens([f"#{number}" for number in range(colours)])


@lru_cache(maxsize=8)
def _repeated(width: int) -> NDArray[np.uint8]:
    """Return how an empty sixel is written so many times; uint8, shape (width + 1, TOKEN)."""
    return _tokens(["", "?", "??", "???", *(f"!{count}?" for count in range(4, width + 1))])


def _tokens(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return texts, filled up with nil."""
    fixed = np.array([text.encode() for text in texts], f"S{TOKEN}")
    return fixed.view(np.uint8).reshape(len(texts), TOKEN)


KITTY_CHUNK = 4096
"""Characters of an image in one sequence."""


def kitty(image: Indexed, cells: tuple[int, int], number: int, former: int) -> str:
    """Return an image as kitty takes it, at the cursor, in the place of a former one.

    Parameters
    ----------
    cells : how many columns and rows it fills.
    number : that it has in the terminal.
    former : of the one that goes once this one is there.
    """
    columns, rows = cells
    data = standard_b64encode(png_of_few(*image)).decode()
    keys = f"a=T,f=100,i={number},p=1,c={columns},r={rows},C=1,q=2,"
    parts = []
    for start in range(0, len(data), KITTY_CHUNK):
        more = int(start + KITTY_CHUNK < len(data))
        parts.append(f"\x1b_G{keys}m={more};{data[start : start + KITTY_CHUNK]}\x1b\\")
        keys = "q=2,"
    return "".join(parts) + KITTY_DELETED.format(former)


def iterm2(image: Indexed, cells: tuple[int, int]) -> str:
    """Return an image as iTerm2 takes it, at the cursor. See `kitty`."""
    columns, rows = cells
    data = png_of_few(*image)
    about = f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={about}:{standard_b64encode(data).decode()}\x07"


class Pixels(NamedTuple):
    """A picture of pixels.

    Parameters
    ----------
    cells : those that lie where the image does, with the words on it.
    image : returns what makes the terminal draw the image, from the cursor on.
    """

    cells: Cells
    image: Callable[[], str]


class PixelDrawing:
    """One camera's picture as pixels of a terminal, from image to image.

    Parameters
    ----------
    can : how the terminal shows them.
    number : of the picture, which no other in this terminal has.

    Attributes
    ----------
    contrast, mark : see `Drawing`.
    across : pixels of the terminal that the image is wide.
    """

    mark = "red"

    def __init__(self, can: Ability, number: int) -> None:
        self._can = can
        self._numbers = 2 * number, 2 * number + 1
        self.contrast = Contrast()
        self.across = 0

    def deleted(self) -> str:
        """Return what makes the terminal forget the image; empty where it keeps none."""
        kept = self._numbers if self._can.way == "kitty" else ()
        return "".join(map(KITTY_DELETED.format, kept))

    def draw(
        self,
        shown: Shown,
        overlays: Sequence[Overlay],
        notice: str,
        room: tuple[int, int],
        *,
        contrast: bool = False,
    ) -> Pixels:
        """Draw an image, as large as fits. See `Drawing.draw`.

        Parameters
        ----------
        room : columns and rows that there are.
        """
        pixels = self.contrast.stretch(shown.pixels) if contrast else shown.pixels
        if notice:
            pixels = (pixels * DIMMING).astype(np.uint8)
        size = self._size(pixels, room)
        self.across = size[0]
        if self._can.way == "sixel":
            pixels = _resized(pixels, size)
            if shown.saturated is not None:
                shown = shown._replace(saturated=_resized(shown.saturated, size))
        (across, down), (height, width) = self._can.cell, pixels.shape
        per_cell = width * across / size[0], height * down / size[1]
        thickness = max(round(per_cell[1] / 8), 1)
        canvas = canvas_of(shown, pixels.astype(np.int32), overlays, thickness=thickness)
        cells = _blank(-(-size[0] // across), -(-size[1] // down))
        for label in canvas.labels:
            write_label(cells, label, int(label.x / per_cell[0]), int(label.y / per_cell[1]))
        if notice:
            write_notice(cells, notice)
        return Pixels(cells, partial(self._image, canvas, cells, per_cell))

    def _image(self, canvas: Canvas, cells: Cells, per_cell: tuple[float, float]) -> str:
        if self._can.way == "sixel":
            return sixel(indexed(canvas, min(self._can.colours, MOST_SIXEL_GREYS + FOR_OVERLAYS)))
        image = indexed(canvas, MOST_GREYS + FOR_OVERLAYS)
        clear = len(image.palette)
        image = image._replace(pixels=_filled_up(image.pixels, cells, per_cell, clear))
        shape = cells.columns, cells.rows
        if self._can.way == "iterm2":
            return iterm2(image, shape)
        # Kitty draws it over the cells, which are seen through it where there are words.
        image.pixels[_words(cells, per_cell, image.pixels.shape)] = clear
        self._numbers = self._numbers[::-1]
        return kitty(image, shape, *self._numbers)

    def _size(self, pixels: NDArray[np.uint8], room: tuple[int, int]) -> tuple[int, int]:
        """Return the width and height at which an image fills the room, pixels of the terminal."""
        own = pixels.shape[::-1]
        rooms = zip(room, self._can.cell, self._can.largest, strict=True)
        most = [min(count * cell, largest) for count, cell, largest in rooms]
        scale = min(side / each for side, each in zip(most, own, strict=True))
        if self._can.way == "sixel":  # the others are sent the image as it is
            scale = min(scale, sqrt(MOST_PIXELS / pixels.size))
        return max(round(own[0] * scale), 1), max(round(own[1] * scale), 1)


def _filled_up(
    pixels: NDArray[np.uint8], cells: Cells, per_cell: tuple[float, float], clear: int
) -> NDArray[np.uint8]:
    """Return an image that fills its cells: terminals would stretch it to that."""
    width, height = cells.columns * per_cell[0], cells.rows * per_cell[1]
    missing = [
        (0, max(round(whole) - own, 0))
        for whole, own in zip((height, width), pixels.shape, strict=True)
    ]
    return np.pad(pixels, missing, constant_values=clear)


def _blank(columns: int, rows: int) -> Cells:
    paper = np.full((rows, columns), EMPTY, np.int32)
    return Cells(np.full(paper.shape, " "), np.full_like(paper, WHITE), paper)


def _resized(pixels: NDArray[Value], size: tuple[int, int]) -> NDArray[Value]:
    """Repeat pixels, or leave some out, for sixels are pixels of the terminal."""
    width, height = size
    down = np.arange(height) * len(pixels) // height
    across = np.arange(width) * pixels.shape[1] // width
    resized: NDArray[Value] = pixels[down[:, None], across]
    return resized


def _words(
    cells: Cells, per_cell: tuple[float, float], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return where on an image words stand.

    Parameters
    ----------
    per_cell : width and height of a cell in pixels of the image.
    shape : the image's.
    """
    where = np.zeros(shape, bool)
    width, height = per_cell
    for row, column in np.argwhere(cells.paper != EMPTY).tolist():
        where[
            int(row * height) : int((row + 1) * height) + 1,
            int(column * width) : int((column + 1) * width) + 1,
        ] = True
    return where

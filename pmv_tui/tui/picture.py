"""Draws a camera's picture: greys, boxes, points, labels, and why it is not live."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from pmv_tui.figures import stretching
from pmv_tui.tui.glyphs import NO_COLOUR, Look
from pmv_tui.tui.text.lines import plain, wrap
from pmv_tui.wire.drawn import BoxOverlay, Overlay, Placement, PointsOverlay
from pmv_tui.wire.status import Region, Thumbnail

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
        """Find (row, first column, columns) of each row that differs; both have one shape."""
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


STICKINESS = 0.8
"""How far a pixel may be from the grey that it was shown in, in steps from one grey to the next, to
stay in it: so the noise of a camera does not have every cell sent again."""

ORDER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
"""The order in which the pixels of a square of 4x4 turn bright as the grey of all of them does."""


class Greys:
    """Rounds one image after the other to the greys of a look."""

    def __init__(self, look: Look) -> None:
        self._greys = np.array(look.greys, np.int32)
        self._middles = (self._greys[1:] + self._greys[:-1]) // 2
        self._step = 255 / (len(look.greys) - 1)
        self._dithered = look.dithered
        self._chosen: NDArray[np.intp] | None = None

    def round(self, pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the grey nearest to each pixel, or the one it had where that is near enough.

        Parameters
        ----------
        pixels : uint8, shape (height, width).

        Returns
        -------
        Greys, 0 to 255, of the same shape.
        """
        values = pixels.astype(np.int16)
        if self._dithered:
            values += self._pattern(*pixels.shape)
        chosen = np.searchsorted(self._middles, values)
        former = self._chosen
        if former is not None and former.shape == chosen.shape:
            near = np.abs(values - self._greys[former]) <= STICKINESS * self._step
            chosen = np.where(near, former, chosen)
        self._chosen = chosen
        return self._greys[chosen]

    def nearest(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the grey nearest to each value."""
        return self._greys[np.searchsorted(self._middles, values)]

    def _pattern(self, height: int, width: int) -> NDArray[np.int16]:
        """Return what is added to each pixel, so that a grey between two becomes some of both.

        The pattern stays where it is from image to image.
        """
        offsets = ((ORDER + 0.5) / ORDER.size - 0.5) * self._step
        tiled = np.tile(offsets.astype(np.int16), (height // 4 + 1, width // 4 + 1))
        return tiled[:height, :width]


LEAST_CONTRAST = 16
"""Greys from what is shown black to what is shown white, at least: noise is not made structure."""

DARKEST, BRIGHTEST = 0.01, 0.99
"""Which shares of the pixels are below what is shown black, and not above what is shown white."""


class Contrast:
    """Stretches the greys of one image after the other, each of its own from black to white.

    Attributes
    ----------
    limits : what is shown black and what is shown white; None before the first image. They stay
        while they fit nearly: with others every cell is sent again, and the picture flickers.
    """

    def __init__(self) -> None:
        self.limits: tuple[int, int] | None = None

    def stretch(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an image's greys, stretched."""
        below = np.cumsum(np.bincount(pixels.ravel(), minlength=256))
        ranks = np.ceil(np.array((DARKEST, BRIGHTEST)) * below[-1])
        low, high = np.searchsorted(below, ranks).tolist()
        if (lacking := LEAST_CONTRAST - (high - low)) > 0:
            low = max(0, min(low - lacking // 2, 255 - LEAST_CONTRAST))
            high = low + LEAST_CONTRAST
        near = max(2, (high - low) / 4)
        former = self.limits
        if former is None or max(abs(low - former[0]), abs(high - former[1])) > near:
            self.limits = low, high
            former = self.limits
        return stretching(*former)[pixels]


class Shown(NamedTuple):
    """What is shown of an image.

    Parameters
    ----------
    pixels : uint8, shape (height, width); a row of cells shows two rows.
    image_size : width and height of the image as it was captured, pixels; overlays refer to it.
    region : what of the image these pixels are; None: all of it.
    saturated : which pixels are to be marked as too bright; None: none.
    """

    pixels: NDArray[np.uint8]
    image_size: Sequence[int]
    region: Region | None = None
    saturated: NDArray[np.bool_] | None = None


FADE_STEPS = 8
"""What fades is redrawn so many times at most."""

LABEL_OPACITY = 0.5
"""Below this a label is left out: letters do not fade."""


class Label(NamedTuple):
    """A text above a pixel, beside a box or points; its colour is 0xRRGGBB."""

    text: str
    x: int
    y: int
    colour: int


MARKS = " X+o_#"
"""Where there are no colours: nothing, what is saturated, a box, points, the map, what is seen."""

SATURATED, BOX, POINTS, MAP, SEEN = range(1, len(MARKS))

SATURATED_COLOUR, MAP_COLOUR, SEEN_COLOUR = 0xFF0000, 0x204080, 0xFFFF00

LEAST_MAP = 6
"""Pixels that a map is wide at least; where there is no room for that, there is none."""


class Canvas:
    """Greys that overlays are drawn on.

    Parameters
    ----------
    greys : 0 to 255, shape (height, width).
    image_size : width and height of the image as it was captured, pixels; overlays refer to it.
    region : what of it the greys are; None: all of it.
    thickness : of lines and points, pixels.

    Attributes
    ----------
    colours : 0xRRGGBB of each pixel.
    marks : what is drawn there: 0, or the place of its character in `MARKS`.
    labels : what is to be written beside it.
    """

    def __init__(
        self,
        greys: NDArray[np.int32],
        image_size: Sequence[int],
        region: Region | None = None,
        *,
        thickness: int = 1,
    ) -> None:
        self._thickness = thickness
        self.greys = greys
        self.colours = greys * 0x010101
        self.marks = np.zeros(greys.shape, np.uint8)
        self.labels: list[Label] = []
        self._height, self._width = greys.shape
        self._place = Placement((self._width, self._height), image_size, region)

    def mark_saturated(self, where: NDArray[np.bool_]) -> None:
        """Colour the pixels that are too bright."""
        self.colours[where] = SATURATED_COLOUR
        self.marks[where] = SATURATED

    def draw_map(self, image_size: Sequence[int], region: Region) -> None:
        """Draw in the upper right corner where on the image the region lies that is shown."""
        scale = min(self._width / 6 / image_size[0], self._height / 4 / image_size[1])
        columns, rows = (max(1, round(side * scale)) for side in image_size)
        if columns < LEAST_MAP:
            return
        corner = slice(0, rows), slice(self._width - columns, self._width)
        seen = tuple(
            slice(int(first * scale), max(int(first * scale) + 1, round((first + size) * scale)))
            for first, size in ((region[1], region[3]), (region[0], region[2]))
        )
        for drawn, mark in ((self.colours, MAP_COLOUR), (self.marks, MAP)):
            drawn[corner] = mark
        self.colours[corner][seen] = SEEN_COLOUR
        self.marks[corner][seen] = SEEN

    def draw(self, overlays: Iterable[Overlay]) -> None:
        """Draw boxes and points, as far as they lie on the image."""
        for overlay in overlays:
            match overlay["kind"]:
                case "box":
                    self._draw_box(overlay)
                case "points":
                    self._draw_points(overlay)

    def _draw_box(self, box: BoxOverlay) -> None:
        if (placed := self._place.box(box)) is None:
            return
        left, top, right, bottom = placed
        edges = np.zeros(self.greys.shape, bool)
        rows, columns = slice(max(top, 0), bottom + 1), slice(max(left, 0), right + 1)
        inner = self._thickness - 1
        for y in (top, max(bottom - inner, top)):
            edges[_part(y, y + inner), columns] = True
        for x in (left, max(right - inner, left)):
            edges[rows, _part(x, x + inner)] = True
        self._paint(edges, box, BOX)
        self._label(box, max(left, 0), max(top, 0))

    def _draw_points(self, group: PointsOverlay) -> None:
        if not (inside := self._place.points(group)):
            return
        dots = np.zeros(self.greys.shape, bool)
        dots[[y for _, y in inside], [x for x, _ in inside]] = True
        if self._thickness > 1:
            for x, y in inside:
                around = (_part(at - self._thickness, at + self._thickness) for at in (y, x))
                dots[tuple(around)] = True
        self._paint(dots, group, POINTS)
        self._label(group, *min(inside, key=lambda place: place[1]))

    def _paint(self, where: NDArray[np.bool_], overlay: Overlay, mark: int) -> None:
        """Mix an overlay's colour with the greys below it."""
        self.marks[where] = mark
        share = round(overlay["opacity"] * FADE_STEPS) / FADE_STEPS
        below = self.greys[where] * (1 - share)
        red, green, blue = ((below + part * share).astype(np.int32) for part in overlay["color"])
        self.colours[where] = (red << 16) | (green << 8) | blue

    def _label(self, overlay: Overlay, x: int, y: int) -> None:
        """Note an overlay's label while it is solid enough to be read."""
        text = "".join(c if cell_len(c) == 1 else "?" for c in plain(overlay["label"]))
        if text and overlay["opacity"] >= LABEL_OPACITY:
            red, green, blue = overlay["color"]
            self.labels.append(Label(text, x, y, (red << 16) | (green << 8) | blue))


def canvas_of(
    shown: Shown, greys: NDArray[np.int32], overlays: Iterable[Overlay], *, thickness: int = 1
) -> Canvas:
    """Draw all there is over an image: what is saturated, overlays, and a map.

    Parameters
    ----------
    greys : what its pixels are shown as.
    """
    canvas = Canvas(greys, shown.image_size, shown.region, thickness=thickness)
    if shown.saturated is not None:
        canvas.mark_saturated(shown.saturated)
    canvas.draw(overlays)
    if shown.region:
        canvas.draw_map(shown.image_size, shown.region)
    return canvas


def _part(first: int, last: int) -> slice:
    """Return what lies on a canvas of some pixels in a row, the last one among them."""
    return slice(max(first, 0), max(last + 1, 0))


UPPER_HALF = "▀"

Value = TypeVar("Value", bound=np.generic)

DIMMING = 0.35
"""Of an image that is not live."""


class Drawing:
    """One camera's picture in a terminal of a look, from image to image.

    Attributes
    ----------
    contrast : stretches the greys, where that is asked for.
    mark : how pixels stand out that are too bright, in a word.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._greys = Greys(look)
        self.contrast = Contrast()
        self.mark = MARKS[SATURATED] if look.shades else "red"

    def draw(
        self, shown: Shown, overlays: Sequence[Overlay], notice: str, *, contrast: bool = False
    ) -> Cells:
        """Draw an image.

        Parameters
        ----------
        overlays : in pixels of the image.
        notice : why the image is not live; it is dimmed then. Empty where it is live.
        contrast : whether to stretch its greys.
        """
        pixels = self.contrast.stretch(shown.pixels) if contrast else shown.pixels
        if notice:
            pixels = (pixels * DIMMING).astype(np.uint8)
        canvas = canvas_of(shown, self._greys.round(pixels), overlays)
        cells = self._shaded(canvas) if self._look.shades else self._coloured(canvas)
        for label in canvas.labels:
            write_label(cells, label, label.x, label.y // 2)
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
        drawn = _halves(canvas.marks > 0)
        colours = self._mean(canvas) * 0x010101
        colours = np.where(drawn[0], top, np.where(drawn[1], bottom, colours))
        return Cells(np.full(colours.shape, " "), np.full_like(colours, WHITE), colours)

    def _shaded(self, canvas: Canvas) -> Cells:
        """Make characters of the greys; what is drawn over them has characters of its own."""
        shades = np.array(list(self._look.shades))
        glyphs = shades[np.searchsorted(self._look.greys, self._mean(canvas))]
        upper, lower = _halves(canvas.marks)
        drawn = np.maximum(upper, lower)
        glyphs = np.where(drawn, np.array(list(MARKS))[drawn], glyphs)
        none = np.full(glyphs.shape, NO_COLOUR, np.int32)
        return Cells(glyphs, none, none.copy())

    def _mean(self, canvas: Canvas) -> NDArray[np.int32]:
        """Return for each cell one of the greys that the terminal has."""
        upper, lower = _halves(canvas.greys)
        return self._greys.nearest((upper + lower) // 2)


def shown_in(image: Thumbnail, scale: float | None, room: Sequence[int]) -> Shown:
    """Return what a thumbnail shows; larger, by a whole factor, where there is to be magnified.

    Parameters
    ----------
    scale : pixels of the image, each way, for one of what is shown; None: the whole image, as large
        as it came.
    room : width and height of what is shown at most, pixels.
    """
    width, height = image["size"]
    pixels = np.frombuffer(image["pixels"] or b"", np.uint8).reshape(height, width)
    packed = np.frombuffer(image.get("saturated") or b"", np.uint8)
    bright = np.unpackbits(packed)[: pixels.size].reshape(pixels.shape) > 0 if packed.size else None
    region = image.get("region")
    if scale is None or region is None:
        return Shown(pixels, image["image_size"], None, bright)
    # The engine makes nothing larger: of a raw Bayer image a pixel stands for four.
    wanted = round(region[2] / scale / width)
    factor = max(1, min(wanted, room[0] // width, room[1] // height))
    pixels = _magnified(pixels, factor)
    bright = None if bright is None else _magnified(bright, factor)
    return Shown(pixels, image["image_size"], region, bright)


def _magnified(pixels: NDArray[Value], factor: int) -> NDArray[Value]:
    return pixels.repeat(factor, 0).repeat(factor, 1)


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


def write_label(cells: Cells, label: Label, column: int, row: int) -> None:
    """Write a label above its cell, or below it in the first row; wholly inside where it fits."""
    column = max(0, min(column, cells.columns - len(label.text)))
    cells.write(row - 1 if row else 1, column, label.text, label.colour)


def _halves(
    pixels: NDArray[Value],
) -> tuple[NDArray[Value], NDArray[Value]]:
    """Divide rows into upper and lower ones; the last one is both where their number is odd."""
    upper, lower = pixels[::2], pixels[1::2]
    if len(lower) < len(upper):
        lower = np.vstack([lower, upper[-1:]])
    return upper, lower

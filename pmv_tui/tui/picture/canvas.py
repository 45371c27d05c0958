"""The pixels of a picture, and boxes and points drawn on them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from pmv_tui.control.overlays import BoxOverlay, Overlay, PointsOverlay
from pmv_tui.tui.text import plain

FADE_STEPS = 8
"""What fades is drawn anew so many times at most."""

LABEL_OPACITY = 0.5
"""Below this a label is left out: letters do not fade."""


class Label(NamedTuple):
    """A text beside a box or points.

    Parameters
    ----------
    x, y : the pixel above which it stands.
    colour : 0xRRGGBB.
    """

    text: str
    x: int
    y: int
    colour: int


class Canvas:
    """Greys that overlays are drawn on.

    Parameters
    ----------
    greys : 0 to 255, shape (height, width).
    image_size : width and height of the image as it was captured, pixels; overlays refer to it.

    Attributes
    ----------
    colours : 0xRRGGBB of each pixel.
    boxes, points : where some are drawn.
    labels : what is to be written beside them.
    """

    def __init__(self, greys: NDArray[np.int32], image_size: Sequence[int]) -> None:
        self.greys = greys
        self.colours = greys * 0x010101
        self.boxes = np.zeros(greys.shape, bool)
        self.points = np.zeros(greys.shape, bool)
        self.labels: list[Label] = []
        self._height, self._width = greys.shape
        self._across = self._width / max(image_size[0], 1)
        self._down = self._height / max(image_size[1], 1)

    def draw(self, overlays: Iterable[Overlay]) -> None:
        """Draw boxes and points, as far as they lie on the image."""
        for overlay in overlays:
            match overlay["kind"]:
                case "box":
                    self._draw_box(overlay)
                case "points":
                    self._draw_points(overlay)

    def _draw_box(self, box: BoxOverlay) -> None:
        x0, y0, x1, y1 = box["corners"]
        left, top = self._place(min(x0, x1), min(y0, y1))
        right, bottom = self._place(max(x0, x1), max(y0, y1))
        if right < 0 or bottom < 0 or left >= self._width or top >= self._height:
            return
        edges = np.zeros(self.greys.shape, bool)
        rows, columns = slice(max(top, 0), bottom + 1), slice(max(left, 0), right + 1)
        for y in (top, bottom):
            if 0 <= y < self._height:
                edges[y, columns] = True
        for x in (left, right):
            if 0 <= x < self._width:
                edges[rows, x] = True
        self._paint(edges, box)
        self.boxes |= edges
        self._label(box, max(left, 0), max(top, 0))

    def _draw_points(self, group: PointsOverlay) -> None:
        places = [self._place(x, y) for x, y in group["points"]]
        inside = [(x, y) for x, y in places if 0 <= x < self._width and 0 <= y < self._height]
        if not inside:
            return
        dots = np.zeros(self.greys.shape, bool)
        dots[[y for _, y in inside], [x for x, _ in inside]] = True
        self._paint(dots, group)
        self.points |= dots
        self._label(group, *min(inside, key=lambda place: place[1]))

    def _place(self, x: int, y: int) -> tuple[int, int]:
        """Give the pixel of the canvas in which the middle of an image's pixel lies."""
        return int((x + 0.5) * self._across // 1), int((y + 0.5) * self._down // 1)

    def _paint(self, where: NDArray[np.bool_], overlay: Overlay) -> None:
        """Mix an overlay's colour with the greys below it."""
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

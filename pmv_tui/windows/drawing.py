"""Draws on the image of a window: boxes, points, caption, notice. No windows here, only arrays.

A canvas is what a window shows: uint8, shape (height, width, 3), blue, green, red. Positions on the
image are carried over to it; line widths and letters have the same size in every window.
"""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.figures import SATURATED, stretching
from pmv_tui.region import cut
from pmv_tui.windows.messages import Scene
from pmv_tui.windows.view import Part, Size
from pmv_tui.wire.drawn import BoxOverlay, Overlay, Placement, PointsOverlay

Image = NDArray[np.uint8]

Mask = NDArray[np.bool_]

FONT = cv2.FONT_HERSHEY_SIMPLEX
SMALL = 0.45
BIG = 0.9
"""Heights of letters, in units of the font: 10 and 20 pixels."""

SMALLEST = 0.35
"""Below this the letters cannot be read, so a long notice in a small window is cut instead."""

LINE_WIDTH = 2
POINT_RADIUS = 3
PADDING = 4
"""Pixels of the window."""

MOST_CAPTION = 1 / 3
"""Of a window's height, beyond which no line of its caption is broken."""

LONGEST_LABEL = 40
LONGEST_NOTICE = 200
"""Characters."""

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
MARK = (0, 0, 255)
"""Of saturated pixels: red."""

NOTICE_DIMMING = 0.35


def render(
    picture: Image, part: Part, room: Size, scene: Scene, marked: Mask | None = None
) -> Image:
    """Make what a window shows.

    Parameters
    ----------
    picture : uint8, shape (height, width), as `scaled` makes it.
    part : of the image that it shows, and where; overlays refer to the image as it was captured.
    room : width and height of the window, pixels.
    scene : what is drawn on it.
    marked : of each pixel of the picture whether it is marked.

    Returns
    -------
    A canvas of its own.
    """
    canvas: Image = np.zeros((room[1], room[0], 3), np.uint8)
    height, width = picture.shape
    image = canvas[part.top : part.top + height, part.left : part.left + width]
    image[:] = _bgr(picture)
    if marked is not None:
        image[marked] = MARK
    place = Placement(part.size, part.image_size, part.region)
    for opacity, overlays in groupby(scene["overlays"], lambda overlay: overlay["opacity"]):
        # One layer for all that fade alike: a thousand boxes with one each would take 0.2 s.
        with _layer(image, opacity) as layer:
            for overlay in overlays:
                _draw_overlay(layer, place, overlay)
    if scene["notice"]:
        draw_notice(canvas, scene["notice"])
    return canvas


def scaled(image: Image, part: Part, room: Size) -> Image:
    """Return a part of an image as large as a window shows it, as far as it fits there; a copy.

    Where a pixel becomes a whole number of them, each of these has its value. An image is made
    smaller first by a whole factor, as the mean of the pixels, then by the rest, below two,
    linearly: averaging by a broken factor looks the same and takes five times as long.

    Parameters
    ----------
    image : uint8, shape (height, width).
    part, room : as `render` takes them.
    """
    image = cut(image, part.region)
    height, width = image.shape
    factor = min(width // part.size[0], height // part.size[1])
    if factor > 1:
        whole = (width // factor, height // factor)
        image = _mono(cv2.resize(image, whole, interpolation=cv2.INTER_AREA))
    if image.shape == part.size[::-1]:
        image = image.copy()
    else:
        repeated = part.scale >= 1 and part.scale == int(part.scale)
        how = cv2.INTER_NEAREST if repeated else cv2.INTER_LINEAR
        image = _mono(cv2.resize(image, part.size, interpolation=how))
    return image[: room[1], : room[0]]


def saturated(image: Image, part: Part, room: Size) -> Mask:
    """Return of each pixel of `scaled` whether any that it stands for is saturated."""
    found = (cut(image, part.region) == SATURATED).astype(np.float32)
    smaller = part.size[0] < found.shape[1] or part.size[1] < found.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    if found.any():
        found = np.asarray(cv2.resize(found, part.size, interpolation=how), np.float32)
    else:
        found = np.zeros(part.size[::-1], np.float32)
    marked: Mask = found[: room[1], : room[0]] > 0
    return marked


def stretched(picture: Image, darkest: int, brightest: int) -> Image:
    """Return a picture in which two values have become black and white."""
    return _mono(cv2.LUT(picture, stretching(darkest, brightest)))


def _draw_overlay(canvas: Image, place: Placement, overlay: Overlay) -> None:
    """Draw a box or points, solid, as far as they lie on what is shown of the image."""
    match overlay["kind"]:
        case "box":
            _draw_box(canvas, place, overlay)
        case "points":
            _draw_points(canvas, place, overlay)


def draw_caption(canvas: Image, lines: Sequence[str], kept_free: int = 0) -> None:
    """Write lines in the bottom left corner, white on a dark backing; broken where they are long.

    Parameters
    ----------
    lines : of parts with two spaces between them, at which they may be broken.
    kept_free : at the right, pixels.
    """
    height, width = canvas.shape[:2]
    _, letter_height, below = _measure("X", SMALL, 1)
    step = letter_height + below + 2 * PADDING
    fitting: list[str] = []
    for line in filter(None, map(_printable, lines)):
        more = int(MOST_CAPTION * height // step) - len(fitting)
        fitting += _broken(line, width - kept_free, more)
    for place, line in enumerate(reversed(fitting), 1):
        _write(canvas, line, (0, max(0, height - place * step)), WHITE, BLACK)


def _broken(line: str, width: int, most: int) -> list[str]:
    """Break a line of a caption where it is wider than there is room, into `most` lines at most."""
    lines: list[str] = []
    for part in line.split("  "):
        longer = f"{lines[-1]}  {part}" if lines else part
        fits = _measure(longer, SMALL, 1)[0] + 2 * PADDING <= width
        if lines and (fits or len(lines) >= most):
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def draw_notice(canvas: Image, text: str) -> None:
    """Dim the image and write in its middle, as big as it fits."""
    np.multiply(canvas, NOTICE_DIMMING, out=canvas, casting="unsafe")
    height, width = canvas.shape[:2]
    lines, scale = _fitted(_printable(text[:LONGEST_NOTICE]), width, height)
    thickness = 2 if scale > SMALL else 1
    _, line_height, _ = _measure("X", scale, thickness)
    step = int(1.8 * line_height)
    y = (height - step * (len(lines) - 1) + line_height) // 2
    for line in lines:
        line_width, _, _ = _measure(line, scale, thickness)
        start = (max(0, (width - line_width) // 2), y)
        cv2.putText(canvas, line, start, FONT, scale, WHITE, thickness, cv2.LINE_AA)
        y += step


def _draw_box(canvas: Image, place: Placement, box: BoxOverlay) -> None:
    if (placed := place.box(box)) is None:
        return
    left, top, right, bottom = placed
    color = _bgr_color(box["color"])
    # Edges that grow inwards: the outer one is exactly where the client said.
    for inset in range(LINE_WIDTH):
        near, far = (left + inset, top + inset), (right - inset, bottom - inset)
        if near[0] <= far[0] and near[1] <= far[1]:
            cv2.rectangle(canvas, near, far, color)
    _write_label(canvas, box["label"], (left, top), color)


def _draw_points(canvas: Image, place: Placement, points: PointsOverlay) -> None:
    if not (inside := place.points(points)):
        return
    color = _bgr_color(points["color"])
    for centre in inside:
        cv2.circle(canvas, centre, POINT_RADIUS, color, cv2.FILLED, cv2.LINE_AA)
    x, y = min(inside, key=lambda point: point[1])
    _write_label(canvas, points["label"], (x, y - POINT_RADIUS), color)


@contextmanager
def _layer(canvas: Image, opacity: float) -> Iterator[Image]:
    """Let something be drawn that is seen through: solid at opacity 1, unseen at 0."""
    if opacity >= 1:
        yield canvas
        return
    layer = canvas.copy()
    yield layer
    cv2.addWeighted(layer, opacity, canvas, 1 - opacity, 0, dst=canvas)


def _write_label(canvas: Image, label: str, corner: tuple[int, int], color: Sequence[int]) -> None:
    """Write a label above a corner, or below it where there is no room; always on the canvas."""
    text = _printable(label[:LONGEST_LABEL])
    if not text:
        return
    height, width = canvas.shape[:2]
    text_width, text_height, below = _measure(text, SMALL, 1)
    plate_width, plate_height = text_width + 2 * PADDING, text_height + below + 2 * PADDING
    x, y = corner[0], corner[1] - plate_height
    if y < 0:
        y = max(0, corner[1]) + LINE_WIDTH
    x = max(0, min(x, width - plate_width))
    y = max(0, min(y, height - plate_height))
    bright = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2] > 127
    _write(canvas, text, (x, y), BLACK if bright else WHITE, color)


def _write(
    canvas: Image, text: str, corner: tuple[int, int], ink: Sequence[int], paper: Sequence[int]
) -> None:
    """Write small letters on a plate whose top left corner is given."""
    x, y = corner
    width, height, below = _measure(text, SMALL, 1)
    far = (x + width + 2 * PADDING - 1, y + height + below + 2 * PADDING - 1)
    cv2.rectangle(canvas, corner, far, paper, cv2.FILLED)
    start = (x + PADDING, y + height + PADDING)
    cv2.putText(canvas, text, start, FONT, SMALL, ink, 1, cv2.LINE_AA)


def line_size(text: str) -> tuple[int, int]:
    """Return the width of a line of small letters, and the height from it to the next, pixels."""
    width, height, below = _measure(_printable(text), SMALL, 1)
    return width, height + below + PADDING


def write_line(canvas: Image, text: str, y: int) -> None:
    """Write a line of small letters, white, on what is there; `y` is where it begins."""
    start = PADDING, y + PADDING + _measure("X", SMALL, 1)[1]
    cv2.putText(canvas, _printable(text), start, FONT, SMALL, WHITE, 1, cv2.LINE_AA)


def _fitted(text: str, width: int, height: int) -> tuple[list[str], float]:
    """Break a text into lines, with the largest letters that fit a canvas of that size."""
    scale = BIG
    while True:
        letter_width, letter_height, _ = _measure("n", scale, 2)
        per_line = max(1, (width - 2 * PADDING) // max(1, letter_width))
        lines = textwrap.wrap(text, per_line, break_long_words=scale <= SMALLEST)
        fits = 2 * letter_height * len(lines) <= height and all(
            _measure(line, scale, 2)[0] <= width for line in lines
        )
        if fits or scale <= SMALLEST:
            return lines, scale
        scale = max(SMALLEST, 0.9 * scale)


def _measure(text: str, scale: float, thickness: int) -> tuple[int, int, int]:
    """Return a text's width, its height above the line and its depth below it, pixels."""
    (width, height), below = cv2.getTextSize(text, FONT, scale, thickness)
    return width, height, below


def _printable(text: str) -> str:
    """Spell a text with the letters that OpenCV's font has: ASCII; `?` stands for any other."""
    parts = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace").decode()


def _bgr_color(color: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = color
    return blue, green, red


def _bgr(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)


def _mono(image: cv2.typing.MatLike) -> Image:
    return np.asarray(image, np.uint8)

"""What a window shows beside the image: figures, keys, where the part that is seen lies."""

import time
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.frames.memory import Record
from pmv_tui.windows.drawing import (
    BLACK,
    MARK,
    PADDING,
    WHITE,
    Image,
    line_size,
    write_line,
)
from pmv_tui.windows.view import Part
from pmv_tui.wire.status import PERCENTILES, Figures

DIMMING = 0.3
"""Of the image below a panel."""

HISTOGRAM = 256, 64
BAR = 256, 8
MAP = 96
"""Pixels: width and height; of the map, the longer side."""

GREY = (160, 160, 160)


def where(part: Part, record: Record) -> str:
    """Say which image is shown, when it was taken, and which part of it, how large."""
    seconds, nanoseconds = divmod(record.timestamp, 1_000_000_000)
    clock = time.strftime("%H:%M:%S", time.localtime(seconds))
    moment = f"{clock}.{nanoseconds // 1_000_000:03d}"
    return f"#{record.sequence}  {moment}  {seen(part)}  {zoom(part)}"


def seen(part: Part) -> str:
    """Say which part of the image is shown."""
    whole = f"{part.image_size[0]}x{part.image_size[1]}"
    x, y, width, height = part.region
    return whole if part.whole else f"{width}x{height} at {x}, {y} of {whole}"


def zoom(part: Part) -> str:
    """Say how large a pixel of the image is: `4x`, or `1/4x` where it is made smaller."""
    if part.scale < 1 and abs(1 / part.scale - round(1 / part.scale)) < 0.001:
        return f"1/{round(1 / part.scale)}x"
    return f"{part.scale:.3g}x"


def draw_figures(canvas: Image, figures: Figures, best: float | None) -> None:
    """Draw how what is shown is exposed and focused, in the top right corner.

    Parameters
    ----------
    figures : of the part of the image that is shown.
    best : the highest sharpness of that part so far; None where it had none.
    """
    drawn = HISTOGRAM[1] + BAR[1] + 2 * PADDING
    panel, top = _panel(canvas, list(_in_words(figures, best)), HISTOGRAM[0], drawn, right=True)
    if panel.shape[0] < top + drawn or panel.shape[1] <= PADDING:
        return  # there is no room for it
    _draw_histogram(panel[top:, PADDING:], figures["histogram"])
    if best and figures["sharpness"] is not None:
        _draw_bar(panel[top + HISTOGRAM[1] + PADDING :, PADDING:], figures["sharpness"] / best)


def _in_words(figures: Figures, best: float | None) -> Iterator[str]:
    yield f"saturated {figures['saturated']:.2%}  black {figures['black']:.2%}"
    yield f"mean {figures['mean']:.1f}"
    shares = " ".join(str(share) for share in PERCENTILES)
    values = " ".join(str(value) for value in figures["percentiles"])
    yield f"{shares} %: {values}"
    if figures["sharpness"] is None:
        yield "sharpness: no structure"
    else:
        yield f"sharpness {figures['sharpness']:.3f}  best {best or 0:.3f}"


def draw_keys(canvas: Image, lines: Sequence[str]) -> None:
    """List keys in the top left corner."""
    _panel(canvas, lines, 0, 0, right=False)


def draw_map(canvas: Image, part: Part) -> int:
    """Draw where in the image the part lies that is shown, in the bottom right corner.

    Returns
    -------
    How much of the width that takes, pixels; 0 where all of the image is shown.
    """
    if part.whole:
        return 0
    width, height = part.image_size
    scale = MAP / max(width, height)
    size = max(3, round(width * scale)), max(3, round(height * scale))
    left, top = (
        max(0, room - side - PADDING) for room, side in zip(canvas.shape[1::-1], size, strict=True)
    )
    cv2.rectangle(canvas, (left, top), (left + size[0] - 1, top + size[1] - 1), BLACK, cv2.FILLED)
    cv2.rectangle(canvas, (left, top), (left + size[0] - 1, top + size[1] - 1), GREY)
    x, y, across, down = part.region
    near = left + int(x * scale), top + int(y * scale)
    far = left + int((x + across) * scale), top + int((y + down) * scale)
    cv2.rectangle(canvas, near, (max(near[0] + 1, far[0] - 1), max(near[1] + 1, far[1] - 1)), WHITE)
    taken: int = canvas.shape[1] - left
    return taken


def _panel(
    canvas: Image, lines: Sequence[str], width: int, below: int, *, right: bool
) -> tuple[Image, int]:
    """Write lines on the dimmed image in a corner at the top.

    Parameters
    ----------
    width : that is needed below the lines.
    below : how much room is left there.

    Returns
    -------
    That part of the canvas, and where in it the room below begins.
    """
    sizes = [line_size(line) for line in lines]
    wide = max([width, *(each for each, _ in sizes)]) + 2 * PADDING
    high = sum(each for _, each in sizes) + below + PADDING
    left = max(0, canvas.shape[1] - wide) if right else 0
    panel = canvas[:high, left : left + wide]
    np.multiply(panel, DIMMING, out=panel, casting="unsafe")
    y = 0
    for line, (_, step) in zip(lines, sizes, strict=True):
        write_line(panel, line, y)
        y += step
    return panel, y + PADDING


def _draw_histogram(panel: Image, histogram: Sequence[int]) -> None:
    """Draw a column for each value, the highest as high as there is room; red where saturated."""
    counts: NDArray[np.float64] = np.array(histogram, float)
    # What is cut off at either end may be most of the image, and would hide the rest.
    highest = max(counts[1:-1].max(), 1)
    heights = np.ceil(np.minimum(counts / highest, 1) * HISTOGRAM[1]).astype(int)
    for value, height in enumerate(heights.tolist()):
        if height:
            colour = MARK if value == len(counts) - 1 else WHITE
            ends = (value, HISTOGRAM[1] - height), (value, HISTOGRAM[1] - 1)
            cv2.line(panel, *ends, colour)


def _draw_bar(panel: Image, share: float) -> None:
    """Draw how near to the best a figure is: a bar that is full at it."""
    cv2.rectangle(panel, (0, 0), (BAR[0] - 1, BAR[1] - 1), GREY)
    cv2.rectangle(panel, (0, 0), (round(share * (BAR[0] - 1)), BAR[1] - 1), WHITE, cv2.FILLED)

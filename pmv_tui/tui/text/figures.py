"""How a camera's picture is exposed and focused, as lines: a histogram, shares, a peak to find."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isnan, nan, sqrt
from typing import NamedTuple

from pmv_tui.tui.text.lines import Cell, Line, Tone, fit
from pmv_tui.tui.text.trends import Seconds, block, in_cells
from pmv_tui.wire.status import PERCENTILES, CameraStatus, Figures, Thumbnail

SECONDS = 30
"""That the trend of the sharpness covers."""

TREND_WIDTHS = (30, 15, 10)
"""Cells that it may have: each stands for as many whole seconds."""

TOO_MANY = 0.01
"""Share of saturated or black pixels from which on it is a warning."""

LEAST_ROWS, MOST_ROWS = 3, 10
"""Of a histogram; where there is less room it is left out."""

FLOOR = 0.75
"""Of the best sharpness: where the trend begins at most, so that a steady figure looks steady."""


class Focus:
    """The sharpness of what is shown, over the last seconds, and the best of it.

    Attributes
    ----------
    now : the newest; None where there is no structure to be sharp.
    best : the highest since what is shown changed; None where there was none.
    """

    def __init__(self) -> None:
        self._shown: object = None
        self.now: float | None = None
        self.best: float | None = None
        self._kept = deque[tuple[int, float]]()

    def forget(self) -> None:
        """Begin anew: what follows is compared with nothing before it."""
        self.best = self.now
        self._kept.clear()

    def look(self, camera: CameraStatus, thumbnail: Thumbnail, now: float) -> None:
        """Take in the newest figures; of another camera, region, size or kind of image, anew.

        Parameters
        ----------
        now : seconds of a clock that nobody sets.
        """
        figures = thumbnail.get("figures")
        if figures is None:
            return
        size, region = thumbnail["image_size"], thumbnail.get("region")
        shown = camera["unique_id"], camera["pixel_format"], tuple(size), tuple(region or ())
        if shown != self._shown:
            self._shown, self.now = shown, None
            self.forget()
        self.now = figures["sharpness"]
        if self.now is None:
            return
        self.best = max(self.now, self.best or 0.0)
        second, highest = int(now), self.now
        if self._kept and self._kept[-1][0] == second:
            highest = max(highest, self._kept.pop()[1])
        self._kept.append((second, highest))
        while self._kept[0][0] <= second - SECONDS:
            self._kept.popleft()

    def seconds(self, now: float) -> Seconds:
        """Return the highest of each of the last seconds."""
        kept, last = dict(self._kept), int(now)
        return Seconds(last, [kept.get(last - age, nan) for age in reversed(range(SECONDS))])


class Pane(NamedTuple):
    """What a pane shows figures of.

    Parameters
    ----------
    figures : the newest; None before there are any.
    focus : how sharp it was.
    now : seconds, see `Focus.look`.
    blocks : from low to high, see `BLOCKS` of the trends.
    below : writes the lines that stand below the figures, for a width.
    """

    figures: Figures | None
    focus: Focus
    now: float
    blocks: str
    below: Callable[[int], Sequence[Line]] = lambda _: ()


def figure_lines(pane: Pane, width: int, height: int) -> list[Line]:
    """Write what fits in a pane: what is most needed stands above, the histogram has the rest."""
    below = [Line(), *under] if (under := pane.below(width)) else []
    if pane.figures is None:
        return [Line((Cell("waiting for an image", "muted"),)), *below][:height]
    lines = [*focus_lines(pane, width), Line(), *exposure_lines(pane.figures, width)]
    room = height - len(lines) - len(below)
    if room > LEAST_ROWS:
        rows = min(room - 1, MOST_ROWS)
        lines += histogram_lines(pane.figures["histogram"], width, rows, pane.blocks)
    return [*lines, *below][:height]


def focus_lines(pane: Pane, width: int) -> list[Line]:
    """Write how sharp it is, beside the best so far: as figures, as a bar, and over time."""
    now, best = pane.focus.now, pane.focus.best
    share = 0.0 if now is None or not best else now / best
    sharp = "no structure" if now is None else f"{now:.3f}"
    reached: Tone = "good" if share > 0.98 else "plain"
    first = _row("sharpness", sharp, width, "warning" if now is None else "strong")
    of_best = "-" if best is None else f"{best:.3f}  {100 * share:3.0f} %"
    return [
        first,
        _row("best", of_best, width, reached),
        Line((Cell(bar(share, width, pane.blocks), reached),)),
        Line((Cell(_trend(pane, width), "muted"),)),
    ]


def _trend(pane: Pane, width: int) -> str:
    cells = next((each for each in TREND_WIDTHS if each <= width), TREND_WIDTHS[-1])
    values = in_cells(pane.focus.seconds(pane.now), cells, max, SECONDS)
    best = pane.focus.best or 0.0
    low = min([FLOOR * best, *(0.9 * value for value in values if not isnan(value))])
    drawn = (block(value - low, best - low, pane.blocks) for value in values)
    return fit("".join(drawn).rjust(width), width)


EIGHTHS = "▏▎▍▌▋▊▉█"


def bar(share: float, width: int, blocks: str) -> str:
    """Draw which share of a width is reached; in whole cells where blocks are letters."""
    eighths = round(8 * width * min(max(share, 0.0), 1.0))
    whole, rest = divmod(eighths, 8)
    if blocks.isascii():
        return fit("#" * (whole + (rest >= 4)), width)
    return fit("█" * whole + (EIGHTHS[rest - 1] if rest else ""), width)


def exposure_lines(figures: Figures, width: int) -> list[Line]:
    """Write which share of the pixels is at either end, and how bright all are."""
    clipped = (("saturated", figures["saturated"]), ("black", figures["black"]))
    ranks = dict(zip(PERCENTILES, figures["percentiles"], strict=True))
    return [
        *(_row(name, share_text(share), width, _tone(share)) for name, share in clipped),
        _row("mean", f"{figures['mean']:.1f}", width),
        _row("1, 50, 99 %", f"{ranks[1]} {ranks[50]} {ranks[99]}", width),
    ]


def share_text(share: float) -> str:
    """Write a share in percent; of what is there at all, never as none."""
    if 0 < share < 0.00005:
        return "< 0.01 %"
    return f"{100 * share:.2f} %"


def _tone(share: float) -> Tone:
    return "warning" if share >= TOO_MANY else "plain"


def histogram_lines(histogram: Sequence[int], width: int, rows: int, blocks: str) -> list[Line]:
    """Draw how many pixels have which value, 0 to the left and 255 to the right, and an axis.

    The height is the square root of how many: a dark background hides no bright spots.
    """
    heights = _heights(histogram, width)
    top, steps = max(heights), len(blocks)
    levels = [_level(height / top if top else 0.0, rows * steps) for height in heights]
    lines = []
    for row in reversed(range(rows)):
        filled = (min(max(level - row * steps, 0), steps) for level in levels)
        text = "".join(blocks[each - 1] if each else " " for each in filled)
        lines.append(Line((Cell(text),)))
    middle = fit("0", width - 3) + "255"
    return [*lines, Line((Cell(middle, "muted"),))]


def _level(share: float, levels: int) -> int:
    """Return in which of so many steps above nothing a share is: what is there is seen."""
    return max(1, round(share * levels)) if share > 0 else 0


def _heights(histogram: Sequence[int], width: int) -> list[float]:
    """Fold values into columns; what few values share is as high as what many do."""
    width = min(width, len(histogram))
    ends = [len(histogram) * place // width for place in range(width + 1)]
    return [sqrt(sum(histogram[first:end]) / (end - first)) for first, end in pairwise(ends)]


def _row(name: str, value: str, width: int, tone: Tone = "plain") -> Line:
    """Write a name to the left and its figure to the right."""
    room = max(width - len(value) - 1, 0)
    return Line((Cell(fit(name, room), "muted"), Cell(" "), Cell(value, tone)))

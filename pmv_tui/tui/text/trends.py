"""Trends in the camera table: the last minute of each camera in a few cells, of what one chose."""

from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, isnan, nan
from typing import NamedTuple

from pmv_tui.tui.text.columns import Column, Stretched
from pmv_tui.tui.text.lines import Cell
from pmv_tui.wire.status import LOSSES, TRENDS, CameraStatus, Trend, key_of

SECONDS = 60
"""That a trend in the table covers."""


class Choice(NamedTuple):
    """What the table can show a trend of.

    Parameters
    ----------
    title : the column's, before how many seconds it covers.
    fields : what is shown, added up.
    meaning : for people.
    top : what the highest block stands for at least, of a camera; 0: of the highest value.
    dips : whether a cell stands for the lowest of its seconds, and not for the highest, and what is
        above `top` is shown as if it were at it.
    """

    title: str
    fields: tuple[Trend, ...]
    meaning: str
    top: Callable[[CameraStatus], float] = lambda _: 0.0
    dips: bool = False


def wanted_fps(camera: CameraStatus) -> float:
    """Return the frames a second that a camera is to make; 0 where a signal asks for each."""
    actual = camera.get("fps_actual")
    wanted = camera["fps_wanted"] if actual is None else actual
    return 0.0 if camera["external_trigger"] else wanted


def _to_publish(camera: CameraStatus) -> float:
    limit = camera.get("limited_to")
    return wanted_fps(camera) if limit is None else limit


def deadline_of(camera: CameraStatus) -> float:
    """Return after how many ms an answer is late; 0 where none is."""
    return camera.get("deadline", 0.0)


CHOICES = (
    Choice("fps", ("fps",), f"{TRENDS['fps']}, of those that are wanted", wanted_fps, dips=True),
    Choice("published", ("published",), TRENDS["published"], _to_publish, dips=True),
    Choice("lost", LOSSES, "frames/s lost, whatever the cause, and images/s missed by clients"),
    Choice("sent p99", ("latency_p99_ms",), TRENDS["latency_p99_ms"]),
    Choice("answer p50", ("answer_p50_ms",), TRENDS["answer_p50_ms"], deadline_of),
    Choice("answer p99", ("answer_p99_ms",), TRENDS["answer_p99_ms"], deadline_of),
    Choice("clients", ("clients",), "clients connected"),
)
"""In the order in which they are offered."""


class Seconds(NamedTuple):
    """A camera's newest values, one a second, oldest first; NaN where nothing is known.

    Parameters
    ----------
    last : which second the last one is, since the epoch.
    """

    last: int
    values: Sequence[float]


class Trends(NamedTuple):
    """What is shown of cameras by `key_of` them: of which choice, by which blocks."""

    choice: Choice
    seconds: dict[str, Seconds]
    blocks: str


BLOCKS = "▁▂▃▄▅▆▇█"
LETTERS = "_.-:=+*#"
"""From low to high, in a terminal without more than ASCII."""

WIDTHS = (12, 15, 20, 30, 60)
"""Cells that a trend may have: each stands for as many whole seconds."""


def trend_title(choice: Choice) -> str:
    """Return what the column is called."""
    return f"{choice.title} {SECONDS} s"


def trend_column(trends: Trends) -> Column:
    """Return the column of a trend; it takes what room is left, up to a cell a second."""
    title = trend_title(trends.choice)
    least = next(width for width in WIDTHS if width >= len(title))

    def stretched(room: int) -> Stretched:
        width = max((each for each in WIDTHS if each <= room), default=least)
        return Stretched(width, partial(trend_cell, trends, width))

    narrow = stretched(least)
    return Column(title, "", narrow.cell, 7, min_width=least, stretched=stretched)


TREND_MEANING = (
    f"The last {SECONDS} s of what t chose, the newest to the right; blank where nothing is known."
)


def trend_cell(trends: Trends, width: int, camera: CameraStatus) -> Cell:
    """Draw a camera's trend in so many cells."""
    seconds = trends.seconds.get(key_of(camera))
    if seconds is None:
        return Cell(" " * width)
    choice = trends.choice
    cells = in_cells(seconds, width, min if choice.dips else max)
    known = [value for value in cells if not isnan(value)]
    top = choice.top(camera)
    if known and not (choice.dips and top):
        top = max(top, *known)
    return Cell("".join(block(value, top, trends.blocks) for value in cells))


def in_cells(
    seconds: Seconds, width: int, fold: Callable[[list[float]], float], span: int = SECONDS
) -> list[float]:
    """Fold the last `span` seconds into cells; NaN where none of a cell's is known.

    A second stays in its cell, and its cell moves as a whole, so that little is drawn again.
    """
    each = span // width
    newest = seconds.last // each
    cells: list[list[float]] = [[] for _ in range(width)]
    for age, value in enumerate(reversed(seconds.values)):
        place = width - 1 - (newest - (seconds.last - age) // each)
        if place >= 0 and not isnan(value):
            cells[place].append(value)
    return [fold(values) if values else nan for values in cells]


def block(value: float, top: float, blocks: str) -> str:
    """Draw a value between 0 and the top; a blank where it is not known."""
    if isnan(value):
        return " "
    step = ceil(value / top * len(blocks)) if top > 0 else 1
    return blocks[min(max(step, 1), len(blocks)) - 1]

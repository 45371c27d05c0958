"""Plots of a camera over time as lines, with what stands at the cursor, in figures and events."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from math import floor, log10
from typing import Any, NamedTuple

import numpy as np
from textual_plotext import Plot

from pmv_tui.rates import NS_PER_S
from pmv_tui.tui.history import DAY, Folded, Reading, Window
from pmv_tui.tui.text.columns import has_answers
from pmv_tui.tui.text.events import event_lines
from pmv_tui.tui.text.lines import LABEL_WIDTH, Cell, Line, Tone, fit, labelled_lines, plain
from pmv_tui.tui.text.trends import deadline_of, wanted_fps
from pmv_tui.wire.status import (
    LOSSES,
    STATES_BY_TREND,
    CameraStatus,
    Event,
    Trend,
    goes_back,
    local_time,
)


class Quantity(NamedTuple):
    """What a plot shows.

    Parameters
    ----------
    title : what it is, and its unit.
    series : fields that are added up, for each line that is drawn; the first is drawn over others.
    base : what is to be seen at least, of a camera: the height of a mark at the axis; 0: nothing.
    """

    title: str
    series: tuple[tuple[Trend, ...], ...]
    base: Callable[[CameraStatus], float] = lambda _: 0.0


QUANTITIES = (
    Quantity("frames/s that arrived", (("fps",),), wanted_fps),
    Quantity("lost a second: frames, and images missed by clients", (LOSSES,)),
    Quantity(
        "ms from image to answer: median, and above it 99th percentile",
        (("answer_p50_ms",), ("answer_p99_ms",)),
        deadline_of,
    ),
    Quantity(
        "ms from arrival to sent: median, and above it 99th percentile",
        (("latency_p50_ms",), ("latency_p99_ms",)),
    ),
    Quantity("images/s published", (("published",),), wanted_fps),
    Quantity("answers/s", (("answers",),), wanted_fps),
    Quantity("clients", (("clients",),)),
)
"""In the order in which they stand below each other."""

ANSWERS = next(each for each in QUANTITIES if ("answer_p50_ms",) in each.series)


def quantities(camera: CameraStatus) -> tuple[Quantity, ...]:
    """Return what there are plots of, in order; how late answers come soon, where there are any."""
    if not has_answers(camera):
        return QUANTITIES
    first, *others = (each for each in QUANTITIES if each is not ANSWERS)
    return first, ANSWERS, *others


class Span(NamedTuple):
    """How much time plots show: its name, and seconds."""

    name: str
    seconds: int


SPANS = (Span("1 min", 60), Span("10 min", 600), Span("1 h", 3600), Span("24 h", DAY))

AXIS_WIDTH = 6
"""Terminal columns of the figures to the left of a plot, and of its axis."""

FIGURE_WIDTH = AXIS_WIDTH - 1

LOWEST_PLOT = 5
"""Rows of a plot, its heading included."""

READING_ROWS = 6
"""Lines that what stands at the cursor takes, unless some of it is broken."""


class View(NamedTuple):
    """What is to be seen.

    Parameters
    ----------
    camera : as last reported.
    events : of the whole rig, oldest first.
    folded : what was kept of it, in the columns of `window`.
    cursor : the column that is read.
    first : which quantity comes first.
    live : whether the last column is now.
    ascii : whether nothing but ASCII can be shown.
    log_path : the engine's log file.
    """

    camera: CameraStatus
    events: Sequence[Event]
    folded: Folded
    window: Window
    cursor: int
    first: int
    live: bool
    ascii: bool
    log_path: str


def columns_of(width: int) -> int:
    """Return how many columns of time there is room for in a width."""
    return max(width - AXIS_WIDTH, 1)


def view_lines(view: View, width: int, height: int) -> list[Line]:
    """Write plots below each other, when it was, and what stands at the cursor.

    Where the cursor is moves nothing: what stands below the plots has as many lines everywhere.
    """
    room, low = _room(height)
    count = plots_shown(view.first, height)
    heights = [(room + place) // count for place in range(count)]
    lines = list[Line]()
    for quantity, rows in zip(quantities(view.camera)[view.first :], heights, strict=False):
        lines += _plot(view, quantity, width, rows)
    lines += [_times(view, width), *([] if low else [_marks(view, width)])]
    lines += reading_lines(view, width)
    lines += _events(view, width, height - len(lines))
    return [*lines, *[Line()] * (height - len(lines))][:height]


def _room(height: int) -> tuple[int, bool]:
    """Return how many rows plots have, and whether they are so few that there is none for marks."""
    below = 1 + READING_ROWS + max(height // 6, 1)
    low = height < below + LOWEST_PLOT + 1
    if low:
        below = max(height - LOWEST_PLOT - 1, 1)
    return height - below - 1, low  # The times stand below the last plot.


def plots_shown(first: int, height: int) -> int:
    """Return how many plots are shown where `first` is the first of them."""
    return max(min(_room(height)[0] // LOWEST_PLOT, len(QUANTITIES) - first), 1)


def _plot(view: View, quantity: Quantity, width: int, height: int) -> Iterator[Line]:
    """Draw one plot below its heading."""
    yield Line((Cell(" " * AXIS_WIDTH), Cell(fit(quantity.title, columns_of(width)), "strong")))
    extents = [view.folded.extent(fields) for fields in quantity.series]
    plot = Plot()
    plot.theme("clear")
    plot.plotsize(width, height - 1)
    plot.xaxes(False, False)
    plot.yaxes(True, False)
    columns = view.window.columns
    plot.xlim(0, max(columns - 1, 1))
    top, ticks = scale(
        max((float(np.nanmax(high)) for _, high in extents if not np.isnan(high).all()), default=0),
        quantity.base(view.camera),
    )
    plot.ylim(0, top)
    plot.yticks(ticks, [f"{tick:>{FIGURE_WIDTH}g}" for tick in ticks])
    # Which of its times it leaves out where they are close is a matter of chance.
    plot.xfrequency(0)
    # Without any data it would draw no axis.
    plot.plot([0], [-top], marker=" ")
    for place, (low, high) in reversed(list(enumerate(extents))):
        marker = ("*", ".")[place] if view.ascii else "braille"
        for xs, ys in strokes(low, high):
            plot.plot(xs, ys, marker=marker, color=COLOURS[place])
    for row in plot.build().splitlines()[: height - 1]:
        yield _with_cursor(view, _cells(row), width)


COLOURS = (2, 3)
"""plotext's, for the first and the second line of a plot: they are told apart by them in what it
draws."""

TONES: Mapping[str, Tone] = {"2": "good", "3": "muted"}


def strokes(low: Any, high: Any) -> Iterator[tuple[list[int], list[float]]]:
    """Yield lines to draw, in columns and values: through the lowest and highest of each column.

    Where nothing is known a line ends, and another begins behind it.
    """
    for known, places in groupby(range(len(low)), lambda place: not np.isnan(low[place])):
        if known:
            xs, ys = list[int](), list[float]()
            for place in places:
                ends = [float(low[place]), float(high[place])]
                for value in ends[: 1 if ends[0] == ends[1] else 2]:
                    xs.append(place)
                    ys.append(value)
            yield xs, ys


def scale(highest: float, base: float) -> tuple[float, list[float]]:
    """Return what the upper edge stands for, and which figures stand at the axis."""
    if base and highest <= base * 1.1:
        return base * 1.15, [0, base]
    top = rounded_up(highest)
    return top * 1.05, [0, top]


def rounded_up(value: float) -> float:
    """Return the next number above that is easily read; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


ESCAPE = re.compile(r"\x1b\[(?:38;5;)?(\d+)m")


def _cells(row: str) -> list[Cell]:
    """Take a row that plotext drew apart: the axis, and what is drawn in colours."""
    cells = [Cell(row[:AXIS_WIDTH], "muted")]
    tone: Tone = "plain"
    for place, piece in enumerate(ESCAPE.split(row[AXIS_WIDTH:])):
        if place % 2:
            tone = TONES.get(piece, "plain")
        elif piece:
            cells.append(Cell(piece, tone))
    return cells


def place_of(view: View, column: int, width: int) -> int:
    """Return in which terminal column of a line a column of time stands."""
    return AXIS_WIDTH + round(column * (columns_of(width) - 1) / max(view.window.columns - 1, 1))


def _with_cursor(view: View, cells: list[Cell], width: int) -> Line:
    """Draw the cursor through a row, and before it where the engine started."""
    marks = {place_of(view, view.cursor, width): Cell("│", "strong")}
    started = view.window.column(view.folded.started)
    if 0 < started < view.window.columns and started != view.cursor:
        marks = {place_of(view, started, width): Cell("┆", "warning"), **marks}
    for place, mark in marks.items():
        cells = list(_overwritten(cells, place, mark))
    return Line(tuple(cells))


def _overwritten(cells: Sequence[Cell], place: int, mark: Cell) -> Iterator[Cell]:
    """Put a mark in the place of one character."""
    begin = 0
    for cell in cells:
        at = place - begin
        begin += len(cell.text)
        if 0 <= at < len(cell.text):
            pieces = (
                cell._replace(text=cell.text[:at]),
                mark,
                cell._replace(text=cell.text[at + 1 :]),
            )
            yield from (piece for piece in pieces if piece.text)
        else:
            yield cell


def _times(view: View, width: int) -> Line:
    """Write when it was below the plots, each time in the middle below its column."""
    window = view.window
    count = max(min(columns_of(width) // 14, 6), 1)
    row = ""
    for step in range(count + 1):
        column = round(step * (window.columns - 1) / count)
        text = _time_at(view, column)
        begin = min(place_of(view, column, width) - len(text) // 2, width - len(text))
        if begin > len(row):
            row = row.ljust(begin) + text
    return Line((Cell(row),))


def _time_at(view: View, column: int) -> str:
    """Write when a column begins; within the last minute how long ago that was."""
    window = view.window
    if view.live and window.columns * window.seconds <= 60:
        age = window.columns - 1 - column
        return f"-{age * window.seconds} s" if age else "now"
    if view.live and column == window.columns - 1:
        return "now"
    return clock(window.begin(column), window.seconds)


def clock(second: int, seconds: int = 1) -> str:
    """Write a time of this host; its seconds where columns have so few that they matter."""
    return f"{local_time(second * NS_PER_S):{'%H:%M:%S' if seconds < 60 else '%H:%M'}}"


def _marks(view: View, width: int) -> Line:
    """Write a row that marks in which columns something happened."""
    marks: dict[int, Cell] = {}
    for event in own_events(view.events, view.camera["unique_id"]):
        column = view.window.column(event["time"] // NS_PER_S)
        if 0 <= column < view.window.columns:
            place = place_of(view, column, width)
            if event["level"] != "info":
                marks[place] = Cell("!", "bad" if event["level"] == "error" else "warning")
            else:
                marks.setdefault(place, Cell(".", "muted"))
    cells = [Cell(fit("event", AXIS_WIDTH), "muted"), Cell(" " * (width - AXIS_WIDTH))]
    if 0 < (started := view.window.column(view.folded.started)) < view.window.columns:
        note = f"engine started {clock(view.folded.started)} "
        begin = place_of(view, started, width) - len(note)
        if begin >= AXIS_WIDTH:
            begin = _free_place(marks, begin, len(note))
            # Words that marks run through cannot be read.
            marks |= {begin + at: Cell(letter, "muted") for at, letter in enumerate(note)}
    for place, mark in marks.items():
        cells = list(_overwritten(cells, place, mark))
    return Line(tuple(cells))


def _free_place(marks: Mapping[int, Cell], begin: int, length: int) -> int:
    """Return the last place up to `begin` with so many columns without marks, or else `begin`."""
    places = range(begin, AXIS_WIDTH - 1, -1)
    free = (at for at in places if not any(at + each in marks for each in range(length)))
    return next(free, begin)


def own_events(events: Sequence[Event], unique_id: str) -> Iterator[Event]:
    """Yield the events of a camera, and of the rig as a whole."""
    return (each for each in events if each["camera"] in ("", unique_id))


def reading_lines(view: View, width: int) -> list[Line]:
    """Write when it was at the cursor, and all that is known of that time."""
    window, folded, column = view.window, view.folded, view.cursor
    begin = window.begin(column)
    title = Cell(_when(view, begin), "strong")
    if begin + window.seconds <= folded.started:
        since = f"engine started {_dated(folded.started)}: nothing is known of before"
        rows = [("", Cell(f"{since}; {goes_back(plain(view.log_path))}"))]
    elif not folded.known(column):
        rows = [("", Cell("nothing is known of that time"))]
    else:
        rows = _readings(view)
    return [Line((Cell(fit("at", LABEL_WIDTH), "muted"), title)), *labelled_lines(rows, width)]


def _when(view: View, begin: int) -> str:
    """Write from when to when the column under the cursor lasts, and that it is the last one."""
    window = view.window
    text = _dated(begin)
    if window.seconds > 1:
        text += f" to {clock(begin + window.seconds)}"
    if view.live and view.cursor == window.columns - 1:
        text += " (now)"
    if window.begin(view.cursor) < view.folded.started < begin + window.seconds:
        text += f", engine started {clock(view.folded.started)}"
    return text


def _dated(second: int) -> str:
    return f"{local_time(second * NS_PER_S):%m-%d %H:%M:%S}"


def _readings(view: View) -> list[tuple[str, Cell]]:
    """Label what is known of the column under the cursor."""
    folded, column = view.folded, view.cursor

    def text(field: Trend, digits: int = 1) -> str:
        return range_text(folded.reading(field, column), digits)

    losses = {cause: folded.total(cause, column) or 0 for cause in LOSSES}
    lost = ", ".join(f"{count:.0f} {cause}" for cause, count in losses.items() if count)
    late = f"; ms: p50 {text('answer_p50_ms')}, p99 {text('answer_p99_ms')}"
    sent = f"ms after arrival: p50 {text('latency_p50_ms')}, p99 {text('latency_p99_ms')}"
    answered = folded.reading("answer_p50_ms", column) is not None
    published = folded.reading("latency_p50_ms", column) is not None
    rows = [
        ("frames", f"{text('fps')}/s; published {text('published')}/s"),
        ("lost", lost or "none"),
        ("answers", f"{text('answers')}/s{late}" if answered else "none that were timed"),
        ("sent", sent if published else "nothing"),
        ("state", f"{_state(folded, column)}; clients {text('clients', 0)}"),
    ]
    tones: Mapping[str, Tone] = {"lost": "warning" if lost else "plain"}
    return [(label, Cell(words, tones.get(label, "plain"))) for label, words in rows]


def range_text(reading: Reading | None, digits: int = 1) -> str:
    """Write a value; of several the lowest, the highest and the median; - where none is known."""
    if reading is None:
        return "-"
    low, middle, high = (f"{value:.{digits}f}" for value in reading)
    return low if low == high else f"{low} to {high} (median {middle})"


def _state(folded: Folded, column: int) -> str:
    """Name the worst state in a column, and that it was not always so."""
    reading = folded.reading("state", column)
    if reading is None:
        return "-"
    low, worst = (STATES_BY_TREND[int(value)] for value in (reading.low, reading.high))
    return worst if low == worst else f"{low}, at worst {worst}"


def _events(view: View, width: int, room: int) -> list[Line]:
    """Write what happened in the column under the cursor, in so many lines."""
    window = view.window
    begin, end = window.begin(view.cursor), window.begin(view.cursor) + window.seconds
    unique_id = view.camera["unique_id"]
    # What changed is noticed within half a second.
    within = [
        each
        for each in own_events(view.events, unique_id)
        if begin <= each["time"] / NS_PER_S < end + 1
    ]
    label = Cell(fit("events", LABEL_WIDTH), "muted")
    if not within:
        return [Line((label, Cell(_no_events(view, begin), "muted")))]
    names = {unique_id: view.camera["name"]}
    lines = event_lines(within, names, width - LABEL_WIDTH)
    if room < 1:
        return []
    if len(lines) > room:
        more = Cell(f"... {len(within)} events then: l lists them", "muted")
        lines = [*lines[: max(room - 1, 0)], Line((more,))]
    labels = [label, *[Cell(" " * LABEL_WIDTH)] * (len(lines) - 1)]
    return [Line((label, *line.cells)) for label, line in zip(labels, lines, strict=True)]


def _no_events(view: View, begin: int) -> str:
    """Say that there are none, or that they are forgotten by now."""
    oldest = next(iter(view.events), None)
    if oldest and oldest["id"] != 1 and begin < oldest["time"] / NS_PER_S:
        return f"those of then are in {plain(view.log_path)}"
    return "none then"

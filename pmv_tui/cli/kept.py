"""What the engine kept of cameras over time: as CSV, as JSON, and as a table for people."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cli.report import in_columns, iso
from pmv_tui.rates import NS_PER_S
from pmv_tui.untrusted import printable
from pmv_tui.wire.history import Numbers, Rows, read_history
from pmv_tui.wire.status import (
    COUNTED_TRENDS,
    LOSSES,
    STATES_BY_TREND,
    Event,
    History,
    Trend,
    counted,
    goes_back,
    local_time,
)

PARTS = "min", "median", "max"
"""Of a minute."""


class Kept(NamedTuple):
    """What was kept of one camera in the time that was asked for.

    Parameters
    ----------
    since : from when on it was asked for, ns since the epoch.
    log_path : the engine's log file.
    """

    history: History
    rows: Rows
    since: int
    log_path: str = ""

    @classmethod
    def of(cls, history: History, since: int, until: int, log_path: str = "") -> "Kept":
        """Take the rows that lie in a time; `since` and `until` are ns since the epoch."""
        rows, step = read_history(history), history["step"] * NS_PER_S
        within = (rows.times > since) & (rows.times - step < until)
        return cls(
            history,
            Rows(
                rows.times[within],
                {trend: each[within] for trend, each in rows.values.items()},
                {trend: each[within] for trend, each in rows.totals.items()},
                rows.known[within],
            ),
            since,
            log_path,
        )

    @property
    def begins(self) -> NDArray[np.int64]:
        """When each row's time begins, ns since the epoch."""
        return self.rows.times - self.history["step"] * NS_PER_S

    @property
    def started(self) -> str:
        """When the engine did, in words."""
        return f"the engine started at {iso(self.history['started'])}"


def before_it(kept: Kept) -> str:
    """Return from when on nothing is known; empty where it is all the time that was asked for.

    Also where one finds what happened before.
    """
    name, rows = kept.history["camera"], kept.rows
    further = f"; {goes_back(printable(kept.log_path))}" if kept.log_path else ""
    if not len(rows.times):
        return f"{name}: nothing is known of that time; {kept.started}{further}"
    if kept.history["started"] > kept.since:
        return f"{name}: {kept.started}; nothing is known before{further}"
    if kept.begins[0] >= kept.since + kept.history["step"] * NS_PER_S:
        return f"{name}: nothing is kept from before {iso(int(kept.begins[0]))}{further}"
    return ""


# As CSV and as JSON


def _plain(trend: Trend, numbers: Numbers) -> list[Any]:
    """Put a trend's numbers into values that any program reads; None where nothing is known."""
    if trend == "state":
        return [None if isnan(each) else STATES_BY_TREND[int(each)] for each in numbers]
    return [
        None if isnan(each) else int(each) if each.is_integer() else round(each, 3)
        for each in numbers.tolist()
    ]


def _fields(kept: Kept) -> Iterator[tuple[Trend, str, list[Any]]]:
    """Yield each trend and part of it (`min`, `median`, `max`, `total`; empty of a second)."""
    parts = ("",) if kept.history["step"] == 1 else PARTS
    for trend, numbers in kept.rows.values.items():
        for part, column in zip(parts, numbers.T, strict=True):
            yield trend, part, _plain(trend, column)
        if trend in kept.rows.totals and len(parts) > 1:
            yield trend, "total", _plain(trend, kept.rows.totals[trend])


def as_json(kept: Kept) -> dict[str, Any]:
    """Put a history into a map, for scripts."""
    values: dict[str, Any] = {}
    for trend, part, column in _fields(kept):
        if part:
            values.setdefault(trend, {})[part] = column
        else:
            values[trend] = column
    return {
        "camera": kept.history["camera"],
        "started": kept.history["started"],
        "step": kept.history["step"],
        "times": kept.rows.times.tolist(),
        "known": _plain("fps", kept.rows.known),
        "values": values,
    }


def _title(trend: Trend, part: str) -> str:
    """Name a column of CSV, with its unit."""
    unit = "_per_s" if trend in COUNTED_TRENDS and trend != "fps" else ""
    if part == "total":
        return f"{trend}_total" if trend != "fps" else "frames_total"
    return "_".join(filter(None, (f"{trend}{unit}", part)))


_WHO_AND_WHEN = ("camera", "unique_id", "time", "time_ns", "step_s", "known_s")


def csv_text(all_kept: Sequence[Kept]) -> str:
    """Return a line for each row of each camera; the first names the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for place, kept in enumerate(all_kept):
        fields = list(_fields(kept))
        if not place:
            titles = [_title(trend, part) for trend, part, _ in fields]
            writer.writerow([*_WHO_AND_WHEN, *titles])
        who = [printable(kept.history["camera"]), kept.history["unique_id"]]
        times = kept.rows.times.tolist()
        written = [local_time(each).isoformat(timespec="milliseconds") for each in times]
        columns = (written, times, _plain("fps", kept.rows.known), *(each for _, _, each in fields))
        for time, time_ns, known, *values in zip(*columns, strict=True):
            writer.writerow([*who, time, time_ns, kept.history["step"], known, *values])
    return text.getvalue()


# As a table

MOST_ROWS = 60

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
"""Seconds that a row of the table may stand for."""

MOST_EVENTS = 4
"""Events that are shown between two rows: the most serious of them, and how many more there are."""

LEVELS = ("info", "warning", "error")


class _Part(NamedTuple):
    """The rows of a history that make one of the table.

    Parameters
    ----------
    begin : ns since the epoch.
    rows : which.
    """

    begin: int
    rows: slice


def table_lines(kept: Kept, events: Sequence[Event], until: int) -> list[str]:
    """Return a history as a table, and the camera's events where they happened.

    Parameters
    ----------
    until : ns since the epoch; events that came later are left out.
    """
    note = before_it(kept)
    if not len(kept.rows.times):
        return [note]
    seconds = len(kept.rows.times) * kept.history["step"]
    step = next((each for each in STEPS if each * MOST_ROWS >= seconds), STEPS[-1])
    parts = list(_parts(kept, step))
    table = [_TITLES, *(_row(kept, part, step) for part in parts)]
    if np.isnan(kept.rows.values["answer_p50_ms"]).all():
        table = [(*row[:_ANSWERS], *row[_ANSWERS + 1 :]) for row in table]
    titles, *rows = in_columns(table)
    lines = [note] if note else []
    lines += [f"{kept.history['camera']}: a row is {_duration(step)}, from TIME on", titles]
    begins = [part.begin for part in parts]
    about = [each for each in events if _is_about(each, kept)]
    for begin, end, row in zip([kept.since, *begins], [*begins, until], ["", *rows], strict=True):
        lines += [row] if row else []
        lines += _event_lines([each for each in about if begin <= each["time"] < end])
    return lines


def _parts(kept: Kept, step: int) -> Iterator[_Part]:
    """Yield the rows that lie in the same so many seconds of local time."""
    begins = kept.begins
    zone = local_time(int(begins[0])).utcoffset() or timedelta()
    slots = (begins + round(zone.total_seconds()) * NS_PER_S) // (step * NS_PER_S)
    for start, end in pairwise([0, *(np.flatnonzero(np.diff(slots)) + 1), len(slots)]):
        yield _Part(int(begins[start]), slice(start, end))


def _row(kept: Kept, part: _Part, step: int) -> tuple[str, ...]:
    values = {trend: each[part.rows] for trend, each in kept.rows.values.items()}
    totals = {trend: each[part.rows] for trend, each in kept.rows.totals.items()}
    time = f"{local_time(part.begin):%H:%M:%S}"[: 8 if step < 60 else 5]
    known = float(kept.rows.known[part.rows].sum())
    if not known:
        return (time, *("-",) * 6, "not known")
    state = STATES_BY_TREND[int(np.nanmax(values["state"]))]
    return (
        time,
        f"{np.nansum(totals['fps']) / known:.1f}",
        f"{np.nansum(totals['published']) / known:.1f}",
        f"{sum(np.nansum(totals[cause]) for cause in LOSSES):.0f}",
        _latency(values["latency_p50_ms"], values["latency_p99_ms"]),
        _latency(values["answer_p50_ms"], values["answer_p99_ms"]),
        _from_to(values["clients"]),
        state.removesuffix(" for trigger"),
    )


_TITLES = ("TIME", "FPS", "PUBLISHED", "LOST", "LATENCY ms", "ANSWER ms", "CLIENTS", "STATE")
_ANSWERS = _TITLES.index("ANSWER ms")


def _latency(p50: Numbers, p99: Numbers) -> str:
    """Write the median of medians, and the worst of the 99th percentiles."""
    if np.isnan(p50).all():
        return "-"
    middle = p50[:, p50.shape[1] // 2]
    return f"{_ms(float(np.nanmedian(middle)))}/{_ms(float(np.nanmax(p99)))}"


def _ms(value: float) -> str:
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def _from_to(counts: Numbers) -> str:
    lowest, highest = np.nanmin(counts), np.nanmax(counts)
    return f"{lowest:.0f}" if lowest == highest else f"{lowest:.0f}-{highest:.0f}"


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def _is_about(event: Event, kept: Kept) -> bool:
    """Whether an event tells of this camera, or of trouble of the whole rig."""
    if event["time"] < kept.since:
        return False
    return event["camera"] == kept.history["unique_id"] or (
        not event["camera"] and event["level"] != "info"
    )


def _event_lines(events: Sequence[Event]) -> list[str]:
    """Return the most serious of some events, in the order in which they came."""
    by_weight = sorted(events, key=lambda each: LEVELS.index(each["level"]), reverse=True)
    shown = sorted(by_weight[:MOST_EVENTS], key=lambda each: each["time"])
    lines = [
        f"  {local_time(each['time']):%H:%M:%S} {each['level']:<7} {each['text']}" for each in shown
    ]
    if more := len(events) - len(shown):
        lines.append(f"  and {counted(more, 'more event')}: pmv-tui events shows all")
    return lines

"""What the engine kept of cameras over time, folded into what a screen has room for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.rates import NS_PER_S
from pmv_tui.tui.text.trends import Seconds
from pmv_tui.wire.history import read_history
from pmv_tui.wire.status import History, Trend


def last_seconds(history: History) -> Seconds:
    """Add up the fields of a history of seconds."""
    rows = read_history(history)
    last = round(rows.times[-1] / NS_PER_S) - 1 if len(rows.times) else 0
    values = np.sum([each[:, 0] for each in rows.values.values()], axis=0)
    return Seconds(last, values.tolist())


MINUTE, HOUR, DAY = 60, 3600, 86_400
"""Seconds; the engine keeps seconds for an hour, and minutes for longer."""

STEPS = (1, 2, 5, 10, 15, 20, 30, *(MINUTE * each for each in (1, 2, 5, 10, 15, 20, 30)), HOUR)
"""Seconds that a column may stand for: such that its beginning is easily read."""


class Window(NamedTuple):
    """The time that plots show: so many columns of so many seconds each.

    Parameters
    ----------
    start : of the first column, seconds since the epoch; a multiple of `seconds`.
    """

    start: int
    columns: int
    seconds: int

    @classmethod
    def ending(cls, end: int, span: int, room: int, least: int = 1) -> "Window":
        """Return the one that ends at a time, or as soon after it as a column does.

        Parameters
        ----------
        span : seconds that it covers at least.
        room : columns that there are room for.
        least : seconds that a column must have.
        """
        steps = [step for step in STEPS if step >= least]
        seconds = next((step for step in steps if -(-span // step) <= room), steps[-1])
        columns = max(min(-(-span // seconds), room), 1)
        return cls(-(-end // seconds) * seconds - columns * seconds, columns, seconds)

    @property
    def end(self) -> int:
        """The end of the last column, seconds since the epoch."""
        return self.start + self.columns * self.seconds

    def column(self, second: int) -> int:
        """Return in which column a second lies; it may be beyond either end."""
        return (second - self.start) // self.seconds

    def begin(self, column: int) -> int:
        """Return when a column begins, seconds since the epoch."""
        return self.start + column * self.seconds


class Reading(NamedTuple):
    """What a column holds of a field: the lowest, the median and the highest of its values."""

    low: float
    middle: float
    high: float


Values = NDArray[np.float64]


class Folded:
    """A camera's history in the columns of a window.

    Attributes
    ----------
    started : when the engine did, seconds since the epoch; it knows of nothing before.
    """

    def __init__(self, history: History, window: Window) -> None:
        rows = read_history(history)
        self.started = history["started"] // NS_PER_S
        self._columns = window.columns
        # A row ends where the next one begins: its last second is the one before.
        places = (np.round(rows.times / NS_PER_S).astype(int) - 1 - window.start) // window.seconds
        inside = (places >= 0) & (places < window.columns)
        self._places = places[inside]
        self._values = {field: each[inside] for field, each in rows.values.items()}
        self._totals = {field: each[inside] for field, each in rows.totals.items()}

    def extent(self, fields: Sequence[Trend]) -> tuple[Values, Values]:
        """Return the lowest and the highest value of each column, of fields added up.

        NaN where nothing is known.
        """
        values = np.sum([self._values[field] for field in fields], axis=0)
        low, high = np.full(self._columns, np.nan), np.full(self._columns, np.nan)
        np.fmin.at(low, self._places, values[:, 0])
        np.fmax.at(high, self._places, values[:, -1])
        return low, high

    def reading(self, field: Trend, column: int) -> Reading | None:
        """Return what a column holds of a field; None where nothing is known."""
        values = self._values[field][self._places == column]
        values = values[~np.isnan(values[:, 0])]
        if not len(values):
            return None
        middle = np.median(values[:, values.shape[1] // 2])
        return Reading(float(values[:, 0].min()), float(middle), float(values[:, -1].max()))

    def total(self, field: Trend, column: int) -> float | None:
        """Return what a column's values of a field add up to; None where nothing is known."""
        values = self._totals[field][self._places == column]
        known = values[~np.isnan(values)]
        return float(known.sum()) if len(known) else None

    def known(self, column: int) -> bool:
        """Return whether anything is known of a column."""
        return self.reading("state", column) is not None


def newest(history: History) -> int:
    """Return when the newest row ends, seconds since the epoch; 0 without any."""
    times = np.frombuffer(history["times"], "<i8")
    return round(times[-1] / NS_PER_S) if len(times) else 0

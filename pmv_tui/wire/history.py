"""What was kept of a camera over time: packed by the engine, read by who draws or prints it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.wire.status import COUNTED_TRENDS, History, Trend

Numbers = NDArray[np.float32]


class Rows(NamedTuple):
    """A history as arrays, a row a step, oldest first. The form of each: `History`."""

    times: NDArray[np.int64]
    values: Mapping[Trend, Numbers]
    """Shape (rows, 1) or (rows, 3)."""
    totals: Mapping[Trend, Numbers]
    """Shape (rows,); of seconds too, of which each is its own total."""
    known: Numbers
    """Shape (rows,): seconds of each row that are known."""


def packed(numbers: NDArray[np.generic]) -> bytes:
    """Put times or values into a history, row by row."""
    return numbers.astype("<i8" if numbers.dtype.kind == "i" else "<f4", copy=False).tobytes()


def size_of(history: History) -> int:
    """Return how many bytes of numbers a history holds."""
    tables = (*history["values"].values(), *history.get("totals", {}).values())
    return sum(map(len, (history["times"], history["known"], *tables)))


def read_history(history: History) -> Rows:
    """Read a history that an engine answered with."""
    times = np.frombuffer(history["times"], "<i8")
    parts = 1 if history["step"] == 1 else 3
    values = {trend: _numbers(data).reshape(-1, parts) for trend, data in history["values"].items()}
    if "totals" in history:
        totals = {trend: _numbers(data) for trend, data in history["totals"].items()}
    else:
        totals = {trend: each[:, 0] for trend, each in values.items() if trend in COUNTED_TRENDS}
    return Rows(times, values, totals, _numbers(history["known"]))


def _numbers(data: bytes) -> Numbers:
    return np.frombuffer(data, "<f4")

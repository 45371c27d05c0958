"""Figures over the last seconds: rates and latencies, written by one thread and read by another."""

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Ring:
    """The last samples of something: when, and how much.

    One thread adds, others read, without a lock: a reader that meets a sample half written is off
    by that one sample, in a figure for people.

    Parameters
    ----------
    length : samples kept; a power of two.
    """

    def __init__(self, length: int = 4096) -> None:
        self._mask = length - 1
        self._times = np.zeros(length, np.int64)
        self._values = np.zeros(length, np.int64)
        self._count = 0

    def add(self, time: int, value: int = 0) -> None:
        """Add a sample; `time` is monotonic, ns."""
        slot = self._count & self._mask
        self._times[slot] = time
        self._values[slot] = value
        self._count += 1

    def since(self, time: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the times and values of the samples not older than `time`, oldest first."""
        times, values = self._ordered()
        start = int(np.searchsorted(times, time))
        return times[start:], values[start:]

    def last_two(self) -> NDArray[np.int64]:
        """Give the times of the last two samples, or of fewer where there are fewer."""
        return self._ordered()[0][-2:]

    def _ordered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        count = self._count
        length = self._mask + 1
        if count <= length:
            return self._times[:count].copy(), self._values[:count].copy()
        start = count & self._mask
        return np.roll(self._times, -start), np.roll(self._values, -start)


def rate(ring: Ring, now: int, window: float = 2.0, longest: float = 20.0) -> float:
    """Give the events a second over a sliding window.

    It falls while nothing comes, and does not jump after a stall: the gap counts as long as it lies
    in the window. Events slower than the window are told by the last two, up to `longest`.

    Parameters
    ----------
    ring : when each event was, monotonic, ns.
    now : monotonic, ns.
    window, longest : seconds.
    """
    times, _ = ring.since(now - int(window * NS_PER_S))
    if len(times) < 2:
        times = ring.last_two()
        if len(times) < 2 or now - times[0] > longest * NS_PER_S:
            return 0.0
    intervals = len(times) - 1
    span = int(times[-1] - times[0])
    idle = int(now - times[-1])
    # Up to twice the usual interval the next event is merely not due yet.
    if idle * intervals > 2 * span:
        span += idle
    return intervals * NS_PER_S / span if span else 0.0


def percentiles_ms(ring: Ring, now: int, window: float = 5.0) -> tuple[float, float] | None:
    """Give p50 and p99 of the values, in ms (values in ns), over the window; None without any."""
    _, values = ring.since(now - int(window * NS_PER_S))
    if not len(values):
        return None
    p50, p99 = np.percentile(values, (50, 99)) / NS_PER_MS
    return float(p50), float(p99)

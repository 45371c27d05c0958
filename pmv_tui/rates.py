"""Rates: frames limited to so many a second, and figures over the last seconds."""

from bisect import bisect_left
from math import ceil, nan

import numpy as np
from numpy.typing import NDArray

LATENESS = 0.25
"""Seconds by which a frame may come late without costing a later one its place."""

CLOCK_TOLERANCE = 1.01
"""A camera of nominally `put_rate` may run this much faster: its crystal is not ours."""


class RateLimit:
    """A leaky bucket over the frames' arrival times.

    A plain "now ≥ next" drops every few frames of a camera that runs at the rate itself, as half
    of its jittery frames come early. Here each published frame moves a theoretical arrival time on
    by one period, and a frame may be ahead of that time by a tolerance. A camera that is no faster
    than the rate gets a tolerance that covers its jitter; a faster one gets a period, so that what
    is published is evenly spaced.

    Algorithm: the generic cell rate algorithm, virtual scheduling (ITU-T I.371, annex A).

    Parameters
    ----------
    put_rate : images a second at most; 0: no limit.
    camera_rate : frames a second that the camera makes.
    """

    def __init__(self, put_rate: float, camera_rate: float) -> None:
        self._unlimited = put_rate == 0
        if self._unlimited:
            return
        if camera_rate <= put_rate:
            period = 1 / (put_rate * CLOCK_TOLERANCE)
            tolerance = max(LATENESS, 2 * period)
        else:
            period = 1 / put_rate
            # Half a frame of the camera's: the frame nearest to the due time is the one taken.
            tolerance = 0.5 / camera_rate
        self._period = int(period * 1e9)
        self._tolerance = int(tolerance * 1e9)
        self._due = 0

    def passes(self, now: int) -> bool:
        """Return whether the frame that arrived at `now` (monotonic, ns) may be published."""
        if self._unlimited:
            return True
        if now < self._due - self._tolerance:
            return False
        # A frame that is late by less than a period does not move the ones after it.
        self._due = max(self._due, now - self._period) + self._period
        return True


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
        """Return the times and values of the samples not older than `time`, oldest first."""
        count = self._count
        numbers = range(count)
        start = bisect_left(numbers, time, self._oldest(count), key=self._time_of)
        return self._kept(start, count)

    def covers(self, time: int) -> bool:
        """Whether no sample since `time` had to make room for newer ones."""
        return self.kept_since < time

    @property
    def kept_since(self) -> int:
        """Since when no sample had to make room for newer ones, monotonic, ns; 0: always."""
        oldest = self._oldest(self._count)
        return self._time_of(oldest) if oldest else 0

    def usual(self, few: int) -> tuple[int, int]:
        """Return when the last sample came, and the mean interval of the last few, up to it, ns."""
        count = self._count
        if not count:
            return 0, 0
        first, last = max(self._oldest(count), count - few), count - 1
        end = self._time_of(last)
        return end, (end - self._time_of(first)) // max(1, last - first)

    def last_two(self) -> NDArray[np.int64]:
        """Return the times of the last two samples, or of fewer where there are fewer."""
        count = self._count
        return self._kept(max(0, count - 2), count)[0]

    def _oldest(self, count: int) -> int:
        """Return the number of the oldest sample that is kept when there were `count`."""
        return max(0, count - len(self._times))

    def _time_of(self, number: int) -> int:
        return int(self._times[number & self._mask])

    def _kept(self, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the times and values of samples by their numbers, from 0 on."""
        slots = np.arange(start, end) & self._mask
        return self._times[slots], self._values[slots]


def rate(ring: Ring, now: int, seconds: int = 2) -> float:
    """Return the events a second over a sliding window.

    It falls while nothing comes, and does not jump after a stall: the gap counts as long as it lies
    in the window. Events slower than the window count by the last two, up to 20 s.

    Parameters
    ----------
    ring : when each event was, monotonic, ns.
    now : monotonic, ns.
    seconds : how long the window is.
    """
    times, _ = ring.since(now - seconds * NS_PER_S)
    if len(times) < 2:
        times = ring.last_two()
        if len(times) < 2 or now - times[0] > 20 * NS_PER_S:
            return 0.0
    span = counts_to(times, now) - int(times[0])
    return (len(times) - 1) * NS_PER_S / span if span else 0.0


def counts_to(times: NDArray[np.int64], now: int) -> int:
    """Return up to when events are counted, of which there are two or more: the last, or now.

    Up to twice the usual interval the next event is merely not due yet.
    """
    last = int(times[-1])
    idle, span = now - last, last - int(times[0])
    return now if idle * (len(times) - 1) > 2 * span else last


def percentiles_ms(ring: Ring, now: int) -> tuple[float, float] | None:
    """Return p50 and p99 of the values, in ms (values in ns), over 5 s; None without any."""
    _, values = ring.since(now - 5 * NS_PER_S)
    if not len(values):
        return None
    p50, p99 = np.percentile(values, (50, 99)) / NS_PER_MS
    return float(p50), float(p99)


def ranked(values: NDArray[np.generic]) -> tuple[float, float]:
    """Return p50 and p99, each one of the values (nearest rank); NaN without any.

    It takes a tenth of the time of `np.percentile`, for whom there are but some hundred values.
    """
    count = len(values)
    if not count:
        return nan, nan
    ordered = np.sort(values)
    return float(ordered[ceil(0.5 * count) - 1]), float(ordered[ceil(0.99 * count) - 1])

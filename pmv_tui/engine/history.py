"""What is kept of each camera over time: every second of an hour, every minute of a day."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, nan
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.engine.stream.clock import LEAST_HOST_JUMP
from pmv_tui.rates import NS_PER_MS, NS_PER_S, Ring, ranked, rate
from pmv_tui.wire.history import Numbers, packed
from pmv_tui.wire.status import (
    COUNTED_TRENDS,
    STATES_BY_TREND,
    TRENDS,
    CameraCondition,
    History,
    Trend,
)

A_MINUTE = 60
"""Seconds."""

SECONDS, MINUTES = 3600, 1440
"""Rows that are kept of each: an hour and a day. All of a camera's take 0.5 MB when they are full,
and grow to it: 5 kB after the first minute."""

_COLUMNS = {trend: column for column, trend in enumerate(TRENDS)}
_COUNTED = [_COLUMNS[trend] for trend in COUNTED_TRENDS]
_STATE = _COLUMNS["state"]

_CAUSES: tuple[Literal["missing", "skipped", "failed", "put_rate", "clients"], ...] = (
    "missing",
    "skipped",
    "failed",
    "put_rate",
    "clients",
)
"""Of drops, in the order of the trends, where those of clients are called `missed`."""


class Moment(NamedTuple):
    """A moment on both of this host's clocks, ns."""

    monotonic: int
    wall: int

    @classmethod
    def now(cls) -> "Moment":
        """Return this one."""
        return cls(time.monotonic_ns(), time.time_ns())


class Table:
    """The newest rows of numbers, each with its time. It grows as they come, up to a bound.

    Parameters
    ----------
    most : rows that are kept.
    columns : numbers a row.
    """

    FIRST = 64
    """Rows that there is room for at first; each time they are too few, for twice as many."""

    def __init__(self, most: int, columns: int) -> None:
        self._most = most
        self._times = np.empty(0, np.int64)
        self._values = np.empty((columns, 0), np.float32)
        self._count = 0

    def __len__(self) -> int:
        """Return how many rows are kept."""
        return min(self._count, self._most)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the rows take, those to come for which there is room too."""
        return self._times.nbytes + self._values.nbytes

    def add(self, times: NDArray[np.int64], values: Numbers) -> None:
        """Add rows: `times` of shape (rows,), `values` of shape (columns, rows)."""
        self._make_room(self._count + len(times))
        slots = self._slots(self._count, self._count + len(times))
        self._times[slots] = times
        self._values[:, slots] = values
        self._count += len(times)

    def newest(self, rows: int) -> tuple[NDArray[np.int64], Numbers]:
        """Return the times and values of the newest rows, oldest first; fewer where so few came."""
        slots = self._slots(self._count - min(rows, len(self)), self._count)
        return self._times[slots], self._values[:, slots]

    def _slots(self, start: int, end: int) -> NDArray[np.int64]:
        return np.arange(start, end) % max(1, len(self._times))

    def _make_room(self, rows: int) -> None:
        room = len(self._times)
        if rows <= room or room == self._most:
            return
        # Nothing is overwritten before it is full, so the rows lie in order until then.
        more = min(self._most, max(self.FIRST, 2 * room, rows)) - room
        self._times = np.pad(self._times, (0, more))
        self._values = np.pad(self._values, ((0, 0), (0, more)))


class Seen(NamedTuple):
    """What a look at a camera shows, which no time stamps tell.

    Parameters
    ----------
    lost : frames that were not published since the camera joined, in the order of the trends.
    clients : now.
    state : as a number, see `STATES_BY_TREND`.
    """

    lost: tuple[int, ...]
    clients: int
    state: int

    @classmethod
    def of(cls, condition: CameraCondition) -> "Seen":
        """Take it out of a camera's condition."""
        drops = condition["drops"]
        lost = tuple(drops[cause] for cause in _CAUSES)
        return cls(lost, condition["clients"], STATES_BY_TREND.index(condition["state"]))


class Timed(NamedTuple):
    """What the time stamps of frames, images and answers tell of a second.

    Parameters
    ----------
    fps, published, answers : how many there were.
    latency, lateness : p50 and p99, ms: from arrival to sent, and of answers; NaN where none was.
    """

    fps: float
    published: float
    latency: tuple[float, float]
    answers: float
    lateness: tuple[float, float]

    @classmethod
    def of(cls, camera: RigCamera, begin: int, end: int) -> "Timed":
        """Take it out of a camera's rings, from `begin` to before `end`, monotonic, ns."""
        frames, _ = _within(camera.worker.arrivals, begin, end)
        images, latencies = _within(camera.publisher.sent, begin, end)
        answers, lateness = _within(camera.answers.times, begin, end)
        return cls(frames, images, _in_ms(latencies), answers, _in_ms(lateness))


def _in_ms(values: NDArray[np.int64]) -> tuple[float, float]:
    p50, p99 = ranked(values)
    return p50 / NS_PER_MS, p99 / NS_PER_MS


def _within(ring: Ring, begin: int, end: int) -> tuple[float, NDArray[np.int64]]:
    """Return how many samples a second has, and their values."""
    times, values = ring.since(begin)
    values = values[: np.searchsorted(times, end)]
    if ring.covers(begin):
        return len(values), values
    return rate(ring, end), values  # Thousands a second: the first of them are gone.


class CameraHistory:
    """One camera's seconds and minutes.

    Seconds are slots of the monotonic clock, which nobody sets; with each row stands what the
    host's clock said at its end. A second in which nobody looked has a row of NaN.

    Parameters
    ----------
    origin : when the engine's first slot began, monotonic, ns: at a whole minute of the host's
        clock, so that the rows of all cameras coincide, and lie as people read a clock.
    """

    def __init__(self, origin: int) -> None:
        self._origin = origin
        self.seconds = Table(SECONDS, len(TRENDS))
        self.minutes = Table(MINUTES, 3 * len(TRENDS) + len(COUNTED_TRENDS) + 1)
        self._slot: int | None = None
        """The one that is written next."""
        self._seen: Seen | None = None
        """What was seen last in that slot, with the worst state there."""
        self._lost = (0,) * len(_CAUSES)
        """What the rows add up to."""

    def look(self, now: Moment, seen: Seen, timed: Callable[[int, int], Timed]) -> None:
        """Take in what is seen now; write the rows of the seconds that are over.

        Parameters
        ----------
        timed : returns what time stamps tell of the time between two moments, monotonic, ns.
        """
        slot = (now.monotonic - self._origin) // NS_PER_S
        if self._slot is None:
            self._slot = slot + 1  # The camera was not there for all of this one.
        if slot < self._slot:
            return
        if slot > self._slot:
            self._write(self._slot, self._row(self._slot, timed), now)
            self._leave_out(self._slot + 1, slot, now)
            self._slot, self._seen = slot, None
        worst = max(seen.state, self._seen.state) if self._seen else seen.state
        self._seen = seen._replace(state=worst)

    def _row(self, slot: int, timed: Callable[[int, int], Timed]) -> Numbers:
        """Return a second's values, in the order of `TRENDS`: shape (columns, 1)."""
        row, seen = _unknown(1), self._seen
        if seen is not None:
            begin = self._origin + slot * NS_PER_S
            times = timed(begin, begin + NS_PER_S)
            # A count may be read while it is carried over from a stream that ends: it is not lost.
            more = [max(0, new - old) for new, old in zip(seen.lost, self._lost, strict=True)]
            self._lost = tuple(map(sum, zip(self._lost, more, strict=True)))
            row[:, 0] = (
                *(times.fps, times.published, *more, *times.latency),
                *(times.answers, *times.lateness, seen.clients, seen.state),
            )
        return row

    def _leave_out(self, slot: int, end: int, now: Moment) -> None:
        """Write the rows of seconds in which nobody looked; of a day of them at most."""
        slot = max(slot, end - A_MINUTE * MINUTES)
        while slot < end:
            rows = min(end - slot, A_MINUTE - slot % A_MINUTE)
            self._write(slot, _unknown(rows), now)
            slot += rows

    def _write(self, slot: int, rows: Numbers, now: Moment) -> None:
        """Write the rows of seconds from `slot` on, and of the minute that they may end."""
        count = rows.shape[1]
        ends = self._origin + np.arange(slot + 1, slot + count + 1) * NS_PER_S
        times = ends + (now.wall - now.monotonic)
        self.seconds.add(times, rows)
        if (slot + count) % A_MINUTE == 0:
            self.minutes.add(times[-1:], summed_up(self.seconds.newest(A_MINUTE)[1]))


def _unknown(rows: int) -> Numbers:
    return np.full((len(TRENDS), rows), nan, np.float32)


def summed_up(seconds: Numbers) -> Numbers:
    """Return a minute's row, of shape (columns, 1).

    It has minimum, median and maximum of each trend, the totals of those that are counted, and how
    many seconds are known. The median of the state is one that there was.

    Parameters
    ----------
    seconds : shape (trends, rows); what is not known is NaN.
    """
    ordered = np.sort(seconds, axis=1)  # NaN comes last.
    known = np.count_nonzero(~np.isnan(seconds), axis=1)
    trends = np.arange(len(seconds))
    # Of a trend that is not known at all, these are NaN too.
    lower, upper = ordered[trends, (known - 1) // 2], ordered[trends, known // 2]
    middle = (lower + upper) / 2
    middle[_STATE] = lower[_STATE]
    totals = np.where(known[_COUNTED], np.nansum(seconds[_COUNTED], axis=1), nan)
    columns = (ordered[:, 0], middle, ordered[trends, known - 1], totals, known[[_STATE]])
    return np.concatenate(columns, dtype=np.float32)[:, np.newaxis]


class Histories:
    """The histories of all cameras of an engine. Called by the main thread.

    Parameters
    ----------
    started : when the engine did; nothing before is known.
    """

    def __init__(self, started: Moment) -> None:
        self._started = started
        self._offset = started.wall - started.monotonic
        self._origin = started.monotonic - started.wall % (A_MINUTE * NS_PER_S)
        self.cameras: dict[str, CameraHistory] = {}

    def now(self) -> Moment:
        """Return this moment; the host's clock moves only where it was set, not by what lies
        between two readings.
        """
        monotonic, wall = Moment.now()
        if abs(wall - monotonic - self._offset) >= LEAST_HOST_JUMP * NS_PER_S:
            self._offset = wall - monotonic
        return Moment(monotonic, monotonic + self._offset)

    def look(self, camera: RigCamera, condition: CameraCondition, now: Moment) -> None:
        """Take in a camera's condition, and what its frames' time stamps tell."""
        unique_id = camera.config.unique_id
        history = self.cameras.get(unique_id)
        if history is None:
            history = self.cameras[unique_id] = CameraHistory(self._origin)
        history.look(now, Seen.of(condition), partial(Timed.of, camera))

    def forget(self, unique_id: str) -> None:
        """Let a camera go: one of the same unique_id begins anew."""
        self.cameras.pop(unique_id, None)

    def of(
        self, camera: RigCamera, trends: Sequence[Trend], since: float, step: Literal[1, 60]
    ) -> History:
        """Return the newest rows of a camera, as many as fit into `since`, s."""
        unique_id = camera.config.unique_id
        kept = self.cameras.get(unique_id) or CameraHistory(self._origin)
        rows = ceil(min(since, A_MINUTE * MINUTES) / step)
        times, values = (kept.seconds if step == 1 else kept.minutes).newest(rows)
        history = History(
            camera=camera.config.label,
            unique_id=unique_id,
            started=self._started.wall,
            step=step,
            times=packed(times),
            values={},
            known=packed(values[-1] if step == A_MINUTE else ~np.isnan(values[_STATE])),
        )
        parts = 1 if step == 1 else 3  # of a minute: minimum, median, maximum
        numbers = values[: parts * len(TRENDS)].reshape(parts, len(TRENDS), len(times))
        history["values"] = {each: packed(numbers[:, _COLUMNS[each]].T) for each in trends}
        if step == A_MINUTE:
            totals = dict(zip(COUNTED_TRENDS, values[3 * len(TRENDS) :], strict=False))
            history["totals"] = {each: packed(totals[each]) for each in trends if each in totals}
        return history

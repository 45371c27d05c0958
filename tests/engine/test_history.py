"""What is kept of a camera over time, by a clock of the test's own."""

import math
import statistics
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from pmv_tui.engine.history import MINUTES, SECONDS, CameraHistory, Moment, Seen, Table, Timed
from pmv_tui.wire.status import COUNTED_TRENDS, STATES_BY_TREND, TRENDS, CameraState, Trend

S = 1_000_000_000
BEGIN = Moment(monotonic=500 * S, wall=1_700_000_040 * S)
"""A whole minute by the wall clock."""

COLUMN = {trend: column for column, trend in enumerate(TRENDS)}
CAPTURING = Seen((0, 0, 0, 0, 0), 1, STATES_BY_TREND.index("capturing"))
LATENCY = 0.5, 1.25


class Clock:
    """A camera's history, and the time, which passes as the test says."""

    def __init__(self) -> None:
        self.history = CameraHistory(BEGIN.monotonic)
        self.now = BEGIN
        self.fps: Callable[[int], float] = lambda _: 60

    def look(self, seen: Seen = CAPTURING, after: float = 0.5) -> None:
        """Let seconds pass, and look at the camera."""
        passed = int(after * S)
        self.now = Moment(self.now.monotonic + passed, self.now.wall + passed)
        self.history.look(self.now, seen, self._timed)

    def run(self, seconds: int, seen: Seen = CAPTURING) -> None:
        """Look twice a second for so long."""
        for _ in range(2 * seconds):
            self.look(seen)

    def _timed(self, begin: int, end: int) -> Timed:
        assert end - begin == S
        fps = self.fps((begin - BEGIN.monotonic) // S)
        return Timed(fps, fps / 2, LATENCY if fps else (math.nan, math.nan))

    def seconds(self, trend: Trend) -> list[float]:
        """Return what is kept of a trend, second by second."""
        return list(self.history.seconds.newest(SECONDS)[1][COLUMN[trend]].tolist())

    def minutes(self, trend: Trend) -> list[list[float]]:
        """Return minimum, median and maximum, minute by minute."""
        parts = self.history.minutes.newest(MINUTES)[1][: 3 * len(TRENDS)]
        return list(parts.reshape(3, len(TRENDS), -1)[:, COLUMN[trend]].T.tolist())

    def totals(self, trend: Trend) -> list[float]:
        """Return what the seconds add up to, minute by minute."""
        column = 3 * len(TRENDS) + COUNTED_TRENDS.index(trend)
        return list(self.history.minutes.newest(MINUTES)[1][column].tolist())


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.look(after=0.25)  # in the middle of a second: of that one, no row is written
    return clock


def test_a_second_is_written_when_it_is_over(clock: Clock) -> None:
    clock.look()
    assert clock.seconds("fps") == []
    clock.run(2)
    assert clock.seconds("fps") == [60]
    times, _ = clock.history.seconds.newest(SECONDS)
    assert times.tolist() == [BEGIN.wall + 2 * S]


def test_every_trend_has_its_value(clock: Clock) -> None:
    clock.fps = lambda _: 40
    clock.run(3, Seen((1, 2, 3, 4, 5), 7, STATES_BY_TREND.index("stalled")))
    _, values = clock.history.seconds.newest(1)
    row = dict(zip(TRENDS, values[:, 0].tolist(), strict=True))
    unknown = {trend for trend, value in row.items() if math.isnan(value)}
    assert unknown == {"answers", "answer_p50_ms", "answer_p99_ms"}
    assert (row["fps"], row["published"]) == (40, 20)
    assert (row["latency_p50_ms"], row["latency_p99_ms"]) == LATENCY
    assert (row["clients"], STATES_BY_TREND[int(row["state"])]) == (7, "stalled")
    lost: list[Trend] = ["missing", "skipped", "failed", "put_rate", "missed"]
    assert [clock.seconds(each) for each in lost] == [[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]


def test_a_state_between_two_looks_of_a_second_is_the_worst(clock: Clock) -> None:
    clock.look()
    clock.look(CAPTURING._replace(state=STATES_BY_TREND.index("lost")))
    clock.run(2)
    assert [STATES_BY_TREND[int(each)] for each in clock.seconds("state")] == ["lost", "capturing"]


def test_losses_add_up_to_what_was_counted_whatever_came_between(clock: Clock) -> None:
    """A count that is read in the middle of being carried over is smaller for a moment."""
    for count in (3, 3, 9, 2, 9, 9, 15, 15, 15, 15):
        clock.look(CAPTURING._replace(lost=(count, 0, 0, 0, 0)))
    assert clock.seconds("missing") == [9, 0, 6, 0]


def test_seconds_in_which_nobody_looked_are_not_invented(clock: Clock) -> None:
    clock.run(2)
    clock.look(CAPTURING._replace(lost=(0, 8, 0, 0, 0)), after=5)
    clock.run(2, CAPTURING._replace(lost=(0, 8, 0, 0, 0)))
    known = [not math.isnan(each) for each in clock.seconds("fps")]
    assert known == [True] * 2 + [False] * 4 + [True] * 2
    assert clock.seconds("skipped")[:2] + clock.seconds("skipped")[-2:] == [0, 0, 8, 0]
    times, _ = clock.history.seconds.newest(SECONDS)
    assert set(np.diff(times)) == {S}


def test_a_clock_that_is_set_shows_in_the_times(clock: Clock) -> None:
    clock.run(3)
    clock.now = clock.now._replace(wall=clock.now.wall - 3600 * S)
    clock.run(3)
    times, _ = clock.history.seconds.newest(SECONDS)
    assert np.diff(times).tolist() == [S, S - 3600 * S, S, S]
    assert not np.isnan(clock.seconds("fps")).any()


def test_a_minute_is_lowest_median_highest_and_total_of_its_seconds(clock: Clock) -> None:
    fps = [(37 * second) % 61 + 0.5 * (second % 2) for second in range(180)]
    clock.fps = lambda second: fps[second]
    clock.run(180)
    for minute, figures in enumerate(clock.minutes("fps")):
        seconds = fps[max(1, 60 * minute) : 60 * minute + 60]  # the first was under way
        assert figures == [min(seconds), statistics.median(seconds), max(seconds)]
        assert clock.totals("fps")[minute] == sum(seconds)
    times, values = clock.history.minutes.newest(MINUTES)
    assert times.tolist() == [BEGIN.wall + 60 * S, BEGIN.wall + 120 * S, BEGIN.wall + 180 * S]
    assert values[-1].tolist() == [59, 60, 60]


def test_the_median_of_the_state_is_one_that_there_was(clock: Clock) -> None:
    clock.run(90)
    clock.run(30, CAPTURING._replace(state=STATES_BY_TREND.index("lost")))
    assert clock.minutes("state")[1] == [0, 0, STATES_BY_TREND.index("lost")]


def test_a_minute_in_which_something_is_not_known(clock: Clock) -> None:
    clock.fps = lambda second: 0 if second < 60 else 60
    clock.run(75)
    clock.look(after=180)
    clock.run(90)
    latencies = clock.minutes("latency_p50_ms")
    assert np.isnan(latencies[0]).all()  # known, but nothing was sent
    assert clock.minutes("fps")[0] == [0, 0, 0]
    assert latencies[1] == [0.5] * 3
    assert np.isnan(latencies[2:4]).all()
    assert np.isnan(clock.totals("fps")[2:4]).all()
    assert clock.history.minutes.newest(MINUTES)[1][-1].tolist()[:4] == [59, 16, 0, 0]


def test_a_day_is_kept_and_no_more(clock: Clock) -> None:
    clock.fps = lambda second: second // 60 % 1000
    for _ in range(26 * 3600):
        clock.look(after=1)
    assert len(clock.history.seconds) == SECONDS
    assert len(clock.history.minutes) == MINUTES
    times, _ = clock.history.minutes.newest(MINUTES)
    assert set(np.diff(times)) == {60 * S}
    assert clock.now.wall - times[-1] < 60 * S
    last = (times[-1] - BEGIN.wall) // S // 60
    assert [low for low, _, _ in clock.minutes("fps")] == [
        minute % 1000 for minute in range(last - MINUTES, last)
    ]
    seconds, _ = clock.history.seconds.newest(SECONDS)
    assert set(np.diff(seconds)) == {S}
    assert clock.history.seconds.nbytes + clock.history.minutes.nbytes < 540_000


def test_a_rig_that_ran_for_a_minute_pays_for_a_minute(clock: Clock) -> None:
    clock.run(62)
    assert clock.history.seconds.nbytes + clock.history.minutes.nbytes < 20_000


def test_an_engine_that_stood_still_for_long_goes_on(clock: Clock) -> None:
    """As after SIGSTOP; a year of it is written as a day that is not known."""
    clock.run(100)
    clock.look(after=365 * 86400)
    clock.run(60)
    assert len(clock.history.minutes) == MINUTES
    times, _ = clock.history.minutes.newest(MINUTES)
    assert set(np.diff(times)) == {60 * S}
    known = [not math.isnan(median) for _, median, _ in clock.minutes("fps")]
    assert known == [False] * (MINUTES - 1) + [True]


@pytest.mark.parametrize("lot", [1, 7, 50, 99, 100])
def test_a_table_keeps_the_newest_rows_in_order(lot: int) -> None:
    table = Table(100, 2)
    numbers = np.arange(1000)
    for start in range(0, 1000, lot):
        some = numbers[start : start + lot]
        table.add(some, np.stack([some, -some]).astype(np.float32))
        kept = numbers[: start + len(some)][-100:]
        times, values = table.newest(100)
        assert times.tolist() == kept.tolist()
        assert values.tolist() == [kept.tolist(), (-kept).tolist()]
    assert table.newest(3)[0].tolist() == [997, 998, 999]


def test_each_state_has_its_number() -> None:
    assert sorted(STATES_BY_TREND) == sorted(get_args(CameraState))
    assert tuple(TRENDS) == get_args(Trend)

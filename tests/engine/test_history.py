"""What is kept of a camera over time, by a clock of the test's own."""

import csv
import io
import math
import re
import statistics
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import msgpack
import numpy as np
import pytest

from pmv_tui.cli.kept import Kept, as_json, csv_text, table_lines
from pmv_tui.config.load import load_config
from pmv_tui.config.schema import CameraConfig
from pmv_tui.control.rig import Rig
from pmv_tui.engine.commands import CommandError, Commands
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.errands import Errands
from pmv_tui.engine.history import MINUTES, SECONDS, CameraHistory, Moment, Seen, Table, Timed
from pmv_tui.engine.status import condition_of
from pmv_tui.engine.stream.worker import Worker
from pmv_tui.wire.history import read_history, size_of
from pmv_tui.wire.status import (
    COUNTED_TRENDS,
    STATES_BY_TREND,
    TRENDS,
    CameraState,
    Event,
    History,
    Trend,
    local_time,
)

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
        latency = LATENCY if fps else (math.nan, math.nan)
        return Timed(fps, fps / 2, latency, fps / 4, (3.0, 4.0))

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
    assert (row["fps"], row["published"], row["answers"]) == (40, 20, 10)
    assert (row["answer_p50_ms"], row["answer_p99_ms"]) == (3, 4)
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


LEFT = {
    "unique_id": "left-simulated",
    "name": "left",
    "pub_address": "tcp://localhost:5555",
    "pull_address": "tcp://localhost:5556",
}


class Day:
    """An engine with a camera that a test's clock let run for 25 hours."""

    def __init__(self, folder: Path) -> None:
        rig = Rig(folder / "config.toml", folder)
        errands = Errands(lambda: None)
        self.engine = Engine(rig, load_config(rig.config_path), lambda: None, errands)
        self.engine.add(CameraConfig.model_validate(LEFT), listed=True)
        self.camera = self.engine.cameras["left-simulated"]
        self.now = self.engine.histories.now()
        self.engine.histories.look(self.camera, condition_of(self.camera), self.now)
        history = self.engine.histories.cameras["left-simulated"]
        for _ in range(25 * 3600):
            self.now = Moment(self.now.monotonic + S, self.now.wall + S)
            history.look(self.now, CAPTURING, self._timed)

    def frames(self, end: int) -> int:
        """Return how many came in the second that ends at `end`, ns since the epoch."""
        return (end // S - 1) // 60 % 7

    def _timed(self, _: int, end: int) -> Timed:
        frames = self.frames(end + self.now.wall - self.now.monotonic)
        return Timed(frames, frames, LATENCY, frames, (3.25, 123.0))

    def history(self, since: float, step: int) -> History:
        """Ask for what was kept, as the control socket does."""
        (history,) = Commands(self.engine).history("left", None, since, step)
        return history


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "start", lambda _: None)  # no frames but the test's
        day = Day(tmp_path_factory.mktemp("day"))
        yield day
        day.engine._context.term()


def test_a_day_is_answered_minute_by_minute(day: Day) -> None:
    (history,) = Commands(day.engine).history("all", None, 90_000, None)
    times, values, totals, known = read_history(history)
    assert (history["step"], len(times)) == (60, MINUTES)
    assert set(np.diff(times)) == {60 * S}
    assert 0 <= day.now.wall - times[-1] < 60 * S
    frames = [day.frames(end) for end in times.tolist()]
    assert values["fps"].tolist() == [[each] * 3 for each in frames]
    assert totals["published"].tolist() == [60 * each for each in frames]
    assert known.tolist() == [60] * MINUTES


def test_its_last_hour_is_answered_second_by_second(day: Day) -> None:
    (history,) = Commands(day.engine).history(["left"], ["fps", "state"], None, None)
    times, values, _, known = read_history(history)
    assert (history["step"], list(values)) == (1, ["fps", "state"])
    assert day.now.wall - S < times[-1] <= day.now.wall
    assert times.tolist() == list(range(times[-1] - (SECONDS - 1) * S, times[-1] + 1, S))
    assert values["fps"][:, 0].tolist() == [day.frames(end) for end in times.tolist()]
    assert known.tolist() == [1] * SECONDS


def test_a_days_memory_and_answer_are_bounded(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = day.engine.histories.cameras["left-simulated"]
    assert (len(kept.seconds), len(kept.minutes)) == (SECONDS, MINUTES)
    assert kept.seconds.nbytes + kept.minutes.nbytes < 540_000
    history = day.history(86_400, 60)
    assert len(msgpack.packb(history)) - 1000 < size_of(history) < 310_000
    monkeypatch.setattr(f"{Commands.__module__}.MAX_HISTORY_BYTES", size_of(history) - 1)
    with pytest.raises(CommandError, match="ask for fewer cameras at once"):
        day.history(86_400, 60)


def test_a_day_is_printed_alike_in_each_form(day: Day) -> None:
    until = day.now.wall
    kept = Kept.of(day.history(86_400, 60), until - 86_400 * S, until)
    as_map, lines = as_json(kept), list(csv.DictReader(io.StringIO(csv_text([kept]))))
    assert [int(line["time_ns"]) for line in lines] == as_map["times"]
    assert [datetime.fromisoformat(line["time"]).timestamp() for line in lines] == [
        each / 1e9 for each in as_map["times"]
    ]
    for trend, parts in as_map["values"].items():
        unit = "_per_s" if "total" in parts and trend != "fps" else ""
        for part in ("min", "median", "max"):
            written = [line[f"{trend}{unit}_{part}"] for line in lines]
            assert written == ["" if each is None else str(each) for each in parts[part]]
    assert [line["frames_total"] for line in lines] == [
        str(60 * day.frames(end)) for end in as_map["times"]
    ]
    assert set(as_map["values"]["state"]["max"]) == {"capturing"}


def test_people_get_a_day_in_a_screen_or_two(day: Day) -> None:
    until = day.now.wall
    pulled = Event(
        id=1,
        time=until - 3 * 3600 * S,
        level="error",
        kind="state",
        camera="left-simulated",
        text="lost: the cable was pulled",
    )
    other = pulled.copy()
    other["camera"] = "right-simulated"
    kept = Kept.of(day.history(86_400, 60), until - 86_400 * S, until)
    head, titles, *rows = table_lines(kept, [pulled, other], until)
    assert head == "left: a row is 30 min, from TIME on"
    assert re.split("  +", titles) == [
        *("TIME", "FPS", "PUBLISHED", "LOST", "LATENCY ms", "ANSWER ms", "CLIENTS", "STATE"),
    ]
    assert max(map(len, rows)) < 80
    (at,) = [place for place, row in enumerate(rows) if "cable" in row]
    assert rows.pop(at) == f"  {local_time(pulled['time']):%H:%M:%S} error   {pulled['text']}"
    assert 48 <= len(rows) <= 49
    then = local_time(pulled["time"])
    begin = pulled["time"] // S - then.minute % 30 * 60 - then.second
    frames = [day.frames((second + 1) * S) for second in range(begin, begin + 1800)]
    mean = f"{statistics.mean(frames):.1f}"
    cells = [f"{local_time(begin * S):%H:%M}", mean, mean, "0", "0.50/1.25", "3.25/123", "1"]
    assert rows[at - 1].split() == [*cells, "capturing"]


def test_a_second_is_counted_by_time_stamps(day: Day) -> None:
    """Also where a camera is so fast that the first of them are gone by then."""
    arrivals, sent = day.camera.worker.arrivals, day.camera.publisher.sent
    for number in range(100):
        arrivals.add(S + number * S // 50)
    for number in range(200):
        sent.add(S + number * S // 100, (number % 100 + 1) * S // 1000)
        day.camera.answers.times.add(S + number * S // 100 + 1, 10**6)
    assert Timed.of(day.camera, 2 * S, 3 * S) == (50, 100, (50, 99), 100, (1, 1))
    assert Timed.of(day.camera, 2 * S + 1, 3 * S + 1)[:3] == (49, 99, (51, 100))
    assert Timed.of(day.camera, 5 * S, 6 * S)[:2] == (0, 0)
    for number in range(20_000):
        arrivals.add(6 * S + number * S // 10_000)
    assert Timed.of(day.camera, 6 * S, 7 * S).fps == pytest.approx(10_000, rel=0.01)


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

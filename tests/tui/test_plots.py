"""A camera's plots: what they show of a history, and what is read at the cursor."""

from math import nan

import numpy as np
import pytest
from textual.pilot import Pilot

from pmv_tui.rates import NS_PER_S
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.history import Folded, Window
from pmv_tui.tui.screens.plots import PlotScreen
from pmv_tui.tui.text.plots import QUANTITIES, View, range_text, rounded_up, strokes, view_lines
from pmv_tui.wire.status import TRENDS
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import Kept, RigDouble, a_camera

END = 1_700_000_040
"""Seconds since the epoch: 22:14:00 in UTC."""

pytestmark = pytest.mark.usefixtures("utc")


def an_hour(**values: dict[int, float]) -> Kept:
    """Keep an hour of 60 frames/s; of each field the value at some seconds before the end."""
    seconds: dict[str, list[float]] = {
        field: [nan if field.endswith("_ms") else 0.0] * 3600 for field in TRENDS
    }
    seconds["fps"] = [60.0] * 3600
    for field, at in values.items():
        for age, value in at.items():
            seconds[field][3600 - age] = value
    return Kept(seconds, started=(END - 1800) * NS_PER_S)  # type: ignore[arg-type]


def let_pass(kept: Kept, seconds: int) -> None:
    """Have seconds pass that are like the last one."""
    kept.end += seconds * NS_PER_S
    for values in kept.values.values():
        values.extend(values[-1:] * seconds)


def folded(kept: Kept, window: Window, step: int = 1) -> Folded:
    return Folded(kept.history(a_camera(), list(TRENDS), 3600, step), window)


def test_a_window_is_made_of_columns_that_begin_at_round_times() -> None:
    assert Window.ending(END, 60, 74) == Window(END - 60, 60, 1)
    ten = Window.ending(END + 3, 600, 74)
    assert (ten.columns, ten.seconds, ten.end % 10) == (60, 10, 0)
    assert ten.end >= END + 3
    assert Window.ending(END, 86_400, 74).seconds == 1200
    assert Window.ending(END, 60, 34) == Window(END - 60, 30, 2)
    assert Window.ending(END, 600, 154, least=60).seconds == 60


@pytest.mark.parametrize("step", [1, 60])
def test_a_column_holds_what_was_kept_of_its_time(step: int) -> None:
    kept = an_hour(fps={70: 12.0, 65: 61.0}, missing={70: 3.0, 61: 4.0})
    both = folded(kept, Window(END - 1800, 30, 60), step)
    column = both.reading("fps", 28)
    assert column is not None
    assert (column.low, column.middle, column.high) == (12.0, 60.0, 61.0)
    assert both.total("missing", 28) == 7
    assert both.total("missing", 29) == 0
    low, high = both.extent(["fps"])
    assert (low[28], high[28], low[29]) == (12.0, 61.0, 60.0)


def test_where_nothing_is_known_there_is_a_gap_and_no_zero() -> None:
    kept = an_hour(answer_p50_ms={10: 5.0, 9: 6.0, 5: 7.0})
    low, high = folded(kept, Window(END - 20, 20, 1)).extent(["answer_p50_ms"])
    assert list(strokes(low, high)) == [([10, 11], [5.0, 6.0]), ([15], [7.0])]
    short = Kept({"fps": [60.0] * 5, "state": [0.0] * 5})
    known = Folded(short.history(a_camera(), list(TRENDS), 60, 1), Window(END - 10, 10, 1))
    assert [known.known(column) for column in range(10)] == [False] * 5 + [True] * 5
    assert np.isnan(known.extent(["fps"])[0][:5]).all()


def test_a_scale_ends_at_a_number_that_is_easily_read() -> None:
    assert [rounded_up(value) for value in (0, 7, 12, 61, 100)] == [1, 8, 15, 80, 100]
    assert rounded_up(0.023) == pytest.approx(0.03)


def text_of(view: View, width: int, height: int) -> list[str]:
    lines = view_lines(view, width, height)
    return ["".join(cell.text for cell in line.cells) for line in lines]


def a_view(kept: Kept, window: Window, cursor: int, **changes: object) -> View:
    rig = RigDouble()
    rig.log("engine 1.0 started")
    rig.log("lost: the cable was pulled", level="error", camera="left-simulated")
    rig.events[1]["time"] = (END - 12) * NS_PER_S
    view = View(
        camera=a_camera(),
        events=rig.events,
        folded=folded(kept, window),
        window=window,
        cursor=cursor,
        first=0,
        live=True,
        ascii=False,
        log_path="/state/engine.log",
    )
    return view._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", range(len(QUANTITIES)))
@pytest.mark.parametrize("size", [(20, 5), (40, 10), (78, 22), (80, 22), (132, 40), (200, 60)])
def test_plots_fit_any_size_and_the_cursor_moves_nothing(first: int, size: tuple[int, int]) -> None:
    width, height = size
    window = Window.ending(END, 60, max(width - 6, 1))
    kept = an_hour(fps={30: 0.0}, latency_p99_ms={20: 3.0}, skipped={30: 60.0})
    views = [a_view(kept, window, at, first=first) for at in (0, window.columns - 1)]
    texts = [text_of(view, width, height) for view in views]
    for lines in texts:
        assert len(lines) == height
        assert all(len(line) <= max(width, 30) for line in lines[: height - 7])
    title = QUANTITIES[first].title[:6]
    places = [[place for place, line in enumerate(lines) if title in line] for lines in texts]
    assert places[0] == places[1] != []


def test_what_is_read_at_the_cursor_is_what_was_kept() -> None:
    kept = an_hour(
        fps={10: 12.0},
        skipped={10: 48.0},
        answers={10: 11.0},
        answer_p50_ms={10: 4.25},
        answer_p99_ms={10: 9.5},
        latency_p50_ms={10: 0.5},
        latency_p99_ms={10: 1.5},
        state={10: 4.0},
        clients={10: 2.0},
        published={10: 11.0},
    )
    text = "\n".join(text_of(a_view(kept, Window(END - 60, 60, 1), 50), 80, 22))
    for words in (
        "at        11-14 22:13:50\n",
        "frames    12.0/s; published 11.0/s",
        "lost      48 skipped",
        "answers   11.0/s; ms: p50 4.2, p99 9.5",
        "sent      ms after arrival: p50 0.5, p99 1.5",
        "state     stalled; clients 2",
        "events    none then",
    ):
        assert words in text, text
    text = "\n".join(text_of(a_view(kept, Window(END - 600, 60, 10), 59), 80, 22))
    assert "at        11-14 22:13:50 to 22:14:00 (now)" in text
    assert "frames    12.0 to 60.0 (median 60.0)/s" in text
    assert "state     capturing, at worst stalled; clients 0 to 2 (median 0)" in text
    assert range_text(None) == "-"


def test_events_stand_where_they_happened_and_where_older_ones_are_is_said() -> None:
    view = a_view(an_hour(), Window(END - 60, 60, 1), 48)
    lines = text_of(view, 80, 22)
    assert "lost: the cable was pulled" in "\n".join(lines)
    marks = next(line for line in lines if line.startswith("event "))
    assert marks[6 + round(48 * 73 / 59)] == "!"
    forgotten = [each for each in view.events if each["id"] > 1]
    early = view._replace(events=forgotten, cursor=2)
    assert "those of then are in /state/engine.log" in "\n".join(text_of(early, 80, 22))


def test_before_its_start_the_engine_knows_of_nothing() -> None:
    kept = Kept({"fps": [60.0] * 20, "state": [0.0] * 20}, started=(END - 25) * NS_PER_S)
    view = a_view(kept, Window(END - 60, 60, 1), 10)
    text = "\n".join(text_of(view, 80, 22))
    assert "engine started 11-14 22:13:35: nothing is known of before" in text
    assert "engine started 22:13:35 " in text
    assert "0.0/s" not in text
    assert "before; /state/engine.log goes further back" in " ".join(text.split())
    rig = RigDouble()
    for place in (20, 22, 26, 28, 34):
        rig.log("lost")
        rig.events[-1]["time"] = (END - 60 + place) * NS_PER_S
    assert "engine started 22:13:35 " in "\n".join(
        text_of(view._replace(events=rig.events), 80, 22)
    )
    between = "\n".join(text_of(view._replace(cursor=37), 80, 22))
    assert "nothing is known of that time" in between


def test_in_ascii_two_lines_are_told_apart_by_what_they_are_drawn_with() -> None:
    kept = an_hour(
        latency_p50_ms=dict.fromkeys(range(1, 60), 1.0),
        latency_p99_ms=dict.fromkeys(range(1, 60), 4.0),
    )
    sent = [quantity.title for quantity in QUANTITIES].index(
        "ms from arrival to sent: median, and above it 99th percentile"
    )
    text = "\n".join(
        text_of(a_view(kept, Window(END - 60, 60, 1), 0, first=sent, ascii=True), 80, 22)
    )
    assert "." * 60 in text
    assert "*" * 60 in text
    assert "⠤" not in text


def a_rig() -> RigDouble:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.kept = {
        "left-simulated": an_hour(fps={10: 12.0, 11: 30.0, 1700: 1.0}, skipped={10: 48.0}),
        "right-simulated": Kept({}),
    }
    rig.log("engine 1.0 started")
    rig.log("lost: the cable was pulled", level="error", camera="left-simulated")
    rig.events[1]["time"] = (END - 1700) * NS_PER_S
    return rig


@pytest.mark.parametrize("way", [("h",), ("enter", "h"), ("V", "h")])
def test_h_plots_the_camera_and_goes_back(way: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        for key in way:
            await pilot.press(key)
            await pilot.pause()
        await until_shown(pilot, "left: 1 min")
        await until_shown(pilot, "frames/s that arrived")
        await pilot.press("h")
        await until_gone(pilot, "left: 1 min")
        assert len(app.screen_stack) == len(way)

    drive(a_rig(), scenario)


def test_the_cursor_reads_what_was_kept_and_what_happened() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("h")
        await until_shown(pilot, "22:13:59 (now)")
        await pilot.press(*["left"] * 9)
        await until_shown(pilot, "frames    12.0/s")
        assert "48 skipped" in row_of(app, "lost  ")
        assert "22:13:50" in row_of(app, "at    ")
        await pilot.press("left")
        await until_shown(pilot, "frames    30.0/s")
        await pilot.press("right", "right")
        await until_shown(pilot, "frames    60.0/s")
        await pilot.press("3")
        await until_shown(pilot, "22:13:00 to 22:14:00")
        await until_shown(pilot, "frames    12.0 to 60.0 (median 60.0)/s")
        await pilot.press("N")
        await until_shown(pilot, "21:45:00 to 21:46:00")
        await until_shown(pilot, "lost: the cable was pulled")
        await until_shown(pilot, "frames    1.0 to 60.0 (median 60.0)/s")
        await pilot.press("1")
        await until_shown(pilot, "not the newest")
        await until_shown(pilot, "21:45:00")
        await pilot.press("n")
        await until_shown(pilot, "frames    1.0/s")
        await pilot.press("end")
        await until_shown(pilot, "22:13:59 (now)")
        await pilot.press("home")
        await until_shown(pilot, "22:13:00")
        await pilot.press("left")
        await until_shown(pilot, "22:12:59")
        await pilot.press("pageup")
        await until_shown(pilot, "22:12:44")

    drive(a_rig(), scenario)


def test_plots_go_on_with_the_time_and_stand_still_while_one_reads() -> None:
    rig = a_rig()
    kept = rig.kept["left-simulated"]  # type: ignore[index]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("h")
        await until_shown(pilot, "22:13:59 (now)")
        let_pass(kept, 1)
        await until_shown(pilot, "22:14:00 (now)")
        await pilot.press("left", "left")
        await until_shown(pilot, "22:13:58")
        before = screen(app)
        let_pass(kept, 5)
        await pilot.press("j")
        await until_gone(pilot, "frames/s that arrived")
        await pilot.press("k")
        await until(pilot, lambda: screen(app) == before)
        kept.started = kept.end - 30 * NS_PER_S
        await pilot.press("end")
        await until_shown(pilot, "plots 1 to 2 of 7, j shows more")
        await until_shown(pilot, "engine started 22:13:36")

    drive(rig, scenario)


def test_where_nothing_is_kept_it_says_why() -> None:
    rig = a_rig()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("j", "h")
        await until_shown(pilot, "The engine has kept nothing")
        await pilot.press("left", "home", "1", "n", "4")
        await until_shown(pilot, "every minute")
        rig.kept = None
        await until_shown(pilot, "No plots: no command 'history'")
        del rig.cameras[1]
        await until_shown(pilot, "right-simulated is no longer there")
        assert not isinstance(app.screen, PlotScreen)

    drive(rig, scenario, size=(40, 12))

"""The trends in the table: what a cell stands for, and which trend is chosen by t."""

from math import nan

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.text.columns import camera_line, columns_shown, layout, title_line
from pmv_tui.tui.text.trends import (
    BLOCKS,
    CHOICES,
    LETTERS,
    Seconds,
    Trends,
    trend_cell,
    trend_column,
)
from pmv_tui.wire.status import CameraStatus
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import Kept, RigDouble, a_camera

BY_TITLE = {choice.title: choice for choice in CHOICES}


def drawn(
    title: str, values: list[float], camera: CameraStatus, width: int = 60, blocks: str = BLOCKS
) -> str:
    seconds = {camera["unique_id"]: Seconds(1_700_000_039, values)}
    return trend_cell(Trends(BY_TITLE[title], seconds, blocks), width, camera).text


def test_a_dip_in_the_rate_is_seen_against_what_is_wanted() -> None:
    shown = drawn("fps", [60.0] * 57 + [30.0, 0.0, 59.9], a_camera(fps_wanted=60.0))
    assert shown == "█" * 57 + "▄▁█"
    assert drawn("fps", [30.0] * 60, a_camera(fps_wanted=60.0)) == "▄" * 60
    assert drawn("fps", [90.0] * 60, a_camera(fps_wanted=60.0)) == "█" * 60
    by_trigger = a_camera(external_trigger=True, fps_wanted=200.0)
    assert drawn("fps", [30.0] * 60, by_trigger) == "█" * 60, "no rate is wanted"


def test_a_cell_of_several_seconds_shows_the_worst_of_them() -> None:
    fps = [60.0] * 60
    fps[32] = 15.0
    assert drawn("fps", fps, a_camera(), 12) == "█" * 6 + "▂" + "█" * 5
    latency = [0.5] * 60
    latency[32] = 4.0
    assert drawn("sent p99", latency, a_camera(), 12) == "▁" * 6 + "█" + "▁" * 5


def test_what_is_not_known_is_blank_and_what_is_nothing_is_not() -> None:
    assert drawn("lost", [nan] * 58 + [0.0, 0.0], a_camera()) == " " * 58 + "▁▁"
    assert drawn("lost", [0.0, 3.0], a_camera()) == " " * 58 + "▁█"
    assert drawn("lost", [], a_camera()) == " " * 60


def test_answers_are_drawn_against_their_deadline() -> None:
    camera = a_camera(deadline=80.0)
    assert drawn("answer p99", [10.0, 40.0, 80.0], camera).strip() == "▁▄█"
    assert drawn("answer p99", [10.0, 160.0], camera).strip() == "▁█"


def test_without_more_than_ascii_letters_stand_for_the_blocks() -> None:
    values = [8.0 * step for step in range(9)]
    shown = drawn("fps", values, a_camera(fps_wanted=64.0), blocks=LETTERS)
    assert shown.strip() == "__.-:=+*#"


@pytest.mark.parametrize("title", BY_TITLE)
@pytest.mark.parametrize("width", [80, 100, 132, 160, 200])
def test_a_trend_takes_the_room_there_is_and_says_what_it_covers(title: str, width: int) -> None:
    camera = a_camera()
    trends = Trends(BY_TITLE[title], {camera["unique_id"]: Seconds(0, [1.0] * 60)}, BLOCKS)
    placed = layout([camera], width, columns_shown(trend=trend_column(trends)))
    titles, row = (
        "".join(cell.text for cell in line.cells)
        for line in (title_line(placed), camera_line(placed, camera, cursor=False))
    )
    assert f" {title} 60 s " in titles
    assert len(titles.rstrip()) <= width
    assert len(row.rstrip()) <= width
    cells = sum(row.count(block) for block in BLOCKS)
    assert cells in {12, 15, 20, 30, 60}
    assert cells >= (60 if width == 200 else 12)


def two_cameras() -> RigDouble:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.kept = {
        "left-simulated": Kept({"fps": [60.0] * 59 + [0.0], "clients": [1.0] * 60}),
        "right-simulated": Kept({"fps": [nan] * 30 + [60.0] * 30}),
    }
    return rig


def test_t_chooses_a_trend_and_only_that_is_asked_for_while_it_is_shown() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("t")
        await until_shown(pilot, "Trend in the table")
        assert not rig.asked_of
        await pilot.press("home", "enter")
        await until_shown(pilot, "fps 60 s")
        await until_shown(pilot, "███████████▁")
        assert "      ██████" in row_of(app, "right")
        await pilot.press("t")
        await until_shown(pilot, "Trend in the table")
        await pilot.press("j", "k", "end", "k", "enter")
        await until_shown(pilot, "clients 60 s")
        await until(pilot, lambda: rig.asked_of[-1]["fields"] == ["clients"])
        asked = {"camera": ["left-simulated", "right-simulated"], "since": 60, "step": 1}
        assert {**asked, "fields": ["fps"]} in rig.asked_of
        await pilot.press("t")
        await until_shown(pilot, "Trend in the table")
        await pilot.press("end", "enter")
        await until_gone(pilot, "60 s")
        await pilot.press("t")
        await until_shown(pilot, "Trend in the table")
        await pilot.press("escape")
        await until_gone(pilot, "Trend in the table")
        assert {tuple(each["fields"]) for each in rig.asked_of} == {("fps",), ("clients",)}

    drive(rig, scenario)


def test_where_there_is_no_room_or_no_history_it_says_so() -> None:
    rig = two_cameras()
    rig.kept = None

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("t", "home", "enter")
        await until_shown(pilot, "No trends: no command 'history'")
        app.clear_notifications()
        await pilot.resize_terminal(40, 12)
        await until_gone(pilot, "60 s")
        await pilot.press("t")
        await until_shown(pilot, "Trend in the")
        await pilot.press("home", "enter")
        await until_shown(pilot, "too narrow")
        assert "left" in screen(app)

    drive(rig, scenario)


def test_trends_are_letters_on_a_console() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("t", "home", "enter")
        await until_shown(pilot, "###########_")

    drive(two_cameras(), scenario, glyphs="ascii")

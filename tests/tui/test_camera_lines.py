"""What a camera's screen says, line by line."""

from typing import Any

import pytest

from pmv_tui.tui.text.camera import clock_text, drop_lines, last_events
from pmv_tui.tui.text.lines import Line
from pmv_tui.tui.text.settings import setting_rows
from pmv_tui.wire.status import Drops, DropTimes
from tests.tui.rig_double import RigDouble, a_camera, a_setting, settings_of_a_camera

MINUTE = 60_000_000_000
NOW = 1_700_000_000_000_000_000


def text(line: Line) -> str:
    return "".join(cell.text for cell in line.cells)


def a_camera_with_drops() -> Any:
    drops = Drops(missing=1, skipped=20, failed=300, put_rate=4000, clients=0)
    last = DropTimes(
        missing=NOW - MINUTE, skipped=NOW - 2 * MINUTE, failed=NOW, put_rate=0, clients=None
    )
    return a_camera(drops=drops, drops_at=last)


@pytest.mark.usefixtures("utc")
def test_drops_stand_under_their_causes_with_the_time_of_the_last() -> None:
    titles, counts, last = map(text, drop_lines(a_camera_with_drops(), NOW, 78))
    assert titles.split() == "drops lost missing skipped failed put_rate clients".split()  # noqa: SIM905
    assert counts.split() == ["321", "1", "20", "300", "4000", "0"]
    assert " ".join(last.split()) == "last 22:12:20 22:11:20 22:13:20 01-01 00:00 -"
    assert len(titles) == len(counts) == len(last) <= 78


def test_where_there_is_little_room_the_drops_are_reported_in_a_sentence() -> None:
    lines = [text(line) for line in drop_lines(a_camera_with_drops(), NOW, 38)]
    assert all(len(line) <= 38 for line in lines)
    sentence = " ".join(" ".join(lines).split())
    assert sentence.startswith("drops 321 lost: 1 missing on the link (last ")
    assert "0 missed by slow clients; 4000 left out for put_rate" in sentence


def test_the_devices_clock_is_reported_by_offset_and_drift() -> None:
    assert "no clock of its own" in clock_text(a_camera()).text
    fitted = a_camera(clock_offset_ms=-12.34, clock_drift_ppm=3.21)
    assert "device's -12.3 ms, drift +3.2 ppm" in clock_text(fitted).text


def test_only_whole_events_of_this_camera_are_shown_the_newest_last() -> None:
    rig = RigDouble()
    for number in range(5):
        rig.log(f"event {number}", camera="left-simulated")
        rig.log("not mine", camera="right-simulated")
    lines = [text(line) for line in last_events(rig.events, a_camera(), 2, 80)]
    assert [line.split()[-1] for line in lines] == ["3", "4"]
    assert lines[0].startswith("events")
    rig.log("far " * 60, camera="left-simulated")
    assert last_events(rig.events, a_camera(), 2, 80) == []
    assert last_events(rig.events, a_camera(), -3, 80) == []


def table(width: int) -> list[str]:
    title, rows = setting_rows(settings_of_a_camera(), 0, width)
    return [text(title), *(text(line) for row in rows for line in row)]


def test_a_row_compares_wanted_and_actual_and_says_the_range() -> None:
    title, fps, why, *_ = table(100)
    assert title.split() == ["setting", "requested", "actual", "allowed", "change"]
    assert fps.startswith("> fps ")
    assert "60         ▲ 50         1 to 50 1/s" in fps
    assert why.strip() == "▲ not 60: the camera's maximum"


def test_a_setting_that_the_camera_lacks_says_so_in_place_of_a_range() -> None:
    assert any("gain" in line and "this camera has none" in line for line in table(80))
    _, [[line]] = setting_rows([a_setting("roi", None)], 0, 80)
    assert "not on this camera" in text(line)


@pytest.mark.parametrize("width", range(40, 130, 3))
def test_the_settings_fit_every_width(width: int) -> None:
    assert all(len(line.rstrip()) <= width for line in table(width))
    assert any("▲ 50" in line for line in table(width))


def test_how_a_change_is_made_is_reported_short_and_then_left_out() -> None:
    assert "restarts the stream" in "".join(table(90))
    assert "restarts the stream" not in "".join(table(80))
    assert "restarts" in "".join(table(80))
    assert "restarts" not in "".join(table(50))

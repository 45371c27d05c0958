"""What the table shows of a camera, and what it leaves out where there is little room."""

import pytest
from rich.cells import cell_len

from pmv_tui.tui.text.camera import detail_lines
from pmv_tui.tui.text.columns import (
    COLUMNS,
    address_cell,
    answer_cell,
    box_cell,
    camera_line,
    clients_cell,
    columns_shown,
    drop_sum,
    fps_cell,
    layout,
    plug_cell,
    state_cell,
    title_line,
)
from pmv_tui.tui.text.lines import Cell, Line
from pmv_tui.wire.status import CameraStatus, Drops
from tests.tui.rig_double import ANSWERS, LATE, a_camera, a_client, a_slow_client


def text(line: Line) -> str:
    return "".join(cell.text for cell in line.cells)


@pytest.mark.parametrize(
    ("fps", "shown"),
    [
        (59.0, Cell("59.0/60 ok  ", "good")),
        (61.0, Cell("61.0/60 ok  ", "good")),
        (58.9, Cell("58.9/60 low ", "bad")),
        (61.1, Cell("61.1/60 high", "bad")),
    ],
)
def test_the_rate_is_judged_in_words_of_one_width_and_colour(fps: float, shown: Cell) -> None:
    assert fps_cell(a_camera(fps=fps)) == shown


@pytest.mark.parametrize(
    ("fps", "wanted", "actual", "word"),
    [
        *((80.2, 200.0, 80.0, "max"), (70.0, 200.0, 80.0, "low"), (90.0, 200.0, 80.0, "high")),
        *((30.0, 10.0, 30.0, "ok"), (59.9, 60.0, 60.0, "ok"), (50.0, 60.0, None, "low")),
    ],
)
def test_a_rate_is_judged_by_what_the_camera_says_it_makes(
    fps: float, wanted: float, actual: float | None, word: str
) -> None:
    camera = a_camera(fps=fps, fps_wanted=wanted, fps_actual=actual)
    assert fps_cell(camera).text.split()[-1] == word
    assert ("too" in detail_text(camera)) == (word in ("low", "high"))


@pytest.mark.parametrize("width", [50, 80, 160])
def test_another_word_for_the_rate_moves_no_column(width: int) -> None:
    slow = a_camera(fps=20.0)
    assert text(title_line(layout([slow], width))) == text(title_line(layout([a_camera()], width)))


def test_an_address_without_room_keeps_its_port_and_its_mark() -> None:
    camera = a_camera("right", pub_address="tcp://192.168.17.20:5555")
    row = text(camera_line(layout([camera], 80), camera, cursor=False))
    assert ":5555 !" in row
    assert "192.168" not in row


def test_a_rate_to_which_put_rate_limits_is_shown_and_reported() -> None:
    camera = a_camera(fps=120.0, fps_wanted=120.0, plugged=True, limited_to=60.0)
    assert fps_cell(camera) == Cell("120.0/120 ok   →60", "good")
    assert "put_rate limits to 60 images/s" in detail_text(camera)


def test_a_camera_that_waits_for_a_signal_is_not_judged_by_a_rate() -> None:
    camera = a_camera(fps=30.0, external_trigger=True)
    assert fps_cell(camera).text.strip() == "30.0"
    assert "too low" not in detail_text(camera)


@pytest.mark.parametrize(
    ("camera", "shown"),
    [
        (a_camera(), "○ unplugged"),
        (a_camera(plugged=True), "● plugged"),
        (a_camera(plugged=True, paused=True), "‖ paused"),
        (a_camera(plug_error="port in use"), "▲ failed"),
        (a_camera(plugged=True, plug_error="port in use"), "▲ plugged"),
    ],
)
def test_the_plug_is_a_glyph_and_a_word(camera: CameraStatus, shown: str) -> None:
    assert plug_cell(camera).text == shown


def test_drops_are_what_was_lost_and_not_what_was_left_out_on_purpose() -> None:
    on_purpose = Drops(missing=0, skipped=0, failed=0, put_rate=7, clients=0)
    lost = Drops(missing=1, skipped=2, failed=3, put_rate=4, clients=0)
    assert drop_sum(a_camera(drops=on_purpose)) == Cell("0", "plain")
    assert drop_sum(a_camera(drops=lost)) == Cell("6", "warning")


def test_an_address_that_others_can_reach_is_marked() -> None:
    assert address_cell("tcp://localhost:5555").text == "localhost:5555"
    assert address_cell("tcp://*:5555") == Cell("*:5555 !", "warning")
    assert address_cell("tcp://*:5555", curve=True) == Cell("*:5555 ! curve")
    assert address_cell("tcp://localhost:5555", curve=True) == Cell("localhost:5555 curve")


def test_the_live_box_is_shown_by_its_corners() -> None:
    box = {"top_left": [1, 2], "bottom_right": [30, 40]}
    assert box_cell(a_camera(box=box)).text == "1,2 30,40"
    assert box_cell(a_camera()).text == "-"


def test_an_unplugged_camera_has_no_count_of_clients() -> None:
    assert clients_cell(a_camera(clients=0)).text == "-"
    assert clients_cell(a_camera(plugged=True, clients=2)).text == "2"


def test_a_client_that_does_not_keep_up_is_marked_and_reported() -> None:
    clients = [a_client(), a_slow_client(2), a_slow_client(3, state="does not read")]
    camera = a_camera(plugged=True, clients=3, client_list=clients)
    assert clients_cell(camera) == Cell("3!", "bad")
    slow = "(pid 4002) is too slow: gets 10 of 60 images/s (and another client too)"
    assert slow in " ".join(detail_text(camera).split())
    calm = a_camera(plugged=True, clients=1, client_list=clients[:1])
    assert clients_cell(calm) == Cell("1")
    assert "python" not in detail_text(calm)


def test_answers_are_shown_in_ms_and_marked_where_some_are_late() -> None:
    assert answer_cell(a_camera()) == Cell("-", "muted")
    assert answer_cell(a_camera(**ANSWERS)) == Cell("12.3  18.0 ")
    assert answer_cell(a_camera(**LATE)) == Cell("12.3  18.0!", "warning")


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_late_answers_are_named_in_words_in_the_row_at_any_width(width: int) -> None:
    camera = a_camera(**LATE)
    assert state_cell(camera) == Cell("late", "warning")
    columns = columns_shown(answers=True)
    row = text(camera_line(layout([camera], width, columns), camera, cursor=False))
    assert "late" in row
    calm = layout([a_camera(**ANSWERS)], width, columns)
    assert text(title_line(calm)) == text(title_line(layout([camera, a_camera()], width, columns)))


def test_what_is_worse_than_late_answers_is_named_in_their_place() -> None:
    assert state_cell(a_camera(**LATE, state="lost")) == Cell("lost", "bad")
    assert state_cell(a_camera(**LATE, state="waiting for trigger")).text == "late"


@pytest.mark.parametrize("width", range(32, 200, 3))
def test_no_line_is_wider_than_the_terminal_and_the_state_is_always_whole(width: int) -> None:
    cameras = [a_camera("left"), a_camera("a-very-long-name-for-it", state="waiting for trigger")]
    placed = layout(cameras, width)
    lines = [camera_line(placed, camera, cursor=False) for camera in cameras]
    assert all(len(text(line).rstrip()) <= width for line in [title_line(placed), *lines])
    assert "capturing" in text(lines[0])
    assert "waiting for trigger" in text(lines[1])


def test_a_wide_terminal_shows_every_column() -> None:
    titles = text(title_line(layout([a_camera()], 180, COLUMNS))).split()
    assert titles == "name state fps answer ms plug clients drops window box pub pull id".split()  # noqa: SIM905


def test_columns_leave_by_importance() -> None:
    def shown(width: int, *, answers: bool = False) -> list[str]:
        columns = columns_shown(answers=answers)
        return text(title_line(layout([a_camera(**ANSWERS)], width, columns))).split()

    assert shown(80) == ["name", "state", "fps", "plug", "clients", "drops", "pub"]
    assert shown(60) == ["name", "state", "fps", "plug", "clients", "drops"]
    assert shown(50) == ["name", "state", "fps", "plug", "clients", "drops"], "in short forms"
    assert shown(40) == ["name", "state", "fps", "plug"]
    assert shown(26) == ["name", "state", "plug"]
    assert shown(20) == ["name", "state"]
    assert shown(80, answers=True) == "name state fps answer ms plug clients drops".split()  # noqa: SIM905
    assert shown(58, answers=True) == "name state fps answer plug clients drops".split()  # noqa: SIM905
    assert shown(57, answers=True) == ["name", "state", "fps", "plug", "clients", "drops"]


@pytest.mark.parametrize("width", [54, 60, 80])
def test_a_long_name_gives_way_to_figures(width: int) -> None:
    cameras = [a_camera("left"), a_camera("left-side-of-the-maze", plugged=True, clients=3)]
    placed = layout(cameras, width)
    assert {"clients", "drops"} <= {one.column.title for one in placed}
    row = text(camera_line(placed, cameras[1], cursor=False))
    assert "left-si" in row
    assert " 3 " in row


def test_a_hostile_name_neither_moves_the_columns_nor_reaches_the_terminal() -> None:
    cameras = [a_camera("left"), a_camera("\x1b[2J[red]o\nne")]
    placed = layout(cameras, 80)
    plain, hostile = (text(camera_line(placed, camera, cursor=False)) for camera in cameras)
    assert "\x1b" not in hostile
    assert "\n" not in hostile
    assert plain.index("capturing") == hostile.index("capturing")


def detail_text(camera: CameraStatus, width: int = 100) -> str:
    return "\n".join(text(line) for line in detail_lines(camera, width))


DETAILS = [
    (a_camera(state="lost", reason="cable pulled", retry_in=2.4), "lost: cable pulled; "),
    (a_camera(state="lost", retry_in=2.4), "next try in 2 s"),
    (a_camera(fps=20.0), "the frame rate is too low"),
    (a_camera(plug_error="in use by python3"), "failed    in use by python3"),
    (a_camera(pub_address="tcp://*:5555"), "! other machines can reach it"),
    (a_camera(listed=False), "not in the config file"),
    (a_camera(malformed=3, malformed_reason="empty"), "3 malformed: empty"),
    (a_camera(remarks=1, remark="box outside"), "1 remark on messages: box outside"),
    (a_camera(remarks=7, remark="odd key"), "7 remarks on messages, the last: odd key"),
    (a_camera(plugged=True, clients=1), "plugged, 1 client"),
    (a_camera(**ANSWERS), "59.8 answers/s (99 % of the images), p50 12.3 ms, p99 18.0"),
    (a_camera(**ANSWERS), "worst 44.0 (last 10 s)"),
    (a_camera(**LATE), "deadline 20 ms"),
    (a_camera(**LATE), "late      31 of 598 answers came after the deadline of 20 ms"),
    (a_camera(**LATE), "capturing, but answers are late"),
]


@pytest.mark.parametrize(("camera", "shown"), DETAILS, ids=[shown for _, shown in DETAILS])
def test_the_panel_says_in_words(camera: CameraStatus, shown: str) -> None:
    assert shown in detail_text(camera)


def test_a_long_reason_is_wrapped_and_not_cut() -> None:
    reason = " ".join(f"word{number}" for number in range(30))
    shown = detail_text(a_camera(state="error", reason=reason), width=40)
    assert all(len(row) <= 40 for row in shown.splitlines() if row.startswith(" "))
    assert all(word in shown for word in reason.split())


def test_wide_characters_are_wrapped_by_their_columns_and_none_is_lost() -> None:
    reason = "実験" * 30 + " /data/END.avi"
    shown = detail_text(a_camera(state="error", reason=reason), width=40)
    assert all(cell_len(row) <= 40 for row in shown.splitlines() if row.startswith(" "))
    assert shown.count("実") == 30
    assert "END.avi" in shown

"""The main screen: what it shows, and what its keys do to the rig."""

import re
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseDown
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.camera import CameraScreen
from pmv_tui.tui.screens.grid import GridScreen
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.widgets.line_view import EventView
from pmv_tui.tui.widgets.tables import CameraTable
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import ANSWERS, LATE, RigDouble, a_camera


def two_cameras() -> RigDouble:
    return RigDouble(a_camera("left", 5555), a_camera("right", 5557))


def names_in_table(app: PmvApp) -> list[str]:
    """Read the cameras' names, in the order of their rows."""
    rows = screen(app).splitlines()[2:4]
    return [row.removeprefix(">").split()[0] for row in rows]


def test_each_camera_has_a_row() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        assert "○ unplugged" in row_of(app, "> left")
        assert "59.9/60 ok" in row_of(app, "right ")
        assert "rig1  /rigs/maze/config.toml" in row_of(app, "pmv-tui")

    drive(two_cameras(), scenario)


def test_p_plugs_the_camera_under_the_cursor_and_says_the_address() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("j", "p")
        await until_shown(pilot, "right: publishes at")
        await until(pilot, lambda: "● plugged" in row_of(app, "> right"))
        await pilot.press("p")
        await until(pilot, lambda: "○ unplugged" in row_of(app, "> right"))

    drive(rig, scenario)
    assert rig.commands == [
        ("plug", {"camera": "right-simulated"}),
        ("unplug", {"camera": "right-simulated"}),
    ]


def test_a_failed_plug_stays_in_the_row_and_is_reported_in_full_below() -> None:
    rig = two_cameras()
    reason = "tcp://localhost:5555 is in use by python3 (process 812)"
    rig.refusals["plug", "left"] = reason

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("p")
        await until(pilot, lambda: "▲ failed" in row_of(app, "> left"))
        await until_shown(pilot, f"failed    {reason}")

    drive(rig, scenario)


def test_space_pauses_and_resumes() -> None:
    rig = RigDouble(a_camera("left", plugged=True))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("space")
        await until(pilot, lambda: "‖ paused" in row_of(app, "> left"))
        await pilot.press("space")
        await until(pilot, lambda: "● plugged" in row_of(app, "> left"))

    drive(rig, scenario)


def test_pausing_an_unplugged_camera_says_why_not() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("space")
        await until_shown(pilot, "left is unplugged: p plugs it")

    drive(rig, scenario)
    assert rig.commands == []


def test_capital_p_plugs_all_and_then_unplugs_all() -> None:
    rig = RigDouble(a_camera("left", 5555, plugged=True), a_camera("right", 5557))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("P")
        await until_shown(pilot, "2 of 2 plugged")
        await pilot.press("P")
        await until_shown(pilot, "0 of 2 plugged")

    drive(rig, scenario)
    assert [command for command, _ in rig.commands] == ["plug", "unplug"]


def test_unplugging_several_cameras_asks_before_clients_are_disconnected() -> None:
    rig = RigDouble(
        a_camera("left", 5555, plugged=True, clients=2), a_camera("right", 5557, plugged=True)
    )

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("M")
        for key, answer in (("P", "escape"), ("P", "enter"), ("P", "c"), ("p", "c")):
            await pilot.press(key)
            await until_shown(pilot, "Clients are connected to left (2).")
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, RigScreen))
        assert rig.commands == []
        await pilot.press("P")
        await until_shown(pilot, "Unplug several cameras")
        await pilot.press("u")
        await until_shown(pilot, "0 of 2 plugged")

    drive(rig, scenario)
    assert rig.commands == [("unplug", {"camera": ["left-simulated", "right-simulated"]})]


def test_keys_for_all_act_on_the_cameras_that_are_shown() -> None:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557), a_camera("lens", 5559))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("slash", "l", "e", "enter", "P")
        await until_shown(pilot, "2 of 3 plugged")
        await pilot.press("W")
        await until(pilot, lambda: len(rig.commands) == 2)

    drive(rig, scenario)
    for _, arguments in rig.commands:
        assert arguments["camera"] == ["left-simulated", "lens-simulated"]


def test_trouble_is_counted_reported_once_and_put_first() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "0 of 2 plugged")
        assert "lost" not in screen(app)
        pulled = {"state": "lost", "reason": "the cable was pulled"}
        rig.cameras[1] = a_camera("right", 5557, **pulled)
        await until_shown(pilot, "right is lost: the cable was pulled")
        assert "1 lost, 0 of 2 plugged" in row_of(app, "pmv-tui")
        app.clear_notifications()
        for again in ({"state": "opening"}, pulled):
            rig.cameras[1] = a_camera("right", 5557, **again)
            await until(pilot, lambda: app.state.cameras[1]["state"] == rig.cameras[1]["state"])
        rig.cameras[0] = a_camera("left", 5555, state="error")
        await until_shown(pilot, "left is in error")
        assert "2 in trouble" in row_of(app, "pmv-tui")
        assert len(app._notifications) == 1
        rig.cameras[0]["state"] = "capturing"
        await until_shown(pilot, "1 lost, ")
        await pilot.press("T")
        await until(pilot, lambda: names_in_table(app) == ["right", "left"])
        await pilot.press("T")
        await until(pilot, lambda: names_in_table(app) == ["left", "right"])

    drive(rig, scenario)


def test_late_answers_are_trouble_in_row_panel_and_header_until_they_are_in_time() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "0 of 2 plugged")
        assert "answer" not in row_of(app, "state")
        rig.cameras[1] = a_camera("right", 5557, **LATE)
        await until_shown(pilot, "12.3  18.0!")
        assert "1 late, 0 of 2 plugged" in row_of(app, "pmv-tui")
        assert " late " in row_of(app, "right")
        await pilot.press("T")
        await until(pilot, lambda: names_in_table(app) == ["right", "left"])
        await pilot.press("T", "n")
        await until_shown(pilot, "> right")
        await until_shown(pilot, "31 of 598 answers came after the deadline of 20 ms")
        rig.cameras[1] = a_camera("right", 5557, **ANSWERS)
        await until_gone(pilot, "deadline")
        assert " late " not in screen(app)
        rig.cameras[1] = a_camera("right", 5557)
        await until_gone(pilot, "12.3")
        assert "answer" in row_of(app, "state"), "a script that pauses moves no column"
        assert not app._notifications

    drive(rig, scenario)


def test_w_opens_the_window_on_this_display_and_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.delenv("XAUTHORITY", raising=False)
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("w")
        await until_shown(pilot, "open on :7")
        await pilot.press("w")
        await until_gone(pilot, "open on :7")
        await pilot.press("W")
        await until(pilot, lambda: all(one["window"] == "shown" for one in app.state.cameras))
        await pilot.press("W")
        await until_gone(pilot, "open on :7")

    drive(rig, scenario)
    opened = {"display": ":7", "xauthority": ""}
    assert rig.commands == [
        ("window", {"camera": "left-simulated", **opened}),
        ("window", {"camera": "left-simulated", "close": True}),
        ("window", {"camera": ["left-simulated", "right-simulated"], **opened}),
        ("window", {"camera": ["left-simulated", "right-simulated"], "close": True}),
    ]


def test_without_a_display_the_row_and_the_details_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("w")
        await until_shown(pilot, "no display: DISPLAY is not set")

    drive(two_cameras(), scenario)


def test_r_searches_for_cameras() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("r")
        await until_shown(pilot, "Searching for cameras")
        rig.engine["scanning"] = True
        await until_shown(pilot, "scanning")

    drive(rig, scenario)
    assert rig.commands == [("rescan", {})]


def test_the_cursor_moves_by_key_and_mouse_and_stops_at_the_ends() -> None:
    rig = RigDouble(*(a_camera(f"cam{number}", 5555 + 2 * number) for number in range(30)))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> cam0 ")
        for key, name in (
            ("up", "cam0"),
            ("down", "cam1"),
            ("k", "cam0"),
            ("end", "cam29"),
            ("j", "cam29"),
            ("home", "cam0"),
        ):
            await pilot.press(key)
            await until_shown(pilot, f"> {name} ")
        await pilot.click(CameraTable, offset=(5, 4))
        await until_shown(pilot, "> cam3 ")

    drive(rig, scenario)


def test_the_cursor_stays_on_its_camera_when_another_appears_above() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("down")
        await until_shown(pilot, "> right")
        rig.cameras.insert(0, a_camera("new", 5559))
        await until_shown(pilot, "  new")
        await until_shown(pilot, "> right")

    drive(rig, scenario)


def many_cameras() -> RigDouble:
    rig = RigDouble(*(a_camera(f"cam{number}", 5555 + 2 * number) for number in range(30)))
    rig.cameras[7]["state"] = "lost"
    rig.cameras[21]["plug_error"] = "in use"
    return rig


@pytest.mark.parametrize("key", ["end", "V"])
def test_the_cursor_stays_in_sight_through_every_resize(key: str) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> cam0 ")
        await pilot.press("end", key)
        await until(pilot, lambda: (key == "V") == isinstance(app.screen, GridScreen))
        for size in ((100, 40), (60, 16), (40, 12), (120, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: re.search(CURSOR_ON_LAST, screen(app)))

    drive(many_cameras(), scenario)


CURSOR_ON_LAST = r"> (○  )?cam29\b"
"""How the row or tile of the last camera begins when the cursor is on it."""


def test_a_text_filters_the_table_as_it_is_typed() -> None:
    rig = many_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> cam0 ")
        await pilot.press("slash", *"CAM2")
        await until_shown(pilot, "/CAM2 (11 of 30)  esc clears")
        await until_shown(pilot, "> cam2 ")
        assert "cam3" not in screen(app)
        await pilot.press("1", "enter", "p")
        await until_shown(pilot, "cam21: publishes at")
        await pilot.press("slash", *["backspace"] * 5, *"lost")
        await until_shown(pilot, "> cam7 ")
        await pilot.press("escape")
        await until_shown(pilot, "  cam0 ")
        await until_shown(pilot, "> cam7 ")
        await pilot.press("slash", *"nothing", "enter", "p")
        await until_shown(pilot, "No camera has 'nothing'")

    drive(rig, scenario)
    assert rig.commands == [("plug", {"camera": "cam21-simulated"})]


def test_n_goes_to_the_next_camera_in_trouble() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> cam0 ")
        for name in ("cam7", "cam21", "cam7"):
            await pilot.press("n")
            await until_shown(pilot, f"> {name} ")

    drive(many_cameras(), scenario)


def test_a_key_acts_on_all_that_are_marked() -> None:
    rig = many_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> cam0 ")
        await pilot.press("m", "m")
        await until_shown(pilot, "2 marked: keys act on these")
        await until_shown(pilot, " *cam1 ")
        await pilot.press("p")
        await until_shown(pilot, "Plugged: cam0, cam1")
        await pilot.press("space")
        await until_shown(pilot, "Paused: cam0, cam1")
        await pilot.press("slash", *"cam2", "enter", "M")
        await until_shown(pilot, "13 marked")
        await pilot.press("escape", "escape")
        await until_gone(pilot, "marked")
        await pilot.press("j", "p")
        await until_shown(pilot, "cam3: publishes at")

    drive(rig, scenario)
    both = {"camera": ["cam0-simulated", "cam1-simulated"]}
    assert rig.commands[:2] == [("plug", both), ("pause", both)]
    assert [arguments["camera"] for _, arguments in rig.commands[2:]] == ["cam3-simulated"]


@pytest.mark.parametrize("size", [(60, 14), (120, 40)])
def test_the_first_picture_has_the_layout_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    painted: list[str] = []
    display = PmvApp._display

    def seen(app: PmvApp, *arguments: Any) -> None:
        display(app, *arguments)
        painted.append(screen(app))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await until_shown(pilot, "help")

    monkeypatch.setattr(PmvApp, "_display", seen)
    drive(two_cameras(), scenario, size)
    titles = [row for one in painted for row in one.splitlines() if row.startswith("  name ")]
    assert "drops" in titles[0]
    assert set(titles) == {titles[0]}


@pytest.mark.parametrize(("key", "size"), [("", (80, 24)), ("", (100, 50)), ("l", (80, 24))])
def test_a_toast_leaves_the_newest_lines_of_the_log_to_be_seen(
    key: str, size: tuple[int, int]
) -> None:
    rig = two_cameras()
    for number in range(60):
        rig.log(f"{'what happened ' * 4}{number}.")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, " 59.")
        await pilot.press(*key)
        app.notify("This is a toast\nof two lines")
        together = ("of two lines", " 57.", " 58.", " 59.")
        await until(pilot, lambda: all(text in screen(app) for text in together))

    drive(rig, scenario, size)


def test_the_text_of_a_toast_can_be_selected() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        app.notify("Pick me up")
        await until_shown(pilot, "Pick me up")
        toast, log = app.screen.query("Toast").first(), app.screen.query_one(EventView)
        # A toast that comes before the log has its size is moved above it.
        await until(pilot, lambda: toast.region.bottom <= log.region.y)
        x, y = toast.region.x + 3, toast.region.y + 1
        await pilot.mouse_down(offset=(x, y))
        await pilot.hover(offset=(x + 8, y))
        await pilot.mouse_up(offset=(x + 8, y))
        await until(pilot, lambda: app.screen.get_selected_text() == "ick me up")

    drive(two_cameras(), scenario)


def test_a_click_on_a_toast_that_has_just_gone_does_nothing() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        app.notify("This is a toast")
        await until_shown(pilot, "This is a toast")
        toast = app.screen.query("Toast").first()
        x, y = toast.region.x + 2, toast.region.y + 1
        await toast.remove()
        # No layout lies between: on the screen it is still there.
        click = MouseDown(None, x, y, 0, 0, 1, shift=False, meta=False, ctrl=False)
        app.screen._forward_event(click)
        await pilot.press("l")
        await until_shown(pilot, "back")

    drive(two_cameras(), scenario)


def test_an_engine_that_does_not_answer_is_reported_until_it_answers_again() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        rig.gone = True
        await until_shown(pilot, "The engine does not answer")
        assert "/state/maze/engine.log" in screen(app)
        assert "> left" in screen(app)
        await pilot.press("p")
        await until_shown(pilot, "plug: no engine answered")
        rig.gone = False
        await until_gone(pilot, "The engine does not answer")

    drive(rig, scenario)


def test_an_empty_rig_says_what_to_do() -> None:
    rig = RigDouble(config_exists=False)
    rig.backends = [
        {
            "name": "basler",
            "available": False,
            "reason": "pypylon is not installed",
            "remedy": "install [pypylon]",
        }
    ]

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "There is no config file")
        await until_shown(pilot, "  /rigs/maze/config.toml")
        await until_shown(pilot, "  /home/me/.config/pmv-tui/config.toml")
        await until_shown(pilot, "press F5 to search again")
        await until_shown(pilot, "basler: pypylon is not installed")
        await until_shown(pilot, "install [pypylon]")
        await pilot.press("p")
        await until_shown(pilot, "There is no camera;")
        rig.cameras.append(a_camera("left"))
        await until_shown(pilot, "> left")

    looked_at = [Path("/rigs/maze/config.toml"), Path("/home/me/.config/pmv-tui/config.toml")]
    drive(rig, scenario, size=(80, 30), looked_at=looked_at, keys={"rescan": "f5"})


def test_where_there_is_no_camera_small_screens_can_be_scrolled() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "No cameras yet")
        assert "--config FILE" not in screen(app)
        await pilot.press(*["down"] * 12)
        await until_shown(pilot, "--config FILE")

    drive(RigDouble(), scenario, size=(40, 12))


def test_the_palette_offers_the_actions_of_the_footer() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("ctrl+p")
        await pilot.press(*"plug all")
        await until_shown(pilot, "Plug every camera")
        await pilot.press("enter")
        await until(pilot, lambda: rig.commands)

    drive(rig, scenario)
    assert rig.commands == [("plug", {"camera": ["left-simulated", "right-simulated"]})]


def test_the_palette_finds_by_synonym_and_shows_the_key() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("ctrl+p", *"exposure")
        await until_shown(pilot, "Open   enter")
        await until_gone(pilot, "Pause   space")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CameraScreen))

    drive(two_cameras(), scenario)


def test_the_footer_uses_the_room_there_is() -> None:
    def keys(app: PmvApp) -> str:
        return screen(app).splitlines()[-1]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until(pilot, lambda: "q quit" in keys(app))
        assert "rescan" not in keys(app)
        await pilot.resize_terminal(250, 24)
        await until(pilot, lambda: "a add to config R reload r rescan / search" in keys(app))
        assert "l log ? help q quit" in keys(app)
        await pilot.resize_terminal(40, 24)
        await until(pilot, lambda: "pause l log ? help q quit" in keys(app))

    drive(two_cameras(), scenario)


def test_a_key_map_gives_an_action_another_key() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        app.set_keymap({"plug": "x"})
        await pilot.press("x")
        await until(pilot, lambda: rig.commands)

    drive(rig, scenario)
    assert rig.commands == [("plug", {"camera": "left-simulated"})]

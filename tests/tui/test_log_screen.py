"""The log: what it shows, how it is filtered, and how it keeps its place."""

import pytest
from rich.console import RenderableType
from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import Screen

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.lists import LogScreen
from pmv_tui.tui.widgets.fields import Field
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import RigDouble, a_camera


def a_rig_with_a_past() -> RigDouble:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.log("engine started")
    rig.log("publishes at tcp://localhost:5555", camera="left-simulated")
    rig.log("lost: the Cable was pulled", level="error", camera="right-simulated")
    rig.log("a malformed message: no map", level="warning", camera="left-simulated")
    return rig


def a_rig_with_a_long_past() -> RigDouble:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    for number in range(100):
        camera = "left-simulated" if number % 2 else "right-simulated"
        rig.log(f"event {number}.", camera=camera)
    return rig


async def open_log(pilot: Pilot[str], app: PmvApp) -> None:
    await until(pilot, lambda: app.state.events)
    await pilot.press("l")
    await until_shown(pilot, "Log: all cameras")
    await until_shown(pilot, "following")


def in_the_log(app: PmvApp) -> bool:
    return isinstance(app.screen, LogScreen)


def test_f_goes_through_the_cameras() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("f")
        await until_shown(pilot, "Log: left")
        assert "publishes" in screen(app)
        assert "Cable" not in screen(app)
        assert "2 of 4" in screen(app)
        await pilot.press("f")
        await until_shown(pilot, "Log: right")
        assert "Cable" in screen(app)
        assert "publishes" not in screen(app)
        await pilot.press("f")
        await until_shown(pilot, "Log: all cameras")
        assert "(4 events)" in screen(app)

    drive(a_rig_with_a_past(), scenario)


def test_e_leaves_out_what_is_no_trouble() -> None:
    rig = a_rig_with_a_past()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("e")
        await until_shown(pilot, "Log: all cameras, warnings and errors")
        assert "Cable" in screen(app)
        assert "malformed" in screen(app)
        assert "publishes" not in screen(app)
        rig.log("plugged")
        rig.log("stalled", level="warning")
        await until_shown(pilot, "stalled")
        assert "plugged" not in screen(app)
        await pilot.press("e")
        await until_shown(pilot, "plugged")

    drive(rig, scenario)


def test_a_text_is_searched_as_it_is_typed_and_kept_with_enter() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("slash", *"cable")
        await until_shown(pilot, "Log: all cameras, /cable")
        assert "Cable was pulled" in screen(app), "small and capital letters are the same"
        assert "publishes" not in screen(app)
        await pilot.press("enter", "e")
        await until_shown(pilot, "Log: all cameras, warnings and errors, /cable")
        await pilot.press("escape")
        await until_shown(pilot, "(4 events)")
        assert in_the_log(app)
        await pilot.press("escape")
        await until(pilot, lambda: not in_the_log(app))

    drive(a_rig_with_a_past(), scenario)


def test_a_slash_can_be_searched_too() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("slash", "slash", "slash", "l")
        await until_shown(pilot, "Log: all cameras, ///l")
        assert "1 of 4" in screen(app)

    drive(a_rig_with_a_past(), scenario)


def test_a_book_pasted_into_the_search_is_cut_off_and_that_is_said() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("slash")
        app.post_message(Paste("cable" + "x" * 100_000))
        await until_shown(pilot, "Cut off after 200 characters")
        assert len(app.screen.query_one(Field).value) == 200
        assert "none like this" in screen(app)
        title = row_of(app, "Log:")
        assert title.startswith(" Log: all cameras, /cablexxx")
        assert title.endswith("…")
        await pilot.press("x", "home", *["delete"] * 4, "ctrl+k", "backspace", *"CABLE")
        await until_shown(pilot, "1 of 4")

    drive(a_rig_with_a_past(), scenario)


def test_escape_clears_what_is_being_typed_and_leaves_the_other_filters() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("f", "slash", *"lql")
        await until_shown(pilot, "none like this")
        assert in_the_log(app), "letters are typed into the field, and are no keys then"
        await pilot.press("escape")
        await until_shown(pilot, "2 of 4")
        assert "Log: left" in row_of(app, "Log:")

    drive(a_rig_with_a_past(), scenario)


def test_the_log_of_a_cameras_screen_begins_with_that_camera() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until(pilot, lambda: app.state.events)
        await pilot.press("j", "enter")
        await until_shown(pilot, "the camera's maximum")
        await pilot.press("l")
        await until_shown(pilot, "Log: right")
        assert "Cable" in screen(app)
        assert "publishes" not in screen(app)
        await pilot.press("e", "escape")
        await until(pilot, lambda: row_of(app, "Log:").strip() == "Log: right")
        await pilot.press("escape")
        await until(pilot, lambda: not in_the_log(app))

    drive(a_rig_with_a_past(), scenario)


@pytest.mark.parametrize("size", [(80, 24), (40, 20)], ids=["80x24", "40x20"])
def test_what_comes_while_somebody_reads_is_counted_below(size: tuple[int, int]) -> None:
    rig = a_rig_with_a_long_past()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("pageup", "k", "k")
        await until_shown(pilot, "nothing new below")
        first = screen(app).splitlines()[1]
        rig.log("one more.", camera="left-simulated")
        rig.log("two more.", camera="right-simulated")
        await until_shown(pilot, "2 new below")
        assert screen(app).splitlines()[1] == first, "it keeps its place"
        assert "two more." not in screen(app)
        await pilot.press("G")
        await until_shown(pilot, "two more.")
        await until_shown(pilot, "following")
        rig.log("three more.")
        await until_shown(pilot, "three more.")

    drive(rig, scenario, size)


def test_another_filter_keeps_the_place_in_time() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("g")
        await until_shown(pilot, "event 0.")
        await pilot.press(*"jjjjjjjjjj")
        await until(pilot, lambda: "event 10." in screen(app).splitlines()[1])
        await pilot.press("f")
        await until(pilot, lambda: "event 11." in screen(app).splitlines()[1])
        await pilot.press("f", "f")
        await until(pilot, lambda: "event 12." in screen(app).splitlines()[1])

    drive(a_rig_with_a_long_past(), scenario)


def test_scrolling_down_to_the_end_follows_again() -> None:
    rig = a_rig_with_a_long_past()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("k")
        await until_shown(pilot, "nothing new below")
        await pilot.press("j")
        await until_shown(pilot, "following")
        rig.log("newest.")
        await until_shown(pilot, "newest.")

    drive(rig, scenario)


def test_the_help_explains_the_keys_of_the_log() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("f1")
        await until_shown(pilot, "Show the next camera's events only")
        await pilot.press("escape")
        await until(pilot, lambda: in_the_log(app))

    drive(a_rig_with_a_past(), scenario)


def test_a_name_cannot_write_to_the_terminal() -> None:
    rig = RigDouble(a_camera("\x1b[2Jleft\a", unique_id="left-simulated"))
    rig.log("\x1b]0;title\a lost", camera="left-simulated", level="error")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_log(pilot, app)
        await pilot.press("f")
        await until_gone(pilot, "all cameras")
        assert "\x1b" not in screen(app)
        assert "]0;title lost" in screen(app)

    drive(rig, scenario)


def test_what_changes_below_another_screen_sends_nothing_of_that_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []
    send = App._display

    def counted(app: App[str], on: Screen[str], update: RenderableType | None) -> None:
        sent.append(type(update).__name__)
        send(app, on, update)

    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("l")
        await until_shown(pilot, "Log: all cameras")
        await pilot.pause()
        monkeypatch.setattr(App, "_display", counted)
        for fps in (10.0, 20.0, 30.0):
            rig.cameras[0]["fps"] = fps
            await until(pilot, lambda fps=fps: app.state.cameras[0]["fps"] == fps)  # type: ignore[misc]
        assert "LayoutUpdate" not in sent, "all of the screen"
        await pilot.press("q")
        await until_shown(pilot, " 30.0/60")

    drive(rig, scenario)

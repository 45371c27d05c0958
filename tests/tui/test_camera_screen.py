"""One camera's screen: what it shows, and how its settings are changed there."""

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from pmv_tui.tui.actions import CAMERA_ACTIONS
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.camera import CameraScreen
from pmv_tui.tui.screens.dialogs import SettingDialog
from pmv_tui.tui.screens.help import HelpScreen
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.text.columns import CAUSES
from pmv_tui.tui.text.settings import SETTING_COLUMNS
from pmv_tui.tui.widgets.tables import CameraTable, SettingsTable
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import RigDouble, a_camera, a_setting


def two_cameras() -> RigDouble:
    return RigDouble(a_camera("left", 5555), a_camera("right", 5557))


def changes_sent(rig: RigDouble) -> list[object]:
    """Return what the cameras were asked to set."""
    return [arguments["changes"] for command, arguments in rig.commands if command == "set"]


async def open_setting(pilot: Pilot[str], app: PmvApp, name: str) -> None:
    """Open the first camera's screen, go to a setting and press enter."""
    await pilot.press("enter")
    await until_shown(pilot, f" {name} ")
    table = app.screen.query_one(SettingsTable)
    while table.setting and table.setting["name"] != name:
        await pilot.press("down")
    await pilot.press("enter")
    await until_shown(pilot, f"{name} of left")


def test_enter_opens_the_camera_under_the_cursor_and_escape_goes_back() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        for key in ("escape", "q", "left"):
            await pilot.press("home", "down", "enter")
            await until_shown(pilot, "right  right-simulated, 640x480 Mono8")
            assert isinstance(app.screen, CameraScreen)
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(two_cameras(), scenario)


def test_a_double_click_on_a_row_opens_its_camera() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.double_click(CameraTable, offset=(5, 2))
        await until_shown(pilot, "right  right-simulated, 640x480 Mono8")

    drive(two_cameras(), scenario)


def test_each_setting_is_a_row_and_what_the_camera_changed_is_marked() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "▲ not 60: the camera's maximum")
        assert "60       ▲ 50         1 to 50 1/s" in row_of(app, "> fps ")
        assert "live" in row_of(app, "exposure_time")
        assert "restarts" in row_of(app, "pixel_format")
        assert "this camera has none" in row_of(app, "  gain ")
        assert "left     left" in row_of(app, "  name ")

    drive(two_cameras(), scenario)


def test_a_number_is_saved_and_what_the_camera_made_of_it_is_shown() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "fps")
        await pilot.press(*"49.5", "enter")
        await until_shown(pilot, "left: fps = 49.5; saved")
        await until(pilot, lambda: "49.5     49.5" in row_of(app, "> fps"))
        await until_gone(pilot, "the camera's maximum")

    drive(rig, scenario)
    assert changes_sent(rig) == [{"fps": 49.5}]


def test_a_change_is_pending_until_the_camera_has_taken_it_over() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "fps")
        rig.holding_back = True
        await pilot.press(*"40", "enter")
        await until_shown(pilot, "settings: applying a change")
        assert "▲ 50" in row_of(app, "> fps")
        rig.holding_back = False
        await until_gone(pilot, "applying a change")
        assert "40       40" in row_of(app, "> fps")

    drive(rig, scenario)


def test_a_number_outside_the_range_is_warned_of_and_not_refused() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "exposure_time")
        await pilot.press(*"30000")
        await until_shown(pilot, "maximum is 20000 now;")
        await pilot.press("enter")
        await until(pilot, lambda: "30000    ▲ 20000" in row_of(app, "> exposure_time"))

    drive(rig, scenario)
    assert changes_sent(rig) == [{"exposure_time": 30000.0}]


def test_what_is_no_number_is_refused_as_it_is_typed() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "fps")
        await pilot.press(*"fast", "enter")
        await until_shown(pilot, "'fast' is not a number")
        assert isinstance(app.screen, SettingDialog)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CameraScreen))

    drive(rig, scenario)
    assert rig.commands == []


def test_a_refusal_stands_in_the_dialog_beside_what_was_typed() -> None:
    rig = two_cameras()
    rig.refusals["set", "left"] = "not changed: fps: 0 is not above 0 [r]"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "fps")
        await pilot.press("0", "enter")
        await until_shown(pilot, "not changed: fps: 0 is not above 0 [r]")
        assert isinstance(app.screen, SettingDialog)

    drive(rig, scenario)


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("pixel_format", ["down", "enter"], "Colour"),
        ("external_trigger", ["down", "enter"], True),
        ("downsampling", ["down", "down", "enter"], 4),
        ("roi", [*"0,0,320,240", "enter"], [0, 0, 320, 240]),
        ("name", [*"top-eye", "enter"], "top-eye"),
    ],
)
def test_every_kind_of_setting_is_sent_as_its_own_type(
    name: str, keys: list[str], value: object
) -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, name)
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.screen, CameraScreen))

    drive(rig, scenario)
    assert changes_sent(rig) == [{name: value}]


def test_a_choice_starts_at_what_is_wanted() -> None:
    rig = two_cameras()
    rig.settings["left-simulated"] = [a_setting("downsampling", 2, choices=["1", "2", "4"])]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "downsampling")
        assert app.screen.query_one(OptionList).highlighted == 1

    drive(rig, scenario)


def test_a_setting_that_the_camera_lacks_cannot_be_edited() -> None:
    rig = two_cameras()
    rig.settings["left-simulated"] = [a_setting("roi", None, note="it is a webcam")]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "> roi ")
        await pilot.press("enter")
        await until_shown(pilot, "roi: it is a webcam")
        assert isinstance(app.screen, CameraScreen)

    drive(rig, scenario)


def test_a_setting_without_another_choice_cannot_be_edited() -> None:
    rig = two_cameras()
    rig.settings["left-simulated"] = [a_setting("pixel_format", "Mono", choices=["Mono"])]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "> pixel_format")
        assert "fixed" in row_of(app, "> pixel_format")
        await pilot.press("enter")
        await until_shown(pilot, "pixel_format: this camera has only")
        assert isinstance(app.screen, CameraScreen)

    drive(rig, scenario)


def test_the_cursor_comes_back_to_its_row_and_no_key_renames_the_camera_meanwhile() -> None:
    rig = two_cameras()
    told_of = rig.settings["left-simulated"]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await open_setting(pilot, app, "exposure_time")
        rig.settings["left-simulated"] = []
        await pilot.press("escape")
        await until_shown(pilot, "settings: none reported")
        await pilot.press("enter", *"90", "enter")
        assert isinstance(app.screen, CameraScreen)
        assert "> name" not in screen(app)
        rig.settings["left-simulated"] = told_of
        await until_shown(pilot, "> exposure_time")

    drive(rig, scenario)
    assert rig.commands == []


def test_a_camera_that_reported_no_settings_has_only_its_name() -> None:
    rig = two_cameras()
    rig.settings["left-simulated"] = []

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "settings: none reported by the camera yet")
        await until_shown(pilot, "> name")

    drive(rig, scenario)


def test_the_keys_of_the_rig_screen_steer_this_camera() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("down", "enter")
        await until_shown(pilot, "right  right-simulated")
        await pilot.press("p")
        await until_shown(pilot, "plugged, no clients")
        await pilot.press("space")
        await until_shown(pilot, "paused: sockets are bound")
        await pilot.press("e")
        await until_shown(pilot, "Addresses of right")
        await pilot.press("escape")
        await pilot.press("p")
        await until_shown(pilot, "unplugged: plug it to publish")

    drive(rig, scenario)
    assert {arguments["camera"] for _, arguments in rig.commands} == {"right-simulated"}


def test_why_a_camera_is_lost_and_the_next_try_are_reported() -> None:
    rig = RigDouble(a_camera("left", state="lost", reason="cable pulled", retry_in=4.0, fps=0.0))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until(pilot, lambda: "lost ↻ 4s" in row_of(app, "> left"))
        await pilot.press("enter")
        await until_shown(pilot, "lost: cable pulled; next try in 4 s")

    drive(rig, scenario)


def test_a_lost_engine_is_reported_and_the_settings_stay() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "  exposure_time")
        rig.gone = True
        await until_shown(pilot, "The engine does not answer")
        await until_shown(pilot, "settings as last reported: no engine answered")
        await until_shown(pilot, "  exposure_time")
        rig.gone = False
        await until_gone(pilot, "as last reported")

    drive(rig, scenario)


def test_a_camera_that_is_gone_takes_its_screen_along() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "  exposure_time")
        del rig.cameras[0]
        await until(pilot, lambda: isinstance(app.screen, RigScreen))
        await until_shown(pilot, "left-simulated is no longer there")

    drive(rig, scenario)


def test_what_does_not_fit_below_the_settings_is_scrolled_to() -> None:
    rig = RigDouble(a_camera("left", window="shown", window_reason="on :7"))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "drops ")
        assert "open on :7" not in screen(app)
        await pilot.press("pagedown", "pagedown", "pagedown")
        await until_shown(pilot, "open on :7")
        await pilot.press("pageup", "pageup", "pageup")
        await until_shown(pilot, "drops ")

    drive(rig, scenario, size=(40, 20))


def test_its_last_events_stand_in_what_room_is_left() -> None:
    rig = two_cameras()
    rig.log("fps is 50", camera="left-simulated")
    rig.log("came back", camera="right-simulated")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "fps is 50")
        assert "came back" not in screen(app)

    drive(rig, scenario, size=(80, 40))


def test_the_help_explains_the_keys_of_the_screen_one_is_on() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until_shown(pilot, "Keys")
        shown = " ".join(screen(app).split())
        sentences = [action.help for action in CAMERA_ACTIONS]
        sentences += [column.meaning for column in SETTING_COLUMNS]
        sentences += [cause.meaning for cause in CAUSES]
        for sentence in sentences:
            assert sentence in shown

    drive(two_cameras(), scenario, size=(200, 70))


def test_the_palette_offers_the_actions_of_the_camera() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "> fps ")
        await pilot.press("ctrl+p")
        await pilot.press(*"plug")
        await until_shown(pilot, "Plug the camera")
        await pilot.press("enter")
        await until(pilot, lambda: rig.commands)

    drive(rig, scenario)
    assert rig.commands == [("plug", {"camera": "left-simulated"})]


def test_a_found_camera_is_added_to_the_config_by_a_key() -> None:
    rig = RigDouble(a_camera("left"), a_camera("right", 5557, listed=False))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("a")
        await until_shown(pilot, "left is in the config file already")
        await pilot.press("down")
        await until_shown(pilot, "not in the config file: add it to")
        await pilot.press("a")
        await until_shown(pilot, "right is in the config file now")
        await until_gone(pilot, "not in the config file")

    drive(rig, scenario)
    assert rig.commands == [("set", {"camera": "right-simulated", "changes": {}})]


def test_no_line_runs_below_the_scrollbar() -> None:
    rig = two_cameras()
    # Beside "▲ not 60: " it ends in the terminal's last column, which the scrollbar takes.
    rig.settings["left-simulated"][0]["note"] = "ten_column"

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "ten_column")

    drive(rig, scenario, size=(40, 20))

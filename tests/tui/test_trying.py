"""Settings that keys change with the picture in view: by steps, live, and saved or discarded."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.dialogs import QuitDialog, TrialDialog
from pmv_tui.tui.screens.picture import PictureScreen
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.text.steps import base_of, stepped
from pmv_tui.wire.status import SettingStatus
from tests.tui.driving import drive, row_of, screen, until, until_shown
from tests.tui.rig_double import RigDouble, a_camera, a_ramp, a_setting

pytestmark = pytest.mark.usefixtures("colours")


def exposure(value: float = 15000.0, **changes: Any) -> SettingStatus:
    ranges = {"lowest": 20.0, "highest": 1_000_000.0, "unit": "µs", **changes}
    return a_setting("exposure_time", value, **ranges)


def rig_of_two() -> RigDouble:
    """Two cameras whose exposure, gain and rate can be changed, one at 15 ms."""
    rig = RigDouble(a_camera("left"), a_camera("right", 5557))
    for unique_id in rig.settings:
        rig.images[unique_id] = a_ramp()
        rig.settings[unique_id] = [
            exposure(),
            a_setting("gain", 0.0, lowest=0.0, highest=2.0, unit="dB"),
            a_setting("fps", 60.0, lowest=1.0, highest=200.0, unit="1/s"),
        ]
    return rig


def commands(rig: RigDouble, command: str) -> list[Any]:
    """Return the changes that were asked for by a command."""
    return [arguments["changes"] for name, arguments in rig.commands if name == command]


async def until_said(pilot: Pilot[str], text: str) -> None:
    """Wait for a toast with a text, however it is broken into lines."""
    await until(pilot, lambda: any(text in each.message for each in pilot.app._notifications))


def test_the_steps_of_an_exposure_are_preferred_numbers_and_end_at_the_cameras_range() -> None:
    def steps(value: float, count: int, **changes: Any) -> list[float]:
        setting, values = exposure(value, **changes), [value]
        for _ in range(abs(count)):
            values.append(stepped(setting, values[-1], 1 if count > 0 else -1))
        return values

    assert steps(15000.0, 4) == [15000, 16000, 18000, 20000, 22400]
    assert steps(15000.0, -3) == [15000, 14000, 12500, 11200]
    assert steps(9000.0, 2) == [9000, 10000, 11200]
    assert steps(900_000.0, 3) == [900_000, 1_000_000, 1_000_000, 1_000_000]
    assert steps(22.4, -3) == [22.4, 20, 20, 20]
    assert steps(100.0, 3, lowest=20.0, step=50.0) == [100, 120, 170, 220]
    assert steps(0.0, 1, lowest=0.0) == [0, 0]
    tried = exposure(16000.0, saved=15000.0)
    assert [stepped(tried, 16000.0, -count) for count in (1, 2)] == [15000, 14000]


@pytest.mark.parametrize(
    ("setting", "up"),
    [
        (a_setting("fps", 60.0), [65, 70, 75]),
        (a_setting("fps", 30.0), [32, 34, 36]),
        (a_setting("fps", 59.94), [60, 65, 70]),
        (a_setting("fps", 0.5), [0.55, 0.6, 0.65]),
        (a_setting("fps", 60.0, step=-7.0), [65, 70, 75]),
        (a_setting("fps", 60.0, step=1e-300), [65, 70, 75]),
        (a_setting("gain", 3.5, unit="dB"), [4, 5, 6]),
        (a_setting("gain", 100.0, lowest=0.0, highest=255.0), [105, 110, 115]),
        (a_setting("gain", 1.0, unit="dB", lowest=0.0, step=1.5), [1.5, 3.0, 4.5]),
        (a_setting("gain", 11.5, unit="dB", highest=12.0), [12, 12, 12]),
    ],
)
def test_other_steps_are_round_numbers(setting: SettingStatus, up: list[float]) -> None:
    value, values = base_of(setting), []
    for _ in up:
        value = stepped(setting, value, 1)
        values.append(value)
    assert values == pytest.approx(up)


@pytest.mark.parametrize("name", ["exposure_time", "gain", "fps"])
@pytest.mark.parametrize(
    "changes",
    [
        *({key: "x"} for key in ("lowest", "highest", "step", "saved", "wanted")),
        *({key: [1]} for key in ("lowest", "highest", "step", "saved", "wanted")),
        *({"step": step} for step in (-5.0, 1e-300, 5e-324, 0.0)),
        *({"actual": actual} for actual in (5e-324, -5e-324, 1e-310, -1e14, 2**64 - 1)),
        {"lowest": 9.0, "highest": 1.0},
        {"lowest": -5e-324, "highest": 5e-324, "unit": ""},
    ],
)
def test_a_range_that_no_camera_has_ends_nothing(name: str, changes: Any) -> None:
    strange = {"lowest": 0.0, "highest": 100.0, "unit": "", **changes}
    setting: Any = {**a_setting(name, 50.0), **strange}
    for steps in (3, -3):
        assert isinstance(stepped(setting, base_of(setting), steps), float | int)


@given(st.floats(1e-3, 1e9), st.integers(1, 30))
def test_steps_up_and_down_meet_the_same_values(value: float, count: int) -> None:
    setting = exposure(value, lowest=1e-6, highest=1e12)
    up = stepped(setting, value, count)
    assert up > value
    assert up / value < 1.1231**count * 1.13
    first = stepped(setting, value, 1)
    assert stepped(setting, up, 1 - count) == pytest.approx(first)


def test_a_step_goes_on_from_what_the_camera_made_of_the_one_before() -> None:
    assert base_of(a_setting("fps", 60.0, actual=59.94)) == 60
    assert base_of(a_setting("fps", 60.0, actual=45.0)) == 45
    assert base_of(a_setting("gain", None, actual=3)) == 3


def test_keys_change_exposure_gain_and_rate_at_once_and_nothing_is_saved() -> None:
    rig = rig_of_two()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "f", "]", "]", "[", "}", "<")
        await until(pilot, lambda: row_of(app, "exposure_time").endswith("*16000 µs"))
        await until(pilot, lambda: row_of(app, "gain ").endswith("*1 dB"))
        await until(pilot, lambda: row_of(app, "fps ").endswith("*55 1/s"))
        await pilot.press("}", "}")
        await until_said(pilot, "gain: that is the highest that the camera takes now")
        made = {each["name"]: each["actual"] for each in rig.settings["left-simulated"]}
        await until(pilot, lambda: commands(rig, "try")[-1:] == [{"gain": 2.0}])
        assert made["exposure_time"] == 16000
        assert not commands(rig, "set")

    drive(rig, scenario)


@pytest.mark.parametrize(
    ("setting", "key", "reason"),
    [
        (a_setting("gain", 0.0, actual=None, note="this camera has none"), "}", "has none"),
        (a_setting("fps", 30.0, live=False), "<", "fps: a change restarts the stream"),
        (a_setting("roi", None), "]", "exposure_time: this camera has none"),
    ],
)
def test_what_a_camera_does_not_change_live_is_said(
    setting: SettingStatus, key: str, reason: str
) -> None:
    rig = rig_of_two()
    rig.settings["left-simulated"] = [setting]

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "f")
        await until_shown(pilot, "change")
        await pilot.press(key)
        await until_said(pilot, reason)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)
    assert not rig.commands


@pytest.mark.parametrize(("key", "value"), [("s", 16000.0), ("d", 15000.0)])
def test_leaving_asks_what_becomes_of_it(key: str, value: float) -> None:
    rig = rig_of_two()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "]", "q")  # as fast as that
        await until_shown(pilot, "exposure_time 16000 µs")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, TrialDialog))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)
    (setting, *_) = rig.settings["left-simulated"]
    assert setting["wanted"] == value
    assert "saved" not in setting
    assert commands(rig, "set") == ([{"exposure_time": value}] if key == "s" else [])


def test_another_camera_and_the_end_are_no_way_round_the_question() -> None:
    rig = rig_of_two()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "]", "n")
        await until(pilot, lambda: isinstance(app.screen, TrialDialog))
        await pilot.press("d")
        await until(pilot, lambda: rig.asked_for[-1][0] == {"right-simulated"})
        await pilot.press("}", "n")
        await until_shown(pilot, "Not saved: settings of right")
        await pilot.press("escape")
        rig.cameras[0]["plugged"] = True
        await until(pilot, lambda: app.state.anything_plugged)
        await pilot.press("ctrl+q")
        await until_shown(pilot, "gain 1 dB (saved: 0)")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, QuitDialog))
        await pilot.press("escape", "q")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)
    assert commands(rig, "set") == [{"gain": 1.0}]


def test_what_cannot_be_saved_is_tried_on_and_what_was_saved_meanwhile_is_not_asked_about() -> None:
    rig = rig_of_two()
    rig.refusals["set", "left"] = "not saved: config.toml cannot be written"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "f", "]", "q")
        await until(pilot, lambda: isinstance(app.screen, TrialDialog))
        await pilot.press("s")
        await until_said(pilot, "config.toml cannot be written")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await until(pilot, lambda: row_of(app, "exposure_time").endswith("*16000 µs"))
        rig.refusals.clear()
        # Another terminal saves it.
        await rig.request("set", camera="left-simulated", changes={"exposure_time": 16000.0})
        await until(pilot, lambda: row_of(app, "exposure_time").endswith(" 16000 µs"))
        await pilot.press("enter")
        await until_said(pilot, "Nothing is tried")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)


def test_a_refused_step_is_said_and_an_engine_that_is_gone_holds_nobody() -> None:
    rig = rig_of_two()
    rig.refusals["try", "left"] = "not changed: the camera is busy"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "f")
        await until_shown(pilot, "15000 µs")
        await pilot.press("]")
        await until_said(pilot, "the camera is busy")
        await until(pilot, lambda: row_of(app, "exposure_time").endswith(" 15000 µs"))
        rig.refusals.clear()
        await pilot.press("]")
        await until(pilot, lambda: row_of(app, "exposure_time").endswith("*16000 µs"))
        rig.gone = True
        await until(pilot, lambda: app.state.silence)
        assert "16000" in screen(app)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)


def test_without_the_figures_a_step_says_what_it_made() -> None:
    rig = rig_of_two()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z")
        await until_shown(pilot, "▀")
        assert isinstance(app.screen, PictureScreen)
        trial = app.screen.trial
        await until(pilot, lambda: trial.settings)
        await pilot.press("]")
        await until_said(pilot, "exposure_time 16000 µs, not saved")
        await pilot.press("]", "[", "[")
        await until_said(pilot, "exposure_time 15000 µs, as it was saved")
        await pilot.press("q")  # There is nothing to ask about.
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario, (50, 20))
    assert commands(rig, "try")[-1] == {"exposure_time": 15000.0}


def test_marks_and_contrast_go_with_one_to_the_next_camera_and_the_ends_of_the_zoom_are_said() -> (
    None
):
    rig = rig_of_two()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "s", "C", "n")
        await until(pilot, lambda: rig.asked_for[-1][0] == {"right-simulated"})
        await until_shown(pilot, "saturated")
        assert isinstance(app.screen, PictureScreen)
        viewport = app.screen.view.viewport
        assert viewport
        assert viewport.contrast
        await pilot.press("minus")
        await until_said(pilot, "All of it is shown")
        await pilot.press(*["plus"] * 12)
        await until_said(pilot, "as large as they get")

    drive(rig, scenario)

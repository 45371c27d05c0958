"""The dialogs, the log and the help."""

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.actions import RIG_ACTIONS
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.dialogs import AddressDialog, QuitDialog
from pmv_tui.tui.screens.help import HelpScreen
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.text.columns import COLUMNS
from tests.tui.driving import drive, screen, until, until_shown
from tests.tui.rig_double import RigDouble, a_camera


def two_cameras() -> RigDouble:
    return RigDouble(a_camera("left", 5555), a_camera("right", 5557))


def on_the_rig_screen(app: PmvApp) -> bool:
    return isinstance(app.screen, RigScreen)


def test_an_edited_address_is_saved() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("e")
        await until_shown(pilot, "Addresses of left")
        await pilot.press("backspace", "9", "enter")
        await until(pilot, lambda: on_the_rig_screen(app))
        await until_shown(pilot, "left: now has tcp://localhost:5559")
        await until_shown(pilot, "localhost:5559")

    drive(rig, scenario)
    saved = {"pub": "tcp://localhost:5559", "pull": "tcp://localhost:5556"}
    assert rig.commands == [("addresses", {"camera": "left-simulated", **saved})]


def test_an_address_of_another_camera_is_refused_as_it_is_typed() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("e")
        await until_shown(pilot, "Addresses of left")
        await pilot.press("tab", "backspace", "8")
        await until_shown(pilot, "right has it as its pull address")
        await pilot.press("enter")
        assert isinstance(app.screen, AddressDialog)
        await pilot.press("escape")
        await until(pilot, lambda: on_the_rig_screen(app))

    drive(rig, scenario)
    assert rig.commands == []


def test_what_was_typed_is_kept_where_the_engine_refuses_it() -> None:
    rig = two_cameras()
    rig.refusals["addresses", "left"] = "config.toml changed since it was read [r]"

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("e")
        await until_shown(pilot, "Addresses of left")
        await pilot.press("backspace", "9", "enter")
        await until_shown(pilot, "config.toml changed since it was read [r]")
        await until_shown(pilot, "tcp://localhost:5559")

    drive(rig, scenario)


def test_quitting_with_nothing_plugged_ends_the_engine() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("q")
        await until(pilot, lambda: app.return_value)

    app = drive(rig, scenario)
    assert rig.commands == [("stop", {})]
    assert app.return_value == "The engine has been stopped."
    assert rig.closed


@pytest.mark.parametrize(
    ("keys", "commands"),
    [
        (["d"], []),
        (["enter"], []),
        (["ctrl+q"], []),
        (["s"], [("stop", {})]),
        (["down", "enter"], [("stop", {})]),
    ],
)
def test_quitting_with_a_camera_plugged_asks_first(
    keys: list[str], commands: list[tuple[str, dict[str, str]]]
) -> None:
    rig = RigDouble(a_camera("left", plugged=True))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("q")
        await until_shown(pilot, "left is plugged")
        await pilot.press(*keys)
        await until(pilot, lambda: app.return_value)

    drive(rig, scenario)
    assert rig.commands == commands


def test_quitting_names_the_other_operators_and_asks_though_nothing_is_plugged() -> None:
    own = "pts/1, pid 4711"
    rig = RigDouble(a_camera("left"), operators=[own, "pts/3, pid 99 from 192.0.2.7"])

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("q")
        await until_shown(pilot, "Others use this engine too: pts/3, pid 99 from 192.0.2.7.")
        assert own not in screen(app)
        assert "plugged: scripts" not in screen(app)
        await pilot.press("d")
        await until(pilot, lambda: app.return_value)

    drive(rig, scenario, operator=own)
    assert rig.commands == []


@pytest.mark.parametrize("key", ["c", "escape"])
def test_the_question_can_be_cancelled(key: str) -> None:
    rig = RigDouble(a_camera("left", plugged=True))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("ctrl+c")
        await until(pilot, lambda: isinstance(app.screen, QuitDialog))
        await pilot.press(key)
        await until(pilot, lambda: on_the_rig_screen(app))

    assert drive(rig, scenario).return_value is None
    assert rig.commands == []


def test_quitting_does_not_wait_for_an_engine_that_is_gone() -> None:
    rig = RigDouble(a_camera("left", plugged=True))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        rig.gone = True
        await until_shown(pilot, "The engine does not answer")
        await pilot.press("q")
        await until(pilot, lambda: app.return_value)

    assert "engine.log" in str(drive(rig, scenario).return_value)


def test_the_log_shows_what_happened_and_follows() -> None:
    rig = two_cameras()
    for number in range(100):
        rig.log(f"event {number}")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "event 99")
        await pilot.press("l")
        await until_shown(pilot, "Log: ")
        await until_shown(pilot, "event 99")
        rig.log("lost [its] cable", level="error", camera="left-simulated")
        await until_shown(pilot, "error    left    lost [its] cable")
        await pilot.press("l")
        await until(pilot, lambda: on_the_rig_screen(app))

    drive(rig, scenario)


def test_a_log_that_somebody_reads_does_not_move() -> None:
    rig = two_cameras()
    for number in range(100):
        rig.log(f"event {number}.")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "event 99.")
        await pilot.press("l", "home")
        await until_shown(pilot, "event 0.")
        rig.log("newest")
        await until(pilot, lambda: app.state.events[-1]["text"] == "newest")
        await pilot.pause()
        assert "event 0." in screen(app)

    drive(rig, scenario)


def test_the_help_is_searched() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("question_mark", "slash", *"focus")  # a word of the footer alone
        await until_shown(pilot, "as large as the terminal")
        await pilot.press("escape", "slash", *"socket")
        await until_shown(pilot, "Help: /socket, ")
        shown = screen(app)
        assert "Edit the addresses of the camera's sockets" in shown
        assert "Search for cameras again" not in shown
        assert "States" not in shown
        await pilot.press(*"zz")
        await until_shown(pilot, "Help: /socketzz, nothing found")
        await pilot.press("enter")
        await until_shown(pilot, "/ search")
        await pilot.press("escape")
        await until_shown(pilot, "Open the screen of the camera")
        await pilot.press("escape")
        await until(pilot, lambda: on_the_rig_screen(app))

    drive(two_cameras(), scenario)


def test_the_help_explains_every_key_and_column() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until_shown(pilot, "Keys")
        shown = " ".join(screen(app).split())
        for sentence in [action.help for action in RIG_ACTIONS] + [one.meaning for one in COLUMNS]:
            assert sentence in shown
        await pilot.press("escape")
        await until(pilot, lambda: on_the_rig_screen(app))

    drive(two_cameras(), scenario, size=(200, 80))

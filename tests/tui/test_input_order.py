"""Keys that come faster than the screens they open: each goes where the one before it leads."""

import asyncio
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.help import HelpScreen
from pmv_tui.tui.screens.rig import RigScreen
from tests.tui.driving import drive, until, until_shown
from tests.tui.rig_double import RigDouble, a_camera

CHARACTERS = {"tab": "\t", "enter": "\r", "question_mark": "?", "slash": "/"}


def type_at_once(app: PmvApp, *keys: str) -> None:
    """Type keys that all wait before the first is looked at, as over a slow line."""
    for key in keys:
        character = CHARACTERS.get(key, key if len(key) == 1 else None)
        app.post_message(events.Key(key, character))


def two_cameras() -> RigDouble:
    return RigDouble(a_camera("left", 5555), a_camera("right", 5557))


@pytest.mark.parametrize(
    ("keys", "pub", "pull"),
    [
        (["e", "backspace", "9", "enter"], 5559, 5556),
        (["e", "tab", "end", "backspace", "9", "enter"], 5555, 5559),
        (["e", "8", "backspace", "tab", "end", "backspace", "9", "shift+tab", "enter"], 5555, 5559),
    ],
)
def test_keys_after_a_dialog_was_opened_or_a_tab_reach_the_field_they_are_for(
    keys: list[str], pub: int, pull: int
) -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        type_at_once(app, *keys)
        await until(pilot, lambda: rig.commands)

    drive(rig, scenario)
    addresses = {"pub": f"tcp://localhost:{pub}", "pull": f"tcp://localhost:{pull}"}
    assert rig.commands == [("addresses", {"camera": "left-simulated", **addresses})]


@pytest.mark.parametrize("opens", ["l", "e", "enter", "ctrl+p"])
def test_what_is_left_as_soon_as_it_is_opened_is_left_once(opens: str) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        type_at_once(app, *2 * [opens, "escape"], *3 * ["escape"], "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert len(app.screen_stack) == 2

    drive(two_cameras(), scenario)


@pytest.mark.parametrize("opens", ["l", "e", "enter", "V", "ctrl+p", "question_mark", "q"])
def test_no_key_acts_on_a_screen_that_has_no_widgets_yet_or_is_left(opens: str) -> None:
    acted: list[str] = []
    early: list[asyncio.Task[None]] = []

    async def press_all(app: PmvApp, screen: Screen[Any]) -> None:
        actions = {one.action for _, one in screen._bindings if not one.action.startswith("app.")}
        acted.extend([one for one in actions if await app.run_action(one, screen)])

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        push = app.push_screen

        def push_and_press(screen: Screen[Any], *arguments: Any) -> Any:
            pushed = push(screen, *arguments)
            early.append(asyncio.create_task(press_all(app, screen)))
            return pushed

        app.push_screen = push_and_press  # type: ignore[method-assign, assignment]
        await pilot.press(opens)
        await until(pilot, lambda: len(app.screen_stack) > 1 and app.screen.is_mounted)
        await asyncio.gather(*early)
        opened = app.screen
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await press_all(app, opened)
        assert len(app.screen_stack) == 1

    rig = two_cameras()
    rig.cameras[0]["plugged"] = True  # Else q asks nothing.
    drive(rig, scenario)
    assert acted == []


def test_a_list_that_has_no_room_is_no_trouble_for_page_keys() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.resize_terminal(1, 1)
        type_at_once(app, "ctrl+p", "pageup", "pagedown", "down", "escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

    drive(two_cameras(), scenario)


def test_a_command_is_carried_out_and_reported_on_the_screen_one_is_on_by_then() -> None:
    rig = two_cameras()
    rig.refusals["plug", "left"] = "tcp://localhost:5555 is in use"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "left-simulated")
        type_at_once(app, "p", "escape")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))
        await until_shown(pilot, "5555 is in use")

    drive(rig, scenario)


def test_a_camera_that_goes_takes_its_screen_away_and_not_the_one_above() -> None:
    rig = two_cameras()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("enter")
        await until_shown(pilot, "left-simulated")
        await pilot.press("e")
        await until_shown(pilot, "Addresses of left")
        rig.cameras = rig.cameras[1:]
        await until(pilot, lambda: [one["name"] for one in app.state.cameras] == ["right"])
        await until_shown(pilot, "Addresses of left")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))
        await until_shown(pilot, "left-simulated is no longer there")

    drive(rig, scenario)

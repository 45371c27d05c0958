"""Every key's action has its command, its name, and words by which it is found."""

import pytest

from pmv_tui.cli import command_line
from pmv_tui.tui.actions import CAMERA_ACTIONS, RIG_ACTIONS, SCREENS, Action

ACTIONS = {action.id: action for actions in SCREENS.values() for action in actions}

STEERING = {"open", "set", "plug", "pause", "plug-all", "window", "window-all"} | {
    "edit-addresses",
    "add",
    "rescan",
    "log",
    "quit",
}
"""What is done to the rig, or asked of it, and not to the screen."""


def best(actions: tuple[Action, ...], query: str) -> str:
    """Return the id of the action that the palette puts first for what was typed."""
    ranked = [(action.rank(query), action.id) for action in actions]
    rank, id_ = max(ranked, key=lambda each: each[0])
    return id_ if rank else ""


@pytest.mark.parametrize(
    ("query", "on_rig", "on_camera"),
    [
        ("address", "edit-addresses", "edit-addresses"),
        ("port", "edit-addresses", "edit-addresses"),
        ("Exposure", "open", "set"),
        ("detach", "quit", ""),
        ("unplug", "plug", "plug"),
        ("usb", "rescan", ""),
        ("config add", "add", "add"),
        ("what happened", "log", "log"),
        ("zzz", "", ""),
    ],
)
def test_the_palette_finds_what_people_look_for(query: str, on_rig: str, on_camera: str) -> None:
    assert (best(RIG_ACTIONS, query), best(CAMERA_ACTIONS, query)) == (on_rig, on_camera)


def test_one_action_has_one_name() -> None:
    names = {(action.id, action.label) for actions in SCREENS.values() for action in actions}
    assert len(names) == len(ACTIONS)


def test_whatever_steers_the_rig_has_a_command() -> None:
    everywhere = [action for actions in SCREENS.values() for action in actions]
    assert {action.id for action in everywhere if action.commands} >= STEERING


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_the_command_that_an_action_names_is_understood(action: Action) -> None:
    for command in action.commands:
        words = command.replace("KEY=VALUE", "fps=30").split()
        assert command_line().parse_args(words).run, f"pmv-tui {command}"

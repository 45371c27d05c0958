"""Every key's action has its command."""

import pytest

from pmv_tui.cli.main import command_line
from pmv_tui.tui.actions import SCREENS
from pmv_tui.tui.actions.action import ON_SCREEN, Action

ACTIONS = {action.id: action for actions in SCREENS.values() for action in actions}

STEERING = {"open", "set", "plug", "pause", "plug-all", "window", "window-all"} | {
    "edit-addresses",
    "add",
    "rescan",
    "log",
    "quit",
}
"""What is done to the rig, or asked of it, and not to the screen."""


def test_whatever_steers_the_rig_has_a_command() -> None:
    assert {action.id for action in ACTIONS.values() if action.commands != ON_SCREEN} >= STEERING


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_the_command_that_an_action_names_is_understood(action: Action) -> None:
    for command in action.commands:
        words = command.replace("KEY=VALUE", "fps=30").split()
        assert command_line().parse_args(words).run, f"pmv-tui {command}"

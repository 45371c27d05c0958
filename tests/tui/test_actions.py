"""Every key's action has its command."""

import pytest

from pmv_tui.cli.main import command_line
from pmv_tui.tui.actions import CAMERA_ACTIONS, RIG_ACTIONS, Action

ACTIONS = {action.id: action for action in (*RIG_ACTIONS, *CAMERA_ACTIONS)}

ON_SCREEN = {"help", "camera-back", "cursor-up", "cursor-down", "first", "last"} | {
    "page-up",
    "page-down",
}
"""What is a matter of the screen alone."""


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_what_a_key_does_a_command_does_too(action: Action) -> None:
    assert bool(action.commands) != (action.id in ON_SCREEN)
    for command in action.commands:
        words = command.replace("KEY=VALUE", "fps=30").split()
        assert command_line().parse_args(words).run, f"pmv-tui {command} is understood"

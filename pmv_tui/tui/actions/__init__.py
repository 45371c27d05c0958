"""Every action of each screen, in one place: keys, footer, palette and help are made from it."""

from pmv_tui.tui.actions.dialogs import (
    CLIENTS_ACTIONS,
    ENDED_ACTIONS,
    HELP_ACTIONS,
    LOG_ACTIONS,
    QUIT_ACTIONS,
    SAVE_ACTIONS,
    UNPLUG_ACTIONS,
)
from pmv_tui.tui.actions.screens import CAMERA_ACTIONS, GRID_ACTIONS, RIG_ACTIONS

SCREENS = {
    "on the cameras' screen": RIG_ACTIONS,
    "on a camera's screen": CAMERA_ACTIONS,
    "among the pictures of all cameras": GRID_ACTIONS,
    "in the list of clients": CLIENTS_ACTIONS,
    "in the log": LOG_ACTIONS,
    "in the help": HELP_ACTIONS,
    "in dialogs": SAVE_ACTIONS,
    "in the dialog about an engine that has ended": ENDED_ACTIONS,
    "in the dialog that asks how to quit": QUIT_ACTIONS,
    "in the dialog that asks before clients are disconnected": UNPLUG_ACTIONS,
}
"""Every screen's actions: no two on one screen may have the same key."""

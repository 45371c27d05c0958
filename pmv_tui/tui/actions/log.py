"""The actions of the log."""

from pmv_tui.tui.actions.action import ON_SCREEN, Action
from pmv_tui.tui.actions.dialogs import DIALOG_HELP
from pmv_tui.tui.actions.everywhere import CURSOR, SCROLL

LOG_ACTIONS = (
    Action(
        "log-camera",
        "f",
        "camera",
        "Show the next camera's events only; after the last one, those of all.",
        "next_camera",
        "f",
        commands=("events --camera NAME",),
    ),
    Action(
        "log-troubles",
        "e",
        "errors",
        "Show warnings and errors only, or everything.",
        "troubles",
        "e",
        commands=("events --level warning",),
    ),
    Action(
        "log-search",
        "slash",
        "search",
        "Show only what has a text in it: type it, then enter keeps it and esc clears it.",
        "search",
        "/",
        commands=ON_SCREEN,
        priority=True,
    ),
    Action(
        "log-back",
        "l,q",
        "back",
        "Go back.",
        "dismiss(None)",
        "q or l",
        commands=ON_SCREEN,
        palette=False,
    ),
    DIALOG_HELP,
    Action(
        "log-clear",
        "escape",
        "clear, back",
        "Show again what the log began with; where it does, go back.",
        "clear",
        "esc",
        commands=ON_SCREEN,
        palette=False,
    ),
    *CURSOR,
    *SCROLL,
)
"""Of the log."""

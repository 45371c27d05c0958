"""The actions of the help and of the dialogs."""

from pmv_tui.tui.actions.action import ANSWERS, CURSOR, HELP, ON_SCREEN, SCROLL, Action

HELP_ACTIONS = (
    Action(
        "help-search",
        "slash",
        "search",
        "Show only what has a text in it: type it, then enter keeps it and esc clears it.",
        "search",
        "/",
        commands=ON_SCREEN,
        palette=False,
    ),
    Action(
        "help-back",
        "question_mark,f1,q",
        "back",
        "Go back.",
        "dismiss(None)",
        "? or F1 or q",
        commands=ON_SCREEN,
        palette=False,
    ),
    Action(
        "help-clear",
        "escape",
        "clear, back",
        "Show everything again; where it is shown, go back.",
        "clear",
        "esc",
        commands=ON_SCREEN,
        palette=False,
    ),
)
"""Of the help itself."""

DIALOG_HELP = Action(
    "help",
    "question_mark,f1",
    "help",
    "Show the keys of what is on the screen; in a field ? is typed, and F1 helps.",
    "app.help",
    "F1",
    commands=ON_SCREEN,
)

SAVE_ACTIONS = (
    Action(
        "dialog-cancel",
        "escape",
        "cancel",
        "Leave everything as it was.",
        "dismiss(False)",
        "esc",
        commands=ON_SCREEN,
        palette=False,
    ),
    DIALOG_HELP,
)
"""Of the dialogs that save something."""

QUIT_ACTIONS = (
    Action(
        "detach",
        "d",
        "detach",
        "Leave; the engine goes on, and pmv-tui attaches again.",
        "dismiss('detach')",
        "d",
        commands=ON_SCREEN,
        palette=False,
    ),
    Action(
        "stop",
        "s",
        "stop",
        "Unplug everything, end the engine, and leave.",
        "dismiss('stop')",
        "s",
        commands=("stop",),
        palette=False,
    ),
    Action(
        "quit-cancel",
        "c,escape",
        "cancel",
        "Stay.",
        "dismiss(None)",
        "c or esc",
        commands=ON_SCREEN,
        palette=False,
    ),
    HELP,
    *ANSWERS,
)
"""Of the dialog that asks how to quit."""

UNPLUG_ACTIONS = (
    Action(
        "unplug-confirm",
        "u",
        "unplug",
        "Unplug every camera; clients get no more images.",
        "dismiss(True)",
        "u",
        commands=("unplug all",),
        palette=False,
    ),
    Action(
        "unplug-cancel",
        "c,escape",
        "cancel",
        "Leave every camera plugged.",
        "dismiss(False)",
        "c or esc",
        commands=ON_SCREEN,
        palette=False,
    ),
    HELP,
    *ANSWERS,
)
"""Of the dialog that asks before clients are disconnected."""

ENDED_ACTIONS = (
    Action(
        "start",
        "s",
        "start",
        "Start the engine again; what was plugged is plugged, paused what was paused.",
        "start",
        "s",
        commands=("serve",),
        palette=False,
    ),
    Action(
        "ended-quit",
        "q",
        "quit",
        "Quit; pmv-tui starts a new engine.",
        "quit",
        "q",
        commands=ON_SCREEN,
        palette=False,
    ),
    Action(
        "ended-stay",
        "escape",
        "stay",
        "Stay, and look at what was known last; q asks again.",
        "dismiss(None)",
        "esc",
        commands=ON_SCREEN,
        palette=False,
    ),
    HELP,
    *ANSWERS,
)
"""Of the dialog about an engine that has ended."""


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


CLIENTS_ACTIONS = (
    HELP,
    Action(
        "clients-back",
        "c,q,escape,left",
        "back",
        "Go back.",
        "dismiss(None)",
        "q or c or esc or left",
        commands=ON_SCREEN,
        palette=False,
    ),
    *CURSOR,
    *SCROLL,
)
"""Of the list of clients."""

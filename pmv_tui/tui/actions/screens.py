"""The actions of the screens that steer cameras."""

from pmv_tui.tui.actions.action import ON_SCREEN, Action
from pmv_tui.tui.actions.cameras import (
    ADD,
    CLEAR,
    CLIENTS,
    EDIT_ADDRESSES,
    LOG,
    MARK,
    MARK_ALL,
    NEXT_TROUBLE,
    OPEN,
    PAUSE,
    PLUG,
    PLUG_ALL,
    PREVIEW,
    PREVIEW_ALL,
    RELOAD,
    RESCAN,
    SEARCH,
    SET,
    TROUBLES_FIRST,
    WINDOW,
    WINDOW_ALL,
)
from pmv_tui.tui.actions.everywhere import CURSOR, HELP, SCROLL

QUIT = Action(
    "quit",
    "q",
    "quit",
    "Quit. With a camera plugged, or other operators, it asks whether the engine goes on; else the "
    "engine ends too, for then nothing is lost.",
    "app.quit",
    "q",
    commands=("stop",),
    synonyms="exit leave stop close detach engine",
)
BACK = Action(
    "camera-back",
    "q,escape,left",
    "back",
    "Go back to the cameras.",
    "back",
    "q or esc or left",
    commands=ON_SCREEN,
    palette=False,
)

RIG_ACTIONS = (
    PLUG,
    PAUSE,
    OPEN,
    PLUG_ALL,
    WINDOW,
    WINDOW_ALL,
    PREVIEW,
    PREVIEW_ALL,
    TROUBLES_FIRST,
    CLIENTS,
    EDIT_ADDRESSES,
    ADD,
    RELOAD,
    RESCAN,
    SEARCH,
    MARK,
    MARK_ALL,
    NEXT_TROUBLE,
    CLEAR,
    LOG,
    HELP,
    QUIT,
    *CURSOR,
    *SCROLL,
)
"""Of the rig's screen; what is done to one camera is done to the one under the cursor."""

CAMERA_ACTIONS = (
    SET,
    PLUG,
    PAUSE,
    WINDOW,
    PREVIEW,
    CLIENTS,
    EDIT_ADDRESSES,
    ADD,
    LOG,
    HELP,
    BACK,
    *CURSOR,
    *SCROLL,
)
"""Of one camera's screen."""

GRID_ACTIONS = (
    OPEN,
    PLUG,
    PAUSE,
    WINDOW,
    CLIENTS,
    LOG,
    HELP,
    Action(
        "grid-back",
        "q,escape,V",
        "back",
        "Go back to the cameras.",
        "back",
        "q or esc or V",
        commands=ON_SCREEN,
        palette=False,
    ),
    *CURSOR,
    Action(
        "cursor-left",
        "left",
        "left",
        "Go to the picture on the left.",
        "step(-1)",
        "←",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "cursor-right",
        "right",
        "right",
        "Go to the picture on the right.",
        "step(1)",
        "→",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
)
"""Of the pictures of all cameras."""

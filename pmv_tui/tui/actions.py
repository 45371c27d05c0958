"""Every action of each screen, in one list: keys, footer, palette and help are made from it."""

from dataclasses import dataclass, field

from textual.binding import Binding

ON_SCREEN: tuple[str, ...] = ()
"""Of an action that is a matter of the screen alone: no command does the same."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does.

    Parameters
    ----------
    id : names it in a key map, which may give it other keys.
    keys : as Textual names them, separated by commas.
    label : what the footer and the palette call it.
    help : a sentence.
    method : of the screen, with its arguments, as Textual calls it.
    shown_keys : the keys as people read them.
    commands : what does the same from a script, after `pmv-tui`.
    footer : whether the footer lists it; it shows the first of a registry, as many as fit, and the
        last two, which are the help and the way back.
    palette : whether the palette lists it.
    priority : whether it comes before the next key is looked at: what is typed fast arrives at
        once over a slow line, and must go where this key leads.
    """

    id: str
    keys: str
    label: str
    help: str
    method: str
    shown_keys: str
    commands: tuple[str, ...] = field(kw_only=True)
    footer: bool = True
    palette: bool = True
    priority: bool = False

    @property
    def binding(self) -> Binding:
        """The keys, for Textual."""
        return Binding(
            self.keys,
            self.method,
            self.label,
            id=self.id,
            tooltip=self.help,
            show=self.footer,
            priority=self.priority,
            key_display=self.shown_keys.split(" or ")[0] if self.footer else None,
        )


OPEN = Action(
    "open",
    "enter",
    "open",
    "Open the screen of the camera under the cursor: its settings, and all that is known of it.",
    "open",
    "enter",
    commands=("settings NAME",),
)
SET = Action(
    "set",
    "enter",
    "set",
    "Change the setting under the cursor; saved to the config file.",
    "set",
    "enter",
    commands=("set NAME KEY=VALUE",),
)
PLUG = Action(
    "plug",
    "p",
    "plug",
    "Plug the camera: bind its sockets and publish its images; or unplug it.",
    "plug",
    "p",
    commands=("plug NAME", "unplug NAME"),
)
PAUSE = Action(
    "pause",
    "space",
    "pause",
    "Pause publishing, or resume it; the sockets stay bound and clients stay connected.",
    "pause",
    "space",
    commands=("pause NAME", "resume NAME"),
)
PLUG_ALL = Action(
    "plug-all",
    "P",
    "plug all",
    "Plug every camera; or, where every one is plugged, unplug them all.",
    "plug_all",
    "P",
    commands=("plug all", "unplug all"),
    footer=False,
)
WINDOW = Action(
    "window",
    "w",
    "window",
    "Open the camera's window on the display that DISPLAY names here; or close it.",
    "window",
    "w",
    commands=("window NAME", "window NAME --close"),
)
WINDOW_ALL = Action(
    "window-all",
    "W",
    "all windows",
    "Open every camera's window; or, where every one is open, close them all.",
    "window_all",
    "W",
    commands=("window all", "window all --close"),
    footer=False,
)
PREVIEW = Action(
    "preview",
    "v",
    "picture",
    "Show the camera's live picture here in the terminal, boxes and points included; or hide it.",
    "preview",
    "v",
    commands=ON_SCREEN,
)
PREVIEW_ALL = Action(
    "preview-all",
    "V",
    "all pictures",
    "Show the live pictures of all cameras.",
    "preview_all",
    "V",
    commands=ON_SCREEN,
    footer=False,
)
EDIT_ADDRESSES = Action(
    "edit-addresses",
    "e",
    "sockets",
    "Edit the addresses of the camera's sockets; saved to the config file.",
    "edit",
    "e",
    commands=("addresses NAME PUB PULL",),
    footer=False,
)
ADD = Action(
    "add",
    "a",
    "add to config",
    "Add a camera that was found to the config file, with the settings and addresses it has.",
    "add",
    "a",
    commands=("add NAME",),
    footer=False,
)
RESCAN = Action(
    "rescan",
    "r",
    "rescan",
    "Search for cameras again; those in use are not disturbed.",
    "rescan",
    "r",
    commands=("rescan",),
    footer=False,
)
LOG = Action(
    "log", "l", "log", "Show what happened, newest at the bottom.", "log", "l", commands=("events",)
)
HELP = Action(
    "help",
    "question_mark,f1",
    "help",
    "Show the keys of this screen and what stands on it.",
    "app.help",
    "? or F1",
    commands=ON_SCREEN,
)
QUIT = Action(
    "quit",
    "q",
    "quit",
    "Quit. With a camera plugged it asks whether the engine goes on; with none plugged the "
    "engine ends too, for then nothing is lost.",
    "app.quit",
    "q",
    commands=("stop",),
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
CURSOR = (
    Action(
        "cursor-up",
        "up,k",
        "up",
        "Go to the row above.",
        "move(-1)",
        "up or k",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "cursor-down",
        "down,j",
        "down",
        "Go to the row below.",
        "move(1)",
        "down or j",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "first",
        "home,g",
        "first",
        "Go to the first row.",
        "first",
        "home or g",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "last",
        "end,G",
        "last",
        "Go to the last row.",
        "last",
        "end or G",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
)
SCROLL = (
    Action(
        "page-up",
        "pageup",
        "page up",
        "Scroll back by a page.",
        "page(-1)",
        "page up",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "page-down",
        "pagedown",
        "page down",
        "Scroll on by a page.",
        "page(1)",
        "page down",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
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
    EDIT_ADDRESSES,
    ADD,
    RESCAN,
    LOG,
    HELP,
    QUIT,
    *CURSOR,
)
"""Of the rig's screen; what is done to one camera is done to the one under the cursor."""

CAMERA_ACTIONS = (
    SET,
    PLUG,
    PAUSE,
    WINDOW,
    PREVIEW,
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
    HELP,
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

HELP_ACTIONS = (
    Action(
        "help-back",
        "escape,question_mark,f1,q",
        "back",
        "Go back.",
        "dismiss(None)",
        "esc or ? or F1 or q",
        commands=ON_SCREEN,
        palette=False,
    ),
)
"""Of the help itself."""

DIALOG_HELP = Action(
    "help",
    "question_mark,f1",
    "help",
    "Show the keys of this dialog; in a field ? is typed, and F1 helps.",
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

ANSWERS = (
    Action(
        "previous-answer",
        "left,up",
        "up",
        "Go to the answer above.",
        "app.focus_previous",
        "up or left",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
    Action(
        "next-answer",
        "right,down",
        "down",
        "Go to the answer below.",
        "app.focus_next",
        "down or right",
        commands=ON_SCREEN,
        footer=False,
        palette=False,
    ),
)
"""Of dialogs with a column of answers."""

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
        "Quit; pmv-tui starts an engine anew.",
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
"""Of the dialog that tells of an engine that has ended."""


SCREENS = {
    "on the cameras' screen": RIG_ACTIONS,
    "on a camera's screen": CAMERA_ACTIONS,
    "among the pictures of all cameras": GRID_ACTIONS,
    "in the log": LOG_ACTIONS,
    "in the help": HELP_ACTIONS,
    "in dialogs": SAVE_ACTIONS,
    "in the dialog that tells of an engine that has ended": ENDED_ACTIONS,
    "in the dialog that asks how to quit": QUIT_ACTIONS,
}
"""Every screen's actions: no two on one screen may have the same key."""

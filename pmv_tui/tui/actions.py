"""Every action of each screen, in one place: keys, footer, palette and help are made from it."""

from dataclasses import dataclass, replace
from functools import partial

from textual.binding import Binding
from textual.keys import format_key

NAMES = {
    **{name: name for name in ("enter", "up", "down", "left", "right", "backspace", "delete")},
    "pageup": "page up",
    "pagedown": "page down",
}
"""Names of keys in words, where Textual's are signs or cut short."""


def key_name(key: str) -> str:
    """Write a key as people read it."""
    if key in NAMES:
        return NAMES[key]
    if key.startswith("f") and key[1:].isdigit():
        return key.upper()
    return format_key(key)


def normal(key: str) -> str:
    """Name a key as Textual does: a character that is no letter or digit by its name."""
    return next(iter(Binding.make_bindings([Binding(key, "")]))).key if len(key) == 1 else key


def split(keys: str) -> list[str]:
    """Take a list of keys apart; each as Textual names it."""
    return [normal(key.strip()) for key in keys.split(",")]


def in_words(keys: str) -> str:
    """Write a list of keys as people read them."""
    return " or ".join(key_name(key) for key in split(keys))


@dataclass(slots=True, eq=False)
class Action:
    """Something that a key does.

    Parameters
    ----------
    id : names it in a key map, which may give it other keys.
    keys : as Textual names them, separated by commas, the one that the footer shows first.
    help : a sentence.
    method : of the screen, with its arguments, as Textual calls it; named as the id by default.
    label : what the footer and the palette call it; the id in words by default.
    shown_keys : the keys as people read them, where those are not all, or signs.
    commands : what does the same from a script, after `pmv-tui`; empty where it is a matter of the
        screen alone.
    synonyms : further words by which the palette finds it.
    footer : whether the footer lists it before others; it shows the first of a registry, as many as
        fit, and the last two, which are the help and the way back.
    palette : whether the palette lists it.
    priority : whether it comes before the next key is looked at: what is typed fast arrives at
        once over a slow line, and must go where this key leads.
    """

    id: str
    keys: str
    help: str
    method: str = ""
    label: str = ""
    shown_keys: str = ""
    commands: tuple[str, ...] = ()
    synonyms: str = ""
    footer: bool = True
    palette: bool = True
    priority: bool = False

    def __post_init__(self) -> None:
        """Fill in what follows from the id and the keys."""
        self.method = self.method or self.id.replace("-", "_")
        self.label = self.label or self.id.replace("-", " ")
        self.shown_keys = self.shown_keys or in_words(self.keys)

    @property
    def binding(self) -> Binding:
        """The keys, for Textual."""
        return Binding(
            self.keys,
            self.method,
            self.label,
            id=self.id,
            tooltip=self.help,
            show=self.footer or self.palette,
            priority=self.priority,
            key_display=self.shown_keys.split(" or ")[0] if self.footer or self.palette else None,
        )

    def rank(self, query: str) -> int:
        """Return how well this answers a search, 3 for best: by label, synonym or description."""
        words = query.lower().split()
        found = f"{self.label} {self.synonyms}"
        places = (f"{found} {self.help}", found, self.label)
        return sum(all(word in place.lower() for word in words) for place in places)


Registry = tuple[Action, ...]
"""A screen's actions, the most important first."""

Answer = partial(Action, palette=False)
"""Stands in the footer alone: an answer to a dialog, a way back."""

Rarer = partial(Action, footer=False)
"""Stands in the palette, and where the footer has room."""

Move = partial(Action, footer=False, palette=False)
"""Stands in the help alone."""

HELP = Action(
    "help",
    "question_mark,f1",
    "Explain this screen: its keys, and what it shows.",
    "app.help",
    synonyms="keys shortcuts manual explain",
)

THEME = Action(
    "theme",
    "",
    "Choose the colours.",
    "app.change_theme",
    synonyms="colors dark light look",
)
"""Of the palette, on every screen."""

CURSOR = (
    Move("cursor-up", "up,k", "Go to the row above.", "move(-1)", "up"),
    Move("cursor-down", "down,j", "Go to the row below.", "move(1)", "down"),
    Move("first", "home,g", "Go to the first row."),
    Move("last", "end,G", "Go to the last row."),
)
SCROLL = (
    Move("page-up", "pageup", "Scroll back by a page.", "page(-1)"),
    Move("page-down", "pagedown", "Scroll on by a page.", "page(1)"),
)

PLUG = Action(
    "plug",
    "p",
    "Plug the camera: bind its sockets and publish its images; or unplug it.",
    synonyms="unplug publish bind start",
    commands=("plug NAME", "unplug NAME"),
)
PAUSE = Action(
    "pause",
    "space",
    "Pause publishing, or resume it; the sockets stay bound and clients stay connected.",
    synonyms="resume stop hold",
    commands=("pause NAME", "resume NAME"),
)
OPEN = Action(
    "open",
    "enter",
    "Open the screen of the camera under the cursor: its settings, and all that is known of it.",
    synonyms="settings exposure gain fps details camera edit",
    commands=("settings NAME",),
)
WINDOW = Action(
    "window",
    "w",
    "Open the camera's window on the display that DISPLAY names here; or close it. In it ? lists "
    "its keys.",
    synonyms="display view show image screen",
    commands=("window NAME", "window NAME --close"),
)
PREVIEW = Action(
    "preview",
    "v",
    "Show the camera's live picture here in the terminal, boxes and points included; or hide it.",
    label="picture",
    synonyms="preview image view live video show",
)
PICTURE = Rarer(
    "picture",
    "z",
    "Show the camera's live picture as large as the terminal.",
    label="full picture",
    synonyms="full screen large zoom magnify focus aim picture image view live video show",
)
SNAPSHOT = Rarer(
    "snapshot",
    "S",
    "Save the camera's newest image as a PNG file, in the folder where pmv-tui was started. Its "
    "path goes to the clipboard, where the terminal lets programs do that.",
    label="save image",
    synonyms="snapshot picture photo png file copy screenshot",
    commands=("snapshot NAME",),
)
ZOOM = (
    Rarer(
        "zoom-in",
        "plus,equals_sign",
        "Magnify the picture; the wheel does it where the pointer is, and dragging moves it.",
        "zoom(1)",
        shown_keys="+",
        synonyms="zoom magnify larger closer pixels focus",
    ),
    Rarer(
        "zoom-out",
        "minus",
        "Show more of the image again.",
        "zoom(-1)",
        synonyms="zoom smaller wider",
    ),
    Rarer("fit", "0", "Show the whole image again.", label="whole image", synonyms="zoom fit all"),
    Rarer(
        "contrast",
        "C",
        "Stretch the greys of what is shown, from the darkest 1 % to the brightest 1 %; or show "
        "them as they are. Images that are published stay as they are.",
        synonyms="stretch brightness dark percentiles levels",
    ),
    Rarer(
        "saturated",
        "s",
        "Mark the pixels that are too bright, of value 255; or mark none.",
        label="mark saturated",
        synonyms="overexposed clipped bright exposure white",
    ),
)
"""How a picture is looked at."""
Try = partial(Rarer, commands=("try NAME KEY=VALUE",))
"""Changes a setting of the camera at once, without saving it."""

TRY = (
    Try(
        "exposure-longer",
        "right_square_bracket",
        "Expose longer, by a sixth of an octave: at once, and saved or discarded when one leaves.",
        "try_setting('exposure_time', 1)",
        "expose longer",
        synonyms="exposure_time exposure brighter",
    ),
    Try(
        "exposure-shorter",
        "left_square_bracket",
        "Expose shorter.",
        "try_setting('exposure_time', -1)",
        "expose shorter",
        synonyms="exposure_time exposure darker",
    ),
    Try(
        "gain-up",
        "right_curly_bracket",
        "Raise the gain, by 1 dB or a step of the camera.",
        "try_setting('gain', 1)",
        "more gain",
        synonyms="gain brighter noise",
    ),
    Try(
        "gain-down",
        "left_curly_bracket",
        "Lower the gain.",
        "try_setting('gain', -1)",
        "less gain",
        synonyms="gain darker noise",
    ),
    Try(
        "fps-up",
        "greater_than_sign",
        "More frames a second, where the camera changes that while it streams.",
        "try_setting('fps', 1)",
        "more fps",
        synonyms="fps rate faster",
    ),
    Try(
        "fps-down",
        "less_than_sign",
        "Fewer frames a second.",
        "try_setting('fps', -1)",
        "fewer fps",
        synonyms="fps rate slower",
    ),
)

SETTLE = Rarer(
    "settle",
    "enter",
    "Save or discard what was tried.",
    label="save tried",
    synonyms="save discard exposure gain fps settings",
    commands=("set NAME KEY=VALUE", "discard NAME"),
)

CLIENTS = Rarer(
    "clients",
    "c",
    "List who receives the camera's images: what each gets and misses, and who is too slow.",
    synonyms="subscribers scripts slow missed who connected programs",
    commands=("clients NAME",),
)
PLOTS = Rarer(
    "plots",
    "h",
    "Plot what the engine kept of the camera: rate, losses, latency, answers, over a minute up to "
    "a day; a cursor reads values and events.",
    label="history",
    synonyms="plots graphs trends over time latency drops yesterday night",
    commands=("history NAME",),
)
EDIT_ADDRESSES = Rarer(
    "edit-addresses",
    "e",
    "Edit the addresses of the camera's sockets; saved to the config file.",
    "edit",
    "addresses",
    synonyms="edit address port socket tcp pub pull connect",
    commands=("addresses NAME PUB PULL",),
)
ADD = Rarer(
    "add",
    "a",
    "Add a camera that was found to the config file, with the settings and addresses it has.",
    label="add to config",
    synonyms="save list keep",
    commands=("add NAME",),
)
RELOAD = Rarer(
    "reload",
    "R",
    "Apply a config file that was edited by hand; cameras that do not differ go on undisturbed.",
    synonyms="refresh file apply edited",
    commands=("reload",),
)
RESCAN = Rarer(
    "rescan",
    "r",
    "Search for cameras again; those in use are not disturbed.",
    synonyms="search find scan usb devices refresh",
    commands=("rescan",),
)
LOG = Action(
    "log",
    "l",
    "Show what happened, newest at the bottom.",
    synonyms="events history errors messages",
    commands=("events",),
)
QUIT = Action(
    "quit",
    "q",
    "Quit. With a camera plugged, settings that are not saved, or other operators, it asks whether "
    "the engine goes on; else the engine ends too, for then nothing is lost.",
    "app.quit",
    synonyms="exit leave stop close detach engine",
    commands=("stop",),
)

SEARCH = Rarer(
    "search",
    "slash",
    "Show only cameras with a text in their name, id or state: type it, then enter keeps it and "
    "esc clears it.",
    synonyms="filter find name",
    priority=True,
)

RIG_ACTIONS: Registry = (
    PLUG,
    PAUSE,
    OPEN,
    Rarer(
        "plug-all",
        "P",
        "Plug every camera that is shown; or, where every one is plugged, unplug them. With "
        "clients connected it asks first.",
        synonyms="unplug publish every everything",
        commands=("plug all", "unplug all"),
    ),
    WINDOW,
    Rarer(
        "window-all",
        "W",
        "Open the window of every camera that is shown; or, where every one is open, close them.",
        label="all windows",
        synonyms="windows display view show every",
        commands=("window all", "window all --close"),
    ),
    PREVIEW,
    PICTURE,
    Rarer(
        "preview-all",
        "V",
        "Show the live pictures of all cameras.",
        label="all pictures",
        synonyms="preview images grid view live video every",
    ),
    Rarer(
        "trend",
        "t",
        "Choose what the table shows a trend of over the last minute: rate, losses, latency, "
        "answers, clients; or none.",
        synonyms="sparkline graph latency drops fps history minute",
    ),
    Rarer(
        "troubles-first",
        "T",
        "Show cameras in trouble before the others; or in the order of the config file again.",
        label="trouble first",
        synonyms="errors failed lost sort order",
    ),
    PLOTS,
    CLIENTS,
    SNAPSHOT,
    EDIT_ADDRESSES,
    ADD,
    RELOAD,
    RESCAN,
    SEARCH,
    Rarer(
        "mark",
        "m",
        "Mark the camera under the cursor, or take its mark away. While cameras are marked, plug, "
        "pause, window, save image and add act on all of them.",
        synonyms="select choose several",
    ),
    Rarer(
        "mark-all",
        "M",
        "Mark all cameras that are shown; or, where all are marked, take their marks away.",
        synonyms="select every all",
    ),
    Rarer(
        "next-trouble",
        "n",
        "Go to the next camera in trouble: stalled, lost, in error, with late answers, or with a "
        "plug that failed.",
        label="next in trouble",
        synonyms="error lost failed jump",
    ),
    *ZOOM,
    Move("clear", "escape", "Show all cameras again; where all are shown, take all marks away."),
    LOG,
    HELP,
    QUIT,
    *CURSOR,
    *SCROLL,
)
"""Of the rig's screen; what is done to one camera is done to the one under the cursor."""

ENGINE = Rarer(
    "engine",
    "E",
    "On a rig's row: start its engine where none runs there, or stop it. It asks first.",
    label="engine",
    synonyms="start stop end serve rig",
    commands=("where --start", "stop"),
)
_ON_ITS_ROW = " On a rig's row: all its cameras that are shown."
_FOR_ITS_CAMERAS = {
    each.id: replace(each, help=each.help + _ON_ITS_ROW)
    for each in (PLUG, PAUSE, WINDOW, SNAPSHOT, ADD)
}
_OF_RIGS = {
    **_FOR_ITS_CAMERAS,
    "plug": replace(
        PLUG, help=f"{PLUG.help}{_ON_ITS_ROW} To unplug several of them, it asks first."
    ),
    "open": replace(
        OPEN,
        help="Open the screen of the camera under the cursor; on a rig's row, leave out its "
        "cameras, or show them again.",
    ),
    "preview-all": Rarer(
        "preview-all",
        "V",
        "Show the live pictures of all cameras of the rig under the cursor.",
        label="all pictures",
        synonyms="preview images grid view live video every",
    ),
    "reload": replace(
        RELOAD,
        help="Apply a config file that was edited by hand, of the rig under the cursor, or of the "
        "rigs of marked cameras.",
    ),
    "rescan": replace(
        RESCAN,
        help="Search for cameras again on the rig under the cursor, or on those of marked cameras; "
        "where there is no connection, try at once to make it.",
        synonyms="search find scan usb devices refresh reconnect connect again",
    ),
    "search": replace(
        SEARCH,
        help="Show only cameras with a text in their name, id or state, or in the name, host or "
        "group of their rig: type it, then enter keeps it and esc clears it.",
    ),
    "quit": replace(
        QUIT,
        help="Quit. All engines go on as they are.",
        synonyms="exit leave close detach",
        commands=(),
    ),
}

FLEET_ACTIONS: Registry = (
    *(_OF_RIGS.get(each.id, each) for each in RIG_ACTIONS if each not in (LOG, HELP, QUIT)),
    Rarer(
        "fold",
        "left",
        "Leave out the cameras of the rig under the cursor.",
        shown_keys="←",
        synonyms="collapse close hide group",
    ),
    Rarer(
        "unfold",
        "right",
        "Show the cameras of the rig under the cursor.",
        shown_keys="→",
        synonyms="expand show group",
    ),
    Rarer(
        "fold-all",
        "F",
        "Leave out the cameras of all rigs; where all are left out, show them.",
        synonyms="collapse expand every rigs only",
    ),
    ENGINE,
    LOG,
    HELP,
    _OF_RIGS["quit"],
)
"""Of the screen of several rigs; on a rig's row what is done is done to all its cameras."""

CAMERA_ACTIONS: Registry = (
    Action(
        "set",
        "enter",
        "Change the setting under the cursor; saved to the config file.",
        synonyms="edit change exposure gain fps name settings",
        commands=("set NAME KEY=VALUE",),
    ),
    PLUG,
    PAUSE,
    WINDOW,
    PREVIEW,
    PICTURE,
    PLOTS,
    CLIENTS,
    SNAPSHOT,
    EDIT_ADDRESSES,
    ADD,
    *ZOOM,
    LOG,
    HELP,
    Answer("camera-back", "q,escape,left", "Go back to the cameras.", "dismiss(None)", "back"),
    *CURSOR,
    *SCROLL,
)
"""Of one camera's screen."""

GRID_ACTIONS: Registry = (
    OPEN,
    PLUG,
    PAUSE,
    PICTURE,
    WINDOW,
    PLOTS,
    CLIENTS,
    SNAPSHOT,
    LOG,
    HELP,
    Answer("grid-back", "q,escape,V", "Go back to the cameras.", "dismiss(None)", "back"),
    *CURSOR,
    Move("cursor-left", "left", "Go to the picture on the left.", "step(-1)", "left", "←"),
    Move("cursor-right", "right", "Go to the picture on the right.", "step(1)", "right", "→"),
)
"""Of the pictures of all cameras."""

PICTURE_ACTIONS: Registry = (
    *(replace(each, footer=True) for each in TRY[:2]),
    Action(
        "figures",
        "f",
        "Show figures of what is seen, beside the picture: how sharp it is and was, saturated and "
        "black pixels, a histogram; or hide them.",
        synonyms="focus exposure histogram sharpness saturated statistics",
    ),
    *ZOOM[:2:-1],
    ZOOM[0],
    Rarer("next-camera", "n,pagedown", "Show the next camera.", "next_camera(1)"),
    SETTLE,
    Rarer(
        "forget-best",
        "b",
        "Forget the best sharpness so far, and begin anew.",
        label="new best",
        synonyms="reset focus sharpness peak",
    ),
    SNAPSHOT,
    *ZOOM[1:3],
    *TRY[2:],
    Rarer("camera-before", "N,pageup", "Show the camera before.", "next_camera(-1)"),
    *(replace(each, footer=False) for each in (PLUG, PAUSE, WINDOW)),
    CLIENTS,
    EDIT_ADDRESSES,
    ADD,
    replace(PLOTS, id="picture-plots", keys="H", shown_keys=""),
    replace(LOG, id="picture-log", keys="L", shown_keys="", footer=False),
    HELP,
    Answer("picture-back", "q,escape,z", "Go back.", "dismiss(None)", "back"),
    Move("look-left", "left,h", "Look further to the left.", "move_view(-1, 0)"),
    Move("look-right", "right,l", "Look further to the right.", "move_view(1, 0)"),
    Move("look-up", "up,k", "Look further up.", "move_view(0, -1)"),
    Move("look-down", "down,j", "Look further down.", "move_view(0, 1)"),
)
"""Of one camera's picture that fills the terminal."""

CLIENTS_ACTIONS: Registry = (
    HELP,
    Answer("clients-back", "q,c,escape,left", "Go back.", "dismiss(None)", "back"),
    *CURSOR,
    *SCROLL,
)
"""Of the list of clients."""

PLOT_ACTIONS: Registry = (
    Action("last-minute", "1", "Show a minute, each second of it.", "span(0)", "1 min"),
    Action("last-ten-minutes", "2", "Show ten minutes.", "span(1)", "10 min"),
    Action("last-hour", "3", "Show an hour.", "span(2)", "1 h"),
    Action("last-day", "4", "Show a day, each minute of it.", "span(3)", "24 h"),
    Action(
        "earlier",
        "left",
        "Read the column before; at the left end, what is shown moves back.",
        "step(-1)",
        shown_keys="←",
        palette=False,
    ),
    Action(
        "later",
        "right",
        "Read the next column; at the newest, the plots go on with the time.",
        "step(1)",
        shown_keys="→",
        palette=False,
    ),
    Rarer("next-event", "n", "Go to the time of the next event.", "event(1)"),
    Rarer("event-before", "N", "Go to the time of the event before.", "event(-1)"),
    LOG,
    HELP,
    Answer("plots-back", "q,h,escape", "Go back.", "dismiss(None)", "back"),
    Move("plots-above", "up,k", "Show the plot above.", "scroll_plots(-1)", "above"),
    Move("plots-below", "down,j", "Show the plot below.", "scroll_plots(1)", "below"),
    Move("much-earlier", "pageup", "Read a quarter of what is shown before.", "page_time(-1)"),
    Move("much-later", "pagedown", "Read a quarter of what is shown later.", "page_time(1)"),
    Move("oldest", "home,g", "Read the first column that is shown.", "first"),
    Move("newest", "end,G", "Read the newest, and go on with the time.", "last"),
)
"""Of a camera's plots."""

FILTER_HELP = "Show only what has a text in it: type it, then enter keeps it and esc clears it."

HELP_ACTIONS: Registry = (
    Answer("help-search", "slash", FILTER_HELP, "search", "search"),
    Answer("help-back", "question_mark,f1,q", "Go back.", "dismiss(None)", "back"),
    Answer(
        "help-clear",
        "escape",
        "Show everything again; where it is shown, go back.",
        "clear",
        "clear, back",
    ),
    *CURSOR,
    *SCROLL,
    Move("help-page-up", "b", "Scroll back by a page.", "page(-1)"),
    Move("help-page-down", "space", "Scroll on by a page.", "page(1)"),
)
"""Of the help itself, which is read as in a pager."""

FIELD_HELP = Action(
    "help",
    "question_mark,f1",
    "Show the keys of what is on the screen; in a field ? is typed, and F1 helps.",
    "app.help",
    shown_keys="F1",
)

LOG_ACTIONS: Registry = (
    Action(
        "log-camera",
        "f",
        "Show the next camera's events only; after the last one, those of all.",
        "next_camera",
        "camera",
        commands=("events --camera NAME",),
    ),
    Action(
        "log-troubles",
        "e",
        "Show warnings and errors only, or everything.",
        "troubles",
        "errors",
        commands=("events --level warning",),
    ),
    Action("log-search", "slash", FILTER_HELP, "search", "search", priority=True),
    Answer("log-back", "q,l", "Go back.", "dismiss(None)", "back"),
    FIELD_HELP,
    Answer(
        "log-clear",
        "escape",
        "Show again what the log began with; where it does, go back.",
        "clear",
        "clear, back",
    ),
    *CURSOR,
    *SCROLL,
)
"""Of the log."""

SAVE_ACTIONS: Registry = (
    Answer(
        "dialog-cancel", "escape", "Leave everything as it was.", "dismiss(False)", label="cancel"
    ),
    FIELD_HELP,
)
"""Of the dialogs that save something."""

ANSWERS = (
    HELP,
    Move("previous-answer", "up,left", "Go to the answer above.", "app.focus_previous", "up"),
    Move("next-answer", "down,right", "Go to the answer below.", "app.focus_next", "down"),
)
"""Of dialogs with a column of answers."""

TREND_ACTIONS: Registry = (
    Answer("trend-cancel", "escape,t", "Leave the table as it was.", "dismiss(None)", "cancel"),
    HELP,
)
"""Of the dialog about the trend in the table."""

QUIT_ACTIONS: Registry = (
    Answer(
        "detach",
        "d",
        "Leave; the engine goes on, and pmv-tui attaches again.",
        "dismiss('detach')",
    ),
    Answer(
        "stop",
        "s",
        "Unplug everything, end the engine, and leave.",
        "dismiss('stop')",
        commands=("stop",),
    ),
    Answer("quit-cancel", "c,escape", "Stay.", "dismiss(None)", "cancel"),
    *ANSWERS,
)
"""Of the dialog that asks how to quit."""

UNPLUG_ACTIONS: Registry = (
    Answer(
        "unplug-confirm",
        "u",
        "Unplug every camera; clients get no more images.",
        "dismiss(True)",
        "unplug",
        commands=("unplug all",),
    ),
    Answer("unplug-cancel", "c,escape", "Leave every camera plugged.", "dismiss(False)", "cancel"),
    *ANSWERS,
)
"""Of the dialog that asks before clients are disconnected."""

CONFIRM_ACTIONS: Registry = (
    Answer("confirm", "y", "Do it.", "dismiss(True)", "yes"),
    Answer(
        "confirm-cancel", "c,escape,n", "Leave everything as it is.", "dismiss(False)", "cancel"
    ),
    *ANSWERS,
)
"""Of the dialog that asks before something is done to a rig, or to several."""


TRIAL_ACTIONS: Registry = (
    Answer(
        "trial-save",
        "s",
        "Save what was tried to the config file.",
        "dismiss('save')",
        "save",
        commands=("set NAME KEY=VALUE",),
    ),
    Answer(
        "trial-discard",
        "d",
        "Set what was tried as it was before.",
        "dismiss('discard')",
        "discard",
        commands=("discard NAME",),
    ),
    Answer("trial-cancel", "c,escape", "Stay, and try on.", "dismiss(None)", "cancel"),
    *ANSWERS,
)
"""Of the dialog about settings that were tried and not saved."""

ENDED_ACTIONS: Registry = (
    Answer(
        "start",
        "s",
        "Start the engine again; what was plugged is plugged, paused what was paused.",
        commands=("serve",),
    ),
    Answer("ended-quit", "q", "Quit; pmv-tui starts a new engine.", "dismiss('quit')", "quit"),
    Answer(
        "ended-stay",
        "escape",
        "Stay, and look at what was known last; q asks again.",
        "dismiss(None)",
        "stay",
    ),
    *ANSWERS,
)
"""Of the dialog about an engine that has ended."""

SCREENS = {
    "on the cameras' screen": RIG_ACTIONS,
    "on the screen of several rigs": FLEET_ACTIONS,
    "on a camera's screen": CAMERA_ACTIONS,
    "among the pictures of all cameras": GRID_ACTIONS,
    "on a camera's full picture": PICTURE_ACTIONS,
    "among the plots of a camera": PLOT_ACTIONS,
    "in the list of clients": CLIENTS_ACTIONS,
    "in the log": LOG_ACTIONS,
    "in the help": HELP_ACTIONS,
    "in dialogs": SAVE_ACTIONS,
    "in the dialog about the trend": TREND_ACTIONS,
    "in the dialog about an engine that has ended": ENDED_ACTIONS,
    "in the dialog that asks how to quit": QUIT_ACTIONS,
    "in the dialog about settings that are not saved": TRIAL_ACTIONS,
    "in the dialog that asks before clients are disconnected": UNPLUG_ACTIONS,
    "in the dialog that asks before rigs are touched": CONFIRM_ACTIONS,
}
"""Every screen's actions: no two on one screen may have the same key."""

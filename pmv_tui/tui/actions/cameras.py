"""What keys do to a camera, or to the rig."""

from pmv_tui.tui.actions.action import ON_SCREEN, Action

OPEN = Action(
    "open",
    "enter",
    "open",
    "Open the screen of the camera under the cursor: its settings, and all that is known of it.",
    "open",
    "enter",
    synonyms="settings exposure gain fps details camera edit",
    commands=("settings NAME",),
)
SET = Action(
    "set",
    "enter",
    "set",
    "Change the setting under the cursor; saved to the config file.",
    "set",
    "enter",
    synonyms="edit change exposure gain fps name settings",
    commands=("set NAME KEY=VALUE",),
)
PLUG = Action(
    "plug",
    "p",
    "plug",
    "Plug the camera: bind its sockets and publish its images; or unplug it.",
    "plug",
    "p",
    synonyms="unplug publish bind start",
    commands=("plug NAME", "unplug NAME"),
)
PAUSE = Action(
    "pause",
    "space",
    "pause",
    "Pause publishing, or resume it; the sockets stay bound and clients stay connected.",
    "pause",
    "space",
    synonyms="resume stop hold",
    commands=("pause NAME", "resume NAME"),
)
PLUG_ALL = Action(
    "plug-all",
    "P",
    "plug all",
    "Plug every camera that is shown; or, where every one is plugged, unplug them. With clients "
    "connected it asks first.",
    "plug_all",
    "P",
    synonyms="unplug publish every everything",
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
    synonyms="display view show image screen",
    commands=("window NAME", "window NAME --close"),
)
WINDOW_ALL = Action(
    "window-all",
    "W",
    "all windows",
    "Open the window of every camera that is shown; or, where every one is open, close them.",
    "window_all",
    "W",
    synonyms="windows display view show every",
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
    synonyms="preview image view live video show",
    commands=ON_SCREEN,
)
PREVIEW_ALL = Action(
    "preview-all",
    "V",
    "all pictures",
    "Show the live pictures of all cameras.",
    "preview_all",
    "V",
    synonyms="preview images grid view live video every",
    commands=ON_SCREEN,
    footer=False,
)
TROUBLES_FIRST = Action(
    "troubles-first",
    "t",
    "trouble first",
    "Show cameras in trouble before the others; or in the order of the config file again.",
    "troubles_first",
    "t",
    synonyms="errors failed lost sort order",
    commands=ON_SCREEN,
    footer=False,
)
EDIT_ADDRESSES = Action(
    "edit-addresses",
    "e",
    "addresses",
    "Edit the addresses of the camera's sockets; saved to the config file.",
    "edit",
    "e",
    synonyms="edit address port socket tcp pub pull connect",
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
    synonyms="save list keep",
    commands=("add NAME",),
    footer=False,
)
RELOAD = Action(
    "reload",
    "R",
    "reload",
    "Apply a config file that was edited by hand; cameras that do not differ go on undisturbed.",
    "reload",
    "R",
    synonyms="refresh file apply edited",
    commands=("reload",),
    footer=False,
)
RESCAN = Action(
    "rescan",
    "r",
    "rescan",
    "Search for cameras again; those in use are not disturbed.",
    "rescan",
    "r",
    synonyms="search find scan usb devices refresh",
    commands=("rescan",),
    footer=False,
)
SEARCH = Action(
    "search",
    "slash",
    "search",
    "Show only cameras with a text in their name, id or state: type it, then enter keeps it and "
    "esc clears it.",
    "search",
    "/",
    synonyms="filter find name",
    commands=ON_SCREEN,
    footer=False,
    priority=True,
)
MARK = Action(
    "mark",
    "m",
    "mark",
    "Mark the camera under the cursor, or take its mark away. While cameras are marked, plug, "
    "pause, window and add act on all of them.",
    "mark",
    "m",
    synonyms="select choose several",
    commands=ON_SCREEN,
    footer=False,
)
MARK_ALL = Action(
    "mark-all",
    "M",
    "mark all",
    "Mark all cameras that are shown; or, where all are marked, take their marks away.",
    "mark_all",
    "M",
    synonyms="select every all",
    commands=ON_SCREEN,
    footer=False,
)
NEXT_TROUBLE = Action(
    "next-trouble",
    "n",
    "next in trouble",
    "Go to the next camera in trouble: stalled, lost, in error, or with a plug that failed.",
    "next_trouble",
    "n",
    synonyms="error lost failed jump",
    commands=ON_SCREEN,
    footer=False,
)
CLEAR = Action(
    "clear",
    "escape",
    "clear",
    "Show all cameras again; where all are shown, take all marks away.",
    "clear",
    "esc",
    commands=ON_SCREEN,
    footer=False,
    palette=False,
)
CLIENTS = Action(
    "clients",
    "c",
    "clients",
    "List who receives the camera's images: what each gets and misses, and who is too slow.",
    "clients",
    "c",
    synonyms="subscribers scripts slow missed who connected programs",
    commands=("clients NAME",),
    footer=False,
)
LOG = Action(
    "log",
    "l",
    "log",
    "Show what happened, newest at the bottom.",
    "log",
    "l",
    synonyms="events history errors messages",
    commands=("events",),
)

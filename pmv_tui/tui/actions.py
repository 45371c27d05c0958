"""Every action of the rig screen, in one list: keys, footer, palette and help are made from it."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does.

    Parameters
    ----------
    id : names it in a key map, which may give it other keys.
    keys : as Textual names them, separated by commas.
    label : what the footer and the palette call it.
    help : a sentence.
    method : of the rig screen, with its arguments, as Textual calls it.
    shown_keys : the keys as people read them.
    footer : whether the footer lists it.
    palette : whether the palette lists it.
    """

    id: str
    keys: str
    label: str
    help: str
    method: str
    shown_keys: str
    footer: bool = True
    palette: bool = True

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
            key_display=self.shown_keys.split(" or ")[0] if self.footer else None,
        )


ACTIONS = (
    Action(
        "plug",
        "p",
        "plug",
        "Plug the camera under the cursor: bind its sockets and publish its images; or unplug it.",
        "plug",
        "p",
    ),
    Action(
        "pause",
        "space",
        "pause",
        "Pause publishing, or resume it; the sockets stay bound and clients stay connected.",
        "pause",
        "space",
    ),
    Action(
        "plug-all",
        "P",
        "plug all",
        "Plug every camera; or, where every one is plugged, unplug them all.",
        "plug_all",
        "P",
        footer=False,
    ),
    Action(
        "window",
        "w",
        "window",
        "Open the window of the camera under the cursor on the display that DISPLAY names here; "
        "or close it.",
        "window",
        "w",
    ),
    Action(
        "window-all",
        "W",
        "all windows",
        "Open every camera's window; or, where every one is open, close them all.",
        "window_all",
        "W",
        footer=False,
    ),
    Action(
        "edit-addresses",
        "e",
        "edit",
        "Edit the addresses of the camera under the cursor; saved to the config file.",
        "edit",
        "e",
    ),
    Action(
        "rescan",
        "r",
        "rescan",
        "Search for cameras again; those in use are not disturbed.",
        "rescan",
        "r",
    ),
    Action("log", "l", "log", "Show what happened, newest at the bottom.", "log", "l"),
    Action(
        "help",
        "question_mark,f1",
        "help",
        "Show the keys and what each column means.",
        "help",
        "? or F1",
    ),
    Action(
        "quit",
        "q",
        "quit",
        "Quit. With a camera plugged it asks whether the engine goes on; with none plugged the "
        "engine ends too, for then nothing is lost.",
        "app.quit",
        "q",
    ),
    Action(
        "cursor-up",
        "up,k",
        "up",
        "Go to the camera above.",
        "move(-1)",
        "↑ or k",
        footer=False,
        palette=False,
    ),
    Action(
        "cursor-down",
        "down,j",
        "down",
        "Go to the camera below.",
        "move(1)",
        "↓ or j",
        footer=False,
        palette=False,
    ),
    Action(
        "first",
        "home,g",
        "first",
        "Go to the first camera.",
        "first",
        "home or g",
        footer=False,
        palette=False,
    ),
    Action(
        "last",
        "end,G",
        "last",
        "Go to the last camera.",
        "last",
        "end or G",
        footer=False,
        palette=False,
    ),
)

"""An action of a screen: what a key does, and all that is said of it."""

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
    synonyms : further words by which the palette finds it.
    footer : whether the footer lists it before others; it shows the first of a registry, as many as
        fit, and the last two, which are the help and the way back.
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
    synonyms: str = ""
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
            show=self.footer or self.palette,
            priority=self.priority,
            key_display=self.shown_keys.split(" or ")[0] if self.footer or self.palette else None,
        )


HELP = Action(
    "help",
    "question_mark,f1",
    "help",
    "Explain this screen: its keys, and what it shows.",
    "app.help",
    "? or F1",
    commands=ON_SCREEN,
    synonyms="keys shortcuts manual explain",
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

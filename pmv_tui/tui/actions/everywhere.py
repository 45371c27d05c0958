"""What keys do on many screens: help, the cursor, scrolling, the answers of a dialog."""

from pmv_tui.tui.actions.action import ON_SCREEN, Action

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

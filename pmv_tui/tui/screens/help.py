"""The help: every key, every column, and where more stands."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from pmv_tui.tui.actions import ACTIONS
from pmv_tui.tui.columns import COLUMNS

OTHER_KEYS = (
    ("ctrl+p", "The palette: every action by name, and the colour theme."),
    ("ctrl+q", "Quit, from anywhere; ctrl+c does the same where it does not copy a selection."),
    ("mouse", "A click puts the cursor on a camera; the wheel scrolls."),
)

STATES = (
    ("opening", "The device is being opened."),
    ("capturing", "Frames arrive."),
    ("waiting for trigger", "Ready; the next signal on its input makes a frame."),
    ("stalled", "It is open, but no frame arrives."),
    ("lost", "It was there and is gone; it is tried again."),
    ("error", "It cannot be used; the reason stands below the table."),
)


class HelpScreen(Screen[None]):
    """Made from the registry of actions and the columns, so it cannot fall behind them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,f1,q", "dismiss(None)", "back", key_display="esc", id="help-back"
        ),
    ]

    def compose(self) -> ComposeResult:
        """Lay out a title, a row for each thing explained, and the footer."""
        yield Static(" Help", classes="screen-title")
        with VerticalScroll(id="help"):
            yield Static("Keys", classes="help-title")
            for action in ACTIONS:
                yield _row(action.shown_keys, action.help)
            for key, meaning in OTHER_KEYS:
                yield _row(key, meaning)
            yield Static("Columns", classes="help-title")
            for column in COLUMNS:
                yield _row(column.title, column.meaning)
            yield Static("States", classes="help-title")
            for state, meaning in STATES:
                yield _row(state, meaning)
        yield Footer(compact=True)


def _row(term: str, meaning: str) -> Horizontal:
    """Set a term beside what it means."""
    return Horizontal(
        Static(term, classes="help-term", markup=False),
        Static(meaning, classes="help-meaning", markup=False),
        classes="help-row",
    )

"""The help: every key of a screen, and what stands on it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from pmv_tui.tui.actions.dialogs import HELP_ACTIONS
from pmv_tui.tui.help_topics import Topic
from pmv_tui.tui.screens.left_once import LeftOnce
from pmv_tui.tui.widgets.key_footer import KeyFooter


class HelpScreen(LeftOnce[None]):
    """Topics, one below the other.

    Parameters
    ----------
    topics : of the screen that is explained.
    """

    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in HELP_ACTIONS]

    def __init__(self, topics: Sequence[Topic]) -> None:
        super().__init__()
        self._topics = topics

    def compose(self) -> ComposeResult:
        """Lay out a title, a row for each thing explained, and the footer."""
        yield Static(" Help", classes="screen-title")
        with VerticalScroll(id="help"):
            for topic in self._topics:
                yield Static(topic.title, classes="help-title")
                for term, meaning in topic.rows:
                    yield _row(term, meaning)
        yield KeyFooter(HELP_ACTIONS)


def _row(term: str, meaning: str) -> Horizontal:
    """Set a term beside what it means."""
    return Horizontal(
        Static(term, classes="help-term", markup=False),
        Static(meaning, classes="help-meaning", markup=False),
        classes="help-row",
    )

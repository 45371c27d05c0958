"""The help: every key of a screen, and what stands on it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from pmv_tui.tui.actions.dialogs import HELP_ACTIONS
from pmv_tui.tui.help_topics import Topic
from pmv_tui.tui.screens.searched import SearchedScreen
from pmv_tui.tui.widgets.key_footer import KeyFooter
from pmv_tui.tui.widgets.search_field import SearchField


class HelpRow(Horizontal):
    """A term beside what it means."""

    def __init__(self, term: str, meaning: str) -> None:
        super().__init__(classes="help-row")
        self._term, self._meaning = term, meaning

    def compose(self) -> ComposeResult:
        """Lay out both."""
        yield Static(self._term, classes="help-term", markup=False)
        yield Static(self._meaning, classes="help-meaning", markup=False)

    def show_where(self, text: str) -> bool:
        """Show this where it has a text; tell whether it does."""
        self.display = text.lower() in f"{self._term} {self._meaning}".lower()
        return self.display


class HelpScreen(SearchedScreen[None]):
    """Topics, one below the other.

    Parameters
    ----------
    topics : of the screen that is explained.
    """

    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in HELP_ACTIONS]

    def __init__(self, topics: Sequence[Topic]) -> None:
        super().__init__()
        self._topics = [
            (Static(topic.title, classes="help-title"), [HelpRow(*row) for row in topic.rows])
            for topic in topics
        ]

    def compose(self) -> ComposeResult:
        """Lay out a title, a row for each thing explained, the field to search by, and the keys."""
        yield Static(classes="screen-title", markup=False)
        with VerticalScroll(id="help"):
            for title, rows in self._topics:
                yield title
                yield from rows
        yield SearchField("text to look for")
        yield KeyFooter(HELP_ACTIONS)

    def on_mount(self) -> None:
        """Explain everything."""
        self.show_only("")

    def show_only(self, text: str) -> None:
        """Explain what has a text. See `SearchedScreen.show_only`."""
        shown = 0
        for title, rows in self._topics:
            found = sum([row.show_where(text) for row in rows])
            title.display = bool(found)
            shown += found
        sought = f": /{text}, {shown or 'nothing'} found" if text else ""
        self.query_one(".screen-title", Static).update(f" Help{sought}")

    def action_clear(self) -> None:
        """Clear the text that is looked for; without one, go back."""
        if self.search.value or self.search.display:
            self.clear_search()
        else:
            self.dismiss()

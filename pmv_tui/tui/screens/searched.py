"""The base of screens that show what has a text in it: a key opens the field for it."""

from textual import on
from textual.screen import ScreenResultType
from textual.widgets import Input

from pmv_tui.tui.screens.left_once import LeftOnce
from pmv_tui.tui.widgets.search_field import SearchField


class SearchedScreen(LeftOnce[ScreenResultType]):
    """Has one `SearchField`; enter keeps the text in it, and gives the keys back to the screen."""

    AUTO_FOCUS = ""

    @property
    def search(self) -> SearchField:
        """The field."""
        return self.query_one(SearchField)

    def show_only(self, text: str) -> None:
        """Show what has a text in it; everything where it is empty."""
        raise NotImplementedError

    def action_search(self) -> None:
        """Ask for a text."""
        self.search.open()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a / that is typed into the field stand there. See `DOMNode.check_action`."""
        if action == "search" and any(field.display for field in self.query(SearchField)):
            return False
        return super().check_action(action, parameters)

    def clear_search(self) -> None:
        """Show everything again."""
        self.search.clear()
        self.refresh_bindings()
        self.show_only("")

    @on(Input.Changed)
    def _search_changed(self, message: Input.Changed) -> None:
        """Show what has the text as it is typed."""
        self.show_only(message.value)

    @on(Input.Submitted)
    def _keep_search(self) -> None:
        """Keep the text, and give the keys back."""
        self.search.keep()
        self.refresh_bindings()

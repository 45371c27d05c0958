"""The help and the palette: every key of a screen, and what can be done there."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, repeat

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input, Static

from pmv_tui.tui.actions import HELP_ACTIONS, THEME, Action
from pmv_tui.tui.screens.base import PmvScreen, SearchedScreen
from pmv_tui.tui.text.help import Topic
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.fields import SearchField


class HelpRow(Horizontal):
    """A term beside what it means; `words` are what else it is found by."""

    def __init__(self, term: str, meaning: str, words: str = "") -> None:
        super().__init__(classes="help-row")
        self._term, self._meaning, self._words = term, meaning, words

    def compose(self) -> ComposeResult:
        """Lay out both."""
        yield Static(self._term, classes="help-term", markup=False)
        yield Static(self._meaning, classes="help-meaning", markup=False)

    def show_where(self, text: str) -> bool:
        """Show this where it has a text; return whether it does."""
        self.display = text.lower() in f"{self._term} {self._meaning} {self._words}".lower()
        return self.display


def _rows(topic: Topic) -> list[HelpRow]:
    words = chain(topic.words, repeat(""))
    return [HelpRow(*row, more) for row, more in zip(topic.rows, words, strict=False)]


class HelpScreen(SearchedScreen[None]):
    """Topics of the screen that is explained, one below the other."""

    registry = HELP_ACTIONS

    def __init__(self, topics: Sequence[Topic]) -> None:
        super().__init__()
        self._topics = [
            (Static(topic.title, classes="help-title"), _rows(topic)) for topic in topics
        ]

    def compose(self) -> ComposeResult:
        """Lay out a title, a row for each thing explained, the field to search by, and the keys."""
        yield Static(classes="screen-title", markup=False)
        with VerticalScroll(id="help", can_focus=False):
            for title, rows in self._topics:
                yield title
                yield from rows
        yield SearchField("text to look for")
        yield KeyFooter(self.registry)

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

    def action_move(self, rows: int) -> None:
        """Scroll by lines."""
        self._body.scroll_relative(y=rows, animate=False)

    def action_first(self) -> None:
        """Scroll to the beginning."""
        self._body.scroll_home(animate=False)

    def action_last(self) -> None:
        """Scroll to the end."""
        self._body.scroll_end(animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages; a line of the last one stays in sight."""
        self.action_move(pages * max(self._body.size.height - 1, 1))

    @property
    def _body(self) -> VerticalScroll:
        return self.query_one("#help", VerticalScroll)

    def action_clear(self) -> None:
        """Clear the text that is looked for; without one, go back."""
        if self.search.value or self.search.display:
            self.clear_search()
        else:
            self.dismiss()


class Palette(CommandPalette, PmvScreen[None]):
    """Searches actions, or the themes."""

    def on_mount(self) -> None:
        """Do without a blinking cursor: over SSH each blink is traffic."""
        self.query_one(Input).cursor_blink = False

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave it, and no clock of it running. See `PmvScreen.dismiss`."""
        if self.is_active:
            self._stop_busy_countdown()
            self._stop_no_matches_countdown()
        return super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        """Act on the list, unless it has no lines yet, or no room for one: see `Choices`."""
        with suppress(KeyError):
            super()._action_command_list(action)


class ActionCommands(Provider):
    """The actions of the screen below the palette, the most important first, and the themes."""

    async def discover(self) -> Hits:
        """Offer all of them. See `Provider.discover`."""
        for action, run, key in self._offers():
            name = action.label.capitalize()
            yield DiscoveryHit(Content.assemble(name, key), run, name, action.help)

    async def search(self, query: str) -> Hits:
        """Offer what has every word of the query. See `Provider.search`."""
        matcher = self.matcher(query)
        for action, run, key in self._offers():
            if rank := action.rank(query):
                name = action.label.capitalize()
                shown = Content.assemble(matcher.highlight(name), key)
                yield Hit(rank, shown, run, name, action.help)

    def _offers(self) -> Iterator[tuple[Action, IgnoreReturnCallbackType, tuple[str, str]]]:
        """Yield each action, what carries it out, and its key, as it is written behind the name."""
        screen = self.screen
        if isinstance(screen, PmvScreen):
            for action in (*screen.registry, THEME):
                if action.palette:
                    key = f"   {screen.key_of(action)}" if action.keys else ""
                    yield action, partial(screen.run_from_palette, action), (key, "dim")

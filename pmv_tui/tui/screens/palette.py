"""The palette: Textual's own, but for what it finds, and how it is left."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input

from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.screens.left_once import LeftOnce


class Palette(CommandPalette, LeftOnce[None]):
    """Searches actions, or the themes."""

    def on_mount(self) -> None:
        """Do without a blinking cursor: over SSH each blink is traffic."""
        self.query_one(Input).cursor_blink = False

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave it, and no clock of it running. See `LeftOnce.dismiss`."""
        if self.is_active:
            self._stop_busy_countdown()
            self._stop_no_matches_countdown()
        return super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        """Act on the list, unless it has no lines yet, or no room for one: see `Choices`."""
        with suppress(KeyError):
            super()._action_command_list(action)


class Offer(NamedTuple):
    """What may be chosen.

    Parameters
    ----------
    synonyms : further words by which it is found.
    key : does the same; empty where none does.
    """

    name: str
    help: str
    synonyms: str
    key: str
    run: IgnoreReturnCallbackType

    def rank(self, query: str) -> int:
        """Tell how well this answers a search, 3 for best: by name, synonym or description."""
        words = query.lower().split()
        places = (
            f"{self.name} {self.synonyms} {self.help}",
            f"{self.name} {self.synonyms}",
            self.name,
        )
        return sum(all(word in place.lower() for word in words) for place in places)


class ActionCommands(Provider):
    """The actions of the screen below the palette, the most important first, and the themes."""

    async def discover(self) -> Hits:
        """Offer all of them. See `Provider.discover`."""
        for offer in self._offers():
            name = Content(offer.name)
            yield DiscoveryHit(_with_key(name, offer), offer.run, offer.name, offer.help)

    async def search(self, query: str) -> Hits:
        """Offer what has every word of the query. See `Provider.search`."""
        matcher = self.matcher(query)
        for offer in self._offers():
            if rank := offer.rank(query):
                name = matcher.highlight(offer.name)
                yield Hit(rank, _with_key(name, offer), offer.run, offer.name, offer.help)

    def _offers(self) -> Iterator[Offer]:
        screen = self.screen
        if isinstance(screen, ExplainedScreen):
            for action in screen.registry:
                if action.palette:
                    run = partial(screen.run_from_palette, action)
                    key, name = screen.key_of(action), action.label.capitalize()
                    yield Offer(name, action.help, action.synonyms, key, run)
        themes = self.app.action_change_theme
        yield Offer("Theme", "Choose the colours.", "colors dark light look", "", themes)


def _with_key(name: Content, offer: Offer) -> Content:
    """Write the key behind the name."""
    return Content.assemble(name, (f"   {offer.key}", "dim")) if offer.key else name

"""The lists that one reads: what happened to the rig, and who receives a camera's images."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from pmv_tui.tui.actions import CLIENTS_ACTIONS, LOG_ACTIONS
from pmv_tui.tui.screens.base import RigStateScreen, SearchedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.clients import client_lines, clients_title
from pmv_tui.tui.text.events import LogFilter
from pmv_tui.tui.text.help import CLIENTS_HELP, LOG_HELP
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.fields import SearchField
from pmv_tui.tui.widgets.line_view import EventView
from pmv_tui.tui.widgets.tables import ClientView
from pmv_tui.wire.status import Event


class LogScreen(SearchedScreen[None], RigStateScreen[None]):
    """Every event that is still known, at first of one camera or of all; follows the newest."""

    registry = LOG_ACTIONS
    help_topics = LOG_HELP
    moved = paged = EventView

    def __init__(self, state: RigState, camera: str = "") -> None:
        super().__init__(state)
        self._filter = self._first_filter = LogFilter(camera)
        self._last_seen: Event | None = None

    def compose(self) -> ComposeResult:
        """Lay out a title, the log, the field to search by, where one is, and the footer."""
        yield Static(classes="screen-title", markup=False)
        yield EventView()
        yield SearchField("text to look for")
        yield Static(id="place", markup=False)
        yield KeyFooter(self.registry)

    @on(EventView.Followed)
    def draw(self) -> None:
        """Show those events that the filter lets through, and in the last line where one is."""
        names = self.state.names
        events = [event for event in self.state.events if self._filter.matches(event, names)]
        self.query_one(EventView).show_events(events, names)
        of_rig = f" of {self.state.rig}" if self.state.rig else ""
        self.entitle(f" Log{of_rig}: {self._filter.words(names)}")
        self._show_place(events)

    def _show_place(self, events: Sequence[Event]) -> None:
        """Show whether the log follows its end, or how much is new below."""
        total = len(self.state.events)
        if self.query_one(EventView).following:
            self._last_seen = self.state.events[-1] if self.state.events else None
            nothing = "none like this; esc shows more" if total else "nothing happened yet"
            place = "following" if events else nothing
        else:
            new = sum(1 for _ in takewhile(self._unseen, reversed(events)))
            place = f"{new or 'nothing'} new below; end follows"
        count = f"{total} events" if len(events) == total else f"{len(events)} of {total}"
        self.query_one("#place", Static).update(f" {place}  ({count})")

    def _unseen(self, event: Event) -> bool:
        """Return whether an event came since the end was last in view."""
        seen = self._last_seen
        return seen is None or (event["time"], event["id"]) > (seen["time"], seen["id"])

    def _refilter(self, **changes: Any) -> None:
        self._filter = dataclasses.replace(self._filter, **changes)
        self.draw()

    def action_next_camera(self) -> None:
        """Show the next camera's events; after the last, those of all."""
        choices = ["", *self.state.names]
        shown = self._filter.camera
        place = choices.index(shown) if shown in choices else -1
        self._refilter(camera=choices[(place + 1) % len(choices)])

    def action_troubles(self) -> None:
        """Show warnings and errors only, or everything."""
        self._refilter(troubles_only=not self._filter.troubles_only)

    def show_only(self, text: str) -> None:
        """Show events that have a text. See `SearchedScreen.show_only`."""
        self._refilter(text=text)

    def action_clear(self) -> None:
        """Clear the text while it is typed; else the filter; without one, go back."""
        if self._filter == self._first_filter and not self.search.display:
            self.dismiss()
            return
        if not self.search.display:
            self._filter = self._first_filter
        self.clear_search()


class ClientsScreen(RigStateScreen[None]):
    """Follows the clients of a camera until one goes back, or it is no longer there."""

    registry = CLIENTS_ACTIONS
    help_topics = CLIENTS_HELP
    moved = paged = ClientView

    def __init__(self, state: RigState, unique_id: str) -> None:
        super().__init__(state)
        self._unique_id = unique_id

    def compose(self) -> ComposeResult:
        """Lay out a title, trouble, the clients and the footer."""
        yield Static(classes="screen-title", markup=False)
        yield Static(id="trouble", markup=False)
        yield ClientView()
        yield KeyFooter(self.registry)

    def draw(self) -> None:
        """Draw the clients; without their camera, go back."""
        if camera := self.state.camera(self._unique_id):
            self.entitle(f" {clients_title(camera)}")
            self.query_one(ClientView).show_by(partial(client_lines, camera))
        else:
            self.leave_without(self._unique_id)

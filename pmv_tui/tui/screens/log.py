"""The log: what happened to the rig, filtered by camera, level and text."""

import dataclasses
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.signal import Signal
from textual.widgets import Static

from pmv_tui.tui.actions import LOG_ACTIONS
from pmv_tui.tui.screens.base import ExplainedScreen, SearchedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.events import LogFilter
from pmv_tui.tui.text.help import LOG_HELP
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.fields import SearchField
from pmv_tui.tui.widgets.line_view import EventView
from pmv_tui.wire.status import Event


class LogScreen(SearchedScreen[None], ExplainedScreen[None]):
    """Every event that is still known; follows the newest.

    Parameters
    ----------
    state : what is known now.
    changed : signals when there is more.
    camera : unique_id of the camera whose events are shown at first; empty for all.
    """

    registry = LOG_ACTIONS
    help_topics = LOG_HELP
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in LOG_ACTIONS]

    def __init__(self, state: RigState, changed: Signal[RigState], camera: str = "") -> None:
        super().__init__()
        self._state = state
        self._changed = changed
        self._filter = self._first_filter = LogFilter(camera)
        self._last_seen: Event | None = None

    def compose(self) -> ComposeResult:
        """Lay out a title, the log, the field to search by, where one is, and the footer."""
        yield Static(classes="screen-title", markup=False)
        yield EventView()
        yield SearchField("text to look for")
        yield Static(id="place", markup=False)
        yield KeyFooter(self.registry)

    def on_mount(self) -> None:
        """Show what is known, and whatever comes."""
        self._changed.subscribe(self, self._show, immediate=True)
        self._show(self._state)

    def _show(self, state: RigState) -> None:
        """Show those events of this state that the filter lets through."""
        names = state.names
        events = [event for event in state.events if self._filter.matches(event, names)]
        self.query_one(EventView).show_events(events, names)
        title = f" Log: {self._filter.words(names)}"
        self.query_one(".screen-title", Static).update(title)
        self._show_place(events)

    def _show_place(self, events: Sequence[Event]) -> None:
        """Show whether the log follows its end, or how much is new below."""
        if self.query_one(EventView).following:
            self._last_seen = self._state.events[-1] if self._state.events else None
            place = "following" if events else self._nothing()
        else:
            new = sum(1 for _ in takewhile(self._unseen, reversed(events)))
            place = f"{new or 'nothing'} new below; end follows"
        total = len(self._state.events)
        count = f"{total} events" if len(events) == total else f"{len(events)} of {total}"
        self.query_one("#place", Static).update(f" {place}  ({count})")

    def _nothing(self) -> str:
        """Return why no event is shown."""
        return "none like this; esc shows more" if self._state.events else "nothing happened yet"

    def _unseen(self, event: Event) -> bool:
        """Return whether an event came since the end was last in view."""
        seen = self._last_seen
        return seen is None or (event["time"], event["id"]) > (seen["time"], seen["id"])

    @on(EventView.Followed)
    def _place_changed(self) -> None:
        """Say it in the last line."""
        self._show(self._state)

    def _refilter(self, **changes: Any) -> None:
        """Show other events."""
        self._filter = dataclasses.replace(self._filter, **changes)
        self._show(self._state)

    def action_next_camera(self) -> None:
        """Show the next camera's events; after the last, those of all."""
        choices = ["", *self._state.names]
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

    def action_move(self, rows: int) -> None:
        """Scroll by lines."""
        self.query_one(EventView).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        view = self.query_one(EventView)
        view.scroll_relative(y=pages * view.size.height, animate=False)

    def action_first(self) -> None:
        """Go to the oldest event."""
        self.query_one(EventView).scroll_home(animate=False)

    def action_last(self) -> None:
        """Go to the newest event, and follow."""
        self.query_one(EventView).follow()

"""The log of what happened to the rig."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.signal import Signal
from textual.widgets import Footer, Static

from pmv_tui.tui.actions import LOG_ACTIONS
from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.widgets.event_view import EventView


class LogScreen(ExplainedScreen[None]):
    """Every event that is still known; follows the newest.

    Parameters
    ----------
    state : what is known now.
    changed : tells when there is more.
    """

    registry = LOG_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in LOG_ACTIONS]

    def __init__(self, state: RigState, changed: Signal[RigState]) -> None:
        super().__init__()
        self._state = state
        self._changed = changed

    def compose(self) -> ComposeResult:
        """Lay out a title, the log and the footer."""
        yield Static(" Log: the engine's events, newest at the bottom", classes="screen-title")
        view = EventView()
        view.can_focus = True
        yield view
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Show what is known, and whatever comes."""
        self._changed.subscribe(self, self._show, immediate=True)
        self._show(self._state)

    def _show(self, state: RigState) -> None:
        """Show the events of this state."""
        self.query_one(EventView).show_events(list(state.events), state.names)

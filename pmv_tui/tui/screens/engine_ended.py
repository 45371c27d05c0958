"""The dialog that tells of an engine that has ended, and offers to start another."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.widgets import Button, Static

from pmv_tui.tui.actions.dialogs import ENDED_ACTIONS
from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text import plain


class EngineEndedDialog(
    ModalScreen[Literal["quit"] | None], ExplainedScreen[Literal["quit"] | None]
):
    """Says how the engine ended; goes away by itself when one answers, whoever started it.

    Parameters
    ----------
    state : what was known last.
    changed : tells when there is more.
    last_lines : the end of the engine's log.
    start : starts an engine; returns when it failed, and why.
    """

    registry = ENDED_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ENDED_ACTIONS]

    def __init__(
        self,
        state: RigState,
        changed: Signal[RigState],
        last_lines: Sequence[str],
        start: Callable[[], Awaitable[str]],
    ) -> None:
        super().__init__()
        self._state = state
        self._changed = changed
        self._last_lines = last_lines
        self._start = start

    def compose(self) -> ComposeResult:
        """Lay out what happened, the end of the log, and a button for each answer."""
        with Vertical(classes="dialog"):
            yield Static(
                f"The engine {plain(self._state.silence)}", classes="dialog-title", markup=False
            )
            with VerticalScroll(id="last-lines", can_focus=False):
                yield Static("\n".join(map(plain, self._last_lines)), markup=False)
            with Horizontal(classes="choices"):
                yield Button("[u]S[/u]tart", id="start", variant="primary", compact=True)
                yield Static(self._promise(), id="promise", markup=False)
            with Horizontal(classes="choices"):
                yield Button("[u]Q[/u]uit", id="quit", compact=True)
                yield Static("leave (escape: stay and look)")

    def on_mount(self) -> None:
        """Show the log's end, and listen for an engine."""
        self.app.clear_notifications()
        self.query_one("#last-lines").scroll_end(animate=False)
        self._changed.subscribe(self, self._look, immediate=True)

    def _look(self, state: RigState) -> None:
        """Go away when an engine answers."""
        if not state.silence:
            self.dismiss(None)

    def _promise(self) -> str:
        """Say what is as before after a start."""
        plugged = [plain(camera["name"]) for camera in self._state.cameras if camera["plugged"]]
        return f"another one, with {', '.join(plugged)} plugged" if plugged else "another one"

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Start an engine."""
        button = self.query_one("#start", Button)
        if not button.disabled:
            button.disabled = True
            self.query_one("#promise", Static).update("starting …")
            self._wait()

    @work
    async def _wait(self) -> None:
        """Say why it failed, if it does."""
        why = await self._start()
        self.query_one("#promise", Static).update(plain(why))
        self.query_one("#start", Button).disabled = False

    @on(Button.Pressed, "#quit")
    def action_quit(self) -> None:
        """Leave."""
        self.dismiss("quit")

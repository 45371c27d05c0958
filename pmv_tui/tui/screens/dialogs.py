"""The dialogs that ask: save, quit, unplug, start another engine."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.signal import Signal
from textual.widgets import Button, Input, Static

from pmv_tui.tui.actions import ENDED_ACTIONS, QUIT_ACTIONS, SAVE_ACTIONS, UNPLUG_ACTIONS
from pmv_tui.tui.screens.base import ExplainedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.lines import plain
from pmv_tui.wire.status import CameraStatus


class SaveDialog(ModalScreen[bool], ExplainedScreen[bool]):
    """Saves what is valid, once; while the engine refuses, it stays and says why.

    Its result is whether anything was saved.
    """

    registry = SAVE_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in SAVE_ACTIONS]

    def __init__(self) -> None:
        super().__init__()
        self._saving = False

    def check(self) -> bool:
        """Show what is wrong with what stands in the fields; return whether nothing is."""
        raise NotImplementedError

    async def save(self) -> str:
        """Have it saved; returns why it was refused, or nothing."""
        raise NotImplementedError

    def compose_end(self) -> ComposeResult:
        """Lay out the refusal and the buttons, which stand below the fields."""
        yield Static(id="refusal", classes="field-error", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Save", id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)
            yield Static("enter saves, esc cancels, F1 helps", classes="hint")

    def on_mount(self) -> None:
        """Do without a blinking cursor: over SSH each blink is traffic."""
        self.app.clear_notifications()  # They would cover what is to be read here.
        for field in self.query(Input):
            field.cursor_blink = False
        self._check()

    @on(Input.Changed)
    def _changed(self) -> None:
        """Show what is wrong as soon as it is typed."""
        self.query_one("#refusal", Static).update("")
        self._check()

    def _check(self) -> bool:
        """Offer to save where nothing is wrong."""
        valid = self.check()
        self.query_one("#save", Button).disabled = not valid
        return valid

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def submit(self) -> None:
        """Save what is valid."""
        if not self._saving and self._check():
            self._saving = True
            self.go_on(self._send)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(False)

    async def _send(self) -> None:
        """Have it saved; where the engine refuses, say why and stay."""
        refusal = await self.save()
        self._saving = False
        if refusal and self.is_left:
            self.notify(f"Not saved: {plain(refusal)}", severity="error", markup=False)
        elif refusal:
            self.query_one("#refusal", Static).update(plain(refusal))
        else:
            self.dismiss(True)


Leave = Literal["detach", "stop"]
"""How to quit: the engine goes on, or it ends."""


class QuitDialog(ModalScreen[Leave | None], ExplainedScreen[Leave | None]):
    """Asks to detach, to stop everything, or to stay; its result is None for stay.

    Parameters
    ----------
    plugged : names of the cameras that are plugged.
    others : names of the other operators of this engine.
    """

    registry = QUIT_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in QUIT_ACTIONS]

    def __init__(self, plugged: Sequence[str], others: Sequence[str] = ()) -> None:
        super().__init__()
        self._plugged = plugged
        self._others = others

    def compose(self) -> ComposeResult:
        """Lay out the question and a button for each answer."""
        with Vertical(classes="dialog"):
            yield Static("Quit", classes="dialog-title")
            if names := ", ".join(self._plugged):
                verb = "is" if len(self._plugged) == 1 else "are"
                yield Static(f"{names} {verb} plugged: scripts may be reading.", markup=False)
            if others := "; ".join(self._others):
                yield Static(f"Others use this engine too: {others}.", markup=False)
            with Horizontal(classes="choices"):
                yield Button("[u]D[/u]etach", id="detach", variant="primary", compact=True)
                yield Static("the engine goes on; pmv-tui attaches again")
            with Horizontal(classes="choices"):
                yield Button("[u]S[/u]top", id="stop", variant="error", compact=True)
                yield Static("everything is unplugged and the engine ends")
            with Horizontal(classes="choices"):
                yield Button("[u]C[/u]ancel", id="cancel", compact=True)
                yield Static("stay here (escape)")

    def on_mount(self) -> None:
        """Take away the toasts, which would cover the answers."""
        self.app.clear_notifications()

    @on(Button.Pressed, "#detach")
    def detach(self) -> None:
        """Leave the engine running."""
        self.dismiss("detach")

    @on(Button.Pressed, "#stop")
    def stop(self) -> None:
        """End the engine."""
        self.dismiss("stop")

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Stay."""
        self.dismiss(None)


class UnplugDialog(ModalScreen[bool], ExplainedScreen[bool]):
    """Asks before clients are disconnected; its result is whether to unplug.

    Parameters
    ----------
    cameras : those that have clients.
    """

    registry = UNPLUG_ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in UNPLUG_ACTIONS]
    AUTO_FOCUS = "#cancel"

    def __init__(self, cameras: Sequence[CameraStatus]) -> None:
        super().__init__()
        self._cameras = cameras

    def compose(self) -> ComposeResult:
        """Lay out who is reading, and a button for each answer."""
        read = ", ".join(f"{plain(each['name'])} ({each['clients']})" for each in self._cameras)
        with Vertical(classes="dialog"):
            yield Static("Unplug several cameras", classes="dialog-title")
            yield Static(f"Clients are connected to {read}.", markup=False)
            with Horizontal(classes="choices"):
                yield Button("[u]U[/u]nplug", id="unplug", variant="error", compact=True)
                yield Static("their scripts get no more images")
            with Horizontal(classes="choices"):
                yield Button("[u]C[/u]ancel", id="cancel", compact=True)
                yield Static("everything stays plugged (escape)")

    def on_mount(self) -> None:
        """Take away the toasts, which would cover the answers."""
        self.app.clear_notifications()

    @on(Button.Pressed, "#unplug")
    def unplug(self) -> None:
        """Disconnect them."""
        self.dismiss(True)

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)


class EngineEndedDialog(
    ModalScreen[Literal["quit"] | None], ExplainedScreen[Literal["quit"] | None]
):
    """Says how the engine ended; goes away by itself when one answers, whoever started it.

    Parameters
    ----------
    state : what was known last.
    changed : signals when there is more.
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
        """Return what a start restores."""
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
        """Show why it failed, if it does."""
        why = await self._start()
        self.query_one("#promise", Static).update(plain(why))
        self.query_one("#start", Button).disabled = False

    @on(Button.Pressed, "#quit")
    def action_quit(self) -> None:
        """Leave."""
        self.dismiss("quit")

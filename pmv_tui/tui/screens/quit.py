"""The dialog that asks what becomes of the engine when the TUI quits."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from pmv_tui.tui.actions.dialogs import QUIT_ACTIONS
from pmv_tui.tui.screens.explained import ExplainedScreen

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

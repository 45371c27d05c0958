"""The dialog that asks whether to unplug cameras that scripts are reading from."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.actions.dialogs import UNPLUG_ACTIONS
from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.text import plain


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

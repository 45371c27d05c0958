"""What the dialogs that save something have in common."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from pmv_tui.tui.actions.dialogs import SAVE_ACTIONS
from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.text import plain


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
        """Show what is wrong with what stands in the fields; tell whether nothing is."""
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
        """Say what is wrong as soon as it is typed."""
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

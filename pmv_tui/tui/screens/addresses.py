"""The dialog that edits a camera's addresses."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.address_check import check_addresses
from pmv_tui.tui.text import plain

Save = Callable[[str, str], Awaitable[str]]
"""Is given the pub and the pull address; returns why they were refused, or nothing."""


class AddressDialog(ModalScreen[bool]):
    """Two addresses, checked as one types; its result is whether they were saved.

    Parameters
    ----------
    camera : whose addresses they are.
    others : the other cameras, whose addresses are taken.
    save : called with valid addresses; while it refuses, the dialog stays with what was typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "cancel")]

    def __init__(self, camera: CameraStatus, others: Sequence[CameraStatus], save: Save) -> None:
        super().__init__()
        self._camera = camera
        self._others = others
        self._save = save
        self._saving = False

    def compose(self) -> ComposeResult:
        """Lay out the two inputs, each with its error, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(
                f"Addresses of {plain(self._camera['name'])}", classes="dialog-title", markup=False
            )
            for kind, meaning, address in (
                ("pub", "images are published at", self._camera["pub_address"]),
                ("pull", "boxes are received at", self._camera["pull_address"]),
            ):
                yield Label(f"{kind}: {meaning}")
                yield Input(plain(address), id=kind, compact=True, select_on_focus=False)
                yield Static(id=f"{kind}-error", classes="field-error", markup=False)
            yield Static(id="refusal", classes="field-error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Save", id="save", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
                yield Static("enter saves, escape cancels", classes="hint")

    def on_mount(self) -> None:
        """Do without a blinking cursor: over SSH each blink is traffic."""
        for field in self.query(Input):
            field.cursor_blink = False
        self._show_errors()

    @property
    def _typed(self) -> tuple[str, str]:
        """Both addresses as they stand."""
        pub, pull = (self.query_one(f"#{kind}", Input).value.strip() for kind in ("pub", "pull"))
        return pub, pull

    @on(Input.Changed)
    def _check(self) -> None:
        """Say what is wrong as soon as it is typed."""
        self.query_one("#refusal", Static).update("")
        self._show_errors()

    def _show_errors(self) -> bool:
        """Show each address's error; tell whether there is none."""
        errors = check_addresses(*self._typed, self._others)
        for kind, error in errors._asdict().items():
            self.query_one(f"#{kind}-error", Static).update(error)
            self.query_one(f"#{kind}", Input).set_class(bool(error), "-invalid")
        self.query_one("#save", Button).disabled = any(errors)
        return not any(errors)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _submit(self) -> None:
        """Save what is valid, once."""
        if not self._saving and self._show_errors():
            self._saving = True
            self._send()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        """Leave the addresses as they were."""
        self.dismiss(False)

    @work
    async def _send(self) -> None:
        """Have the addresses saved; where the engine refuses, say why and stay."""
        refusal = await self._save(*self._typed)
        self._saving = False
        if refusal:
            self.query_one("#refusal", Static).update(plain(refusal))
        else:
            self.dismiss(True)

"""The dialog that edits a camera's addresses."""

from collections.abc import Awaitable, Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.address_check import access_note, check_addresses
from pmv_tui.tui.screens.save_dialog import SaveDialog
from pmv_tui.tui.text import plain
from pmv_tui.tui.widgets.field import Field

Save = Callable[[str, str], Awaitable[str]]
"""Is given the pub and the pull address; returns why they were refused, or nothing."""


class AddressDialog(SaveDialog):
    """Two addresses, checked as one types.

    Parameters
    ----------
    camera : whose addresses they are.
    others : the other cameras, whose addresses are taken.
    save : called with valid addresses.
    """

    def __init__(self, camera: CameraStatus, others: Sequence[CameraStatus], save: Save) -> None:
        super().__init__()
        self._camera = camera
        self._others = others
        self._save = save

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
                yield Field(plain(address), id=kind, compact=True, select_on_focus=False)
                yield Static(id=f"{kind}-error", classes="field-error", markup=False)
            yield from self.compose_end()

    @property
    def _typed(self) -> tuple[str, str]:
        """Both addresses as they stand."""
        pub, pull = (self.query_one(f"#{kind}", Input).value.strip() for kind in ("pub", "pull"))
        return pub, pull

    def check(self) -> bool:
        """Show each address's error. See `SaveDialog.check`."""
        errors = check_addresses(*self._typed, self._others)
        notes = ("", "") if self._camera["curve"] else map(access_note, self._typed)
        for (kind, error), note in zip(errors._asdict().items(), notes, strict=True):
            said = self.query_one(f"#{kind}-error", Static)
            said.update(error or note)
            said.set_class(bool(note and not error), "-warning")
            self.query_one(f"#{kind}", Input).set_class(bool(error), "-invalid")
        return not any(errors)

    async def save(self) -> str:
        """Save both addresses. See `SaveDialog.save`."""
        return await self._save(*self._typed)

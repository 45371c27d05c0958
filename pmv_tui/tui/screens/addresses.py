"""The dialog that edits a camera's addresses."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from pmv_tui.config.addresses import Address, taken_by
from pmv_tui.network import reachable
from pmv_tui.tui.screens.dialogs import SaveDialog
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.widgets.fields import Field
from pmv_tui.wire.status import CameraStatus


class AddressErrors(NamedTuple):
    """What is wrong with each address; empty where nothing is."""

    pub: str
    pull: str


def check_addresses(pub: str, pull: str, others: Sequence[CameraStatus]) -> AddressErrors:
    """Check the form and port of both, against each other and against the other cameras'.

    Parameters
    ----------
    pub, pull : as typed; spaces around them do not count.
    others : the other cameras of the rig.
    """
    pub_address, pub_error = _parse(pub)
    pull_address, pull_error = _parse(pull)
    if pub_address and pull_address and pub_address.collides(pull_address):
        pull_error = "the same as the pub address; each socket needs its own port"
    if pub_address and not pub_error:
        pub_error = _taken(pub_address, others)
    if pull_address and not pull_error:
        pull_error = _taken(pull_address, others)
    return AddressErrors(pub_error, pull_error)


def access_note(text: str) -> str:
    """Return who can connect to an address, where that is not this machine alone; else nothing."""
    address, _ = _parse(text)
    if address is None or not address.exposed:
        return ""
    ways = reachable(address)
    at = f" at {', '.join(ways[:2])}{' …' if ways[2:] else ''}" if ways else ""
    if address.needs_look_up:
        return "if that is an address of its network, other machines can connect, unencrypted"
    return f"other machines can connect{at}, unencrypted"


def _parse(text: str) -> tuple[Address | None, str]:
    """Read an address; the second part says why it cannot be read."""
    try:
        return Address.parse(text.strip()), ""
    except ValueError as error:
        return None, plain(str(error))


def _taken(address: Address, others: Sequence[CameraStatus]) -> str:
    """Name the camera that has the address already."""
    taken = [
        (theirs, f"{plain(camera['name'])} has it as its {kind} address")
        for camera in others
        for kind, text in (("pub", camera["pub_address"]), ("pull", camera["pull_address"]))
        if (theirs := _parse(text)[0])
    ]
    return taken_by(address, taken) or ""


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

"""Whether a pair of addresses can be a camera's, as the rig stands."""

from collections.abc import Sequence
from typing import NamedTuple

from pmv_tui.config.addresses import Address
from pmv_tui.control.messages import CameraStatus
from pmv_tui.names import reachable
from pmv_tui.tui.text import plain


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
    """Say who can connect to an address, where that is not this machine alone; else nothing."""
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
    for camera in others:
        for kind, text in (("pub", camera["pub_address"]), ("pull", camera["pull_address"])):
            theirs, _ = _parse(text)
            if theirs and theirs.collides(address):
                return f"{plain(camera['name'])} has it as its {kind} address"
    return ""

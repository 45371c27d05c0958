"""What the address dialog accepts, and what it says where it does not."""

import socket

import psutil
import pytest

from pmv_tui.tui.screens.dialogs import access_note, check_addresses
from tests.tui.rig_double import a_camera

OTHERS = [a_camera("right", 5557)]


def test_a_free_pair_is_accepted() -> None:
    assert check_addresses("tcp://localhost:5555", " tcp://localhost:5556 ", OTHERS) == ("", "")


@pytest.mark.parametrize(
    ("pub", "reason"),
    [
        ("localhost:5555", "is not an address; one looks like tcp://localhost:5555"),
        ("tcp://localhost:99999", "port 99999 is not between 1 and 65535"),
        ("tcp://localhost:5557", "right has it as its pub address"),
        ("tcp://127.0.0.1:5558", "right has it as its pull address"),
        ("tcp://*:5557", "right has it as its pub address"),
    ],
)
def test_a_wrong_pub_address_is_refused_with_the_reason(pub: str, reason: str) -> None:
    errors = check_addresses(pub, "tcp://localhost:5556", OTHERS)
    assert reason in errors.pub
    assert errors.pull == ""


def test_an_ipc_address_is_checked_as_it_is_typed() -> None:
    other = a_camera("other", 5559, pub_address="ipc:///tmp/other")
    assert check_addresses("ipc:///tmp/left", "tcp://localhost:5556", [other]) == ("", "")
    assert access_note("ipc:///tmp/left") == ""
    errors = check_addresses("ipc:///tmp/./other", "ipc:///tmp/other", [other])
    assert errors.pub == "other has it as its pub address"
    assert check_addresses("ipc:///a", "ipc:///a", []).pull.endswith("needs its own path")
    assert "not the whole path" in check_addresses("ipc://left", "ipc:///tmp/left", []).pub


def test_a_pair_of_the_same_address_is_refused() -> None:
    errors = check_addresses("tcp://localhost:5555", "tcp://127.0.0.1:5555", OTHERS)
    assert errors.pub == ""
    assert "the same as the pub address" in errors.pull


def test_who_else_can_connect_is_said_while_it_is_typed() -> None:
    assert access_note("tcp://localhost:5555") == access_note("tcp://nonsense") == ""
    assert access_note("tcp://192.0.2.1:5555") == "other machines can connect, unencrypted"
    assert access_note("tcp://rig-pc:5555").startswith("if that is an address of its network")
    numbers = [each for several in psutil.net_if_addrs().values() for each in several]
    outside = [
        each.address
        for each in numbers
        if each.family == socket.AF_INET and not each.address.startswith(("127.", "169.254."))
    ]
    note = access_note("tcp://*:5555")
    assert note.startswith("other machines can connect")
    assert all(f"tcp://{number}:5555" in note for number in outside[:2])

"""Addresses as they stand in the config, and which of them get in each other's way."""

from dataclasses import replace
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.config.addresses import Address, free_pair
from pmv_tui.network import NameTrouble, in_numbers


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://localhost:5555", "localhost", 5555),
        ("tcp://*:1", "*", 1),
        ("tcp://192.168.0.7:65535", "192.168.0.7", 65535),
        ("tcp://[::1]:5555", "[::1]", 5555),
        ("tcp://rig-2.lab_net:5555", "rig-2.lab_net", 5555),
    ],
)
def test_an_address_is_read_and_given_back_as_written(text: str, host: str, port: int) -> None:
    address = Address.parse(text)
    assert address == Address(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "one looks like tcp://localhost:5555"),
        ("localhost:5555", "one looks like"),
        ("udp://localhost:5555", "one looks like"),
        ("ipc://", "not the whole path of a file"),
        ("ipc://left", "not the whole path of a file"),
        ("ipc://~/left", "not the whole path of a file"),
        ("ipc://@left", "not the whole path of a file"),
        ("ipc:///tmp/", "is a folder; add the name of a file"),
        ("ipc:///tmp/..", "is a folder"),
        ("ipc:///tmp/le\nft", "characters that cannot be shown"),
        ("ipc:///" + "x" * 107, "has 108 bytes; the path of a socket has 107 at most"),
        ("ipc:///" + "\u00fc" * 54, "has 109 bytes"),
        ("tcp://localhost", "one looks like"),
        ("tcp://localhost:http", "one looks like"),
        ("tcp://localhost:-1", "one looks like"),
        ("tcp://localhost:\u0665\u0665", "one looks like"),
        ("tcp://local host:5555", "one looks like"),
        (" tcp://localhost:5555", "one looks like"),
        ("tcp://localhost:5555\n", "one looks like"),
        ("tcp://::1:5555", "one looks like"),
        ("tcp://localhost:0", "port 0 is not between 1 and 65535"),
        ("tcp://localhost:65536", "port 65536 is not between"),
        ("tcp://localhost:" + "9" * 5000, "is not between"),
        ("tcp://[nonsense]:5555", "is not an IPv6 address"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Address.parse(text)


def test_an_ipc_address_is_a_path() -> None:
    address = Address.parse(text := "ipc:///run/user/1000/left camera")
    assert (str(address), address.endpoint, address.path) == (text, text, text[6:])
    assert not address.exposed
    assert not address.needs_look_up
    longest = "ipc:///" + "x" * 106
    assert str(Address.parse(longest)) == longest


@given(st.text(max_size=40) | st.from_regex(r"tcp://[^ ]{0,12}:[0-9]{1,6}|ipc://[^ ]{0,12}"))
def test_any_text_is_an_address_or_refused_with_a_reason(text: str) -> None:
    try:
        address = Address.parse(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - both ends are allowed
    else:
        assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("tcp://localhost:5555", "tcp://127.0.0.1:5555", True),
        ("tcp://LOCALHOST:5555", "tcp://localhost:5555", True),
        ("tcp://localhost:5555", "tcp://localhost:5556", False),
        ("tcp://*:5555", "tcp://192.168.0.7:5555", True),
        ("tcp://0.0.0.0:5555", "tcp://localhost:5555", True),
        ("tcp://[::]:5555", "tcp://localhost:5555", True),
        ("tcp://[::1]:5555", "tcp://[0:0:0:0:0:0:0:1]:5555", True),
        ("tcp://[::1]:5555", "tcp://127.0.0.1:5555", False),
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.2:5555", False),
        ("ipc:///tmp/left", "ipc:///tmp/left", True),
        ("ipc:///tmp/left", "ipc://///tmp/./x/../left", True),
        ("ipc:///tmp/left", "ipc:///tmp/right", False),
        ("ipc:///tmp/left", "tcp://localhost:5555", False),
    ],
)
def test_addresses_collide_when_both_cannot_be_bound(one: str, other: str, collide: bool) -> None:
    first, second = Address.parse(one), Address.parse(other)
    assert first.collides(second) is collide
    assert second.collides(first) is collide


@pytest.mark.parametrize(
    ("text", "exposed"),
    [
        ("tcp://localhost:5555", False),
        ("tcp://127.0.0.9:5555", False),
        ("tcp://[::1]:5555", False),
        ("tcp://*:5555", True),
        ("tcp://0.0.0.0:5555", True),
        ("tcp://192.168.0.7:5555", True),
        ("tcp://rig-2:5555", True),
    ],
)
def test_only_loopback_is_out_of_reach_of_other_machines(text: str, exposed: bool) -> None:
    assert Address.parse(text).exposed is exposed


def test_a_free_pair_avoids_every_taken_port() -> None:
    taken = [Address("localhost", 5556), Address("*", 5559), Address.parse("ipc:///tmp/left")]
    assert [address.port for address in free_pair(taken)] == [5557, 5558]
    assert [address.port for address in free_pair(taken, 5559)] == [5561, 5562]


def test_paths_collide_by_whatever_links_they_lead_to_one_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    one, other = (Address.parse(f"ipc://{tmp_path}/{name}") for name in ("left", "link/left"))
    assert not one.collides(other), "not known yet"
    assert one.looked_up().collides(other.looked_up())
    assert str(other.looked_up()) == str(other)


def test_what_is_chosen_can_be_bound() -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        taken = Address("localhost", socket.bind_to_random_port("tcp://127.0.0.1"))
        pub, _ = free_pair([taken], taken.port)
        assert Address.parse(str(pub)) == pub
        assert not pub.collides(taken)


def test_a_name_is_what_it_was_looked_up_to_be() -> None:
    written = Address.parse("tcp://rig-pc:5555")
    assert written.needs_look_up
    assert written.exposed, "as far as is known"
    found = replace(written, number="127.0.1.1")
    assert (str(found), found.endpoint) == ("tcp://rig-pc:5555", "tcp://127.0.1.1:5555")
    assert not found.needs_look_up
    assert not found.exposed
    assert not any(
        Address.parse(f"tcp://{host}:5555").needs_look_up
        for host in ("localhost", "*", "127.0.0.1", "[::1]", "lo")
    )


def test_a_host_that_only_this_machine_knows_is_found_without_a_name_server() -> None:
    assert in_numbers(Address("localhost", 5555)).number == ""
    with pytest.raises(NameTrouble, match=r"tcp://no-such-host\.invalid:5555: .*; write"):
        in_numbers(Address("no-such-host.invalid", 5555))

"""Overlay messages, from a real PUSH socket to the newest box."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgpack
import pytest
import zmq

from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.clients.guard import MOST, Guard
from pmv_tui.engine.stream import receiver as receiver_module
from pmv_tui.engine.stream.answers import Arrival
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.engine.stream.receiver import Receiver, ReceiverError
from pmv_tui.engine.stream.sockets import BoundSocket
from pmv_tui.wire.overlay import MAX_MESSAGE_BYTES
from tests.raw_zmtp import old_peer, part
from tests.support import free_ports, wait_for

Context = zmq.Context[zmq.Socket[bytes]]
Wired = tuple[Overlays, zmq.Socket[bytes]]

BOX = {"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4]}}


def drawn(overlays: Overlays) -> list[list[int]]:
    """Return the corners of the boxes that are drawn now."""
    shapes = overlays.drawn(time.monotonic_ns())
    return [shape["corners"] for shape in shapes if shape["kind"] == "box"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver(pull_rate=200)
    receiver.start()
    yield receiver
    receiver.stop()


@contextmanager
def connected(receiver: Receiver, overlays: Overlays) -> Iterator[zmq.Socket[bytes]]:
    """Yield a client's socket whose messages a receiver reads into overlays."""
    guard = Guard()
    guard.start()
    with Context() as context:
        address = Address("localhost", free_ports(1)[0])
        receiver.swap(overlays, BoundSocket(context, zmq.PULL, address, guard))
        with context.socket(zmq.PUSH) as client:
            client.linger = 0
            client.connect(str(address))
            yield client
        bound = receiver.swap(overlays, None)
        assert bound is not None
        bound.release()
    guard.stop()


@pytest.fixture
def wired(receiver: Receiver) -> Iterator[Wired]:
    """Overlays that a receiver fills, and a client's socket connected to it."""
    overlays = Overlays(OverlayConfig(), lambda: (0, 0))
    with connected(receiver, overlays) as client:
        yield overlays, client


def test_a_client_of_an_old_libzmq_is_not_cut_however_much_it_sends(wired: Wired) -> None:
    overlays, client = wired
    endpoint = client.getsockopt_string(zmq.LAST_ENDPOINT)
    long, box = part(60_000, flags=0), json.dumps(BOX).encode()
    with old_peer(int(endpoint.rpartition(":")[2]), b"PUSH", 2) as old:
        for _ in range(int(1.2 * MOST / len(long))):
            old.sendall(long)
        wait_for(lambda: overlays.malformed > 0, "any of that to be read")
        old.sendall(bytes([0, len(box)]) + box)
        wait_for(lambda: overlays.messages == 1, "a box after it all")


def test_a_box_in_json_or_msgpack_is_kept_until_it_expires(wired: Wired) -> None:
    overlays, client = wired
    client.send(json.dumps(BOX).encode())
    wait_for(lambda: overlays.messages == 1, "the box in JSON")
    client.send(msgpack.packb(BOX))
    wait_for(lambda: overlays.messages == 2, "the box in msgpack")
    assert drawn(overlays) == [[1, 2, 3, 4]]
    wait_for(lambda: not drawn(overlays), "the box to be deleted")


def test_malformed_messages_are_counted_with_the_last_reason_and_keep_the_box(
    wired: Wired,
) -> None:
    overlays, client = wired
    client.send_json(BOX)
    client.send(b"{")
    client.send_multipart([b"a", b"b"])
    client.send(b" " * (MAX_MESSAGE_BYTES + 1))
    wait_for(lambda: overlays.malformed == 3, "three malformed messages")
    assert "65537 bytes" in overlays.malformed_reason
    assert drawn(overlays) == [[1, 2, 3, 4]]


def test_the_newest_of_many_boxes_is_kept(wired: Wired) -> None:
    overlays, client = wired
    for x in range(1000):
        client.send_json({"DRAW_BOX": {"TOP_LEFT": [x, 0], "BOTTOM_RIGHT": [x, 0]}})
    wait_for(lambda: overlays.messages == 1000, "all boxes")
    assert drawn(overlays) == [[999, 0, 999, 0]]


class Odd(Overlays):
    """Overlays that do with each message what a test wants."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(OverlayConfig(), lambda: (0, 0))
        self._act = act

    def take(self, message: bytes, now: int, arrival: Arrival | None = None) -> None:
        """Read a message. See `Overlays.take`."""
        self._act()
        super().take(message, now, arrival)


FLOOD = """
import sys, zmq
socket = zmq.Context().socket(zmq.PUSH)
socket.connect(sys.argv[1])
while True:
    socket.send(sys.argv[2].encode())
"""


def test_a_flood_at_one_camera_is_remarked_and_keeps_no_other_camera_waiting(
    receiver: Receiver, wired: Wired
) -> None:
    flooded, client = wired
    quiet = Overlays(OverlayConfig(), lambda: (0, 0))
    endpoint = client.getsockopt_string(zmq.LAST_ENDPOINT)
    command = [sys.executable, "-c", FLOOD, endpoint, json.dumps(BOX)]
    with connected(receiver, quiet) as other, subprocess.Popen(command) as flood:
        try:
            wait_for(lambda: flooded.remark, "more to come than is read")
            for number in range(1, 21):
                other.send_json(BOX)
                wait_for(lambda: quiet.messages >= number, "the other's box")  # noqa: B023
            assert flood.poll() is None
            assert "come faster than they can be read" in flooded.remark
        finally:
            flood.kill()


def test_a_camera_whose_messages_cannot_be_read_keeps_none_of_the_others(
    receiver: Receiver, wired: Wired
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug")

    overlays, client = wired
    odd = Odd(fail)
    with connected(receiver, odd) as odd_client:
        odd_client.send_json(BOX)
        wait_for(lambda: odd.malformed == 1, "the message to be counted")
        assert odd.malformed_reason == "it could not be read: ZeroDivisionError: a bug"
        client.send_json(BOX)
        wait_for(lambda: overlays.messages == 1, "the other camera's message")


def test_a_thread_that_hangs_is_reported_and_what_it_was_asked_is_not_done_later(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        go_on.wait()

    odd = Odd(hang)
    with connected(receiver, odd) as client:
        client.send_json(BOX)
        wait_for(hangs.is_set, "it to hang")
        with monkeypatch.context() as patience:
            patience.setattr(receiver_module, "ANSWER_TIMEOUT", 0.1)
            with pytest.raises(ReceiverError, match=r"did not answer within 0\.1 s; try again"):
                receiver.swap(odd, None)
        go_on.set()
        wait_for(lambda: odd.messages == 1, "it to go on")

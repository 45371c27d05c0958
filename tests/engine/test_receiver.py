"""Overlay messages, from a real PUSH socket to the newest box."""

import json
import time
from collections.abc import Iterator

import msgpack
import pytest
import zmq

from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.overlays import Overlays
from pmv_tui.engine.receiver import Receiver
from pmv_tui.engine.sockets import BoundSocket
from pmv_tui.protocol import MAX_MESSAGE_BYTES, Box
from tests.support import free_ports, wait_for

Context = zmq.Context[zmq.Socket[bytes]]
Wired = tuple[Overlays, zmq.Socket[bytes]]

BOX = {"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4]}}


def drawn(overlays: Overlays) -> list[Box]:
    """Give the boxes that are drawn now."""
    return [box for box, _ in overlays.drawn(time.monotonic_ns()).boxes]


@pytest.fixture
def wired() -> Iterator[Wired]:
    """Overlays that a receiver fills, and a client's socket connected to it."""
    context = Context()
    receiver = Receiver(pull_rate=200)
    receiver.start()
    overlays = Overlays(OverlayConfig(), lambda: (0, 0))
    address = Address("localhost", free_ports(1)[0])
    receiver.swap(overlays, BoundSocket(context, zmq.PULL, address))
    client = context.socket(zmq.PUSH)
    client.linger = 0
    client.connect(str(address))
    yield overlays, client
    client.close()
    bound = receiver.swap(overlays, None)
    assert bound is not None
    bound.release()
    receiver.stop()
    context.term()


def test_a_box_in_json_or_msgpack_is_kept_until_it_expires(wired: Wired) -> None:
    overlays, client = wired
    client.send(json.dumps(BOX).encode())
    wait_for(lambda: overlays.messages == 1, "the box in JSON")
    client.send(msgpack.packb(BOX))
    wait_for(lambda: overlays.messages == 2, "the box in msgpack")
    assert drawn(overlays) == [Box((1, 2), (3, 4))]
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
    assert drawn(overlays) == [Box((1, 2), (3, 4))]


def test_the_newest_of_many_boxes_is_kept(wired: Wired) -> None:
    overlays, client = wired
    for x in range(1000):
        client.send_json({"DRAW_BOX": {"TOP_LEFT": [x, 0], "BOTTOM_RIGHT": [x, 0]}})
    wait_for(lambda: overlays.messages == 1000, "all boxes")
    assert drawn(overlays) == [Box((999, 0), (999, 0))]

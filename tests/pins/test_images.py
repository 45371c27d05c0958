"""Image messages as they leave an engine: three parts, byte for byte."""

import msgpack
import pytest
import zmq

from tests.pins.pin import Pins
from tests.pins.pinned_rig import FAKES, PinnedRig
from tests.support import DEADLINE, wait_for


def received(socket: "zmq.Socket[bytes]") -> list[bytes]:
    assert socket.poll(int(DEADLINE * 1000)), "no image"
    return socket.recv_multipart()


def first_numbered(parts: list[bytes]) -> list[bytes]:
    """Put 1 for the number of an image, which says how many came before."""
    topic, metadata, image = parts
    key, number = msgpack.packb("sequence"), msgpack.unpackb(metadata).get("sequence", 1)
    return [topic, metadata.replace(key + msgpack.packb(number), key + b"\x01"), image]


def in_hex(parts: list[bytes]) -> list[str]:
    topic, metadata, image = parts
    return [
        f"topic     {topic.hex(' ')}  ({topic.decode()})",
        f"metadata  {metadata.hex(' ')}  ({msgpack.unpackb(metadata)})",
        f"image     {image.hex(' ')}",
    ]


@pytest.mark.parametrize("name", FAKES)
def test_an_image_message(pinned_rig: PinnedRig, pins: Pins, name: str) -> None:
    lines: list[str] = []
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        socket.connect(f"tcp://localhost:{pinned_rig.ports[name][0]}")
        socket.subscribe(b"")
        plugged = pinned_rig.ask("plug", camera=name)
        assert plugged["ok"], plugged
        for extended in (False, True):
            changes = {"extended_metadata": extended}
            assert pinned_rig.ask("set", camera=name, changes=changes)["ok"]

            def as_set(extended: bool = extended) -> list[bytes]:
                parts = received(socket)
                return parts if (b"sequence" in parts[1]) is extended else []

            parts = wait_for(as_set, "an image that was sent after the change")
            lines += ["with extended_metadata" if extended else "without extended_metadata"]
            lines += [*in_hex(first_numbered(parts)), ""]
        assert pinned_rig.ask("set", camera=name, changes={"extended_metadata": False})["ok"]
        assert pinned_rig.ask("unplug", camera=name)["ok"]
    pins.check(f"image_{name}.txt", "\n".join(lines))

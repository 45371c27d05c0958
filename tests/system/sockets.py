"""What a client, or another program, sees of a rig's ports."""

import socket

import msgpack
import zmq

from tests.support import DEADLINE


def receive_image(place: int | str) -> dict[str, object]:
    """Subscribe at a port or an address; give the metadata of the first image that arrives."""
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.linger = 0
        subscriber.connect(place if isinstance(place, str) else f"tcp://localhost:{place}")
        subscriber.subscribe(b"")
        assert subscriber.poll(int(DEADLINE * 1000)), "no image"
        metadata: dict[str, object] = msgpack.unpackb(subscriber.recv_multipart()[1])
        return metadata


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

"""A publisher of a few lines, that tests send from what they like."""

import time
from types import TracebackType
from typing import Any, Self

import msgpack
import numpy as np
import zmq
from numpy.typing import NDArray

from tests.support import DEADLINE

IMAGE = np.arange(12, dtype=np.uint8).reshape(3, 4)

METADATA = {"unique_id": "left-simulated", "timestamp": 1, "height": 3, "width": 4}


def _with(**other: Any) -> list[bytes]:
    """Build an image message whose metadata is not as documented in one way."""
    return [b"image", msgpack.packb(METADATA | other), bytes(12)]


NO_IMAGES: list[list[bytes]] = [
    [b"image"],
    [b"images", msgpack.packb(METADATA), bytes(12)],
    [b"image", msgpack.packb(METADATA), bytes(12), b""],
    [b"image", msgpack.packb(METADATA), bytes(11)],
    [b"image", b"\xc1", bytes(12)],
    [b"image", b"\x91" * 5000 + b"\x01", bytes(12)],
    [b"image", msgpack.packb([1, 2]), bytes(12)],
    [b"image", msgpack.packb(METADATA | {"height": 0}), b""],
    [b"image", msgpack.packb(METADATA | {"height": True, "width": True}), b"0"],
    _with(height=-3, width=-4),
    _with(height=3.0),
    _with(height=float("nan")),
    _with(height=2**63, width=2**63),
    _with(timestamp="now"),
    _with(timestamp=True),
    _with(timestamp=-1),
    _with(timestamp=2**64 - 1),
    _with(timestamp=1.5),
    _with(unique_id=7),
    _with(sequence="first"),
    _with(sequence=True),
    _with(sequence=-1),
    _with(sequence=2**64 - 1),
    _with(sequence=[1]),
    _with(device_timestamp=0.5),
    _with(pixel_format=8),
]
"""Messages that any program may publish, and that are no images."""


class Publisher:
    """An XPUB socket on a free port of the loopback interface.

    Parameters
    ----------
    unique_id : of the camera whose images it sends.
    port : where to listen; 0: any free one.
    """

    def __init__(self, unique_id: str = "left-simulated", port: int = 0) -> None:
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.xpub_verbose = True
        self._socket.linger = 0
        self.port = port or self._socket.bind_to_random_port("tcp://127.0.0.1")
        if port:
            self._socket.bind(f"tcp://127.0.0.1:{port}")
        self.address = f"tcp://localhost:{self.port}"
        self._unique_id = unique_id

    def await_client(self) -> None:
        """Wait until one has subscribed."""
        assert self._next_change() == b"\x01image"

    def await_clients(self, count: int) -> None:
        """Wait until so many more have subscribed."""
        for _ in range(count):
            self.await_client()

    def await_no_client(self) -> None:
        """Wait until the last one is gone."""
        assert self._next_change() == b"\x00image"

    def _next_change(self) -> bytes:
        assert self._socket.poll(int(DEADLINE * 1000)), "nobody came or went"
        return self._socket.recv()

    def send(
        self,
        sequence: int | None = None,
        *,
        timestamp: int | None = None,
        image: NDArray[np.uint8] = IMAGE,
        **more: Any,
    ) -> None:
        """Send an image; its time stamp is now, where none is given."""
        height, width = image.shape
        metadata = {
            "unique_id": self._unique_id,
            "timestamp": time.time_ns() if timestamp is None else timestamp,
            "height": height,
            "width": width,
        }
        if sequence is not None:
            metadata["sequence"] = sequence
        self.send_parts(b"image", msgpack.packb(metadata | more), image.tobytes())

    def send_parts(self, *parts: bytes) -> None:
        """Send whatever message."""
        self._socket.send_multipart(parts)

    def close(self) -> None:
        """Stop listening."""
        self._context.destroy(linger=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

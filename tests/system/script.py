"""A script that was written from docs/control.md."""

from pathlib import Path
from typing import Any

import msgpack
import zmq

from tests.support import DEADLINE


class Script:
    """A REQ socket on a rig's control socket."""

    def __init__(self, path: Path, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self._socket = context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.connect(f"ipc://{path}")

    def ask(self, request: object) -> dict[str, Any]:
        """Send a request, packed unless it is bytes already; give the answer."""
        packed = request if isinstance(request, bytes) else msgpack.packb(request)
        self._socket.send(packed)
        assert self._socket.poll(int(DEADLINE * 1000)), "no answer"
        received = self._socket.recv()
        answer: dict[str, Any] = msgpack.unpackb(received)
        assert msgpack.packb(answer) == received, "the shortest form of each value"
        return answer

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

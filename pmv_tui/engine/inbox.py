"""What waits in one camera's PULL socket, read so that no flood of it takes the engine's time."""

import time
from collections.abc import Iterator

import zmq

from pmv_tui.engine.connections import readable
from pmv_tui.engine.overlays import Overlays
from pmv_tui.engine.sockets import RECEIVE_QUEUE, BoundSocket
from pmv_tui.protocol import MAX_MESSAGE_BYTES

ROUND_BYTES = MAX_MESSAGE_BYTES
"""Bytes of messages that are parsed in one round: room for the longest one. It was seen to
take up to 13 ms."""

ROUND_TAKEN = 16 * MAX_MESSAGE_BYTES
"""Bytes taken out of a socket in one round, parsed or not: the thread that receives them is the one
that sends images."""

ROUND_PARTS = 1000
"""Parts taken out of a socket in one round: those of a message of many are only thrown away."""


class Inbox:
    """Empties a PULL socket into a camera's overlays. Used by the receiver's thread only.

    ZeroMQ bounds the length of a part and the number of messages that wait, but not the number of
    a message's parts; so those beyond the first are counted and let go, over several rounds where
    they are many.

    Parameters
    ----------
    bound : the socket.
    overlays : what is read goes there.
    """

    def __init__(self, bound: BoundSocket, overlays: Overlays) -> None:
        self.bound = bound
        self._overlays = overlays
        self._parts = 0

    def empty(self) -> None:
        """Read what waits, at most one queue or 1 MiB of it: none starves the others.

        Where it is more than a round may parse, the newest messages are, and older ones as far as
        they fit: large ones that flood in do not keep another client's small one out.
        """
        waiting = list(self._messages())
        chosen, room = [], ROUND_BYTES
        for frame in reversed(waiting):
            if _cost(frame) <= room:
                room -= _cost(frame)
                chosen.append(frame)
        if len(chosen) < len(waiting):
            self._overlays.pass_over(len(waiting) - len(chosen))
        now = time.monotonic_ns()
        for frame in reversed(chosen):
            self._overlays.take(frame.bytes, now)

    def _messages(self) -> Iterator[zmq.Frame]:
        """Give the messages of one part; one of several is refused once its last part came."""
        socket, messages, taken = self.bound.socket, 0, 0
        for _ in range(ROUND_PARTS):
            if messages == RECEIVE_QUEUE or taken >= ROUND_TAKEN or not readable(socket):
                return
            frame = socket.recv(zmq.NOBLOCK, copy=False)
            self.bound.connections.took(frame)
            taken += len(frame)
            self._parts += 1
            if frame.more:
                continue
            messages += 1
            parts, self._parts = self._parts, 0
            if parts == 1:
                yield frame
            else:
                self._overlays.refuse(f"{parts} parts; an overlay message is one part")


def _cost(frame: zmq.Frame) -> int:
    """Give the bytes that are parsed; what is too long is refused for its length alone."""
    return len(frame) if len(frame) <= MAX_MESSAGE_BYTES else 0

"""The images of one camera, newest first of all."""

import time

from pmv_tui.client.receiver import (
    DRAIN_TIME,
    EVERY_QUEUE,
    NEWEST_QUEUE,
    Receiver,
    milliseconds_until,
)
from pmv_tui.client.stream import Arrival, Frame, Stream
from pmv_tui.curve import AnyKey


def subscribe(
    address: str,
    *,
    newest: bool = True,
    timeout: float | None = None,
    key: AnyKey | None = None,
) -> "Subscription":
    """Receive a camera's images: `for frame in subscribe("tcp://rig:5555")`.

    The camera may be plugged later, unplugged or restarted meanwhile: images go on when it is back.

    Parameters
    ----------
    address : where the camera publishes, `tcp://host:port`.
    newest : True: each frame is the newest there is when it is asked for, however long the script
        worked on the one before. False: every frame, in order.
    timeout : seconds to wait for the next image before a TimeoutError; None: for ever.
    key : the secret file of this client, or a `Key`, where the rig lets in listed clients only.

    Raises
    ------
    ValueError : the address is none, the key's file cannot be used, or the timeout is not a number
        of seconds.
    """
    return Subscription(address, newest=newest, timeout=timeout, key=key)


class Subscription(Receiver[Arrival, Frame]):
    """An iterator over a camera's frames, and a context manager; made by `subscribe`."""

    def __init__(
        self, address: str, *, newest: bool, timeout: float | None, key: AnyKey | None
    ) -> None:
        super().__init__(newest=newest, timeout=timeout)
        self._stream = Stream(address, NEWEST_QUEUE if newest else EVERY_QUEUE, key)

    @property
    def malformed(self) -> int:
        """Messages that were no images of the documented form, and were passed over."""
        return self._stream.malformed

    def close(self) -> None:
        """Close the socket; frames that were delivered stay valid."""
        self._stream.connection.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._stream.connection.closed

    def _refuse_fork(self) -> None:
        self._stream.connection.refuse_fork("subscribe()")

    def _receive(self, end: float) -> Arrival | None:
        while self._stream.readable() or self._stream.socket.poll(milliseconds_until(end)):
            arrival = self._stream.take()
            if arrival is not None:
                return arrival
            if time.monotonic() > end + DRAIN_TIME:
                return None
        return None

    def _age(self, received: Arrival) -> float:
        return (time.time_ns() - received.timestamp) / 1e9

    def _deliver(self, received: Arrival) -> Frame:
        return self._stream.deliver(received)

    def _what_is_missing(self, timeout: float) -> str:
        address = self._stream.connection.address
        return (
            f"no image from {address} within {timeout:g} s; is its camera plugged, and this client "
            f"accepted? `pmv-tui probe {address}` shows what arrives"
        )

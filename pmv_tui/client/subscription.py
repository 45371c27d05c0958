"""The images of one camera, newest first of all."""

import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Generic, Self, TypeVar

import numpy as np

from pmv_tui.client.stream import Arrival, Frame, Road, Stream
from pmv_tui.curve import AnyKey

NEWEST_QUEUE = 32
"""Messages that may wait where only the newest is wanted. Those are read away at once, whereas what
does not fit waits in the buffers of both systems, where it grows old and cannot be passed over: a
script that needs 50 ms an image at 100 fps gets images 180 ms old with a queue of 2, and 6 ms old
with one of 32."""

EVERY_QUEUE = 1000
"""Messages that may wait where each is wanted: ten seconds at 100 fps."""

LATE = 0.02
"""Seconds by which a frame must be older than the freshest one was to be taken for a late one."""

PATIENCE = 0.01
"""Seconds for which something newer than a late frame is waited for. After a long pause some frames
still come out of the systems' buffers, each some milliseconds after the other."""

DRAIN_TIME = 0.1
"""Seconds after which a frame is delivered, even though there are newer ones: they come faster than
they can be read."""

Received = TypeVar("Received")
"""What is read: an arrival, or one for each camera."""
Delivered = TypeVar("Delivered")
"""What the script gets of it: a frame, or one for each camera."""


class Receiver(Iterator[Delivered], Generic[Received, Delivered], ABC):
    """An iterator over what cameras send. For one thread.

    Parameters
    ----------
    newest : whether older ones are passed over, so that each that is delivered is the newest.
    timeout : seconds after which waiting for the next ends with a TimeoutError; None: never. After
        the error the iteration can be taken up again.

    Raises
    ------
    ValueError : the timeout is not a number of seconds.

    Attributes
    ----------
    closed : whether it was closed.
    """

    def __init__(self, *, newest: bool, timeout: float | None) -> None:
        self._newest = newest
        self._timeout = math.inf if timeout is None else check_seconds("timeout", timeout)
        self._least_age = math.inf
        self._process = os.getpid()
        self.closed = False

    def __next__(self) -> Delivered:
        """Wait for the next; the iteration ends when this was closed.

        Raises
        ------
        TimeoutError : none came in time.
        RuntimeError : this process was forked from the one that subscribed.
        """
        if self.closed:
            raise StopIteration
        if os.getpid() != self._process:
            self._refuse_fork()
        received = self._receive(time.monotonic() + self._timeout)
        if received is None:
            raise TimeoutError(self._what_is_missing(self._timeout))
        if self._newest:
            received = self._drain(received)
        return self._deliver(received)

    def _drain(self, received: Received) -> Received:
        """Pass over what is followed by something newer."""
        start = time.monotonic()
        while (now := time.monotonic()) < start + DRAIN_TIME:
            # Compared with the least so far, an age shows what is late on any two clocks.
            age = self._age(received)
            self._least_age = min(age, self._least_age)
            late = age > self._least_age + LATE and not self._is_newest(received)
            newer = self._receive(now + PATIENCE if late else now)
            if newer is None:
                if late:
                    # Then this is what fresh ones are like by now, or a clock was set.
                    self._least_age = age
                break
            received = newer
        return received

    def close(self) -> None:
        """Close the connections, again is no error; frames that were delivered stay valid."""
        self.closed = True
        self._close()

    @abstractmethod
    def _close(self) -> None:
        """Close the connections."""

    @abstractmethod
    def _refuse_fork(self) -> None:
        """Raise the error for a process that did not subscribe."""

    @abstractmethod
    def _receive(self, end: float) -> Received | None:
        """Wait for the next until `end` (monotonic, s); None where none came.

        What waits already is read also when `end` is past, for `DRAIN_TIME` at most.
        """

    @abstractmethod
    def _age(self, received: Received) -> float:
        """Return the age in seconds."""

    @abstractmethod
    def _is_newest(self, received: Received) -> bool:
        """Whether it is known to have been the newest there is, however old."""

    @abstractmethod
    def _deliver(self, received: Received) -> Delivered:
        """Make what the script gets."""

    @abstractmethod
    def _what_is_missing(self, timeout: float) -> str:
        """Return what did not come in time, and what to do."""

    def __reduce__(self) -> str:
        """Refuse to be handed to another process.

        Raises
        ------
        TypeError : always; says what to do.
        """
        raise TypeError(
            "a subscription belongs to the process that made it: call subscribe() in the process "
            "that uses it"
        )

    def __enter__(self) -> Self:
        """Close it at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def check_seconds(name: str, seconds: object) -> float:
    """Return a number of seconds that a script gave.

    Raises
    ------
    ValueError : it is not one; the message names what was given.
    """
    match seconds:
        case bool():
            pass
        case int() | float() | np.integer() | np.floating() if seconds >= 0:  # false for nan
            return float(seconds)
    raise ValueError(f"{name} must be a number of seconds, 0 or more, not {seconds!r}")


def subscribe(
    address: str,
    *,
    newest: bool = True,
    timeout: float | None = None,
    key: AnyKey | None = None,
    road: Road | None = None,
) -> "Subscription":
    """Receive a camera's images: `for frame in subscribe("tcp://rig:5555")`.

    The camera may be plugged later, unplugged or restarted meanwhile: images go on when it is back.

    Parameters
    ----------
    address : where the camera publishes, `tcp://host:port` or `ipc:///path`.
    newest : True: each frame is the newest there is when it is asked for, however long the script
        worked on the one before. False: every frame, in order.
    timeout : seconds to wait for the next image before a TimeoutError; None: for ever.
    key : the secret file of this client, or a `Key`, where the rig lets in listed clients only.
    road : what images come over. `"local"` is shared memory, of a camera on this machine and of
        this user; `"tcp"` is the socket, or `"ipc"`, as the address says; None takes the local road
        wherever there is one.

    Raises
    ------
    ValueError : the address is none, the key's file cannot be used, the timeout is not a number
        of seconds, or there is no such road.
    NoLocalRoad : the local one is asked for, and cannot be had; says why. It is a ConnectionError.
    """
    return Subscription(address, newest=newest, timeout=timeout, key=key, road=road)


class Subscription(Receiver[Arrival, Frame]):
    """An iterator over a camera's frames, and a context manager; made by `subscribe`."""

    def __init__(
        self,
        address: str,
        *,
        newest: bool,
        timeout: float | None,
        key: AnyKey | None,
        road: Road | None,
    ) -> None:
        super().__init__(newest=newest, timeout=timeout)
        queue = NEWEST_QUEUE if newest else EVERY_QUEUE
        self._stream = Stream(address, newest=newest, queue=queue, key=key, road=road)

    @property
    def malformed(self) -> int:
        """Messages that were no images of the documented form, and were passed over."""
        return self._stream.malformed

    def _close(self) -> None:
        self._stream.close()

    def _refuse_fork(self) -> None:
        self._stream.refuse_fork("subscribe()")

    def _receive(self, end: float) -> Arrival | None:
        while self._stream.wait(end):
            arrival = self._stream.take()
            if arrival is not None:
                return arrival
            if time.monotonic() > end + DRAIN_TIME:
                return None
        return None

    def _drain(self, received: Arrival) -> Arrival:
        """Pass over what is followed by something newer, which is known of the local road's."""
        return received if received.road == "local" else super()._drain(received)

    def _age(self, received: Arrival) -> float:
        return (time.time_ns() - received.timestamp) / 1e9

    def _is_newest(self, received: Arrival) -> bool:
        return received.road == "local"

    def _deliver(self, received: Arrival) -> Frame:
        return self._stream.deliver(received)

    def _what_is_missing(self, timeout: float) -> str:
        address = self._stream.address
        return (
            f"no image from {address} within {timeout:g} s; is its camera plugged and not paused, "
            f"and this client accepted? `pmv-tui probe {address}` shows what arrives"
        )

"""The images of several cameras, paired by time stamp."""

import time
from collections import deque
from collections.abc import Mapping

from pmv_tui.client.stream import Arrival, Frame, Road, Stream, wait_for_any
from pmv_tui.client.subscription import (
    DRAIN_TIME,
    EVERY_QUEUE,
    NEWEST_QUEUE,
    Receiver,
    check_seconds,
)
from pmv_tui.curve import AnyKey, Key

BUFFERED = 32
"""Frames of one camera that wait for another's; the oldest goes when there are more."""


def subscribe_all(
    addresses: Mapping[str, str],
    tolerance: float = 0.005,
    *,
    newest: bool = True,
    timeout: float | None = 5.0,
    key: AnyKey | None = None,
    road: Road | None = None,
) -> "PairedSubscription":
    """Receive the images of several cameras together, those that were taken at one time.

    Parameters
    ----------
    addresses : a name of yours for each camera, and where it publishes.
    tolerance : seconds by which the time stamps of what belongs together differ at most; less than
        half the time from one frame to the next. Cameras of several rigs need synchronised clocks.
    newest : True: each is the newest there is when it is asked for. False: all, in order.
    timeout : seconds to wait for the next before a TimeoutError, which a camera that is silent
        leads to; None: for ever.
    key : the secret file of this client, or a `Key`, where the rig lets in listed clients only.
    road : what images come over, as in `subscribe`; each camera for itself where it is None.

    Raises
    ------
    ValueError : an address is none, there are no addresses or no names for them, the key's file
        cannot be used, a time is not a number of seconds, or there is no such road.
    NoLocalRoad : the local one is asked for, and cannot be had.
    """
    return PairedSubscription(
        addresses, tolerance, newest=newest, timeout=timeout, key=key, road=road
    )


class PairedSubscription(Receiver[dict[str, Arrival], dict[str, Frame]]):
    """An iterator over dicts with a frame for each camera; made by `subscribe_all`."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        tolerance: float,
        *,
        newest: bool,
        timeout: float | None,
        key: AnyKey | None,
        road: Road | None,
    ) -> None:
        if not isinstance(addresses, Mapping):
            raise ValueError(  # noqa: TRY004 - as all others
                "addresses must map a name of yours for each camera to where it publishes, such as "
                f'{{"left": "tcp://localhost:5555"}}, not {addresses!r}'
            )
        if not addresses:
            raise ValueError("no addresses; one for each camera is needed")
        super().__init__(newest=newest, timeout=timeout)
        self._tolerance = check_seconds("tolerance", tolerance) * 1e9
        key = None if key is None else Key.of(key)
        queue = NEWEST_QUEUE if newest else EVERY_QUEUE
        # Of each camera all: which belong together is decided here.
        self._streams = {
            name: Stream(address, newest=False, queue=queue, key=key, road=road)
            for name, address in addresses.items()
        }
        self._waiting: dict[str, deque[Arrival]] = {name: deque() for name in addresses}
        self._arrived_before = dict.fromkeys(addresses, 0)
        """Images of each camera until the last delivery."""
        self.unpaired = dict.fromkeys(addresses, 0)
        """Frames of each camera that were dropped, as none of another belonged to them."""

    @property
    def malformed(self) -> dict[str, int]:
        """Messages at each address that were no images, and were passed over."""
        return {name: stream.malformed for name, stream in self._streams.items()}

    def _close(self) -> None:
        for name, stream in self._streams.items():
            self._waiting[name].clear()
            stream.close()

    def _refuse_fork(self) -> None:
        for stream in self._streams.values():
            stream.refuse_fork("subscribe_all()")

    def _receive(self, end: float) -> dict[str, Arrival] | None:
        while (match := self._match()) is None:
            ready = wait_for_any(self._streams.values(), end)
            for name, stream in self._streams.items():
                if stream.readable():
                    self._take(name, stream)
            if not ready or time.monotonic() > end + DRAIN_TIME:
                return self._match()
        return match

    def _take(self, name: str, stream: Stream) -> None:
        """Read one message."""
        arrival = stream.take()
        if arrival is None:
            return
        waiting = self._waiting[name]
        waiting.append(arrival)
        if len(waiting) > BUFFERED:
            self._drop_oldest(name)

    def _match(self) -> dict[str, Arrival] | None:
        """Take out the oldest frames that belong together, and drop what nothing belongs to.

        A camera's frames come in order. So a frame that is older than the oldest of another
        camera, by more than the tolerance, will find none there.
        """
        while all(self._waiting.values()):
            oldest = {name: waiting[0] for name, waiting in self._waiting.items()}
            latest = max(arrival.timestamp for arrival in oldest.values())
            alone = [
                name
                for name, arrival in oldest.items()
                if latest - arrival.timestamp > self._tolerance
            ]
            if not alone:
                return {name: waiting.popleft() for name, waiting in self._waiting.items()}
            for name in alone:
                self._drop_oldest(name)
        return None

    def _drop_oldest(self, name: str) -> None:
        self._waiting[name].popleft()
        self.unpaired[name] += 1

    def _age(self, received: dict[str, Arrival]) -> float:
        newest = max(arrival.timestamp for arrival in received.values())
        return (time.time_ns() - newest) / 1e9

    def _is_newest(self, received: dict[str, Arrival]) -> bool:
        return all(arrival.road == "local" for arrival in received.values())

    def _deliver(self, received: dict[str, Arrival]) -> dict[str, Frame]:
        self._arrived_before = {name: stream.arrived for name, stream in self._streams.items()}
        return {name: self._streams[name].deliver(each) for name, each in received.items()}

    def _what_is_missing(self, timeout: float) -> str:
        silent = [
            f"{name} ({stream.address})"
            for name, stream in self._streams.items()
            if stream.arrived == self._arrived_before[name]
        ]
        if silent:
            names = ", ".join(silent)
            return f"nothing from {names} within {timeout:g} s; is it plugged, and not paused?"
        return (
            f"no images of {', '.join(self._streams)} that belong together within {timeout:g} s; "
            f"they arrive, but more than {self._tolerance / 1e6:g} ms apart"
        )

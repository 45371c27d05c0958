"""One camera's images as they arrive: checked, numbered, and made into frames without a copy."""

import time
from dataclasses import dataclass
from typing import Any, cast

import zmq

from pmv_tui.client.connection import Connection
from pmv_tui.curve import AnyKey
from pmv_tui.wire.image import TOPIC_IMAGE, Image, parse_image


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image of a camera, and what is known about it.

    Parameters
    ----------
    image : uint8, shape (height, width); read-only, as it is the message's own memory.
    unique_id : the camera's id, `<serial>-<backend>`.
    timestamp : ns since the epoch on the rig's clock, when the frame arrived there.
    sequence : the engine's count of the frames that it captured from this camera, from 1; None
        unless the rig's `extended_metadata` is on, as the two below.
    device_timestamp : ns on the camera's clock; None also where it has none.
    pixel_format : what the bytes are, `Mono8`, `BayerRG8` or the like.
    gap : frames that were captured and never arrived here since the last one delivered; None where
        that is not known: without `sequence`, and after the engine restarted its count.
    skipped : older frames that arrived since the last one delivered, and were passed over.
    """

    image: Image
    unique_id: str
    timestamp: int
    sequence: int | None
    device_timestamp: int | None
    pixel_format: str | None
    gap: int | None
    skipped: int

    @property
    def age(self) -> float:
        """Seconds from the frame's arrival at the rig until now; true where the clocks agree."""
        return (time.time_ns() - self.timestamp) / 1e9


@dataclass(slots=True, eq=False)
class Arrival:
    """An image message that was read, and may be delivered or passed over.

    Parameters
    ----------
    number : how many images arrived up to this one.
    image : uint8, shape (height, width).
    metadata : as it was sent; the four keys of the protocol are checked.
    """

    number: int
    image: Image
    metadata: dict[str, Any]

    @property
    def timestamp(self) -> int:
        """ns since the epoch, the rig's clock."""
        return cast("int", self.metadata["timestamp"])


class Stream:
    """Reads one camera's messages.

    Parameters
    ----------
    address : where the camera publishes.
    queue : messages that may wait to be read; when it is full, newer ones wait with the rig, which
        then drops what it cannot send.
    key : lets this client in, where the rig asks for one.
    """

    def __init__(self, address: str, queue: int, key: AnyKey | None) -> None:
        self.connection = Connection(zmq.SUB, address, {zmq.RCVHWM: queue}, key)
        self.socket = self.connection.socket
        self.socket.subscribe(TOPIC_IMAGE)
        self.malformed = 0
        self.arrived = 0
        """Images so far."""
        self._last: Arrival | None = None
        """What was delivered last."""

    def readable(self) -> bool:
        """Return whether a message waits: cheaper than a poll."""
        return bool(cast("int", self.socket.get(zmq.EVENTS)) & zmq.POLLIN)

    def take(self) -> Arrival | None:
        """Read the next message, which must be waiting; None where it is no image."""
        parsed = parse_image([part.buffer for part in self.socket.recv_multipart(copy=False)])
        if parsed is None:
            self.malformed += 1
            return None
        self.arrived += 1
        return Arrival(self.arrived, *parsed)

    def deliver(self, arrival: Arrival) -> Frame:
        """Make the frame that is handed to the script."""
        metadata, last = arrival.metadata, self._last
        self._last = arrival
        skipped = arrival.number - (last.number if last else 0) - 1
        return Frame(
            image=arrival.image,
            unique_id=metadata["unique_id"],
            timestamp=arrival.timestamp,
            sequence=metadata.get("sequence"),
            device_timestamp=metadata.get("device_timestamp"),
            pixel_format=metadata.get("pixel_format"),
            gap=_missing(metadata, last.metadata if last else metadata, skipped),
            skipped=skipped,
        )


def _missing(metadata: dict[str, Any], last: dict[str, Any], skipped: int) -> int | None:
    """Count the frames that lie between two and never arrived; None where it cannot be known."""
    match metadata.get("sequence"), last.get("sequence"):
        case int(number), int(former) if (
            number >= former and metadata["unique_id"] == last["unique_id"]
        ):
            # Not below 0: a count that restarted may have passed the former number meanwhile.
            return max(number - former - 1 - skipped, 0)
        case _:
            return None

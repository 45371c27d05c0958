"""One camera's images as they arrive, by either road: checked, numbered, and made into frames.

What is done for each image calls few functions: frames/reader.py says why.
"""

import errno
import os
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil
from socket import AF_UNIX, create_connection, socket
from typing import Literal

import zmq

from pmv_tui.client.connection import Connection, check_address, check_process
from pmv_tui.client.local import LocalStream, NoLocalRoad, OfAnotherUser, places
from pmv_tui.curve import AnyKey
from pmv_tui.wire.image import TOPIC_IMAGE, Image, parse_image

Road = Literal["tcp", "ipc", "local"]
"""What images come over: the documented socket, of one or the other kind, or shared memory."""

FIRST_RETRY, LAST_RETRY = 0.1, 5.0
"""Seconds between two looks for a local road, where there may be one: after a refusal longer each
time."""

RETRY_MS = ceil(1000 * FIRST_RETRY)

HAND_OVER = 0.1
"""Seconds that what was sent over the socket may take, once the same came through the memory."""

PLUG_TIME = 1.0
"""Seconds for which a camera that is plugged or unplugged may be seen without its local road."""

NO_FILE = errno.EMFILE, errno.ENFILE
"""No more files may be open."""

LONGEST = 1e6
"""Seconds, twelve days: what is longer is for ever. A poll holds no more than 25 days."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image of a camera, and what is known about it.

    Parameters
    ----------
    image : uint8, shape (height, width); read-only, as it is the message's own memory, or shared.
        It stays as it is for as long as you have it, or an array made from it without a copy.
    unique_id : the camera's id, `<serial>-<backend>`.
    timestamp : ns since the epoch on the rig's clock, when the frame arrived there.
    sequence : the engine's count of the frames that it captured from this camera, from 1; None
        over tcp unless the rig's `extended_metadata` is on, as the two below.
    device_timestamp : ns on the camera's clock; None also where it has none.
    pixel_format : what the bytes are, `Mono8`, `BayerRG8` or the like.
    gap : frames that were captured and never arrived here since the last one delivered; None where
        that is not known: without `sequence`, and after the engine restarted its count.
    skipped : older frames that arrived since the last one delivered, and were passed over.
    road : what it came over, `tcp`, `ipc` or `local`.
    """

    image: Image
    unique_id: str
    timestamp: int
    sequence: int | None
    device_timestamp: int | None
    pixel_format: str | None
    gap: int | None
    skipped: int
    road: Road = "tcp"

    @property
    def age(self) -> float:
        """Seconds from the frame's arrival at the rig until now; true where the clocks agree."""
        return (time.time_ns() - self.timestamp) / 1e9


@dataclass(slots=True, eq=False)
class Arrival:
    """An image that was read, and may be delivered or passed over.

    Parameters
    ----------
    number : how many images arrived up to this one.
    image, unique_id, timestamp, sequence, device_timestamp, pixel_format, road : see `Frame`.
    """

    number: int
    image: Image
    unique_id: str
    timestamp: int
    sequence: int | None
    device_timestamp: int | None
    pixel_format: str | None
    road: Road


class Stream:
    """Reads one camera's images: in shared memory as soon as that is to be had, and else over tcp.

    Parameters
    ----------
    address : where the camera publishes.
    newest : whether only the newest image is wanted.
    queue : messages that may wait to be read over tcp; when it is full, newer ones wait with the
        rig, which then drops what it cannot send.
    key : lets this client in, where the rig asks for one.
    road : the only one that is to be taken; None: whichever there is.

    Raises
    ------
    ValueError : the address is none, the road is none, or the key's file cannot be used.
    NoLocalRoad : the local one is asked for, and cannot be had.
    """

    def __init__(
        self, address: str, *, newest: bool, queue: int, key: AnyKey | None, road: Road | None
    ) -> None:
        check_address(address)
        self._socket: Road = "ipc" if address.startswith("ipc:") else "tcp"
        if road not in (None, self._socket, "local"):
            raise ValueError(
                f'road must be "{self._socket}", "local" or None for {address}, not {road!r}'
            )
        self.address = address
        self._newest = newest
        self._queue = queue
        self._key = key
        self._road = road
        self._process = os.getpid()
        self._places = self._local_places()
        self.malformed = 0
        self.arrived = 0
        """Images so far."""
        self._delivered = 0
        """The number of what was delivered last."""
        self._numbered: tuple[int, str, int] | None = None
        """Number, camera and sequence number of what was delivered last with such."""
        self._waiting: deque[Arrival] = deque()
        """What was read already."""
        self._tcp: Connection | None = None
        self._local: LocalStream | None = None
        self._look_at, self._pause = 0.0, FIRST_RETRY
        self._without_since = 0.0
        """When the camera was first seen to be there without a local road, monotonic, s."""
        if self._places:
            self.look_for_local()
        else:
            self._fall_back()

    def close(self) -> None:
        """Close the connections; what was delivered stays as it is."""
        self._waiting.clear()
        for connection in (self._tcp, self._local):
            if connection is not None:
                connection.close()

    def refuse_fork(self, made_by: str) -> None:
        """Check that this process made the stream. See `check_process`."""
        check_process(made_by, self._process)

    @property
    def sources(self) -> list[zmq.Socket[bytes] | int]:
        """What to wait for: a ZeroMQ socket, a descriptor, for a moment both; or nothing yet."""
        found: list[zmq.Socket[bytes] | int] = [] if self._tcp is None else [self._tcp.socket]
        return found if self._local is None else [*found, self._local.fileno()]

    @property
    def looking(self) -> bool:
        """Whether there may be a local road one day, and is none now."""
        return self._local is None and bool(self._places)

    def readable(self) -> bool:
        """Whether something can be read: cheaper than a wait."""
        if self._waiting or (self._local is not None and self._local.wait(0)):
            return True
        return self._tcp is not None and self._tcp.readable()

    def wait(self, end: float) -> bool:
        """Wait until something can be read, or `end` (monotonic, s); whether it can."""
        if self._local is not None and self._tcp is None and not self._waiting:
            return self._local.wait(milliseconds_until(end))
        return wait_for_any([self], end)

    def take(self) -> Arrival | None:
        """Read the next image; None where what waited was none."""
        if self._local is None:
            self.look_for_local()
        if self._waiting:
            return self._waiting.popleft()
        if self._local is not None and (arrival := self._take_local(self._local)):
            return arrival
        if self._tcp is not None and self._tcp.readable():
            return self._read_message(self._tcp)
        return None

    def deliver(self, arrival: Arrival) -> Frame:
        """Make the frame that is handed to the script."""
        number, unique_id, sequence = arrival.number, arrival.unique_id, arrival.sequence
        skipped = number - self._delivered - 1
        self._delivered = number
        gap = None
        if sequence is not None:
            this = number, unique_id, sequence
            former_number, camera, former = self._numbered or this
            self._numbered = this
            if sequence >= former and camera == unique_id:
                # Not below 0: a count that restarted may have passed the former number meanwhile.
                gap = max(sequence - former - (number - former_number), 0)
        return Frame(
            image=arrival.image,
            unique_id=unique_id,
            timestamp=arrival.timestamp,
            sequence=sequence,
            device_timestamp=arrival.device_timestamp,
            pixel_format=arrival.pixel_format,
            gap=gap,
            skipped=skipped,
            road=arrival.road,
        )

    def look_for_local(self) -> None:
        """Take the local road where there is one by now, some time after the last look."""
        if not self.looking or (now := time.monotonic()) < self._look_at:
            return
        first, self._look_at = not self._look_at, now + self._pause
        try:
            self._local = LocalStream(self._places, newest=self._newest)
        except NoLocalRoad as reason:
            if isinstance(reason, OfAnotherUser):
                self._look_later(now)  # each look is work for that program
            if self._road == "local":
                self._check_not_served(str(reason), now, at_once=first)
            self._fall_back()  # which may have failed before, for want of a descriptor

    def _check_not_served(self, reason: str, now: float, *, at_once: bool) -> None:
        """Check that the camera is merely not plugged, where nobody serves its local road.

        Raises
        ------
        NoLocalRoad : it is there without one: `at_once`, or for longer than a plug takes.
        """
        if not _is_served(self._places):
            self._without_since = 0.0
        elif at_once or 0 < self._without_since < now - PLUG_TIME:
            raise self._no_local_road(reason)
        else:
            self._without_since = self._without_since or now

    def _local_places(self) -> list[str]:
        if self._road == self._socket:
            return []
        why = "a rig that lets in listed clients only has none" if self._key else ""
        try:
            found = [] if why else places(self.address)
        except NoLocalRoad as reason:
            found, why = [], str(reason)
        if self._road == "local" and why:
            raise self._no_local_road(why)
        return found

    def _no_local_road(self, reason: str) -> NoLocalRoad:
        return NoLocalRoad(f"no local road to {self.address}: {reason}")

    def _take_local(self, local: LocalStream) -> Arrival | None:
        """Read what came through shared memory, if anything did, or what came before it."""
        passed = local.passed
        if (taken := local.take()) is None:
            if local.ended:
                self._leave_local(local)
            return None
        image, record = taken
        self._pause = FIRST_RETRY
        if self._tcp is not None:
            self._leave_tcp(self._tcp, record.timestamp)
        self.arrived += local.passed - passed
        arrival = Arrival(
            self.arrived,
            image,
            local.unique_id,
            record.timestamp,
            record.sequence,
            record.device_timestamp,
            record.pixel_format,
            "local",
        )
        if not self._waiting:
            return arrival
        self._waiting.append(arrival)
        return self._waiting.popleft()

    def _leave_local(self, local: LocalStream) -> None:
        """Take the other road, as no more images come by this one."""
        local.close()
        self._local = None
        # One that is refused now will be the next time too.
        self._look_later(time.monotonic())
        if self._road == "local" and local.refused:
            raise self._no_local_road(local.ended)
        self._fall_back()

    def _look_later(self, now: float) -> None:
        """Look for the local road again, each time after a longer while; `now` is monotonic, s."""
        self._look_at = now + self._pause
        self._pause = min(2 * self._pause, LAST_RETRY)

    def _leave_tcp(self, tcp: Connection, timestamp: int) -> None:
        """Read what came over tcp before an image that came through shared memory, and end it."""
        end = time.monotonic() + HAND_OVER
        while not self._newest and tcp.socket.poll(milliseconds_until(end)):
            arrival = self._read_message(tcp)
            if arrival is not None and arrival.timestamp >= timestamp:
                self.arrived -= 1
                break
            if arrival is not None:
                self._waiting.append(arrival)
        tcp.close()
        self._tcp = None

    def _read_message(self, tcp: Connection) -> Arrival | None:
        """Read the message that waits; None where it is no image."""
        parsed = parse_image([part.buffer for part in tcp.socket.recv_multipart(copy=False)])
        if parsed is None:
            self.malformed += 1
            return None
        self.arrived += 1
        image, metadata = parsed
        return Arrival(
            self.arrived,
            image,
            metadata["unique_id"],
            metadata["timestamp"],
            metadata.get("sequence"),
            metadata.get("device_timestamp"),
            metadata.get("pixel_format"),
            self._socket,
        )

    def _fall_back(self) -> None:
        """Connect by tcp where there is no local road now."""
        if self._local is None and self._tcp is None and self._road != "local":
            self._tcp = Connection(zmq.SUB, self.address, {zmq.RCVHWM: self._queue}, self._key)
            self._tcp.socket.subscribe(TOPIC_IMAGE)


def wait_for_any(streams: Collection[Stream], end: float) -> bool:
    """Wait until something can be read of one, or `end` (monotonic, s); whether it can."""
    while not any(stream.readable() for stream in streams):
        if (left := milliseconds_until(end)) == 0:
            return False
        poller = zmq.Poller()
        sources = [source for stream in streams for source in stream.sources]
        for source in sources:
            poller.register(source, zmq.POLLIN)
        if any(stream.looking for stream in streams):
            left = RETRY_MS if left is None else min(left, RETRY_MS)
        if sources:
            poller.poll(left)
        else:
            time.sleep((left or 0) / 1000)  # only the local road is wanted, and it is not there
        for stream in streams:
            stream.look_for_local()
    return True


def milliseconds_until(end: float) -> int | None:
    """Return how long to poll until `end` (monotonic, s); None, for ever, where that is weeks."""
    left = end - time.monotonic()
    return None if left > LONGEST else max(0, ceil(left * 1000))


def _is_served(names: Sequence[str]) -> bool:
    """Whether anything listens at one of the documented sockets, or that cannot be known here."""
    for name in names:
        try:
            _knock(name)
        except OSError as error:
            if error.errno not in NO_FILE:
                continue
        return True
    return False


def _knock(name: str) -> None:
    """Connect to a documented socket, and leave; an OSError says that nothing listens there."""
    if not name.startswith("/"):
        host, _, port = name.rpartition(":")
        create_connection((host.strip("[]"), int(port)), timeout=0.2).close()
        return
    with socket(AF_UNIX) as caller:
        caller.settimeout(0.2)
        caller.connect(name)

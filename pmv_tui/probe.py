"""`pmv-tui probe`: subscribes as a client would, and reports how the images arrive."""

import socket
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.curve import Key
from pmv_tui.rates import NS_PER_MS
from pmv_tui.wire.image import parse_image

GAP_PERIODS = 1.5
"""Periods between two time stamps from which on a frame is taken to be missing."""

LOOK = 1.0
"""Seconds in which whoever listens at an address has to greet."""

CONNECTING = (
    zmq.Event.CONNECTED
    | zmq.Event.CONNECT_RETRIED
    | zmq.Event.DISCONNECTED
    | zmq.Event.HANDSHAKE_FAILED_AUTH
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
)


@dataclass(slots=True)
class Arrivals:
    """What arrived, message by message."""

    timestamps: list[int] = field(default_factory=list)
    """ns since the epoch, the engine's."""
    sequences: list[int] = field(default_factory=list)
    """Empty unless the engine's `extended_metadata` is on."""
    ages: list[int] = field(default_factory=list)
    """ns from the frame's arrival at the host to its receipt here."""
    image_bytes: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    """The last one."""
    other_messages: int = 0
    """Messages that are no images."""

    def take(self, parts: list[bytes], now: int) -> None:
        """Note one message; `now` is ns since the epoch."""
        if (parsed := parse_image(parts)) is None:
            self.other_messages += 1
            return
        image, metadata = parsed
        self.metadata = metadata
        self.timestamps.append(metadata["timestamp"])
        self.ages.append(now - metadata["timestamp"])
        self.image_bytes += image.nbytes
        if metadata.get("sequence") is not None:
            self.sequences.append(metadata["sequence"])

    def report(self) -> dict[str, Any]:
        """Sum up; the units stand in the keys."""
        if not self.timestamps:
            return {"images": 0, "other_messages": self.other_messages}
        timestamps = np.array(self.timestamps)
        intervals = np.diff(timestamps)
        seconds = float(intervals.sum()) / 1e9
        fps = len(intervals) / seconds if seconds > 0 else 0.0
        p50, p99, longest = np.percentile(self.ages, (50, 99, 100)) / NS_PER_MS
        return {
            "unique_id": self.metadata["unique_id"],
            "images": len(timestamps),
            "fps": fps,
            "mb_s": self.image_bytes / len(timestamps) * fps / 1e6,
            "width": self.metadata["width"],
            "height": self.metadata["height"],
            "gaps": self._gaps(intervals),
            "gaps_told_by": "sequence" if self.sequences else "timestamp",
            "latency_p50_ms": float(p50),
            "latency_p99_ms": float(p99),
            "latency_max_ms": float(longest),
            "last_age_ms": (time.time_ns() - int(timestamps[-1])) / NS_PER_MS,
            "other_messages": self.other_messages,
        }

    def _gaps(self, intervals: "np.typing.NDArray[np.int64]") -> int:
        """Count missing frames: by their numbers, or else by steps in time of several periods."""
        if self.sequences:
            # A new engine counts from the start.
            return int((np.diff(self.sequences) - 1).clip(0).sum())
        if not len(intervals):
            return 0
        period = float(np.median(intervals))
        if period <= 0:  # no clock of a camera: it says nothing
            return 0
        long = intervals[intervals > GAP_PERIODS * period]
        return int((np.rint(long / period) - 1).sum())


def probe(address: str, seconds: float, key: Key | None = None) -> dict[str, Any]:
    """Subscribe to an address for some seconds, from the first image on.

    Interrupting it (ctrl+c) ends it early, with the report so far.

    Parameters
    ----------
    address : where a camera publishes.
    seconds : how long to listen; also how long the first image is waited for.
    key : is shown to the camera, and encrypts.

    Raises
    ------
    zmq.ZMQError : nothing can be connected to at such an address.
    """
    context = zmq.Context[zmq.Socket[bytes]]()
    client = context.socket(zmq.SUB)
    client.linger = 0
    if key is not None:
        key.apply(client)
    monitor = client.get_monitor_socket(CONNECTING)
    arrivals = Arrivals()
    try:
        client.connect(address)
        client.subscribe(b"")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not client.poll(int(left * 1000) + 1):
                break
            parts = client.recv_multipart()
            first = not arrivals.timestamps
            arrivals.take(parts, time.time_ns())
            if first and arrivals.timestamps:
                end = time.monotonic() + seconds
    except KeyboardInterrupt:
        pass  # asked to stop: what arrived so far is the answer
    finally:
        events = _events(monitor)
        client.disable_monitor()
        monitor.close(linger=0)
        client.close()
        context.term()
    return arrivals.report() | _why(events, address, with_key=key is not None)._asdict()


class Without(NamedTuple):
    """Why no image arrived, and what to do; empty where that is not known.

    Parameters
    ----------
    refused : why the camera turned this client away.
    unreached : why there was no camera to do so.
    """

    refused: str = ""
    unreached: str = ""


def _events(monitor: zmq.Socket[bytes]) -> dict[int, int]:
    """Return what happened to connections, and the last value of each."""
    events: dict[int, int] = {}
    while monitor.poll(0):
        event = recv_monitor_message(monitor)
        events[event["event"]] = event["value"]
    return events


def _why(events: dict[int, int], address: str, *, with_key: bool) -> Without:
    """Judge what happened to connections, of which none may have brought an image."""
    if zmq.EVENT_HANDSHAKE_FAILED_AUTH in events:
        return Without("the rig does not list this key; pmv-tui keys list shows which")
    mismatch = events.get(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
    if mismatch == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
        if with_key:
            return Without("the camera is not encrypted: it asks for no key")
        return Without("the camera accepts only clients with a key; give it with --key")
    if zmq.EVENT_CONNECTED not in events and zmq.EVENT_CONNECT_RETRIED in events:
        return Without(
            unreached="nobody listens there; is the camera plugged, and the address its "
            "pub_address?"
        )
    if mismatch is None and zmq.EVENT_DISCONNECTED not in events:
        return Without()
    # Connections end in the same way whoever ends them.
    greeting = _greeting(address)
    if not greeting:
        return Without(
            unreached="the connection is closed before a camera answers; if the address is one of "
            "pmv-tui forward, the camera is not plugged or the rig is not reached: see what it says"
        )
    if greeting[:1] != b"\xff":
        return Without(unreached="what listens there is no camera: it does not speak ZeroMQ")
    if with_key and zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL in events:
        return Without("the rig has another key than this client knows; copy its server.key again")
    return Without()  # a socket of another kind, or a camera that was unplugged meanwhile


def _greeting(address: str) -> bytes:
    """Return the first bytes that whoever listens at an address says; empty where it is nothing."""
    scheme, _, place = address.partition("://")
    try:
        if scheme == "ipc":
            peer = socket.socket(socket.AF_UNIX)
            peer.settimeout(LOOK)
            peer.connect(place)
        else:
            host, _, port = place.rpartition(":")
            peer = socket.create_connection((host.strip("[]"), int(port)), LOOK)
        with peer:
            return peer.recv(1)
    except (OSError, ValueError):
        return b""

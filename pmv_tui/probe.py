"""`pmv-tui probe`: subscribes as a client would, and reports how the images arrive."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.curve import Key
from pmv_tui.rates import NS_PER_MS
from pmv_tui.wire.image import parse_image

GAP_PERIODS = 1.5
"""Periods between two time stamps from which on a frame is taken to be missing."""

REFUSALS = (
    zmq.Event.HANDSHAKE_FAILED_AUTH
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
    socket = context.socket(zmq.SUB)
    socket.linger = 0
    if key is not None:
        key.apply(socket)
    monitor = socket.get_monitor_socket(REFUSALS)
    arrivals = Arrivals()
    try:
        socket.connect(address)
        socket.subscribe(b"")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not socket.poll(int(left * 1000) + 1):
                break
            parts = socket.recv_multipart()
            first = not arrivals.timestamps
            arrivals.take(parts, time.time_ns())
            if first and arrivals.timestamps:
                end = time.monotonic() + seconds
    except KeyboardInterrupt:
        pass  # asked to stop: what arrived so far is the answer
    finally:
        refused = _refusal(monitor, with_key=key is not None)
        socket.disable_monitor()
        monitor.close(linger=0)
        socket.close()
        context.term()
    return arrivals.report() | {"refused": refused}


def _refusal(monitor: zmq.Socket[bytes], *, with_key: bool) -> str:
    """Return why the camera turned this client away, and what to do; empty where it did not."""
    events: list[int] = []
    while monitor.poll(0):
        events.append(recv_monitor_message(monitor)["event"])
    if zmq.EVENT_HANDSHAKE_FAILED_AUTH in events:
        return "the rig does not list this key; pmv-tui keys list shows there which ones it does"
    if not events:
        return ""
    if not with_key:
        return "the camera accepts only clients with a key; give it with --key"
    if zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL in events:
        return "the camera is not encrypted: it asks for no key"
    return "the rig has another key than this client knows; copy its server.key again"

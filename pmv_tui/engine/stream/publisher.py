"""One camera's way out: counts clients, keeps to the rate, sends images."""

import threading
import time
from collections.abc import Sequence

import msgpack
import zmq

from pmv_tui.cameras.base import Frame
from pmv_tui.config.schema import SocketConfig
from pmv_tui.engine.clients.delivery import Missed
from pmv_tui.engine.stream.answers import Images
from pmv_tui.engine.stream.local_road import LocalRoad
from pmv_tui.engine.stream.sockets import BoundSocket
from pmv_tui.rates import CLOCK_TOLERANCE, RateLimit, Ring
from pmv_tui.wire.image import pack_image
from pmv_tui.wire.status import ClientStatus

COUNT_INTERVAL = 100_000_000
"""ns between two counts of the clients while there are some."""

CHANGES_AT_ONCE = 250
"""Subscriptions that are read at one look: no flood of them makes a frame late."""

LOTS = 60
"""Such looks that the main thread takes in a row where more wait: some 40 ms of its time."""


class Publisher:
    """Sends a camera's frames while it is plugged, somebody listens and it is not paused.

    The worker calls `publish` with each frame; the main thread plugs and unplugs. One lock guards
    the socket: a send never blocks (XPUB drops for a client that is behind), so neither thread
    waits for longer than one send, and a camera whose grab hangs can still be unplugged.
    """

    def __init__(self, unique_id: str, config: SocketConfig, local: LocalRoad) -> None:
        self._unique_id = unique_id
        self.local = local
        self._config = config
        self._lock = threading.Lock()
        self._bound: BoundSocket | None = None
        self._limit = RateLimit(config.put_rate, 0)
        self._camera_rate = 0.0
        self.paused = False
        self._came = 0
        self.published = 0
        self.over_rate = 0
        self.last_over_rate: int | None = None
        self._missed = Missed()
        """By clients of sockets that are no longer bound."""
        self.sent = Ring()
        """When images were sent, and their latency from arrival to sent, ns."""
        self.images = Images()
        self.image_bytes = 0
        """Size of the last image sent."""
        self._pack = msgpack.Packer().pack
        self._next_count = 0

    @property
    def plugged(self) -> bool:
        """Whether a socket is bound."""
        return self._bound is not None

    def swap(self, bound: BoundSocket | None) -> BoundSocket | None:
        """Publish at another socket from the next frame on, or none; give back the former."""
        with self._lock:
            former, self._bound = self._bound, bound
            if former is not None:
                self._came += former.connections.audience[0]
                self._missed += former.connections.missed
            return former

    def configure(self, config: SocketConfig) -> None:
        """Apply other settings of all sockets, from the next frame on."""
        if config != self._config:
            self._config = config
            self._limit = RateLimit(config.put_rate, self._camera_rate)

    @property
    def limited_to(self) -> float | None:
        """Images a second that `put_rate` leaves of the camera's; None where it leaves all."""
        put_rate = self._config.put_rate
        return put_rate if 0 < put_rate * CLOCK_TOLERANCE < self._camera_rate else None

    @property
    def audience(self) -> tuple[int, int]:
        """Clients that ever subscribed to images, and those that do now."""
        bound = self._bound
        came, listeners = bound.connections.audience if bound else (0, 0)
        local_came, local = self.local.audience
        return self._came + came + local_came, listeners + local

    @property
    def clients(self) -> int:
        """Clients that subscribe to images now."""
        return self.audience[1]

    @property
    def client_list(self) -> Sequence[ClientStatus]:
        """Who they are, and what each gets."""
        bound = self._bound
        return (*self.local.clients, *(bound.connections.clients if bound else ()))

    @property
    def not_subscribed(self) -> int:
        """Connections that subscribe to no images."""
        bound = self._bound
        return bound.connections.not_subscribed if bound else 0

    @property
    def missed_by_clients(self) -> Missed:
        """How many images clients missed, and when they missed the last."""
        bound = self._bound
        missed = self._missed + self.local.missed
        return missed + bound.connections.missed if bound else missed

    def set_camera_rate(self, fps: float) -> None:
        """Adapt to the frames a second that the camera makes."""
        self._camera_rate = fps
        self._limit = RateLimit(self._config.put_rate, fps)

    def count_clients(self) -> None:
        """Bring the number of clients up to date, for when no frames come that would.

        What a flood of them left is read here, in lots between which a frame passes. It is left to
        the worker where that is at it: ZeroMQ may be taking in a flood, and the caller never waits.
        """
        for _ in range(LOTS):
            if not self._lock.acquire(blocking=False):
                return
            try:
                if self._bound is None or self._all_read(self._bound):
                    return
            finally:
                self._lock.release()

    def publish(
        self, frame: Frame, buffer: int | None, sequence: int, arrival: int, pixel_format: str
    ) -> None:
        """Send a frame if it is to be sent; never waits for a client.

        Parameters
        ----------
        buffer : of the pool, that it lies in; None where it lies in none.
        sequence : the frame's number, from 1.
        arrival : when it arrived, monotonic, ns.
        pixel_format : what its bytes are, `Mono8` or `BayerRG8` and the like.
        """
        with self._lock:
            bound = self._bound
            if bound is None:
                return
            by_local, by_tcp = self._wanted_by(bound, frame.timestamp, arrival)
            if by_local or by_tcp:
                self.images.note(frame.timestamp, arrival)
            if by_local:
                self.local.send(buffer)
            if by_tcp:
                self._send(bound, frame, sequence, pixel_format)
            # While somebody listens, the count is for people: a look now and then will do, for it
            # costs as much as packing the metadata, and no frame waits for it.
            if arrival >= self._next_count and self._all_read(bound):
                self._next_count = arrival + COUNT_INTERVAL
        if by_local or by_tcp:
            now = time.monotonic_ns()
            self.published += 1
            self.sent.add(now, now - arrival)
            self.image_bytes = frame.image.nbytes

    def _wanted_by(self, bound: BoundSocket, timestamp: int, arrival: int) -> tuple[bool, bool]:
        """Return whether a frame is to be sent by the local road, and over the socket."""
        local, listeners = bool(self.local.readers), bound.connections.listeners > 0
        if not (listeners or local):
            # Among what is not read yet may be somebody who waits for images.
            listeners = not self._all_read(bound)
            self._next_count = arrival + COUNT_INTERVAL
        if self.paused or not (listeners or local):
            return False, False
        if not self._limit.passes(arrival):
            self.over_rate += 1
            self.last_over_rate = timestamp
            return False, False
        return local, listeners

    def _send(self, bound: BoundSocket, frame: Frame, sequence: int, pixel_format: str) -> None:
        extended = None
        if self._config.extended_metadata:
            extended = {
                "sequence": sequence,
                "device_timestamp": frame.device_timestamp,
                "pixel_format": pixel_format,
            }
        topic, metadata, image = pack_image(
            self._unique_id, frame.timestamp, frame.image, extended, self._pack
        )
        # A client that is behind misses it, in silence: the guard counts that.
        bound.connections.note_offer(len(metadata), image.nbytes)
        bound.socket.send(topic, zmq.SNDMORE)
        bound.socket.send(metadata, zmq.SNDMORE)
        bound.socket.send(image, copy=False)

    @staticmethod
    def _all_read(bound: BoundSocket) -> bool:
        """Take out what clients subscribed to; return whether that was all of it.

        Who it was is sorted out off the frame's road.
        """
        try:
            for _ in range(CHANGES_AT_ONCE):
                # ZeroMQ takes in all that comes meanwhile, even a flood. To receive lets go of the
                # interpreter for that; to ask whether something waits would not.
                bound.connections.took_change(bound.socket.recv(zmq.NOBLOCK, copy=False))
        except zmq.Again:
            bound.connections.behind = False
            return True
        bound.connections.behind = True
        return False

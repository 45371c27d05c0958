"""Who is counted as a client, whatever clients do with their subscriptions."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import zmq

from pmv_tui.cameras.base import Frame
from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import SocketConfig
from pmv_tui.engine.guard import Guard
from pmv_tui.engine.publisher import Publisher
from pmv_tui.engine.sockets import BoundSocket
from tests.raw_zmtp import COMMAND, raw_peer, received_frame
from tests.support import free_ports, wait_for

Socket = zmq.Socket[bytes]

HEARTBEAT = 1.5
"""Seconds within which a heartbeat a second would come."""


class Bench:
    """A publisher, and the clients that a test connects to it."""

    def __init__(self, context: zmq.Context[Socket]) -> None:
        self._context = context
        self._address = Address("localhost", free_ports(1)[0])
        self._guard = Guard()
        self._guard.start()
        self._bound = BoundSocket(context, zmq.XPUB, self._address, self._guard)
        self.publisher = Publisher("left-simulated", SocketConfig(put_rate=0))
        self.publisher.swap(self._bound)
        self._sequence = 0

    @contextmanager
    def client(self, kind: int) -> Iterator[Socket]:
        """Connect a client for the length of a block."""
        with self._context.socket(kind) as socket:
            socket.linger = 0
            socket.connect(self._address.endpoint.replace("*", "127.0.0.1"))
            yield socket

    def publish_until(self, condition: Callable[[], bool], what: str) -> None:
        """Publish small images, and count clients in between, as an engine does."""

        def published() -> bool:
            self._sequence += 1
            frame = Frame(np.zeros((8, 8), np.uint8), time.time_ns())
            self.publisher.publish(frame, self._sequence, time.monotonic_ns(), "Mono8")
            self.publisher.count_clients()
            return condition()

        wait_for(published, what)

    @contextmanager
    def raw_client(self) -> Iterator[socket.socket]:
        """Connect one that sees each frame, and subscribes to all images."""
        with raw_peer(self._address.port, b"SUB") as client:
            client.sendall(b"\x00\x01\x01")
            yield client

    def receives(self, client: Socket) -> None:
        """See that a client is still sent images."""
        while client.poll(0):
            client.recv_multipart()
        self.publish_until(lambda: client.poll(0) > 0, "an image")

    def close(self) -> None:
        """Release the address."""
        self.publisher.swap(None)
        self._bound.release()
        self._guard.stop()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with zmq.Context[Socket]() as context:
        one = Bench(context)
        yield one
        one.close()


def test_a_client_that_cancels_what_it_never_asked_for_silences_no_other(bench: Bench) -> None:
    with bench.client(zmq.SUB) as healthy, bench.client(zmq.XSUB) as odd:
        healthy.subscribe(b"image")
        odd.send_multipart([b"\x01image", b"\x00image"])
        bench.receives(healthy)
        for _ in range(3):
            odd.send(b"\x00image")
        bench.receives(healthy)
    bench.publish_until(lambda: bench.publisher.clients == 0, "nobody to listen")


def test_a_client_that_subscribed_twice_is_gone_when_it_leaves(bench: Bench) -> None:
    with bench.client(zmq.SUB) as twice:
        twice.subscribe(b"image")
        twice.subscribe(b"")
        bench.receives(twice)
    bench.publish_until(lambda: bench.publisher.clients == 0, "nobody to listen")
    sent = bench.publisher.published
    bench.publish_until(lambda: True, "one more")
    assert bench.publisher.published == sent


def test_a_client_is_sent_images_and_no_commands_which_old_ones_take_for_messages(
    bench: Bench,
) -> None:
    with bench.raw_client() as client:
        bench.publish_until(lambda: bench.publisher.clients == 1, "it to be known")
        seen: list[int] = []
        end = time.monotonic() + HEARTBEAT

        def heartbeats_would_have_come() -> bool:
            while select.select([client], [], [], 0)[0]:
                seen.append(received_frame(client)[0])
            return len(seen) > 2 and time.monotonic() > end

        bench.publish_until(heartbeats_would_have_come, "some images")
        assert not any(flags & COMMAND for flags in seen)

"""Who is counted as a client, whatever clients do with their subscriptions, and what they miss."""

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgpack
import numpy as np
import pytest
import zmq

from pmv_tui.cameras.base import Frame
from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import SocketConfig
from pmv_tui.curve import Key
from pmv_tui.engine.clients.gate import Door, Gate
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.stream import publisher
from pmv_tui.engine.stream.local_road import LocalRoads
from pmv_tui.engine.stream.publisher import Publisher
from pmv_tui.engine.stream.sockets import BoundSocket
from pmv_tui.frames.pool import Pool
from pmv_tui.keys import Keys
from pmv_tui.wire.status import ClientStatus
from tests.raw_zmtp import COMMAND, old_peer, raw_peer, received, received_frame
from tests.support import DEADLINE, free_ports, wait_for

Socket = zmq.Socket[bytes]

HEARTBEAT = 1.5
"""Seconds within which a heartbeat a second would come."""


class Bench:
    """A publisher, and the clients that a test connects to it."""

    def __init__(self, context: zmq.Context[Socket], door: Door | None = None) -> None:
        self._context = context
        self._address = Address("localhost", free_ports(1)[0])
        self._guard = Guard()
        self._guard.start()
        self._bound = BoundSocket(context, zmq.XPUB, self._address, self._guard, door)
        config = SocketConfig(put_rate=0, extended_metadata=True)
        local = LocalRoads().add("left-simulated", Pool(), str)
        self.publisher = Publisher("left-simulated", config, local)
        self.publisher.swap(self._bound)
        self._sequence = 0

    @contextmanager
    def client(self, kind: int, key: Key | None = None, queue: int = 0) -> Iterator[Socket]:
        """Connect a client for the length of a block; with a queue as long as its buffers are."""
        with self._context.socket(kind) as socket:
            socket.linger = 0
            if queue:
                socket.rcvhwm = queue
                socket.rcvbuf = 4096
            if key:
                key.apply(socket)
            socket.connect(self._address.endpoint.replace("*", "127.0.0.1"))
            yield socket

    def publish_until(self, condition: Callable[[], bool], what: str) -> None:
        """Publish small images, and count clients in between, as an engine does."""

        def published() -> bool:
            self.publish()
            return condition()

        wait_for(published, what)

    def publish(self, width: int = 8) -> None:
        """Publish an image, and count clients, whereby ZeroMQ sees which have room again."""
        self._sequence += 1
        frame = Frame(np.zeros((8, width), np.uint8), time.time_ns())
        self.publisher.publish(frame, None, self._sequence, time.monotonic_ns(), "Mono8")
        self.publisher.count_clients()

    def wait_for_clients(self, count: int) -> None:
        """Wait until so many clients subscribe."""

        def counted() -> bool:
            self.publisher.count_clients()
            return self.publisher.clients == count

        wait_for(counted, f"{count} clients")

    @property
    def port(self) -> int:
        """Where it publishes."""
        return self._address.port

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
        bench.publish_until(lambda: bench.publisher.not_subscribed == 1, "the odd one to be seen")
        for _ in range(3):
            odd.send(b"\x00image")
        bench.receives(healthy)
    bench.publish_until(lambda: bench.publisher.clients == 0, "nobody to listen")


def test_a_client_is_sent_images_though_a_flood_of_subscriptions_is_read_before_its_own(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "CHANGES_AT_ONCE", 1)
    monkeypatch.setattr(publisher, "LOTS", 1)
    with bench.client(zmq.XSUB) as flood, bench.client(zmq.SUB) as other:
        for number in range(20_000):
            flood.send(b"\x01%d" % number)
        bench.publish_until(lambda: bench.publisher.not_subscribed == 2, "both to be connected")
        other.subscribe(b"image")
        bench.receives(other)
        assert bench.publisher.clients == 0, "its own is not read yet"
        monkeypatch.undo()
        bench.wait_for_clients(1)


def test_who_counts_clients_does_not_wait_for_a_frame_that_is_being_sent(bench: Bench) -> None:
    counted = []

    class Looked(Frame):
        """A frame amid whose sending the clients are counted."""

        def __getattribute__(self, name: str) -> object:
            if name == "image":
                bench.publisher.count_clients()
                counted.append(name)
            return super().__getattribute__(name)

    with bench.client(zmq.SUB) as client:
        client.subscribe(b"image")
        bench.wait_for_clients(1)
        frame = Looked(np.zeros((8, 8), np.uint8), time.time_ns())
        sending = threading.Thread(
            target=bench.publisher.publish, args=(frame, None, 1, time.monotonic_ns(), "Mono8")
        )
        sending.daemon = True
        sending.start()
        sending.join(DEADLINE)
        assert counted


def test_a_client_that_subscribed_twice_is_gone_when_it_leaves(bench: Bench) -> None:
    with bench.client(zmq.SUB) as twice:
        twice.subscribe(b"image")
        twice.subscribe(b"")
        bench.receives(twice)
    bench.publish_until(lambda: bench.publisher.clients == 0, "nobody to listen")
    sent = bench.publisher.published
    bench.publish_until(lambda: True, "one more")
    assert bench.publisher.published == sent


@contextmanager
def gate(context: zmq.Context[Socket], keys: Keys) -> Iterator[Gate]:
    """Let in who has a listed key, for the length of a block."""
    one = Gate(context, keys)
    one.start()
    yield one
    one.stop()


def numbers(client: Socket, *, at_least: int = 0) -> list[int]:
    """Receive what waits for a client, and as many images as must come; give their numbers."""
    received: list[int] = []
    while len(received) < at_least or client.poll(0):
        assert client.poll(int(DEADLINE * 1000)), "no image"
        received.append(msgpack.unpackb(client.recv_multipart()[1])["sequence"])
    return received


@pytest.mark.parametrize("encrypted", [False, True])
def test_images_that_a_client_misses_are_counted_as_it_counts_them_itself(
    tmp_path: Path, *, encrypted: bool
) -> None:
    with zmq.Context[Socket]() as context, ExitStack() as stack:
        door = key = None
        if encrypted:
            keys = Keys(tmp_path / "keys")
            key = Key.load(keys.make_client("alice"))
            opened = stack.enter_context(gate(context, keys))
            door = opened.door()
            opened.read_keys(door).result(DEADLINE)
        bench = Bench(context, door)
        stack.callback(bench.close)
        fast = stack.enter_context(bench.client(zmq.SUB, key))
        slow = stack.enter_context(bench.client(zmq.SUB, key, queue=1))
        for each in (fast, slow):
            each.subscribe(b"image")
        bench.wait_for_clients(2)
        bench.publish()
        fast_got, slow_got = numbers(fast, at_least=1), numbers(slow, at_least=1)
        for _ in range(300):  # of which the slow one reads none
            bench.publish(width=5000)
            fast_got += numbers(fast, at_least=1)
        by_name = {each["missed"]: each for each in one_that_missed_some(bench)}
        assert by_name[0]["state"] == "keeps up"
        for one in by_name.values():
            port = one["address"].rpartition(":")[2]
            assert one["name"].endswith(f"(pid {os.getpid()}), port {port}"), "to distinguish them"
        assert all(each["key"] == "alice" * encrypted for each in by_name.values())

        def caught_up() -> bool:
            fast_got.extend(numbers(fast, at_least=1))
            slow_got.extend(numbers(slow))
            return slow_got[-1] > stopped

        stopped = fast_got[-1]
        bench.publish_until(caught_up, "the slow one to read again")
        missed = slow_got[-1] - slow_got[0] + 1 - len(slow_got)
        assert missed > 100
        wait_for(
            lambda: abs(bench.publisher.missed_by_clients.images - missed) <= 2,
            f"{missed} missed images to be counted",
        )
        assert fast_got == list(range(fast_got[0], fast_got[-1] + 1))
    assert abs(bench.publisher.missed_by_clients.images - missed) <= 2, "also when all have left"


def one_that_missed_some(bench: Bench) -> list[ClientStatus]:
    """Wait until one of two clients is seen to have missed images, and both are named."""

    def with_misses() -> Sequence[ClientStatus]:
        clients = bench.publisher.client_list
        named = all(each["pid"] for each in clients)
        return clients if named and sum(bool(each["missed"]) for each in clients) == 1 else ()

    return list(wait_for(with_misses, "one to have missed images"))


@pytest.mark.parametrize("version", [1, 2])
def test_a_client_of_an_old_libzmq_is_known_and_sent_images(bench: Bench, version: int) -> None:
    subscription = {1: b"\x02\x00\x01", 2: b"\x00\x01\x01"}[version]
    with (
        bench.client(zmq.SUB) as other,
        socket.create_connection(("127.0.0.1", bench.port)) as browser,
        old_peer(bench.port, b"SUB", version) as old,
    ):
        other.subscribe(b"image")
        bench.wait_for_clients(1)
        browser.sendall(b"GET / HTTP/1.1\r\nHost: rig\r\n\r\n")
        old.sendall(subscription)
        bench.wait_for_clients(2)
        ours = {f"127.0.0.1:{old.getsockname()[1]}"}
        wait_for(
            lambda: ours < {each["address"] for each in bench.publisher.client_list},
            "it to be listed, and not the browser",
        )
        bench.publish()
        assert b"image" in received(old, 20)
    bench.wait_for_clients(0)


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

"""A client that proves by sequence numbers that nothing was missed."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgpack
import pytest
import zmq

from tests.support import wait_for

LOOK = 20
"""ms after which a thread that counts wakes by itself."""

TOO_LATE = 0.05
"""Seconds by which it may be woken too late where images count: half the time from one to the
next."""

Events = TypeVar("Events")


class Lateness:
    """How late loops that do next to nothing are woken: the machine had too much to do.

    Attributes
    ----------
    worst : seconds, at most; set it to 0 to measure from then on.
    """

    worst = 0.0

    def poll(self, poll: Callable[[int], Events]) -> Events:
        """Wait for events by a function that takes a time limit, ms."""
        asleep = time.monotonic()
        events = poll(LOOK)
        self.worst = max(self.worst, time.monotonic() - asleep - LOOK / 1000)
        return events

    @contextmanager
    def on_each_processor(self) -> Iterator[None]:
        """Have a loop on each processor too: one may stand still, with the engine's thread on it,
        while the other goes on.
        """
        stop = threading.Event()

        def watch(processor: int) -> None:
            os.sched_setaffinity(0, {processor})  # of this thread alone
            while not stop.is_set():
                self.poll(lambda milliseconds: time.sleep(milliseconds / 1000))

        threads = [threading.Thread(target=watch, args=(one,)) for one in os.sched_getaffinity(0)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


@contextmanager
def counting(pub: int, *, gaps: bool = False) -> Iterator[list[int]]:
    """Collect the sequence numbers of what is published; at the end none may be missing.

    Where the machine stood still for longer than an engine has room for, nothing is proved: skip.

    Parameters
    ----------
    pub : the port; the rig's `extended_metadata` must be on.
    gaps : whether some may be missing nevertheless.
    """
    numbers: list[int] = []
    late = Lateness()
    stop = threading.Event()

    def collect() -> None:
        with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as socket:
            socket.linger = 0
            socket.connect(f"tcp://localhost:{pub}")
            socket.subscribe(b"")
            while not stop.is_set():
                if late.poll(socket.poll):
                    numbers.append(msgpack.unpackb(socket.recv_multipart()[1])["sequence"])

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        with late.on_each_processor():
            wait_for(lambda: numbers, "the first image")
            yield numbers
            so_far = len(numbers)
            wait_for(lambda: len(numbers) > so_far + 10, "images after it all")
    finally:
        stop.set()
        thread.join()
    if not gaps:
        missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
        if missing and late.worst > TOO_LATE:
            pytest.skip(f"{missing} missing, but the machine stood still for {late.worst:.2f} s")
        assert not missing, f"of {numbers[0]} to {numbers[-1]} are missing: {missing}"
        assert numbers == sorted(set(numbers)), "each image once, in order"

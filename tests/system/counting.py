"""A client that proves by sequence numbers that nothing was missed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import zmq

from tests.support import wait_for


@contextmanager
def counting(pub: int, *, gaps: bool = False) -> Iterator[list[int]]:
    """Collect the sequence numbers of what is published; at the end none may be missing.

    Parameters
    ----------
    pub : the port; the rig's `extended_metadata` must be on.
    gaps : whether some may be missing nevertheless.
    """
    numbers: list[int] = []
    stop = threading.Event()

    def collect() -> None:
        with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as socket:
            socket.linger = 0
            socket.connect(f"tcp://localhost:{pub}")
            socket.subscribe(b"")
            while not stop.is_set():
                if socket.poll(100):
                    numbers.append(msgpack.unpackb(socket.recv_multipart()[1])["sequence"])

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        wait_for(lambda: numbers, "the first image")
        yield numbers
        so_far = len(numbers)
        wait_for(lambda: len(numbers) > so_far + 10, "images after it all")
    finally:
        stop.set()
        thread.join()
    if not gaps:
        missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
        assert not missing, f"of {numbers[0]} to {numbers[-1]} are missing: {missing}"
        assert numbers == sorted(set(numbers)), "each image once, in order"

"""The local road of one camera, without the camera: images as fast as they are to come."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from pmv_tui.engine.stream.local_road import LocalRoads
from pmv_tui.frames.pool import Pool
from tests.frames.images import capture, watched_pool
from tests.support import free_ports, wait_for


class Road:
    """A pool, and the engine's end of a local road to it.

    Attributes
    ----------
    name : where it is served.
    said : what is recorded.
    """

    def __init__(self, roads: LocalRoads) -> None:
        (port,) = free_ports(1)
        self.name = f"127.0.0.1:{port}"
        self.said: list[str] = []
        self.pool = watched_pool()
        self.road = roads.add("left-simulated", self.pool, self.said.append)
        self.road.open(self.name)
        self.sequence = 0

    def publish(self, image: NDArray[np.uint8]) -> bool:
        """Send an image; whether it found a buffer."""
        self.sequence += 1
        buffer = capture(self.pool, image, self.sequence)
        self.road.send(buffer)
        return buffer is not None

    def wait_for_readers(self, count: int) -> None:
        wait_for(lambda: self.road.audience[1] == count, f"{count} readers")


@contextmanager
def served() -> Iterator[Road]:
    """Serve a road while a block runs."""
    roads = LocalRoads()
    road = Road(roads)
    roads.start()
    try:
        yield road
    finally:
        roads.remove(road.road)
        roads.stop()


READING = """
import random, sys
from pmv_tui.client.local import LocalStream

stream = LocalStream([sys.argv[1]], newest=sys.argv[2] == "newest")
kept, last, count, shapes = [], 0, 0, set()
while not stream.ended:
    stream.wait(None)
    while (taken := stream.take()) is not None:
        image, record = taken
        assert record.sequence > last, (record, last)
        last, count = record.sequence, count + 1
        shapes.add(image.shape)
        kept.append((last, image))
        while len(kept) > random.randrange(12):
            number, image = kept.pop(random.randrange(len(kept)))
            assert (image == number % 251).all(), (number, image)
print(count, last, len(shapes))
"""
"""Holds up to twelve images for a while, and looks at each when it lets go of it."""


@contextmanager
def reading(road: Road, mode: str) -> Iterator["subprocess.Popen[str]"]:
    """Read in a process of its own, until the road is closed; prints images, the last, shapes.

    Parameters
    ----------
    mode : `newest` or `every`.
    """
    with subprocess.Popen(
        [sys.executable, "-c", READING, road.name, mode],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


LOOKING = """
import sys
import numpy as np
from pmv_tui.frames.memory import ImageMemory
from pmv_tui.frames.reader import look
memory, last, shapes, frames = ImageMemory(int(sys.argv[1])), 0, set(), 0
print("ready", flush=True)
while last < int(sys.argv[2]):
    number, image = look(memory, last, lambda image, _: image.copy())
    if image is None:
        continue
    assert number > last, (number, last)
    assert (image == number % 251).all(), (number, np.unique(image))
    last, frames = number, frames + 1
    shapes.add(image.shape)
print(frames, len(shapes))
"""


@contextmanager
def looking(pool: Pool, total: int) -> Iterator["subprocess.Popen[str]"]:
    """Look as a window does, in a process of its own, until the image of a number was seen."""
    assert pool.shared is not None
    descriptor = pool.shared.descriptor
    with subprocess.Popen(
        [sys.executable, "-c", LOOKING, str(descriptor), str(total)],
        pass_fds=[descriptor],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        try:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
            yield reader
        finally:
            reader.kill()

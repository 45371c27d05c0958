"""What the tests of the cameras share: reading a frame's number, grabbing, watching for leaks."""

import time
from collections.abc import Callable

import numpy as np
import psutil
from numpy.typing import NDArray

from pmv_tui.cameras.base import Camera, Frame, Setting
from pmv_tui.cameras.simulated.scene import NumberStamp
from pmv_tui.frames.memory import Record
from pmv_tui.frames.pool import Pool
from pmv_tui.frames.reader import look
from tests.frames.images import copied
from tests.support import wait_for

LEAK = 20e6
"""Bytes of memory by which a process may grow without a leak: its allocator does not give back."""


def read_number(image: NDArray[np.uint8]) -> int:
    """Read the number in an image's corner, as a person would: digit by digit, by likeness."""
    height, width = image.shape
    stamp = NumberStamp(width, height)
    number = 0
    for place in range(stamp.digits):
        likeness = []
        for digit in range(10):
            drawn = np.zeros_like(image)
            stamp.draw(drawn, digit * 10 ** (stamp.digits - 1 - place))
            left = stamp.dot + place * 6 * stamp.dot
            cell = np.s_[: 9 * stamp.dot, left : left + 6 * stamp.dot]
            likeness.append(np.mean((image[cell] > image[cell].max() / 2) == (drawn[cell] > 0)))
        best = int(np.argmax(likeness))
        assert likeness[best] > 0.95, f"place {place} shows no digit"
        number = 10 * number + best
    return number


def grab_one(camera: Camera) -> Frame:
    """Grab the next frame, however long it takes within the deadline."""
    frame = wait_for(lambda: camera.grab(0.2), "a frame")
    assert frame is not None
    return frame


def assert_writes_into_shared_memory(camera: Camera, frames: int) -> None:
    """See that images are written where readers find them; none is copied there.

    Parameters
    ----------
    frames : after which that is so: a driver may have taken other memory first.
    """
    pool = Pool()
    pool.watched = True
    camera.new_image = pool.new_image
    for _ in range(frames):
        frame = grab_one(camera)
        assert pool.without == 0
    height, width = frame.image.shape
    copy = frame.image.copy()
    record = Record(1, frame.timestamp, frame.device_timestamp, height, width, "Mono8")
    assert pool.finish(frame.image, record) is not None
    assert pool.shared is not None
    _, seen = look(pool.shared.memory, 0, copied)
    np.testing.assert_array_equal(seen, copy)
    del frame
    for _ in range(5):
        grab_one(camera)
        assert pool.without == 0


def pass_time(seconds: float) -> None:
    """Let a camera's time pass, as a machine that is busy with something else does."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(left)


def setting(camera: Camera, name: str) -> Setting:
    """Ask a camera for one of its settings."""
    return {each.name: each for each in camera.settings()}[name]


def assert_leaves_nothing(open_and_close: Callable[[], None], cycles: int = 200) -> None:
    """See that opening and closing many times leaves no thread, descriptor or memory behind."""
    process = psutil.Process()
    for _ in range(3):
        open_and_close()  # what a library keeps for good, it has made now
    threads, descriptors = process.num_threads(), process.num_fds()
    memory = process.memory_info().rss
    for _ in range(cycles):
        open_and_close()
    # A thread that has ended may be seen for a moment more.
    wait_for(lambda: process.num_threads() <= threads, f"no more than {threads} threads")
    assert process.num_fds() <= descriptors
    # One image kept each time would be many times as much.
    assert process.memory_info().rss - memory < LEAK

"""The latest frame in shared memory: newest wins, and none is ever torn."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pmv_tui.windows.slot import BUFFERS, HEADER_BYTES, FrameSlot, FrameSlotReader
from tests.support import DEADLINE


@pytest.fixture
def slot() -> Iterator[FrameSlot]:
    slot = FrameSlot()
    yield slot
    slot.close()


@pytest.fixture
def reader(slot: FrameSlot) -> Iterator[FrameSlotReader]:
    reader = FrameSlotReader(os.dup(slot.fd))
    yield reader
    reader.close()


def plain(height: int, width: int, value: int) -> NDArray[np.uint8]:
    return np.full((height, width), value, np.uint8)


def test_an_empty_slot_has_no_frame(reader: FrameSlotReader) -> None:
    assert reader.latest(0) is None


def test_the_newest_frame_is_read_and_only_once(slot: FrameSlot, reader: FrameSlotReader) -> None:
    for number in range(1, 6):
        slot.write(plain(3, 4, number), number)
    newest = reader.latest(0)
    assert newest is not None
    assert newest[1] == 5
    assert (newest[0] == plain(3, 4, 5)).all()
    assert reader.latest(5) is None


def test_a_read_frame_does_not_change_with_the_next(
    slot: FrameSlot, reader: FrameSlotReader
) -> None:
    slot.write(plain(3, 4, 1), 1)
    first = reader.latest(0)
    for number in range(2, 8):
        slot.write(plain(3, 4, number), number)
    assert first is not None
    assert (first[0] == 1).all()


@given(shapes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1))
def test_whatever_the_shapes_each_frame_is_read_as_it_was_written(
    shapes: list[tuple[int, int]],
) -> None:
    slot = FrameSlot()
    reader = FrameSlotReader(os.dup(slot.fd))
    pixels = np.random.default_rng(0)
    for sequence, shape in enumerate(shapes, start=1):
        image = pixels.integers(0, 256, shape, np.uint8)
        slot.write(image, sequence)
        newest = reader.latest(sequence - 1)
        assert newest is not None
        assert newest[1] == sequence
        np.testing.assert_array_equal(newest[0], image)
    largest = max(height * width for height, width in shapes)
    assert os.fstat(slot.fd).st_size <= HEADER_BYTES + BUFFERS * largest
    slot.close()
    reader.close()


def test_an_image_that_is_no_contiguous_block_is_written_whole(
    slot: FrameSlot, reader: FrameSlotReader
) -> None:
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)[::2, ::2]
    slot.write(image, 1)
    newest = reader.latest(0)
    assert newest is not None
    np.testing.assert_array_equal(newest[0], image)


def test_the_memory_cannot_be_cut_under_a_reader(slot: FrameSlot) -> None:
    slot.write(plain(10, 10, 1), 1)
    with pytest.raises(PermissionError):
        os.ftruncate(slot.fd, 0)


READER = """
import sys
import numpy as np
from pmv_tui.windows.slot import FrameSlotReader
reader, last, shapes, frames = FrameSlotReader(int(sys.argv[1])), 0, set(), 0
print("ready", flush=True)
while last < int(sys.argv[2]):
    newest = reader.latest(last)
    if newest is None:
        continue
    image, sequence = newest
    assert sequence > last, (sequence, last)
    assert (image == sequence % 251).all(), (sequence, np.unique(image))
    assert image.shape == (40 + sequence // 500 % 7 * 60, 300), (sequence, image.shape)
    last, frames = sequence, frames + 1
    shapes.add(image.shape)
print(frames, len(shapes))
"""


def test_no_frame_is_torn_between_two_processes_while_its_shape_changes(slot: FrameSlot) -> None:
    total = 20_000
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(slot.fd), str(total)],
        pass_fds=[slot.fd],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for sequence in range(1, total + 1):
        height = 40 + sequence // 500 % 7 * 60
        slot.write(plain(height, 300, sequence % 251), sequence)
        if sequence % 50 == 0:
            time.sleep(0.001)  # where there is one processor for both, the reader has its turn
    said, complaint = reader.communicate(timeout=DEADLINE)
    assert reader.returncode == 0, complaint
    frames, shapes = map(int, said.split())
    assert frames > 100
    assert shapes == 7

"""A camera's buffers: the newest wins, none is torn, none is taken from whoever holds it."""

import os
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.frames import pool as pool_module
from pmv_tui.frames.memory import CLAIMS, CLAIMS_BYTES, Claims, ImageMemory, Record, make_memory
from pmv_tui.frames.pool import Captured, Pool
from pmv_tui.frames.reader import ClaimingReader, look, look_at
from pmv_tui.frames.recent import LEEWAY, MOST_IMAGES, SPAN
from tests.frames.images import capture, copied, plain, watched_pool


def memory_of(pool: Pool) -> ImageMemory:
    assert pool.shared is not None
    return ImageMemory(pool.shared.descriptor)


class Held:
    """A reader of a pool in this process, as the engine sees it and as it is."""

    def __init__(self, pool: Pool) -> None:
        descriptor = make_memory("claims", CLAIMS_BYTES)
        self._claims = Claims(descriptor)
        self.reader = ClaimingReader(descriptor, memory_of(pool))
        os.close(descriptor)
        pool.holders = (*pool.holders, self)

    @property
    def held(self) -> set[int]:
        return self._claims.buffers


def test_a_pool_without_images_has_no_memory() -> None:
    assert Pool().shared is None


def test_the_newest_image_is_seen_and_only_once() -> None:
    pool = watched_pool()
    for number in range(1, 6):
        capture(pool, plain(3, 4, number), number)
    number, image = look(memory_of(pool), 0, copied)
    assert number == 5
    assert image is not None
    assert (image == 5).all()
    assert look(memory_of(pool), 5, copied) == (0, None)


MS = 1_000_000


def found(pool: Pool, timestamp: int) -> Captured:
    captured = pool.recent.find(timestamp)
    assert captured is not None
    return captured


def seen(pool: Pool, captured: Captured) -> int | None:
    """Return the grey of an image that a window looks at; None where it is gone."""
    number, image = look_at(memory_of(pool), *captured, 0, copied)
    return None if image is None or not number else int(image[0, 0])


def test_with_match_a_window_finds_the_images_of_the_last_half_second_and_no_others() -> None:
    pool = watched_pool()
    pool.matching = True
    for number in range(1, 101):
        capture(pool, plain(3, 4, number), number, timestamp=number * 10 * MS)
    newest = 1000 * MS
    assert seen(pool, found(pool, newest)) == 100
    assert [seen(pool, found(pool, 10 * n * MS)) for n in range(50, 100)] == [*range(50, 100)]
    assert seen(pool, found(pool, int(float(900 * MS)) + 200)) == 90, "through a double"
    assert pool.recent.find(900 * MS + 8000) is None
    assert pool.recent.find(newest - SPAN - 1) is None
    assert pool.recent.find(None) is None
    assert look_at(memory_of(pool), *found(pool, newest), 100, copied) == (100, None), "has it"


def test_an_image_that_a_window_was_told_of_is_there_a_moment_longer_and_then_it_is_gone() -> None:
    pool = watched_pool()
    pool.matching = True
    capture(pool, plain(3, 4, 200), 1, timestamp=0)
    told = found(pool, 0)
    for number in range(1, (SPAN + LEEWAY) // (10 * MS) + 1):
        capture(pool, plain(3, 4, number), number, timestamp=number * 10 * MS)
    assert pool.recent.find(0) is None
    assert seen(pool, told) == 200
    for number in range(100, 104):
        capture(pool, plain(3, 4, number), number, timestamp=number * 10 * MS)
    assert seen(pool, told) is None


def test_without_match_or_a_window_nothing_more_is_kept() -> None:
    pool = watched_pool()
    for matching, watched in ((True, True), (False, True), (True, False)):
        pool.matching, pool.watched = matching, watched
        for number in range(1, 50):
            capture(pool, plain(3, 4, number), number, timestamp=number * MS)
        assert bool(pool.recent) == (matching and watched)


def test_what_is_kept_for_windows_leaves_readers_most_buffers() -> None:
    pool = watched_pool()
    pool.matching = True
    for number in range(1, 1000):
        capture(pool, plain(3, 4, 1), number, timestamp=number)
    assert len(pool.recent.all) == MOST_IMAGES
    assert pool.without == 0
    for number in range(1, 10):
        capture(pool, plain(4096, 8192, 1), number, timestamp=2000 + number)
    assert len(pool.recent.all) == 4, "of 32 buffers"


@given(shapes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1))
def test_whatever_the_shapes_each_image_is_read_as_it_was_written(
    shapes: list[tuple[int, int]],
) -> None:
    pool = watched_pool()
    pixels = np.random.default_rng(0)
    for sequence, shape in enumerate(shapes, start=1):
        image = pixels.integers(0, 256, shape, np.uint8)
        assert capture(pool, image, sequence) is not None
        _, seen = look(memory_of(pool), sequence - 1, copied)
        np.testing.assert_array_equal(seen, image)


def test_a_held_image_stays_while_the_camera_goes_on_and_its_buffer_is_used_again_afterwards() -> (
    None
):
    pool = watched_pool()
    capture(pool, plain(30, 40, 0), 1)
    one = Held(pool)
    kept = {}
    for number in range(1, 200):
        buffer = capture(pool, plain(30, 40, number), number)
        assert buffer is not None
        pool.publish(buffer)
        if number % 40 == 0:
            taken = one.reader.newest(0)
            assert taken is not None
            kept[number] = taken[2][::2]  # a view of a view holds it as well
    assert {number: set(np.unique(image)) for number, image in kept.items()} == {
        number: {number} for number in kept
    }
    assert pool.buffers < 16
    assert len(one.held) == len(kept)
    kept.clear()
    del taken
    assert one.held == set()


def test_who_holds_more_images_than_can_be_held_gets_copies() -> None:
    pool = watched_pool()
    capture(pool, plain(3, 4, 0), 1)
    one = Held(pool)
    kept = []
    for number in range(1, 4 * CLAIMS):
        buffer = capture(pool, plain(3, 4, number), number)
        assert buffer is not None
        ticket, counter = pool.publish(buffer)
        kept.append(one.reader.take(ticket.pack(), counter))
    assert [image.flat[0] for _, _, image in filter(None, kept)] == list(range(1, 4 * CLAIMS))
    assert len(one.held) == CLAIMS - 1
    assert one.reader.copied == 3 * CLAIMS
    with pytest.raises(ValueError, match="read-only"):
        kept[-1][2][0, 0] = 1  # type: ignore[index]


def test_an_image_that_was_written_over_is_not_taken_for_it() -> None:
    pool = watched_pool()
    capture(pool, plain(3, 4, 0), 1)
    one = Held(pool)
    buffer = capture(pool, plain(3, 4, 1), 1)
    assert buffer is not None
    ticket, counter = pool.publish(buffer)
    for number in range(2, 30):
        pool.publish(capture(pool, plain(3, 4, number), number) or 0)
    assert one.reader.take(ticket.pack(), counter) is None
    assert one.held == set()


def test_what_the_engine_itself_holds_is_not_written_over() -> None:
    pool = watched_pool()
    room = pool.new_image(3, 4)
    room[:] = 7
    sent = room.data  # as ZeroMQ does
    for number in range(1, 30):
        capture(pool, plain(3, 4, 99), number)
    assert set(sent.tobytes()) == {7}
    gone = weakref.ref(room.base)
    del room, sent
    assert gone() is None


def test_buffers_that_are_needed_no_more_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "SURPLUS_AFTER", 10)
    pool = watched_pool()
    kept = [pool.new_image(100, 100) for _ in range(12)]
    few = watched_pool()
    for number in range(1, 50):
        capture(pool, plain(100, 100, 1), number)
        capture(few, plain(100, 100, 1), number)
    assert pool.buffers > 12
    kept.clear()
    for number in range(50, 200):
        capture(pool, plain(100, 100, number), number)
    assert pool.buffers == few.buffers


def test_memory_of_large_images_is_given_back_when_they_are_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_module, "SHRUNK_AFTER", 10)
    pool = watched_pool()
    capture(pool, plain(400, 400, 1), 1)
    one = Held(pool)
    pool.publish(capture(pool, plain(400, 400, 2), 2) or 0)
    held = one.reader.newest(0)
    large = weakref.ref(pool.shared or pool)
    for number in range(3, 30):
        capture(pool, plain(20, 20, number), number)
    assert pool.shared is not None
    assert pool.shared.memory.capacity < 400 * 400 / 4
    assert large() is None
    _, seen = look(memory_of(pool), 0, copied)
    np.testing.assert_array_equal(seen, plain(20, 20, 29))
    assert held is not None
    np.testing.assert_array_equal(held[2], plain(400, 400, 2))
    replaced = pool.shared
    for number in range(30, 60):
        capture(pool, plain(5, 5, number), number)
    assert pool.shared is replaced


def test_there_is_memory_only_while_somebody_looks() -> None:
    pool = Pool()
    image = plain(3, 4, 5)
    record = Record(1, 1, None, 3, 4, "Mono8")
    assert pool.new_image(3, 4).base is None
    assert pool.finish(image, record) is None
    assert pool.shared is None
    pool.watched = True
    assert pool.finish(image, record) is not None, "one that was made elsewhere is copied"
    _, seen = look(memory_of(pool), 0, copied)
    np.testing.assert_array_equal(seen, image)
    kept = pool.new_image(3, 4)
    pool.watched = False
    assert pool.finish(kept, record) is None
    assert pool.shared is None
    kept[:] = 7  # whoever has an array of it keeps the memory


def test_readers_can_neither_write_nor_cut_the_memory() -> None:
    pool = watched_pool()
    capture(pool, plain(10, 10, 1), 1)
    assert pool.shared is not None
    with pytest.raises(OSError, match="Invalid argument"):
        os.ftruncate(pool.shared.descriptor, 0)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(pool.shared.descriptor, b"x")

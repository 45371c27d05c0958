"""Scripts that hold images, stop, talk nonsense: what a camera's local road makes of each."""

import errno
import gc
import os
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import count
from types import FrameType
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from pmv_tui.client.local import LocalStream
from pmv_tui.frames.memory import CLAIMS, HELLO, MAGIC, READ, TAKEN, VERSION, Claims, endpoint
from tests.frames.images import plain
from tests.frames.readers import Road, looking, reading, served
from tests.support import DEADLINE, wait_for

SMALL = plain(16, 16, 7)


@pytest.fixture
def road() -> Iterator[Road]:
    with served() as one:
        one.publish(SMALL)
        yield one


@pytest.fixture
def reader(road: Road) -> Iterator[LocalStream]:
    stream = LocalStream([road.name], newest=False)
    road.wait_for_readers(1)
    yield stream
    stream.close()


def test_no_image_is_torn_whoever_reads_and_however_while_its_shape_changes(road: Road) -> None:
    total = 20_000
    road.publish(plain(180, 100, 2))  # the memory for all shapes
    with ExitStack() as stack:
        readers = [stack.enter_context(reading(road, mode)) for mode in ("newest", "every")]
        road.wait_for_readers(2)
        window = stack.enter_context(looking(road.pool, total))
        images = [plain(120 + step * 10, 100, 0) for step in range(7)]
        while road.sequence < total:
            number = road.sequence + 1
            image = images[number // 500 % 7]
            image[:] = number % 251
            assert road.publish(image)
            if number % 100 == 0:
                threading.Event().wait(0.001)  # on one processor, readers have their turn
        assert window.wait(DEADLINE) == 0, window.communicate()[1]
        road.road.close()
        for process in readers:
            said, complaint = process.communicate(timeout=DEADLINE)
            assert process.returncode == 0, complaint
            images_read, last, shapes = map(int, said.split())
            assert images_read > 100
            assert (last, shapes) == (total, 7)
    assert road.said == []


def test_an_image_may_be_let_go_of_in_the_midst_of_another_that_is_taken(
    road: Road, reader: LocalStream
) -> None:
    """As another thread does it, or the garbage collector: here after each step of it."""
    kept: deque[Any] = deque()
    road.publish(SMALL)
    reader.take()

    def let_go(_frame: FrameType, event: str, what: Any) -> None:
        if event == "c_return" and what.__name__ == "release" and kept:
            kept.popleft()

    for number in range(2, 100):
        road.publish(plain(16, 16, number))
        sys.setprofile(let_go)
        got = reader.take()
        sys.setprofile(None)
        assert got is not None
        assert (got[0] == number).all()
        kept.append(got)
        del got
    assert len(set(road.pool.holders[0].held)) <= 2
    kept.clear()
    assert set(road.pool.holders[0].held) == set()


def test_a_claim_ends_where_there_is_no_memory_for_a_copy(
    road: Road, reader: LocalStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    for _ in range(CLAIMS):
        road.publish(SMALL)
        kept.append(reader.take())
    held = set(road.pool.holders[0].held)
    road.publish(SMALL)
    with monkeypatch.context() as without:
        without.setattr("pmv_tui.frames.memory.np.frombuffer", lambda *_: _no_memory())
        with pytest.raises(MemoryError):
            reader.take()
    road.publish(SMALL)
    assert reader.take() is not None
    assert set(road.pool.holders[0].held) == held


def _no_memory() -> None:
    raise MemoryError


def test_scripts_that_stopped_at_different_times_leave_buffers_for_the_others(road: Road) -> None:
    stopped = []
    for number in count(1):
        stopped.append(LocalStream([road.name], newest=False))
        road.wait_for_readers(number)
        if number == 4:
            break
        for _ in range(300):
            assert road.publish(SMALL)
    for _ in range(300):
        assert road.publish(SMALL)
    for stream in stopped:
        first = stream.take()
        assert first is not None
        stream.close()


def hold_all_buffers(road: Road, image: NDArray[np.uint8]) -> tuple[list[LocalStream], list[Any]]:
    """Have three scripts take images until they are dismissed; give them and what they hold."""
    hoards = [LocalStream([road.name], newest=True) for _ in range(3)]
    road.wait_for_readers(3)
    kept = []
    for _ in range(CLAIMS - 1):
        for stream in hoards:
            road.publish(image)
            kept.append(stream.take())

    def dismissed() -> bool:
        road.publish(image)
        return not road.road.readers

    wait_for(dismissed, "them to be told")
    return hoards, kept


def test_where_all_buffers_are_held_scripts_get_their_images_by_tcp_until_some_are_let_go(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmv_tui.frames.pool.MOST_BYTES", 0)  # 16 buffers, as of images of 64 MB
    big = plain(100, 100, 1)
    road.publish(big)
    hoards, kept = hold_all_buffers(road, big)
    why = "clients hold all 16 buffers"
    told = f"scripts on this machine get their images by tcp: {why}; "
    wait_for(
        lambda: any(line.startswith(told) and "holds" in line for line in road.said),
        "it to be recorded",
    )
    assert road.road.missed.images > 0
    before = [taken and taken[0].copy() for taken in kept]
    assert hoards[0].take() is None
    assert hoards[0].ended.startswith(why)
    late = LocalStream([road.name], newest=True)
    assert _refused(late) == why
    for taken, copy in zip(kept, before, strict=True):
        np.testing.assert_array_equal(taken and taken[0], copy)
    kept.clear()
    del taken
    for stream in hoards:
        stream.close()
    wait_for(lambda: road.publish(big), "a buffer that is free")
    again = LocalStream([road.name], newest=True)
    road.wait_for_readers(1)
    road.publish(big)
    assert again.take() is not None
    again.close()


def test_scripts_are_let_in_again_once_those_that_held_all_buffers_have_gone(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmv_tui.frames.pool.MOST_BYTES", 0)  # 16 buffers, as of images of 64 MB
    road.pool.watched = False  # nobody but scripts looks
    big = plain(100, 100, 1)
    hoards, kept = hold_all_buffers(road, big)
    kept.clear()
    for stream in hoards:
        stream.close()
    wait_for(lambda: not road.pool.holders, "them to have gone")
    road.publish(big)
    again = LocalStream([road.name], newest=True)
    road.wait_for_readers(1)
    missed = road.road.missed.images
    road.publish(big)
    assert again.take() is not None
    road.road.look()
    assert road.road.missed.images == missed
    again.close()


def test_the_end_of_the_engine_leaves_no_descriptor_though_scripts_are_still_connected() -> None:
    gc.collect()
    before = psutil.Process().num_fds()
    with served() as road:
        road.publish(SMALL)
        streams = [LocalStream([road.name], newest=True) for _ in range(3)]
        road.wait_for_readers(3)
        road.publish(SMALL)
        assert all(stream.take() for stream in streams)
    for stream in streams:
        stream.close()
    del road, stream, streams
    gc.collect()
    assert psutil.Process().num_fds() <= before


def _refused(stream: LocalStream) -> str:
    def ended() -> str:
        stream.take()
        return stream.ended

    return wait_for(ended, "it to be refused")


def test_what_a_script_writes_into_its_claims_is_not_believed(
    road: Road, reader: LocalStream
) -> None:
    road.publish(SMALL)
    assert reader.take() is not None
    claims = _claims_of(road)
    for words in ([2**64 - 1] * 10, [513, 2**63, 0, 10**12] * 3, [0] * 10):
        for index, word in enumerate(words[:10]):
            claims.words[index] = word
        road.publish(SMALL)
        road.road.look()
        (status,) = road.road.clients
        assert 0 <= (status["fps"] or 0) < 1e6
        assert 0 <= (status["missed"] or 0) <= road.sequence
        assert road.road.missed.images <= road.sequence
    claims.words[TAKEN], claims.words[READ] = 0, 2**64 - 1
    assert road.publish(SMALL)


def _claims_of(road: Road) -> Claims:
    return road.road.readers[0]._claims


def test_a_script_to_which_the_memory_cannot_be_passed_is_told_why(
    road: Road, reader: LocalStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where this user's programs have as many descriptors under way as they may."""

    def send(*_: object) -> None:
        raise OSError(errno.ETOOMANYREFS, "")

    monkeypatch.setattr("pmv_tui.engine.stream.local_road.socket.send_fds", send)
    road.publish(SMALL)
    assert _refused(reader) == os.strerror(errno.ETOOMANYREFS)
    assert road.said


def test_a_script_that_talks_on_without_end_is_dismissed_and_holds_nobody_up(road: Road) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as talker:
        talker.connect(endpoint(road.name))
        talker.send(HELLO.pack(MAGIC, VERSION, 1))
        road.wait_for_readers(1)
        talker.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                talker.send(bytes(1024))
        road.wait_for_readers(0)
        assert any("sends what no reader should" in said for said in road.said)
    wait_for(lambda: not road.pool.holders, "what it held to be released")

"""Several cameras at once: what belongs together, what is dropped, and a camera that is lost."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from pmv_tui.client import Frame, PairedSubscription, subscribe_all
from pmv_tui.client.pairs import BUFFERED
from tests.client.publisher import Publisher
from tests.support import DEADLINE, wait_for

MS = 1_000_000


@pytest.fixture
def cameras() -> Iterator[dict[str, Publisher]]:
    with Publisher("left-simulated") as left, Publisher("right-simulated") as right:
        yield {"left": left, "right": right}


def subscribed(
    cameras: dict[str, Publisher], *, newest: bool = False, timeout: float = DEADLINE
) -> PairedSubscription:
    """Subscribe to both with a tolerance of 5 ms, and wait until both know."""
    addresses = {name: camera.address for name, camera in cameras.items()}
    pairs = subscribe_all(addresses, tolerance=0.005, newest=newest, timeout=timeout)
    for camera in cameras.values():
        camera.await_client()
    return pairs


def test_frames_of_one_time_come_together(cameras: dict[str, Publisher]) -> None:
    with subscribed(cameras) as pairs:
        for number in range(1, 6):
            cameras["left"].send(number, timestamp=number * 16 * MS)
        for number in range(1, 6):
            cameras["right"].send(number, timestamp=(number * 16 + 5) * MS)
        for number in range(1, 6):
            pair = next(pairs)
            assert list(pair) == ["left", "right"]
            assert pair["left"].unique_id == "left-simulated"
            assert [frame.sequence for frame in pair.values()] == [number, number]
        assert pairs.unpaired == {"left": 0, "right": 0}


def test_a_frame_that_nothing_belongs_to_is_dropped_and_counted(
    cameras: dict[str, Publisher],
) -> None:
    with subscribed(cameras) as pairs:
        for number, time in enumerate((0, 16, 32, 48), 1):
            cameras["left"].send(number, timestamp=time * MS)
        for number, time in enumerate((16, 24, 54, 60, 66), 1):
            cameras["right"].send(number, timestamp=time * MS)
        cameras["left"].send(5, timestamp=64 * MS)
        sequences = [[frame.sequence for frame in next(pairs).values()] for _ in range(2)]
        assert sequences == [[2, 1], [5, 4]]
        assert pairs.unpaired == {"left": 3, "right": 2}


def test_only_the_newest_pair_is_delivered(cameras: dict[str, Publisher]) -> None:
    number = 0
    with subscribed(cameras, newest=True) as pairs:

        def older_pairs_are_passed_over() -> bool:
            nonlocal number
            for _ in range(10):
                number += 1
                for camera in cameras.values():
                    camera.send(number, timestamp=number * 16 * MS)
            pair = next(pairs)
            while pair["left"].sequence != number:
                pair = next(pairs)
            assert pair["right"].sequence == number
            return pair["left"].skipped > 3 and pair["right"].skipped > 3

        wait_for(older_pairs_are_passed_over, "older pairs to be passed over")
        assert pairs.unpaired == {"left": 0, "right": 0}


def test_a_lost_camera_ends_the_wait_and_is_named(cameras: dict[str, Publisher]) -> None:
    with subscribed(cameras, timeout=0.1) as pairs:
        for number in range(2 * BUFFERED):
            cameras["left"].send(number, timestamp=number * 16 * MS)
        wait_for(lambda: told_of_silence(pairs) and pairs.unpaired["left"] == BUFFERED, "the rest")

        cameras["right"].send(timestamp=16 * (2 * BUFFERED - 1) * MS)
        pair = wait_for(lambda: next_of(pairs), "a pair")
        assert pair
        assert pair["left"].sequence == 2 * BUFFERED - 1, "and it goes on when the camera is back"


def told_of_silence(pairs: PairedSubscription) -> bool:
    """Wait for a pair in vain; return whether the error names the right camera alone."""
    with pytest.raises(TimeoutError) as raised:
        next(pairs)
    # On a busy machine nothing may have come of the left one either, the first time.
    alone = r"nothing from right \(tcp://localhost:\d+\) within"
    return re.match(alone, str(raised.value)) is not None


def next_of(pairs: PairedSubscription) -> dict[str, Frame] | None:
    """Return the next pair; None where none came in time."""
    try:
        return next(pairs)
    except TimeoutError:
        return None


def test_cameras_that_never_agree_in_time_are_reported_of(cameras: dict[str, Publisher]) -> None:
    with subscribed(cameras, timeout=0.1) as pairs:
        cameras["left"].send(timestamp=0)
        cameras["right"].send(timestamp=8 * MS)

        def told_of_tolerance() -> bool:
            with pytest.raises(TimeoutError) as raised:
                next(pairs)
            return "they arrive, but more than 5 ms apart" in str(raised.value)

        wait_for(told_of_tolerance, "both to have arrived")


def test_malformed_messages_are_counted_for_each(cameras: dict[str, Publisher]) -> None:
    with subscribed(cameras) as pairs:
        cameras["left"].send_parts(b"image", b"", b"")
        for camera in cameras.values():
            camera.send(timestamp=1)
        next(pairs)
        assert pairs.malformed == {"left": 1, "right": 0}


def test_closing_ends_the_iteration(cameras: dict[str, Publisher]) -> None:
    pairs = subscribed(cameras)
    pairs.close()
    pairs.close()
    assert list(pairs) == []
    for camera in cameras.values():
        camera.await_no_client()


def test_no_address_or_a_wrong_one_is_refused() -> None:
    with pytest.raises(ValueError, match="no addresses"):
        subscribe_all({})
    listed: Any
    for listed in (["tcp://localhost:5555"], "tcp://localhost:5555", None):
        with pytest.raises(ValueError, match="addresses must map a name of yours"):
            subscribe_all(listed)
    with pytest.raises(ValueError, match="'nowhere' is not an address"):
        subscribe_all({"left": "tcp://localhost:5555", "right": "nowhere"})

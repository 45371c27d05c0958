"""One camera's frames: every one in order, the newest only, and what goes wrong on the way."""

import gc
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq

from pmv_tui.client import Frame, Key, Subscription, boxes, subscribe, subscribe_all
from tests.client.publisher import IMAGE, NO_IMAGES, Publisher
from tests.faults.hanging import silent_name_server
from tests.faults.rig import Unavailable
from tests.support import DEADLINE, wait_for


def test_a_frame_has_the_image_and_what_came_with_it(publisher: Publisher) -> None:
    with subscribe(publisher.address, timeout=DEADLINE) as frames:
        publisher.await_client()
        publisher.send(7, timestamp=123, device_timestamp=456, pixel_format="BayerRG8")
        frame = next(frames)
    np.testing.assert_array_equal(frame.image, IMAGE)
    assert frame.unique_id == "left-simulated"
    assert (frame.timestamp, frame.sequence, frame.device_timestamp) == (123, 7, 456)
    assert frame.pixel_format == "BayerRG8"
    assert (frame.gap, frame.skipped) == (0, 0)


def test_the_image_is_the_messages_own_memory_and_outlives_the_subscription(
    publisher: Publisher,
) -> None:
    with subscribe(publisher.address, timeout=DEADLINE) as frames:
        publisher.await_client()
        publisher.send()
        image = next(frames).image
    assert not image.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0] = 1
    np.testing.assert_array_equal(image, IMAGE)


def test_without_numbers_nothing_is_claimed_about_gaps(publisher: Publisher) -> None:
    with subscribe(publisher.address, newest=False, timeout=DEADLINE) as frames:
        publisher.await_client()
        for _ in range(2):
            publisher.send()
            frame = next(frames)
            assert frame.sequence is frame.gap is frame.device_timestamp is None


def test_age_is_the_time_since_the_frame_arrived_at_the_rig(publisher: Publisher) -> None:
    with subscribe(publisher.address, timeout=DEADLINE) as frames:
        publisher.await_client()
        publisher.send(timestamp=time.time_ns() - 3_000_000_000)
        assert 3 < next(frames).age < 3 + DEADLINE


def test_every_frame_comes_in_order_however_late_it_is_read(publisher: Publisher) -> None:
    with subscribe(publisher.address, newest=False, timeout=DEADLINE) as frames:
        publisher.await_client()
        for number in range(1, 201):
            publisher.send(number)
        received = [next(frames) for _ in range(200)]
    assert [frame.sequence for frame in received] == list(range(1, 201))
    assert {frame.gap for frame in received} == {frame.skipped for frame in received} == {0}


def test_older_frames_that_wait_are_passed_over_and_counted(publisher: Publisher) -> None:
    sent, delivered = 0, []
    with subscribe(publisher.address, timeout=DEADLINE) as frames:
        publisher.await_client()

        def some_are_passed_over() -> bool:
            nonlocal sent
            for _ in range(10):
                sent += 1
                publisher.send(sent)
            delivered.append(next(frames))
            return delivered[-1].skipped > 3

        wait_for(some_are_passed_over, "frames to be passed over")
        while delivered[-1].sequence != sent:
            delivered.append(next(frames))
    numbers = [frame.sequence or 0 for frame in delivered]
    assert numbers == sorted(set(numbers))
    assert len(delivered) + sum(frame.skipped for frame in delivered) == sent
    assert {frame.gap for frame in delivered} == {0}


def test_missing_frames_are_counted_apart_from_those_passed_over(publisher: Publisher) -> None:
    with subscribe(publisher.address, newest=False, timeout=DEADLINE) as frames:
        publisher.await_client()
        for number in (1, 2, 5, 6, 3, 4):
            publisher.send(number)
        gaps = [next(frames).gap for _ in range(6)]
    assert gaps == [0, 0, 2, 0, None, 0], "None where the camera counts anew"


def test_the_size_may_change_from_one_image_to_the_next(publisher: Publisher) -> None:
    with subscribe(publisher.address, newest=False, timeout=DEADLINE) as frames:
        publisher.await_client()
        for shape in ((3, 4), (5, 2), (1, 1)):
            publisher.send(image=np.zeros(shape, np.uint8))
            assert next(frames).image.shape == shape


@pytest.mark.parametrize("parts", NO_IMAGES)
def test_what_is_no_image_is_counted_and_passed_over(
    publisher: Publisher, parts: list[bytes]
) -> None:
    with subscribe(publisher.address, newest=False, timeout=DEADLINE) as frames:
        publisher.await_client()
        publisher.send_parts(*parts)
        publisher.send(1)
        assert next(frames).sequence == 1
        assert frames.malformed == 1


def received(frames: Subscription, sent_by: Publisher) -> Frame | None:
    """Send the first image, and give what is delivered; None where nothing came in time."""
    sent_by.send(1)
    try:
        return next(frames)
    except TimeoutError:
        return None


def test_a_silent_camera_ends_the_wait_with_what_to_do(publisher: Publisher) -> None:
    with subscribe(publisher.address, timeout=0.05) as frames:
        publisher.await_client()
        publisher.send_parts(b"image", b"", b"")
        with pytest.raises(TimeoutError, match=f"no image from {publisher.address} within 0.05 s"):
            next(frames)
        wait_for(lambda: received(frames, publisher), "the iteration to go on after the error")


def test_it_goes_on_when_the_publisher_is_back(publisher: Publisher) -> None:
    with subscribe(publisher.address, timeout=1) as frames:
        publisher.await_client()
        publisher.send(100)
        assert next(frames).sequence == 100
        publisher.close()
        with Publisher(port=publisher.port) as again:
            # ZeroMQ subscribes again from within a wait for the next.
            frame = wait_for(lambda: received(frames, again), "an image of the new one")
    assert frame
    assert (frame.sequence, frame.gap) == (1, None)


def test_closing_ends_the_iteration_and_can_be_repeated(publisher: Publisher) -> None:
    frames = subscribe(publisher.address)
    publisher.await_client()
    publisher.send()
    for _ in frames:
        frames.close()
        frames.close()
    assert frames.closed
    publisher.await_no_client()


def test_a_loop_that_is_left_leaves_no_socket_behind(publisher: Publisher) -> None:
    frames = subscribe(publisher.address, timeout=DEADLINE)
    publisher.await_client()
    publisher.send(1)
    assert next(frames).sequence == 1
    del frames
    gc.collect()
    publisher.await_no_client()


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost:5555", "tcp://localhost", "tcp://a:99999", "tcp://-:5555"),
        *(5555, None, b"tcp://localhost:5555", ("tcp://localhost", 5555)),
    ],
)
def test_what_is_no_address_is_refused_with_one_that_is(address: Any) -> None:
    for connect in (subscribe, boxes, lambda given: subscribe_all({"left": given})):
        with pytest.raises(ValueError, match="one looks like tcp://localhost:5555"):
            connect(address)


def test_what_is_no_key_is_refused_and_not_shown() -> None:
    key: Any = b"of a client"
    with pytest.raises(ValueError, match=r"a key is a Key or the path of its file, .* bytes") as no:
        subscribe("tcp://localhost:5555", key=key)
    assert "of a client" not in str(no.value)


@pytest.mark.parametrize("timeout", [float("nan"), -1, "5", True, [1]])
def test_what_is_no_timeout_is_refused_where_it_is_given(timeout: Any) -> None:
    with pytest.raises(ValueError, match="timeout must be a number of seconds, 0 or more"):
        subscribe("tcp://localhost:5555", timeout=timeout)
    with pytest.raises(ValueError, match="tolerance must be a number of seconds, 0 or more"):
        subscribe_all({"left": "tcp://localhost:5555"}, timeout)


@pytest.mark.parametrize("timeout", [1e300, float("inf"), np.float32(1e9)])
def test_a_timeout_of_ages_waits_as_long_as_it_takes(publisher: Publisher, timeout: float) -> None:
    with subscribe(publisher.address, timeout=timeout) as frames:
        publisher.await_client()
        publisher.send(1)
        assert next(frames).sequence == 1


def test_a_name_server_that_never_answers_holds_no_script_up(tmp_path: Path) -> None:
    script = (
        "from pmv_tui.client import subscribe\n"
        "try:\n"
        "    with subscribe('tcp://rig-pc:5555', timeout=0.1) as frames:\n"
        "        next(frames)\n"
        "except TimeoutError as silence:\n"
        "    print(silence)\n"
    )
    try:
        with silent_name_server(tmp_path) as within:
            command = [*within, sys.executable, "-c", script]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=DEADLINE, check=True
            )
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert "no image from tcp://rig-pc:5555" in done.stdout


def test_a_client_with_a_key_takes_nothing_from_whoever_has_none(publisher: Publisher) -> None:
    key = Key(*zmq.curve_keypair(), zmq.curve_keypair()[0])
    with (
        subscribe(publisher.address, timeout=0.3, key=key) as careful,
        subscribe(publisher.address, timeout=DEADLINE) as careless,
    ):
        publisher.await_client()
        publisher.send(1)
        assert next(careless).sequence == 1
        with pytest.raises(TimeoutError):
            next(careful)

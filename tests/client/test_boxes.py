"""Boxes and points as the engine's own reader understands them, and a reader that is not there."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import zmq

from pmv_tui.client import Box, Boxes, Frame, Points, boxes, subscribe
from pmv_tui.wire.overlay import GREEN, OverlayMessage, parse_overlay
from tests.client.publisher import Publisher
from tests.support import DEADLINE, free_ports, wait_for

RED = (255, 0, 0)


class Camera:
    """A PULL socket, and what boxes are sent to it with."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self._socket = context.socket(zmq.PULL)
        self._socket.rcvhwm = 2
        self.boxes = boxes(f"tcp://localhost:{self._socket.bind_to_random_port('tcp://127.0.0.1')}")
        wait_for(self.boxes.clear, "the connection")
        assert self.received() == OverlayMessage((), ())

    def received(self) -> OverlayMessage:
        """Take the next message."""
        assert self._socket.poll(int(DEADLINE * 1000)), "no message"
        return parse_overlay(self._socket.recv())


@pytest.fixture
def camera() -> Iterator[Camera]:
    with zmq.Context[zmq.Socket[bytes]]() as context:
        camera = Camera(context)
        with camera.boxes:
            yield camera
        context.destroy(linger=0)


@pytest.fixture
def frame(publisher: Publisher) -> Frame:
    """One that came."""
    with subscribe(publisher.address, timeout=DEADLINE) as frames:
        publisher.await_client()
        publisher.send()
        return next(frames)


@pytest.mark.parametrize(
    ("sent", "corners"),
    [
        (((1, 2), (3, 4)), [((1, 2), (3, 4))]),
        ([[1.6, 2], [3, 3.7]], [((2, 2), (3, 4))]),
        ([((1, 2), (3, 4))], [((1, 2), (3, 4))]),
        ([((1, 2), (3, 4)), ((5, 6), (7, 8))], [((1, 2), (3, 4)), ((5, 6), (7, 8))]),
        (np.arange(4).reshape(2, 2), [((0, 1), (2, 3))]),
        (np.arange(8.0).reshape(2, 2, 2), [((0, 1), (2, 3)), ((4, 5), (6, 7))]),
        ([(np.int64(1), np.float32(2)), (np.uint8(3), 4)], [((1, 2), (3, 4))]),
        ([], []),
    ],
)
def test_one_box_or_several_are_given_by_their_corners(
    camera: Camera, sent: Any, corners: list[Any]
) -> None:
    assert camera.boxes.send(sent, label="mouse", color=RED)
    assert camera.received().boxes == tuple(Box(a, b, "mouse", RED) for a, b in corners)


def test_a_box_without_a_colour_is_green(camera: Camera) -> None:
    camera.boxes.send(((1, 2), (3, 4)))
    assert camera.received() == OverlayMessage((Box((1, 2), (3, 4), "", GREEN),), None)


def test_boxes_may_have_labels_and_colours_of_their_own(camera: Camera) -> None:
    own = Box((1, 2), (3, 4), "nose", RED)
    camera.boxes.send(own)
    assert camera.received().boxes == (own,)
    camera.boxes.send([own, ((5, 6), (7, 8))], label="tail")
    assert camera.received().boxes == (own, Box((5, 6), (7, 8), "tail"))


def test_numbers_may_be_numpys_everywhere(camera: Camera) -> None:
    x, y = np.array([1, 2])
    color: Any = np.array(RED)
    camera.boxes.send([Box((x, y), (3, 4), color=color), ((x, y), (3, 4))], color=color)
    assert camera.received().boxes == (Box((1, 2), (3, 4), "", RED),) * 2


def test_points_keep_their_fractions(camera: Camera) -> None:
    camera.boxes.send_points([(1.5, 2), (3, 4.25)], label="paws", color=RED)
    assert camera.received() == OverlayMessage(None, (Points(((1.5, 2), (3, 4.25)), "paws", RED),))
    camera.boxes.send_points(np.zeros((3, 2)))
    assert camera.received().points == (Points(((0, 0),) * 3),)


def test_what_was_not_seen_is_left_out_and_the_rest_is_sent(camera: Camera) -> None:
    unseen = (np.nan, np.nan)
    points: list[Any] = [(1, 2), unseen, (3, 4), (5, np.nan), (None, None)]
    camera.boxes.send_points(points)
    assert camera.received().points == (Points(((1, 2), (3, 4))),)
    camera.boxes.send_points([Points((unseen,), "tail"), Points((unseen, (1, 2)), "nose")])
    assert camera.received().points == (Points((), "tail"), Points(((1, 2),), "nose"))
    camera.boxes.send([((1, 2), (3, 4)), (unseen, (3, 4))])
    assert camera.received().boxes == (Box((1, 2), (3, 4)),)
    camera.boxes.send((unseen, unseen))
    assert camera.received().boxes == ()


def test_points_may_be_sent_in_groups(camera: Camera) -> None:
    groups = [Points(((1, 2),), "left", RED), Points(((3, 4), (5, 6)), "right")]
    camera.boxes.send_points(groups)
    assert camera.received().points == tuple(groups)
    camera.boxes.send_points(groups[0])
    assert camera.received().points == (groups[0],)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ((1, 2, 3, 4), r"a box is \(\(left, top\), \(right, bottom\)\), in pixels"),
        ([((1, 2), (3, 4), (5, 6))], r"not numbers of shape \(3, 2\)"),
        ([("a", "b"), ("c", "d")], "a box is"),
        (((1, 2), (3, float("inf"))), "a coordinate is too large"),
        (((1, 2), (3, 2**40)), "a coordinate is too large"),
        (None, r"a box is .*, not None; clear\(\) takes away"),
        (5, "a box is .*, not 5"),
        ("left", "a box is .*, not 'left'"),
        ({"TOP_LEFT": (1, 2)}, "a box is .*, not {'TOP_LEFT'"),
        ([None], "a box is"),
        (np.zeros((1001, 2, 2)), "1001 boxes; at most 1000 are drawn"),
        (np.full((1000, 2, 2), 10**6), "too much at once"),
    ],
)
def test_what_is_no_box_is_refused_before_it_is_sent(
    camera: Camera, sent: Any, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        camera.boxes.send(sent)


@pytest.mark.parametrize(
    "color",
    [(0, 0), (0, 0, 256), (-1, 0, 0), (0.5, 0, 0), ("0", 0, 0), "red", None, 5, (0, 0, 0, 0)],
)
def test_what_is_no_colour_is_refused_wherever_it_is_given(camera: Camera, color: Any) -> None:
    sends: list[Callable[[], object]] = [
        lambda: camera.boxes.send(((1, 2), (3, 4)), color=color),
        lambda: camera.boxes.send(Box((1, 2), (3, 4), color=color)),
        lambda: camera.boxes.send_points([(1, 2)], color=color),
        lambda: camera.boxes.send_points(Points(((1, 2),), color=color)),
    ]
    for send in sends:
        with pytest.raises(ValueError, match="a colour is"):
            send()


def test_a_box_of_its_own_is_checked_as_corners_are(camera: Camera) -> None:
    text: Any = 5
    for wrong in (Box((1, 2), (3, 2**40)), Box((1, 2), (3, 4), text)):
        with pytest.raises(ValueError, match=r"too large|a label is text, not 5"):
            camera.boxes.send(wrong)
    half: Any = 1.6
    camera.boxes.send(Box((half, 2), (3, 4)))
    assert camera.received().boxes == (Box((2, 2), (3, 4)),)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ((1, 2), "points are"),
        (np.zeros((1001, 2)), "1001 points"),
        ([(1, 2, 3)], "points are"),
        (None, "points are .*, not None"),
        ([None], "points are"),
        ({"POINTS": [(1, 2)]}, "points are .*, not {'POINTS'"),
    ],
)
def test_what_is_no_point_is_refused_before_it_is_sent(
    camera: Camera, sent: Any, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        camera.boxes.send_points(sent)


def test_each_kind_of_message_says_which_image_it_answers(camera: Camera, frame: Frame) -> None:
    camera.boxes.send(((1, 2), (3, 4)), frame=frame)
    assert camera.received() == OverlayMessage((Box((1, 2), (3, 4)),), None, (), frame.timestamp)
    camera.boxes.send_points([(1, 2)], frame=frame)
    assert camera.received() == OverlayMessage(None, (Points(((1, 2),)),), (), frame.timestamp)
    camera.boxes.clear(frame=frame)
    assert camera.received() == OverlayMessage((), (), (), frame.timestamp)
    assert camera.boxes.answer(frame)
    assert camera.received() == OverlayMessage(None, None, (), frame.timestamp)


def test_a_time_stamp_alone_will_do_as_a_frame(camera: Camera, frame: Frame) -> None:
    for timestamp in (frame.timestamp, np.int64(frame.timestamp)):
        camera.boxes.answer(timestamp)
        assert camera.received().timestamp == frame.timestamp


def test_what_is_no_frame_is_refused_before_it_is_sent(camera: Camera, frame: Frame) -> None:
    refused: list[tuple[Any, str]] = [
        (frame.image, "frame is what the subscription gave, or its timestamp, a whole number"),
        (frame.timestamp / 1, "a whole number of ns, not 1"),
        (True, "not True"),
        (-1, "a whole number of ns; that number is none"),
        (2**63, "that number is none"),
        (10**5000, "that number is none"),
        ([frame], "not .Frame"),
        ({"left": frame, "right": frame}, "frame of the one that .*, not all of 'left', 'right'"),
    ]
    sends: list[Callable[[Any], object]] = [
        lambda wrong: camera.boxes.send(((1, 2), (3, 4)), frame=wrong),
        lambda wrong: camera.boxes.send_points([(1, 2)], frame=wrong),
        lambda wrong: camera.boxes.clear(frame=wrong),
        camera.boxes.answer,
    ]
    for wrong, reason in refused:
        for send in sends:
            with pytest.raises(ValueError, match=reason):
                send(wrong)
    nothing: Any = None
    with pytest.raises(ValueError, match="not None"):
        camera.boxes.answer(nothing)
    camera.boxes.clear()
    assert camera.received() == OverlayMessage((), ()), "nothing was sent before"


def test_without_a_camera_nothing_waits_and_nothing_is_kept() -> None:
    (port,) = free_ports(1)
    with boxes(f"tcp://localhost:{port}") as away:
        assert not any(away.send(((number, 0), (5, 5))) for number in range(1000))
        assert away.dropped == 1000
        with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PULL) as socket:
            socket.bind(f"tcp://127.0.0.1:{port}")
            wait_for(lambda: away.send(((-1, -1), (5, 5))), "the camera to be there")
            assert socket.poll(int(DEADLINE * 1000))
            assert parse_overlay(socket.recv()).boxes == (Box((-1, -1), (5, 5)),)


def test_a_camera_that_reads_nothing_makes_nobody_wait(camera: Camera) -> None:
    many = [Box((100, 100), (200, 200), "x" * 50)] * 400
    before = camera.boxes.dropped
    sent = 0
    while camera.boxes.send(many):  # what queues and buffers hold
        sent += 1
        assert sent < 2000
    further = [camera.boxes.send(many) for _ in range(50)]
    assert camera.boxes.dropped - before == 1 + further.count(False)


def test_closing_can_be_repeated_and_sending_after_it_is_reported() -> None:
    other = Boxes("tcp://localhost:5556")
    other.close()
    other.close()
    with pytest.raises(ValueError, match="the way to tcp://localhost:5556 is closed"):
        other.clear()

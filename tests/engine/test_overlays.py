"""How long boxes and points are drawn, and what is said of those that are not."""

import json
import time
from typing import Any

import pytest

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.stream.answers import Arrival
from pmv_tui.engine.stream.overlays import Overlays

S = 1_000_000_000


def overlays(hold: float = 1.0, fade: float = 2.0) -> Overlays:
    return Overlays(OverlayConfig(hold=hold, fade=fade), lambda: (640, 480))


def box(x0: int, y0: int, x1: int, y1: int, **more: Any) -> dict[str, Any]:
    return {"TOP_LEFT": [x0, y0], "BOTTOM_RIGHT": [x1, y1], **more}


def send(target: Overlays, message: dict[str, Any], at: float) -> None:
    target.take(json.dumps(message).encode(), int(at * S))


def opacities(target: Overlays, *times: float) -> list[list[float]]:
    return [[shape["opacity"] for shape in target.drawn(int(time * S))] for time in times]


def kinds(target: Overlays, at: float) -> list[str]:
    return [shape["kind"] for shape in target.drawn(int(at * S))]


def test_a_box_is_solid_then_fades_then_is_gone() -> None:
    target = overlays()
    send(target, {"DRAW_BOX": box(1, 2, 3, 4)}, at=10)
    assert opacities(target, 10, 11, 12, 12.5, 13, 99) == [[1], [1], [0.5], [0.25], [], []]


def test_without_a_fade_it_is_deleted_at_once_after_the_hold() -> None:
    target = overlays(hold=0.5, fade=0)
    send(target, {"DRAW_BOX": box(1, 2, 3, 4)}, at=10)
    assert opacities(target, 10.5, 10.51) == [[1], []]


def test_messages_that_keep_coming_keep_it_solid() -> None:
    target = overlays()
    for tenth in range(100, 200):
        send(target, {"DRAW_BOX": box(1, 2, 3, 4)}, at=tenth / 10)
        assert opacities(target, tenth / 10 + 0.09) == [[1]]


def test_an_empty_list_clears_the_boxes_and_leaves_the_points() -> None:
    target = overlays()
    send(target, {"DRAW_BOX": [box(1, 2, 3, 4), box(5, 6, 7, 8)]}, at=10)
    send(target, {"DRAW_POINTS": {"POINTS": [[1, 2.5]]}}, at=10)
    assert kinds(target, 10) == ["box", "box", "points"]
    send(target, {"DRAW_BOX": []}, at=10)
    assert kinds(target, 10) == ["points"]


@pytest.mark.parametrize(
    ("corners", "drawn"),
    [
        ((-10, -10, -1, -1), False),
        ((640, 0, 700, 10), False),
        ((0, 480, 10, 500), False),
        ((-10, -10, 0, 0), True),
        ((639, 479, 900, 900), True),
        ((-5, -5, 1000, 1000), True),
        ((20, 20, 10, 10), True),
    ],
)
def test_a_box_wholly_outside_is_not_drawn_and_counted_with_its_reason(
    corners: tuple[int, int, int, int], drawn: bool
) -> None:
    target = overlays()
    send(target, {"DRAW_BOX": box(*corners)}, at=1)
    assert bool(target.drawn(S)) is drawn
    assert target.remarks == (not drawn)
    assert drawn or "outside the image of 640x480" in target.remark
    assert target.malformed == 0


def test_points_that_all_lie_outside_are_left_out_with_their_reason() -> None:
    target = overlays()
    groups = [{"POINTS": [[-9, 5], [640, 5]]}, {"POINTS": [[-9, 5], [639.4, -0.4]]}, {"POINTS": []}]
    send(target, {"DRAW_POINTS": groups}, at=1)
    assert [shape["kind"] == "points" and shape["points"] for shape in target.drawn(S)] == [
        [[-9, 5], [639, 0]]
    ]
    assert target.remark == "2 point(s), [-9.0, 5.0] first, lie outside the image"
    assert target.remarks == 1


def test_an_unknown_key_is_reported_and_the_box_is_drawn() -> None:
    target = overlays()
    send(target, {"DRAW_BOX": box(1, 2, 3, 4, LABLE="mouse"), "DRAW_LINE": 1}, at=1)
    assert kinds(target, 1) == ["box"]
    assert target.remarks == 2
    assert target.remark == "unknown key 'LABLE'"


@pytest.mark.parametrize(
    ("message", "remark"),
    [
        ({"DRAW_BOX": [], "timestamp": 1}, "unknown key 'timestamp'; TIMESTAMP is meant?"),
        ({"DRAW_BOX": box(1, 2, 3, 4, Label="x")}, "unknown key 'Label'; LABEL is meant?"),
        ({"DRAW_POINTS": {"POINTS": [], "LABLE": "x"}}, "unknown key 'LABLE'"),
    ],
)
def test_an_unknown_key_that_differs_in_case_alone_is_known_to_be_meant(
    message: dict[str, Any], remark: str
) -> None:
    target = overlays()
    send(target, message, at=1)
    assert (target.remarks, target.remark) == (1, remark)


class Answered:
    """Overlays that scripts send with the images that they belong to.

    Images are named by how long ago they were taken, s.
    """

    def __init__(self) -> None:
        self.overlays = overlays()
        self._now, self._wall = time.monotonic_ns(), time.time_ns()

    def send(self, *keys: str, image: float | None, sender: int = 7) -> None:
        """Send an empty list of each key."""
        message: dict[str, Any] = {key: [] for key in keys}
        if image is not None:
            message["TIMESTAMP"] = self._wall - int(image * S)
        data = json.dumps(message).encode()
        self.overlays.take(data, self._now, Arrival(self._now, sender))
        assert not self.overlays.malformed, self.overlays.malformed_reason

    def image(self, later: float = 0.0) -> float | None:
        """Return the image that what is drawn belongs to, so many seconds later."""
        _, image = self.overlays.drawn_over(self._now + int(later * S))
        return None if image is None else round((self._wall - image) / S, 3)


def test_what_is_drawn_belongs_to_the_newest_image_that_was_answered_so() -> None:
    scripts = Answered()
    assert scripts.image() is None
    scripts.send("DRAW_BOX", image=0.3)
    assert scripts.image() == 0.3
    scripts.send("DRAW_POINTS", image=0.2, sender=8)
    assert scripts.image() == 0.2
    scripts.send("DRAW_BOX", image=0.4)
    assert scripts.image() == 0.2
    assert scripts.image(later=2.9) == 0.2
    assert scripts.image(later=3.1) is None, "when nothing would be drawn any more"


def test_answers_that_overtook_one_another_take_no_image_back_but_a_clock_does() -> None:
    scripts = Answered()
    scripts.send("DRAW_BOX", image=0.1)
    scripts.send("DRAW_BOX", image=0.2)
    assert scripts.image() == 0.1
    scripts.send("DRAW_BOX", image=9)
    assert scripts.image() == 9


def test_an_answer_alone_takes_along_what_its_own_script_drew() -> None:
    scripts = Answered()
    scripts.send("DRAW_BOX", image=0.3)
    scripts.send(image=0.1, sender=8)
    assert scripts.image() == 0.3
    scripts.send(image=0.2)
    assert scripts.image() == 0.2
    scripts.send("DRAW_BOX", image=None)
    assert scripts.image() is None, "it does not say which it belongs to"
    scripts.send(image=0.1)
    assert scripts.image() is None

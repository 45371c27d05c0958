"""Which part of an image a window shows: always some of it, never more than fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.windows.view import SCALES, Part, View

SIZES = st.tuples(st.integers(1, 3000), st.integers(1, 3000))
NOTCHES = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 500), st.integers(0, 500)))


def placed(part: Part, x: float, y: float) -> tuple[float, float]:
    """Return where in the image a place in the window is."""
    return part.region[0] + (x - part.left) / part.scale, part.region[1] + (
        y - part.top
    ) / part.scale


@given(SIZES, SIZES, NOTCHES, st.lists(st.tuples(st.integers(-900, 900), st.integers(-900, 900))))
def test_what_is_shown_lies_in_the_image_and_fills_the_window_as_far_as_there_is_any(
    image_size: tuple[int, int],
    room: tuple[int, int],
    notches: list[tuple[int, int, int]],
    drags: list[tuple[int, int]],
) -> None:
    view = View()
    view.part(image_size, room)
    for steps, x, y in notches:
        view.zoom(steps, (x, y))
    for drag in drags:
        view.pan(*drag)
    part = view.part(image_size, room)
    for at, side, whole, size, begin, space in zip(
        part.region[:2],
        part.region[2:],
        image_size,
        part.size,
        (part.left, part.top),
        room,
        strict=True,
    ):
        assert 0 <= at <= at + side <= whole
        assert side >= 1
        assert side == whole or size >= space, "there is more, and room for it"
        assert size - space < max(part.scale, 1), "no more than the rest of a pixel is cut off"
        assert begin == max(0, space - size) // 2
    view.zoom(-len(SCALES) - 1)
    assert view.part(image_size, room).whole


@pytest.mark.parametrize("at", [(0, 0), (639, 479), (320, 240), (211, 407)])
def test_the_pointer_stays_where_it_is_in_the_image_while_it_is_magnified(
    at: tuple[int, int],
) -> None:
    view = View()
    before = placed(view.part((1280, 960), (640, 480)), *at)
    for _ in range(len(SCALES)):
        view.zoom(1, at)
        after = placed(view.part((1280, 960), (640, 480)), *at)
        assert after == pytest.approx(before, abs=1)
    assert view.part((1280, 960), (640, 480)).scale == SCALES[-1]


def test_larger_means_the_next_whole_number_of_pixels_and_smaller_the_one_before() -> None:
    view = View()
    scales = [view.part((1000, 800), (640, 512)).scale]
    for steps in (1, 1, 1, -1, -1, -1):
        view.zoom(steps)
        scales.append(view.part((1000, 800), (640, 512)).scale)
    assert scales == [0.64, 1, 2, 3, 2, 1, 0.64]


def test_an_image_of_another_size_shows_the_same_place() -> None:
    view = View()
    view.part((1280, 960), (640, 480))
    view.zoom(2, (400, 300))
    x, y, width, height = view.part((1280, 960), (640, 480)).region
    assert view.part((640, 480), (640, 480)).region[:2] == pytest.approx(
        ((x + width / 2) / 2 - width / 2, (y + height / 2) / 2 - height / 2), abs=1
    )


def test_a_window_that_becomes_large_enough_shows_all_of_the_image() -> None:
    view = View()
    view.part((320, 240), (320, 240))
    view.zoom(1)
    assert not view.part((320, 240), (320, 240)).whole
    assert view.part((320, 240), (640, 480)).whole

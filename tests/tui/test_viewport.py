"""Which part of an image is looked at: what is asked of the engine, in panes of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.tui.viewport import LARGEST, Pane, Viewport

PANE = (80, 44)


def looking(steps: int = 0, image: tuple[int, int] = (1280, 1024), unit: int = 1) -> Viewport:
    viewport = Viewport(image, unit)
    viewport.zoom(steps, PANE)
    return viewport


def test_the_whole_image_is_shown_at_first_and_again() -> None:
    viewport = looking()
    assert viewport.region(PANE) is None
    viewport.zoom(3, PANE)
    assert viewport.region(PANE)
    viewport.fit()
    assert viewport.region(PANE) is None


def test_each_step_shows_half_of_it_up_to_pixels_of_eight_columns() -> None:
    viewport, seen = looking(), list[tuple[float | None, int]]()
    for _ in range(9):
        viewport.zoom(1, PANE)
        region = viewport.region(PANE)
        assert region
        seen.append((viewport.scale_in(PANE), region[2]))
    # The whole fits in at 1:23.3.
    assert seen == [
        (16, 1280),
        (8, 640),
        (4, 320),
        (2, 160),
        (1, 80),
        (1 / 2, 40),
        (1 / 4, 20),
        (1 / LARGEST, 10),
        (1 / LARGEST, 10),
    ]
    for _ in range(9):
        viewport.zoom(-1, PANE)
    assert viewport.scale_in(PANE) is None


def test_what_lies_under_the_pointer_stays_there() -> None:
    viewport = looking(3)
    x, y, width, height = viewport.region(PANE) or (0, 0, 0, 0)
    assert (width, height) == (320, 176)
    held = x + 60 * 4, y + 11 * 4
    viewport.zoom(1, PANE, (60, 11))
    x, y, *_ = viewport.region(PANE) or (0, 0, 0, 0)
    assert (x + 60 * 2, y + 11 * 2) == held


def test_it_stays_on_the_image_and_comes_back_at_once_from_an_edge() -> None:
    viewport = looking(3)
    viewport.move(-10_000, 10_000, PANE)
    assert viewport.region(PANE) == (0, 1024 - 176, 320, 176)
    viewport.move(1, -1, PANE)
    assert viewport.region(PANE) == (4, 1024 - 180, 320, 176)


def test_a_key_moves_it_on_by_an_eighth_of_what_is_seen_and_by_a_pixel_at_least() -> None:
    viewport = looking(3)
    x, *_ = viewport.region(PANE) or (0,)
    viewport.step(1, 0, PANE)
    assert viewport.region(PANE) == (x + 40, 424, 320, 176)
    small = (8, 8)
    viewport.zoom(9, small)
    x, y, *_ = viewport.region(small) or (0, 0)
    viewport.step(1, 1, small)
    assert viewport.region(small) == (x + 1, y + 1, 1, 1)


def test_another_pane_shows_no_less_and_the_first_one_the_same_again() -> None:
    viewport = looking(3)
    before = viewport.region(PANE)
    assert before
    x, y, width, height = viewport.region((40, 30)) or (0, 0, 0, 0)
    assert x <= before[0]
    assert y <= before[1]
    assert x + width >= before[0] + before[2]
    assert y + height >= before[1] + before[3]
    assert viewport.region(PANE) == before


def test_of_a_raw_image_whole_squares_of_four_colours_are_asked_for() -> None:
    viewport = looking(9, unit=2)
    for _ in range(5):
        viewport.step(1, 1, PANE)
        assert all(side % 2 == 0 for side in viewport.region(PANE) or (1,))


def test_an_image_that_shrinks_is_shown_as_far_as_it_goes() -> None:
    viewport = looking(5)
    viewport.move(10_000, 10_000, PANE)
    viewport.image = 320, 240
    assert viewport.region(PANE) == (240, 196, 80, 44)
    viewport.image = 60, 40
    assert viewport.region(PANE) is None


@pytest.mark.parametrize("pane", [(0, 0), (80, 0)])
def test_without_room_or_image_there_is_nothing_to_look_at(pane: Pane) -> None:
    for viewport in (looking(2), Viewport()):
        viewport.zoom(1, pane)
        viewport.move(1, 1, pane)
        assert viewport.region(pane) is None


sides = st.integers(1, 3000)
moves = st.lists(st.tuples(st.integers(-3, 3), *[st.floats(-1e4, 1e4)] * 2), max_size=6)


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.tuples(sides, sides), moves)
def test_whatever_is_done_the_region_lies_on_the_image(
    image: tuple[int, int], pane: Pane, other: Pane, done: list[tuple[int, float, float]]
) -> None:
    viewport = Viewport(image)
    for place, (steps, across, down) in enumerate(done):
        viewport.zoom(steps, (pane, other)[place % 2], (across, down))
        viewport.move(down, across, pane)
    for each in (pane, other):
        if region := viewport.region(each):
            x, y, width, height = region
            assert min(x, y) >= 0
            assert min(width, height) >= 1
            assert x + width <= image[0]
            assert y + height <= image[1]

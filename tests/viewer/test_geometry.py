"""What of a box lies on an image, and how large its window is."""

import pytest

from pmv_tui.windows.messages import fit
from pmv_tui.wire.drawn import BoxOverlay, Placement, PointsOverlay, visible


@pytest.mark.parametrize(
    ("corners", "seen"),
    [
        ([0, 0, 639, 479], True),
        ([-50, -50, 0, 0], True),
        ([639, 479, 900, 900], True),
        ([-10, -10, 700, 500], True),
        ([10, 10, 0, 0], True),
        ([-50, 10, -1, 20], False),
        ([640, 0, 700, 479], False),
        ([0, 480, 639, 500], False),
        ([0, -9, 639, -1], False),
    ],
)
def test_a_box_is_visible_where_any_of_it_lies_on_the_image(corners: list[int], seen: bool) -> None:
    assert visible(corners, 640, 480) is seen


@pytest.mark.parametrize(
    ("size", "window"),
    [
        ((1280, 1024), (640, 512)),
        ((1024, 1280), (512, 640)),
        ((320, 200), (320, 200)),
        ((640, 640), (640, 640)),
        ((16_384, 16), (640, 1)),
        ((16_384, 2), (640, 1)),
    ],
)
def test_a_window_is_as_large_as_its_image_up_to_a_limit(
    size: tuple[int, int], window: tuple[int, int]
) -> None:
    assert fit(*size, 640) == window


def box(*corners: int) -> BoxOverlay:
    return BoxOverlay(kind="box", corners=[*corners], label="", color=[0, 0, 0], opacity=1.0)


@pytest.mark.parametrize(
    ("corners", "placed"),
    [
        ((100, 80, 139, 99), (4, 4, 316, 156)),
        ((90, 70, 110, 90), (-76, -76, 84, 84)),
        ((99, 79, 50, 20), None),
        ((140, 80, 150, 90), None),
        ((-(10**9), 0, 10**9, 10**9), (-636, -316, 644, 324)),
    ],
)
def test_a_box_lies_where_its_pixels_do_in_a_region_that_is_magnified(
    corners: tuple[int, ...], placed: tuple[int, ...] | None
) -> None:
    place = Placement((320, 160), (640, 480), (100, 80, 40, 20))
    assert place.box(box(*corners)) == placed


def test_points_outside_a_region_are_left_out() -> None:
    place = Placement((320, 160), (640, 480), (100, 80, 40, 20))
    points = [[100, 80], [139, 99], [140, 99], [99, 80], [110, 100]]
    group = PointsOverlay(kind="points", points=points, label="", color=[0, 0, 0], opacity=1.0)
    assert place.points(group) == [(4, 4), (316, 156)]

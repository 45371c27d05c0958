"""What is drawn on a window's image, seen by its pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import require_cv2
from pmv_tui.windows.messages import Scene, fit
from pmv_tui.wire.drawn import BoxOverlay, Overlay, PointsOverlay

try:
    require_cv2()
except BackendUnavailable as trouble:
    pytest.skip(str(trouble), allow_module_level=True)

from pmv_tui.windows import drawing
from pmv_tui.windows.drawing import draw_caption, scaled
from pmv_tui.windows.view import View

Image = NDArray[np.uint8]

GREEN = [0, 255, 0]
GREEN_BGR = (0, 255, 0)
RED_BGR = (0, 0, 255)


def render(image: Image, size: tuple[int, int], scene: Scene) -> Image:
    """Render a picture of all of an image of some size, in a window as large as the picture."""
    room = image.shape[1], image.shape[0]
    canvas = drawing.render(image, View().part(size, room), room, scene)
    draw_caption(canvas, [scene["caption"]])
    return canvas


def shrink(image: Image, longest: int) -> Image:
    """Scale an image to its window."""
    room = fit(image.shape[1], image.shape[0], longest)
    return scaled(image, View().part((image.shape[1], image.shape[0]), room), room)


def grey(width: int = 320, height: int = 240, value: int = 100) -> Image:
    return np.full((height, width), value, np.uint8)


def box(*corners: int, opacity: float = 1.0, label: str = "") -> BoxOverlay:
    return BoxOverlay(kind="box", corners=[*corners], label=label, color=GREEN, opacity=opacity)


def points(*positions: tuple[int, int], opacity: float = 1.0, label: str = "") -> PointsOverlay:
    return PointsOverlay(
        kind="points",
        points=[[*position] for position in positions],
        label=label,
        color=[255, 0, 0],
        opacity=opacity,
    )


def drawn(*overlays: Overlay, image: Image | None = None, size: tuple[int, int] = (0, 0)) -> Image:
    """Render an image of which the window is a copy, unless the captured `size` is another."""
    image = grey() if image is None else image
    scene = Scene(caption="", notice="", overlays=[*overlays])
    return render(image, size if any(size) else (image.shape[1], image.shape[0]), scene)


def changed(canvas: Image, value: int = 100) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of what differs from the plain image."""
    rows, columns = np.nonzero((canvas != value).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_an_image_without_a_scene_is_shown_as_it_is() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    canvas = drawn(image=image)
    assert (canvas == image[:, :, np.newaxis]).all()


def test_a_box_is_green_where_the_client_said_two_pixels_wide_and_empty_inside() -> None:
    canvas = drawn(box(50, 60, 150, 120))
    assert changed(canvas) == (50, 60, 150, 120)
    for row, column in [(60, 50), (61, 100), (120, 150), (119, 100), (90, 51), (90, 149)]:
        assert (canvas[row, column] == GREEN_BGR).all()
    assert (canvas[62:119, 52:149] == 100).all()


def test_a_box_is_drawn_whichever_corners_are_given() -> None:
    np.testing.assert_array_equal(drawn(box(150, 120, 50, 60)), drawn(box(50, 60, 150, 120)))


def test_a_box_is_scaled_with_its_image() -> None:
    canvas = drawn(box(200, 240, 601, 481), size=(1280, 960))
    assert changed(canvas) == (50, 60, 150, 120)


def test_a_box_that_is_half_outside_is_clipped() -> None:
    canvas = drawn(box(-50, -2_000_000_000, 40, 2_000_000_000))
    assert changed(canvas) == (39, 0, 40, 239)


@pytest.mark.parametrize("corners", [(-90, 10, -1, 20), (320, 0, 400, 100), (0, 240, 9, 300)])
def test_a_box_wholly_outside_leaves_no_pixel(corners: tuple[int, int, int, int]) -> None:
    assert (drawn(box(*corners, label="outside")) == 100).all()


def test_a_box_of_one_pixel_is_one_pixel() -> None:
    assert changed(drawn(box(7, 8, 7, 8))) == (7, 8, 7, 8)


def test_boxes_that_fade_alike_are_seen_through_as_one() -> None:
    both = drawn(box(50, 60, 150, 120, opacity=0.5), box(50, 60, 150, 120, opacity=0.5))
    np.testing.assert_array_equal(both, drawn(box(50, 60, 150, 120, opacity=0.5)))


@pytest.mark.parametrize(("opacity", "shade"), [(0.0, 100), (0.25, 139), (0.5, 178), (0.9, 240)])
def test_a_box_that_fades_lets_the_image_through(opacity: float, shade: int) -> None:
    canvas = drawn(box(50, 60, 150, 120, opacity=opacity))
    assert canvas[60, 100].tolist() == pytest.approx(
        [100 * (1 - opacity), shade, 100 * (1 - opacity)], abs=1
    )


def test_points_are_discs_where_the_client_said() -> None:
    canvas = drawn(points((50, 60), (200, 100)))
    assert (canvas[60, 50] == RED_BGR).all()
    assert (canvas[100, 200] == RED_BGR).all()
    assert canvas[58, 50, 2] > 200
    assert (canvas[60, 60] == 100).all()


def test_points_outside_the_image_are_left_out() -> None:
    inside = drawn(points((50, 60)))
    all_given = drawn(points((50, 60), (-1, 60), (50, 240), (2_000_000_000, 3)))
    np.testing.assert_array_equal(all_given, inside)


def test_a_label_stands_above_its_box_in_the_box_s_colour() -> None:
    canvas = drawn(box(50, 60, 150, 120, label="face"))
    left, top, right, bottom = changed(canvas)
    assert (left, right, bottom) == (50, 150, 120)
    assert 35 < top < 55
    plate = canvas[top : 60 - 1, 50:60]
    assert (plate == GREEN_BGR).all(axis=2).mean() > 0.5
    assert (plate < 60).all(axis=2).any(), "letters are dark on the bright plate"


@pytest.mark.parametrize("corners", [(0, 0, 40, 40), (300, 0, 319, 239), (-99, -99, 400, 400)])
def test_a_label_stays_on_the_image(corners: tuple[int, int, int, int]) -> None:
    bare = drawn(box(*corners))
    labelled = drawn(box(*corners, label="a mouse"))
    assert (labelled != bare).any(axis=2).sum() > 300


def test_a_caption_is_white_on_dark_in_the_bottom_left_corner() -> None:
    canvas = render(grey(value=200), (320, 240), Scene(caption="left", notice="", overlays=[]))
    left, top, right, bottom = changed(canvas, 200)
    assert (left, bottom) == (0, 239)
    assert right < 60
    assert top > 210
    assert (canvas[239, :right] == 0).all()
    assert (canvas[top:, : right + 1] > 230).all(axis=2).any()


@pytest.mark.parametrize("size", [(1280, 1024), (320, 240), (64, 48)])
def test_a_notice_dims_the_image_and_stands_in_its_middle(size: tuple[int, int]) -> None:
    width, height = size
    scene = Scene(caption="", notice="lost: unplugged", overlays=[])
    canvas = render(grey(width, height, 200), size, scene)
    assert (canvas[0] == 70).all()
    left, top, right, bottom = changed(canvas, 70)
    assert canvas.max() > 180
    assert (left + right) / 2 == pytest.approx(width / 2, abs=6)
    assert (top + bottom) / 2 == pytest.approx(height / 2, abs=height / 8)


def test_a_long_notice_is_broken_into_lines_that_fit() -> None:
    scene = Scene(caption="", notice="error: no such camera; " * 6, overlays=[])
    canvas = render(grey(value=200), (320, 240), scene)
    left, top, right, bottom = changed(canvas, 70)
    assert left > 0
    assert right < 319
    assert top > 0
    assert bottom < 239


def test_letters_the_font_lacks_become_their_nearest_or_a_question_mark() -> None:
    np.testing.assert_array_equal(
        drawn(box(50, 60, 150, 120, label="é日")), drawn(box(50, 60, 150, 120, label="e?"))
    )


def test_shrinking_by_a_whole_factor_is_the_mean_of_the_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    means = image.reshape(100, 2, 150, 2).mean(axis=(1, 3))
    assert np.abs(shrink(image, 150) - means).max() <= 0.5


def test_shrinking_by_a_broken_factor_keeps_things_in_place() -> None:
    image = grey(1280, 1024, 0)
    image[512:, 640:] = 200
    small = shrink(image, 500)
    assert small.shape == (400, 500)
    assert (small[:199] == 0).all()
    assert (small[:, :249] == 0).all()
    assert (small[202:, 252:] == 200).all()


def test_a_small_image_stays_small() -> None:
    assert shrink(grey(30, 20), 640).shape == (20, 30)

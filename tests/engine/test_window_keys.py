"""What keys and the mouse do to real windows, seen by their pixels."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.windows.messages import Scene
from tests.engine.windows_rig import GREEN, Rig, boxed, noise, plain_scene, shows
from tests.support import wait_for
from tests.viewer.screen import HEIGHT, WIDTH, Screen, screen

cv2 = pytest.importorskip("cv2", exc_type=ImportError)
drawing = pytest.importorskip("pmv_tui.windows.drawing", exc_type=ImportError)

Image = NDArray[np.uint8]

RED = 255, 0, 0


class Looked:
    """A window that has the focus, beside another one of the same viewer."""

    def __init__(self, rig: Rig, xvfb: Screen) -> None:
        self.rig = rig
        self.xvfb = xvfb

    def show(self, image: Image) -> None:
        """Open it anew with an image."""
        self.rig.scenes["left"] = plain_scene()
        self.rig.show("left", self.xvfb, image)
        self.xvfb.focus("left")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.xvfb.press(key)

    def pixels(self) -> Image:
        return self.xvfb.pixels("left")

    def upper(self) -> Image:
        """What the upper half shows, which captions and map leave free; where it is grey."""
        seen = self.pixels()
        return seen[: len(seen) // 2, :, 0]

    def shows(self, image: Image, x: int, y: int, times: int) -> bool:
        """Whether the upper half shows the part of an image from there on, each pixel enlarged."""
        seen = self.upper()
        whole = np.kron(image[y:, x:], np.ones((times, times), np.uint8))
        return np.array_equal(seen, whole[: len(seen), : len(seen[0])])

    def wait(self, image: Image, x: int, y: int, times: int) -> None:
        wait_for(lambda: self.shows(image, x, y, times), f"{times} times, from {x}, {y}")


@pytest.fixture(scope="module")
def rig() -> Iterator[tuple[Rig, Screen]]:
    with screen() as xvfb:
        rig = Rig()
        try:
            rig.show("right", xvfb)
            xvfb.move("right", 900, 600)
            yield rig, xvfb
        finally:
            rig.end()


@pytest.fixture
def left(rig: tuple[Rig, Screen]) -> Iterator[Looked]:
    looked = Looked(*rig)
    yield looked
    looked.rig.windows.close("left")
    wait_for(lambda: looked.xvfb.titles() == ["right"], "the window to close")
    assert shows(looked.xvfb, "right", noise()), "nothing was done to the other one"


def test_keys_magnify_the_middle_pixel_by_pixel_and_fit_it_again(left: Looked) -> None:
    image = noise(320, 240)
    left.show(image)
    left.press("plus")
    left.wait(image, 80, 60, 2)
    left.press("equal", "plus")
    left.wait(image, 120, 90, 4)
    left.press("minus")
    wait_for(lambda: left.upper()[0, 0] == left.upper()[2, 2], "three times")
    left.press("0")
    wait_for(lambda: shows(left.xvfb, "left", image), "the whole image again")


def test_a_new_image_is_shown_magnified_as_the_one_before(left: Looked) -> None:
    left.show(noise(320, 240))
    left.press("plus")
    other = noise(320, 240, seed=9)
    left.rig.offer("left", other)
    left.wait(other, 80, 60, 2)


def test_the_wheel_magnifies_what_the_pointer_is_at(left: Looked) -> None:
    image = noise(320, 240)
    left.show(image)
    left.xvfb.turn_wheel("left", 0, 0, 1)
    left.wait(image, 0, 0, 2)
    left.xvfb.turn_wheel("left", 320 - 1, 0, 2)  # beyond the middle of the image
    wait_for(lambda: left.upper()[0, -1] == image[0, 159], "four times, at the upper right")
    left.xvfb.turn_wheel("left", 5, 5, -9)
    wait_for(lambda: shows(left.xvfb, "left", image), "no smaller than all of it")


def test_keys_and_the_mouse_move_what_is_seen_up_to_the_edge(left: Looked) -> None:
    image = noise(320, 240)
    left.show(image)
    left.press("plus")
    for key, x, y in (
        *(("Left", 60, 60), ("l", 80, 60), ("Right", 100, 60), ("h", 80, 60)),
        *(("Up", 80, 45), ("j", 80, 60), ("Down", 80, 75), ("k", 80, 60)),
    ):
        left.press(key)
        left.wait(image, x, y, 2)
    left.xvfb.drag("left", (100, 100), (120, 90))
    left.wait(image, 70, 65, 2)
    left.xvfb.drag("left", (10, 10), (310, 230))
    left.wait(image, 0, 0, 2)


def test_boxes_lie_on_what_they_lay_on_before(left: Looked) -> None:
    left.show(np.full((240, 320), 100, np.uint8))
    left.rig.scenes["left"] = boxed(1.0)
    left.press("plus")

    def drawn() -> bool:
        # From (50, 60) to (150, 120), of which 160x120 from (80, 60) on are seen, twice as large.
        green = (left.pixels() == GREEN).all(axis=2)
        inside = green[3:120, :140]
        return not inside.any() and bool(green[1:122, :142].sum() == 121 * 142 - inside.size)

    wait_for(drawn, "the box where it was")


def test_a_window_that_is_made_larger_or_fills_the_screen_shows_a_larger_image(
    left: Looked,
) -> None:
    image = noise(320, 240)
    left.show(image)
    left.xvfb.resize("left", 640, 480)
    left.wait(image, 0, 0, 2)
    left.press("f")
    # Between black bars, as the screen has another shape: 4.375 times, and then 6 times.
    wait_for(lambda: left.pixels().shape == (HEIGHT, WIDTH, 3), "the whole screen")
    wait_for(lambda: not left.pixels()[:20].any() and left.pixels()[40:90].any(), "black bars")
    left.press("plus")
    across, down = -(-WIDTH // 6), -(-HEIGHT // 6)
    left.wait(image, 160 - across // 2, 120 - down // 2, 6)
    left.press("f", "0")
    left.wait(image, 0, 0, 2)
    assert left.pixels().shape == (480, 640, 3)


def test_a_single_saturated_pixel_is_marked_however_small_the_image_is_shown(
    left: Looked,
) -> None:
    image = np.full((600, 800), 100, np.uint8)
    left.rig.ask("left", left.xvfb.name)
    left.rig.wait_until("left", "shown")
    image[200, 401] = 255
    left.rig.offer("left", image)
    left.xvfb.focus("left")
    left.press("s")

    def marked() -> list[list[int]]:
        return np.argwhere((left.pixels() == RED).all(axis=2)).tolist()

    wait_for(lambda: marked() == [[100, 200]], "one red pixel")
    left.press("s")
    wait_for(lambda: not marked(), "none")


def test_contrast_is_stretched_to_what_is_seen_and_said(left: Looked) -> None:
    image = np.random.default_rng(0).integers(100, 121, (240, 320)).astype(np.uint8)
    left.show(image)
    left.press("C")
    lowest, highest = np.percentile(image, [1, 99], method="inverted_cdf")
    stretched = np.clip(np.round((image - float(lowest)) * 255 / (highest - lowest)), 0, 255)
    wait_for(lambda: left.shows(stretched.astype(np.uint8), 0, 0, 1), "the contrast")
    caption = left.pixels()[-20:, :100]
    assert (caption == 0).mean() > 0.5, "there is a caption, though none is configured"
    left.press("C")
    wait_for(lambda: shows(left.xvfb, "left", image), "the image as it is")


def columns(seen: Image, colour: tuple[int, int, int]) -> list[int]:
    """Find where lines of a colour go down that are as high as a histogram."""
    found = (seen[:200] == colour).all(axis=2).sum(axis=0) >= 64
    return [int(place) for place in np.flatnonzero(found)]


def test_figures_have_a_histogram_and_how_near_the_focus_is_to_its_best(left: Looked) -> None:
    image = np.full((300, 400), 50, np.uint8)
    image[:150] = 200
    image[::50, ::50] = 255
    left.show(image)
    left.press("i", "i")

    def peaks() -> bool:
        seen = left.pixels()
        bright = columns(seen, (255, 255, 255))
        return bright == [bright[0], bright[0] + 150] if bright else False

    wait_for(peaks, "a line for each of the two values")
    assert not columns(left.pixels(), RED), "few are saturated"
    image[:] = 255
    image[0, 0] = 40
    left.rig.offer("left", image)
    wait_for(lambda: len(columns(left.pixels(), RED)) == 1, "saturated pixels in red")


def test_the_bar_is_full_when_the_image_is_as_sharp_as_it_has_been(left: Looked) -> None:
    sharp = cv2.GaussianBlur(noise(400, 300), (0, 0), 1).astype(np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3).astype(np.uint8)

    def bar() -> int:
        """How long it is, pixels; the frame around it is grey."""
        bright = (left.pixels()[:200] == 255).all(axis=2).sum(axis=1)
        return int(bright[145:160].max())

    left.show(sharp)
    left.press("i", "i")
    wait_for(lambda: bar() == 256, "a full bar")
    left.rig.offer("left", blurred)
    wait_for(lambda: bar() < 150, "a shorter one")
    left.press("b")
    wait_for(lambda: bar() == 256, "the best that there is since")
    left.rig.offer("left", sharp)
    wait_for(lambda: bar() == 256, "a full one again")
    left.press("i")
    wait_for(lambda: shows(left.xvfb, "left", sharp), "the caption as it is configured: none")


def test_a_key_says_more_of_the_image_than_the_caption_does(left: Looked) -> None:
    plain = np.full((300, 400), 200, np.uint8)
    left.show(plain)
    left.rig.scenes["left"] = Scene(
        caption="left", details="left  59.9 of 60 fps", notice="", overlays=[]
    )

    def written(*lines: str) -> Image:
        canvas = np.repeat(plain[:, :, np.newaxis], 3, axis=2)
        drawing.draw_caption(canvas, lines)
        return canvas

    wait_for(lambda: np.array_equal(left.pixels(), written("left")), "the caption")
    left.press("i")
    tops = [
        int(np.flatnonzero((written(*lines) != 200).any(axis=(1, 2)))[0])
        for lines in (["upper", "lower"], ["lower"])
    ]
    upper = slice(*tops)
    more = written("left  59.9 of 60 fps", "which image, and when it was taken")
    wait_for(lambda: np.array_equal(left.pixels()[upper], more[upper]), "more")
    assert (left.pixels()[tops[1] :, :200] == 0).mean() > 0.5, "a second line"


def test_the_last_image_of_a_lost_camera_can_be_magnified(left: Looked) -> None:
    image = np.full((300, 400), 100, np.uint8)
    image[100:150, 133:200] = 200
    left.show(image)
    left.rig.scenes["left"] = Scene(caption="", notice="lost", overlays=[])
    wait_for(lambda: left.upper()[0, 0] == 35, "the notice")
    for _ in range(4):
        left.press("plus")
    left.press("Up")
    # Of the patch only its upper half is below the words.
    wait_for(lambda: (left.upper()[0:60, :200] == 70).mean() > 0.5, "the patch, six times as large")


def test_a_key_lists_the_keys(left: Looked) -> None:
    image = np.full((300, 400), 200, np.uint8)
    left.show(image)
    left.press("question")
    wait_for(lambda: left.pixels()[5, 5, 0] == 60, "a dimmed corner")
    left.press("question")
    wait_for(lambda: shows(left.xvfb, "left", image), "the image alone")

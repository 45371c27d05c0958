"""Figures of an image: counts to the pixel, and a sharpness that peaks where the image does."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.figures import figures, sharpness

Image = NDArray[np.uint8]


def random(seed: int = 4) -> np.random.Generator:
    """Return the same numbers to each that asks."""
    return np.random.default_rng(seed)


BLURS = 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0
"""Standard deviations, pixels: from what a good lens does at best to far out of focus."""


@pytest.mark.parametrize("shape", [(1, 1), (30, 50), (481, 641), (1024, 1280)])
@pytest.mark.parametrize("pixel_format", ["Mono8", "BayerRG8"])
def test_saturated_and_black_pixels_are_counted_one_by_one(
    shape: tuple[int, int], pixel_format: str
) -> None:
    image = np.full(shape, 100, np.uint8)
    assert figures(image, pixel_format)["saturated"] == figures(image, pixel_format)["black"] == 0
    spots = random().permutation(image.size)
    image.flat[spots[: image.size // 7]] = 0
    image.flat[spots[image.size // 7 :][:1]] = 255
    found = figures(image, pixel_format)
    assert found["counted"] == image.size
    assert found["saturated"] * image.size == pytest.approx(1)
    assert found["black"] * image.size == pytest.approx(image.size // 7)


def test_figures_of_a_small_image_are_those_of_each_pixel() -> None:
    image = random().integers(3, 200, (300, 400)).astype(np.uint8)
    found = figures(image, "Mono8")
    assert found["step"] == 1
    assert found["histogram"] == [int((image == value).sum()) for value in range(256)]
    assert found["mean"] == pytest.approx(image.mean())
    wanted = np.percentile(image, [1, 5, 50, 95, 99], method="inverted_cdf")
    assert found["percentiles"] == wanted.tolist()


def test_figures_of_a_large_image_are_of_pixels_all_over_it_and_of_every_colour() -> None:
    image = np.zeros((2400, 3000), np.uint8)
    image[::2, ::2], image[1::2, 1::2] = 200, 255
    found = figures(image, "BayerRG8")
    assert found["step"] > 1
    assert found["step"] ** 2 * sum(found["histogram"]) == pytest.approx(image.size, rel=0.01)
    assert found["counted"] < image.size
    assert found["saturated"] == pytest.approx(0.25, abs=0.001)
    assert found["black"] == pytest.approx(0.5, abs=0.001)
    assert found["mean"] == pytest.approx(image.mean(), rel=0.01)


def nature() -> NDArray[np.float64]:
    """Return what natural scenes are like: the finer, the less contrast."""
    frequency = np.hypot(np.fft.fftfreq(512)[:, np.newaxis], np.fft.fftfreq(640))
    frequency[0, 0] = 1
    scene = np.fft.ifft2(np.fft.fft2(random().normal(size=(512, 640))) / frequency).real
    pink: NDArray[np.float64] = 110 + 30 * scene / scene.std()
    return pink


def text() -> NDArray[np.float64]:
    """Return dark words, lit from one side."""
    scene = np.full((512, 640), 150.0)
    for line in range(16):
        place = 5, 28 + 32 * line
        cv2.putText(scene, "Focus 12345 the ring", place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 40, 2)
    return scene + np.linspace(0, 50, 640)


def beads() -> NDArray[np.float64]:
    """Return bright spots on a dark ground, as under a microscope."""
    scene = np.full((512, 640), 30.0)
    for x, y, size in random().integers((5, 5, 1), (635, 507, 5), (90, 3)).tolist():
        cv2.circle(scene, (x, y), size, 180, -1)
    return scene


def taken(
    scene: NDArray[np.float64],
    blur: float = 1.0,
    noise: float = 0.0,
    gain: float = 1.0,
    black_level: float = 0.0,
) -> Image:
    """Take a picture of a scene."""
    light = cv2.GaussianBlur(scene, (0, 0), blur) * gain + black_level
    return np.clip(np.round(light + noise * random(5).normal(size=light.shape)), 0, 255).astype(
        np.uint8
    )


SCENES = pytest.mark.parametrize("scene", [nature, text, beads])


@SCENES
@pytest.mark.parametrize("noise", [0, 3, 8])
def test_a_picture_is_the_sharper_the_less_it_is_blurred(
    scene: Callable[[], NDArray[np.float64]], noise: float
) -> None:
    made = scene()
    found = [sharpness(taken(made, blur, noise)) for blur in BLURS]
    clear = [each for each in found if each is not None]
    assert len(clear) >= 4
    assert clear == sorted(clear, reverse=True)
    assert clear[0] > 2 * clear[3], "a peak that is seen"


@SCENES
def test_noise_gain_exposure_and_black_level_do_not_move_it(
    scene: Callable[[], NDArray[np.float64]],
) -> None:
    made = scene()
    usual = sharpness(taken(made))
    assert usual is not None
    for changed in (
        taken(made, noise=3),
        taken(made, noise=6),
        taken(made, gain=0.5),
        taken(made, gain=1.2),
        taken(made, gain=0.8, black_level=30),
        taken(made, gain=1.2, noise=6),
    ):
        assert sharpness(changed) == pytest.approx(usual, rel=0.12)


def test_there_is_none_without_structure() -> None:
    assert sharpness(np.full((200, 300), 80, np.uint8)) is None
    noise = 100 + 9 * random().normal(size=(400, 500))
    assert sharpness(noise.astype(np.uint8)) is None
    assert sharpness(np.arange(4, dtype=np.uint8).reshape(2, 2)) is None
    assert figures(np.arange(4, dtype=np.uint8).reshape(2, 2), "BayerRG8")["sharpness"] is None


@pytest.mark.parametrize(
    ("pixel_format", "greens"),
    [("BayerRG8", (0, 1)), ("BayerBG8", (0, 1)), ("BayerGR8", (0, 0)), ("BayerGB8", (0, 0))],
)
def test_that_of_a_raw_image_is_of_its_greens(pixel_format: str, greens: tuple[int, int]) -> None:
    image = random().integers(0, 256, (512, 640)).astype(np.uint8)
    scene = taken(nature()[::2, ::2])
    row, column = greens
    image[row::2, column::2] = scene
    assert figures(image, pixel_format)["sharpness"] == sharpness(scene)

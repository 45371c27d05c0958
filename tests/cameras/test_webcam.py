"""Webcams, with a stand-in for OpenCV's capture object: no test machine has a webcam."""

import time
from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import CameraLost, RestartNeeded
from pmv_tui.config.schema import CameraConfig
from tests.cameras.helpers import setting

cv2 = pytest.importorskip("cv2", exc_type=ImportError)

from pmv_tui.cameras.opencv.webcam import NOT_THERE, Webcam, apply_settings  # noqa: E402 - imports cv2


class UnpluggedAfter:
    """A capture object that gives some images and then none."""

    def __init__(self, images: int) -> None:
        self.left = images
        self.settings: dict[int, float] = {}
        self.released = False

    def read(self) -> tuple[bool, Any]:
        self.left -= 1
        return (True, np.full((4, 6, 3), 50, np.uint8)) if self.left >= 0 else (False, None)

    def get(self, setting: int) -> float:
        return {cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_POS_MSEC: 1234.5}[setting]

    def set(self, setting: int, value: float) -> bool:
        self.settings[setting] = value
        return False

    def release(self) -> None:
        self.released = True


def test_an_unplugged_webcam_is_lost() -> None:
    capture: Any = UnpluggedAfter(images=1)
    camera = Webcam(capture, "/dev/video0", CameraConfig(unique_id="0-opencv"))
    frame = camera.grab(0.1)
    assert frame is not None
    assert frame.image.shape == (4, 6)
    assert frame.device_timestamp == 1_234_500_000
    assert camera.fps == 30.0
    with pytest.raises(CameraLost, match="/dev/video0 sends no more images"):
        camera.grab(0.1)
    camera.close()
    assert capture.released


def test_only_what_the_config_gives_overrides_the_webcams_own_exposure() -> None:
    capture: Any = UnpluggedAfter(images=0)
    apply_settings(capture, CameraConfig(unique_id="0-opencv"))
    assert capture.settings == {cv2.CAP_PROP_FPS: 60.0}

    given = CameraConfig(unique_id="0-opencv", fps=25.0, exposure_time=5000.0, gain=3.0)
    apply_settings(capture, given)
    assert capture.settings == {
        cv2.CAP_PROP_FPS: 25.0,
        cv2.CAP_PROP_AUTO_EXPOSURE: 1,
        cv2.CAP_PROP_EXPOSURE: 50.0,
        cv2.CAP_PROP_GAIN: 3.0,
    }


def test_the_format_on_the_wire_is_asked_for_before_size_and_rate() -> None:
    capture: Any = UnpluggedAfter(images=0)
    size = {"width": 1280, "height": 720}
    given: dict[str, Any] = {"fourcc": "MJPG", "fps": 30.0} | size
    apply_settings(capture, CameraConfig(unique_id="0-opencv", **given))
    assert list(capture.settings.items()) == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30.0),
    ]


def test_what_the_driver_chose_instead_is_reported() -> None:
    driver = Driver()
    driver.values |= {
        cv2.CAP_PROP_FRAME_WIDTH: 640.0,
        cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"YUYV")),
    }
    config = CameraConfig(unique_id="0-opencv", fourcc="MJPG", width=1280)
    camera = Webcam(driver, "/dev/video0", config)  # type: ignore[arg-type]
    fourcc, width = setting(camera, "fourcc"), setting(camera, "width")
    assert (fourcc.wanted, fourcc.actual, fourcc.note) == (
        "MJPG",
        "YUYV",
        "the driver's choice instead",
    )
    assert (width.wanted, width.actual, width.note) == (1280, 640, "changed by the camera")
    with pytest.raises(RestartNeeded, match="width, fourcc"):
        camera.apply(CameraConfig(unique_id="0-opencv"))


class Driver:
    """A capture object of a driver with steps of its own, and of a camera that may hang."""

    def __init__(self) -> None:
        self.values = {
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_EXPOSURE: 156.0,
            cv2.CAP_PROP_POS_MSEC: 0.0,
        }
        self.image = np.zeros((4, 6, 3), np.uint8)
        self.hangs = False

    def read(self) -> tuple[bool, Any]:
        if not self.hangs:
            self.values[cv2.CAP_PROP_POS_MSEC] += 33.0
        return True, self.image.copy()

    def get(self, control: int) -> float:
        return self.values.get(control, NOT_THERE)

    def set(self, control: int, value: float) -> bool:
        if control not in self.values:
            return False
        self.values[control] = min(value, 30.0) if control == cv2.CAP_PROP_FPS else round(value)
        return True

    def release(self) -> None:
        pass


def open_webcam(driver: Any, **settings: Any) -> Webcam:
    config = CameraConfig(unique_id="0-opencv", **settings)
    apply_settings(driver, config)
    return Webcam(driver, "/dev/video0", config)


def test_a_webcam_that_repeats_its_last_frame_gives_no_new_one() -> None:
    driver = Driver()
    camera = open_webcam(driver)
    assert camera.grab(0.1) is not None
    driver.hangs = True
    start = time.monotonic()
    assert camera.grab(0.1) is None
    assert time.monotonic() - start < 5
    driver.hangs = False
    assert camera.grab(0.1) is not None, "it goes on when the webcam does"


def test_a_still_scene_is_no_repetition_and_neither_is_a_broken_clock() -> None:
    driver = Driver()
    camera = open_webcam(driver)
    assert [camera.grab(0.1) is None for _ in range(3)] == [False] * 3

    driver.hangs = True
    for grey in (1, 2, 3):
        driver.image[:] = grey
        assert camera.grab(0.1) is not None


def test_what_the_driver_made_of_the_settings_is_read_back() -> None:
    camera = open_webcam(Driver(), fps=60.0, exposure_time=4980.0, gain=3.0)
    fps, exposure_time, gain = camera.settings()[:3]
    assert (fps.wanted, fps.actual, fps.note) == (60.0, 30.0, "changed by the camera")
    assert (exposure_time.wanted, exposure_time.actual) == (4980.0, 5000.0)
    assert exposure_time.note == "rounded by the camera"
    assert (gain.wanted, gain.actual, gain.note) == (3.0, None, "this camera has none")
    assert camera.fps == 30.0


def test_settings_change_while_a_webcam_streams() -> None:
    camera = open_webcam(Driver())
    exposure_time = setting(camera, "exposure_time")
    assert (exposure_time.wanted, exposure_time.actual) == (None, 15_600.0), "its own automatic"

    camera.apply(CameraConfig(unique_id="0-opencv", fps=15.0, exposure_time=20_000.0))
    assert camera.fps == 15.0
    assert setting(camera, "exposure_time").actual == 20_000.0
    with pytest.raises(RestartNeeded, match="source cannot be changed while"):
        camera.apply(CameraConfig(unique_id="0-opencv", source=1))
    assert camera.fps == 15.0, "nothing is changed then"

"""Webcams, with a stand-in for OpenCV's capture object: no test machine has a webcam."""

from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import CameraLost
from pmv_tui.config.schema import CameraConfig

cv2 = pytest.importorskip("cv2", exc_type=ImportError)

from pmv_tui.cameras.webcam import Webcam, apply_settings  # noqa: E402 - imports cv2


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
    camera = Webcam(capture, "/dev/video0")
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

"""Settings of GenICam cameras that limit each other, which no camera to test with does."""

from typing import Any

import pytest

from pmv_tui.cameras.base import Setting
from pmv_tui.cameras.genicam.features import Range
from pmv_tui.cameras.genicam.settings import (
    apply_live,
    apply_settings,
    read_settings,
    resulting_rate,
)
from pmv_tui.config.schema import CameraConfig


class SharedPeriod:
    """The features of a camera in which exposure and rate share the time of a frame.

    Each one's range is what the other leaves, and a value outside of it is refused.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            "PixelFormat": "Mono8",
            "ExposureTime": 5000.0,
            "AcquisitionFrameRate": 30.0,
            "AcquisitionFrameRateEnabled": False,
            "Width": 640,
            "Height": 480,
            "OffsetX": 0,
            "OffsetY": 0,
        }

    def has(self, name: str) -> bool:
        return name in self.values

    def writable(self, name: str) -> bool:
        return name != "AcquisitionFrameRate" or bool(self.values["AcquisitionFrameRateEnabled"])

    def get(self, name: str) -> Any:
        return self.values[name]

    def set(self, name: str, value: Any) -> None:
        if name in ("ExposureTime", "AcquisitionFrameRate", "Width"):
            allowed = self.range(name)
            assert allowed.lowest <= value <= allowed.highest * (1 + 1e-9), f"{name} = {value}"
        self.values[name] = value

    def range(self, name: str) -> Range:
        match name:
            case "ExposureTime":
                return Range(10.0, 1e6 / self.values["AcquisitionFrameRate"], None)
            case "AcquisitionFrameRate":
                return Range(1.0, min(500.0, 1e6 / self.values["ExposureTime"]), None)
            case "Width":
                return Range(16, 640 - self.values["OffsetX"], 16)
            case "OffsetX":
                return Range(0, 640 - self.values["Width"], 4)
            case _:
                return Range(0, 480, 2)

    def choices(self, name: str) -> list[str]:
        return {"PixelFormat": ["Mono8", "Mono12"]}[name]


def config(**settings: Any) -> CameraConfig:
    return CameraConfig(unique_id="7-aravis", **settings)


def read(features: SharedPeriod, wanted: CameraConfig) -> dict[str, Setting]:
    return {each.name: each for each in read_settings(features, wanted)}


@pytest.mark.parametrize("before", [(30.0, 5000.0), (200.0, 4000.0), (2.0, 400_000.0)])
def test_exposure_wins_over_the_rate_whatever_was_set_before(before: tuple[float, float]) -> None:
    features = SharedPeriod()
    old = config(fps=before[0], exposure_time=before[1])
    apply_settings(features, old)
    assert features.get("AcquisitionFrameRate") == pytest.approx(before[0])

    new = config(fps=100.0, exposure_time=20_000.0)
    apply_live(features, old, new)
    settings = read(features, new)
    assert (settings["exposure_time"].actual, settings["exposure_time"].note) == (20_000.0, "")
    assert settings["fps"].actual == pytest.approx(50.0)
    assert settings["fps"].highest == pytest.approx(50.0)
    assert settings["fps"].note == "limited by exposure_time"
    assert resulting_rate(features) == pytest.approx(50.0)


def test_a_region_is_fitted_to_the_cameras_steps_wherever_it_was_before() -> None:
    features = SharedPeriod()
    features.values |= {"Width": 320, "OffsetX": 320}
    wanted = config(roi=(103, 51, 500, 99))
    apply_settings(features, wanted)
    roi = read(features, wanted)["roi"]
    assert roi.actual == (100, 50, 496, 98)
    assert roi.wanted == (103, 51, 500, 99)
    assert roi.note == "fitted to the sensor and its steps"
    assert roi.step == (4, 2, 16, 2)


def test_what_a_camera_lacks_is_reported_and_no_error() -> None:
    features = SharedPeriod()
    wanted = config(external_trigger=True, gain=3.0, fps=30.0, exposure_time=1000.0)
    apply_settings(features, wanted)
    settings = read(features, wanted)
    for name in ("gain", "external_trigger"):
        assert (settings[name].actual, settings[name].note) == (None, "this camera has none")


def test_without_a_region_in_the_config_the_cameras_own_stays() -> None:
    features = SharedPeriod()
    features.values |= {"Width": 320, "OffsetX": 64}
    apply_settings(features, config())
    roi = read(features, config())["roi"]
    assert (roi.wanted, roi.actual, roi.note) == (None, (64, 0, 320, 480), "")

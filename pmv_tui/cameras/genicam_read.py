"""Reads a GenICam camera's settings back, and within which ranges they could be."""

from typing import get_args

from pmv_tui.cameras.base import Setting
from pmv_tui.cameras.genicam import (
    EXPOSURE_TIME,
    GAIN,
    RATE,
    REGION,
    RESULTING_RATE,
    US_PER_S,
    Features,
    first,
    is_triggered,
    kind_of,
)
from pmv_tui.cameras.readback import UNITS, absent, choice, number
from pmv_tui.config.schema import CameraConfig, PixelFormat


def read_settings(features: Features, config: CameraConfig) -> tuple[Setting, ...]:
    """Read back what holds, and within which ranges it could be."""
    return (
        _rate(features, config),
        _exposure_time(features, config),
        _gain(features, config),
        _pixel_format(features, config),
        _trigger(features, config),
        _region(features, config),
    )


def resulting_rate(features: Features) -> float | None:
    """Ask how many frames a second the camera makes as it is set.

    None where it cannot tell, or an external trigger sets the rate.
    """
    name = first(features, (*RESULTING_RATE, *RATE))
    return None if name is None or is_triggered(features) else float(features.get(name))


def _rate(features: Features, config: CameraConfig) -> Setting:
    if is_triggered(features):
        return absent("fps", config.fps, "the trigger sets the rate")
    name, actual = first(features, RATE), resulting_rate(features)
    if name is None or actual is None:
        return absent("fps", config.fps)
    feature = first(features, EXPOSURE_TIME)
    note = ""
    if feature is not None and actual < config.fps:
        exposure_time = features.get(feature)
        if actual * exposure_time <= US_PER_S < config.fps * exposure_time:
            note = "limited by exposure_time"
    return _number(features, name, "fps", config.fps, actual, note=note)


def _exposure_time(features: Features, config: CameraConfig) -> Setting:
    name = first(features, EXPOSURE_TIME)
    if name is None:
        return absent("exposure_time", config.exposure_time)
    actual = float(features.get(name))
    return _number(features, name, "exposure_time", config.exposure_time, actual)


def _gain(features: Features, config: CameraConfig) -> Setting:
    name = first(features, GAIN)
    if name is not None:
        return _number(features, name, "gain", config.gain, float(features.get(name)))
    if features.has("GainRaw"):
        return absent("gain", config.gain, "not in dB here, but in steps: the minimum is set")
    return absent("gain", config.gain)


def _number(
    features: Features, feature: str, name: str, wanted: float, actual: float, *, note: str = ""
) -> Setting:
    allowed = features.range(feature)
    return number(
        name,
        wanted,
        actual,
        lowest=allowed.lowest,
        highest=allowed.highest,
        step=allowed.step,
        live=features.writable(feature),
        note=note,
    )


def _pixel_format(features: Features, config: CameraConfig) -> Setting:
    if not features.has("PixelFormat"):
        return absent("pixel_format", config.pixel_format)
    offered = {kind_of(name) for name in features.choices("PixelFormat")}
    choices = tuple(kind for kind in get_args(PixelFormat) if kind in offered)
    actual = kind_of(features.get("PixelFormat"))
    return choice("pixel_format", config.pixel_format, actual, choices)


def _trigger(features: Features, config: CameraConfig) -> Setting:
    if not features.has("TriggerMode"):
        return absent("external_trigger", config.external_trigger)
    return choice("external_trigger", config.external_trigger, is_triggered(features))


def _region(features: Features, config: CameraConfig) -> Setting:
    if not all(map(features.has, REGION)):
        return absent("roi", config.roi)
    ranges = [features.range(name) for name in REGION]
    actual = tuple(int(features.get(name)) for name in REGION)
    return Setting(
        "roi",
        config.roi,
        actual,
        lowest=tuple(int(each.lowest) for each in ranges),
        highest=tuple(int(each.highest) for each in ranges),
        step=tuple(int(each.step or 1) for each in ranges),
        unit=UNITS["roi"],
        note="fitted to the sensor and its steps" if config.roi not in (None, actual) else "",
    )

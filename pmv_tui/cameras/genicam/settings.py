"""A GenICam camera's settings: set as its config says, read back, changed live."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import get_args

from pmv_tui.cameras.base import Camera, CameraError, Setting
from pmv_tui.cameras.genicam.features import (
    EXPOSURE_TIME,
    GAIN,
    RATE,
    RATE_ENABLE,
    REGION,
    RESULTING_RATE,
    US_PER_S,
    Features,
    Range,
    first,
    is_triggered,
    kind_of,
)
from pmv_tui.cameras.readback import UNITS, absent, choice, clamp, number, require_no_restart
from pmv_tui.config.schema import CameraConfig, PixelFormat


def apply_settings(features: Features, config: CameraConfig) -> None:
    """Set everything that the config says, before the stream starts.

    Values beyond what the camera can do become the nearest it can.

    Raises
    ------
    CameraError : the camera offers no pixel format of the wanted kind.
    """
    _set_pixel_format(features, config.pixel_format)
    if config.roi is not None:
        _set_region(features, config.roi)
    _set_choice(features, "ExposureAuto", "Off")
    _set_choice(features, "ExposureMode", "Timed")
    _set_choice(features, "GainAuto", "Off")
    _set_trigger(features, external=config.external_trigger)
    # A frame rate would hold back a trigger that is faster.
    _set_choice(features, "AcquisitionFrameRateAuto", "Off")
    for name in RATE_ENABLE:
        if features.has(name) and features.writable(name):
            features.set(name, not config.external_trigger)
    _set_numbers(features, config)


def apply_live(features: Features, old: CameraConfig, new: CameraConfig) -> None:
    """Set what may be set while the camera streams.

    Raises
    ------
    RestartNeeded : something else differs; nothing has been set.
    """
    # Most cameras lock them, and the sizes of the buffers depend on them.
    require_no_restart(old, new, "device", "source", "pixel_format", "roi", "external_trigger")
    _set_numbers(features, new)


def _set_numbers(features: Features, config: CameraConfig) -> None:
    """Set exposure, gain and rate; where exposure and rate exclude each other, exposure wins.

    Each limits the range of the other, in some cameras: hence a rate first that leaves room for
    the exposure, so that the result does not depend on what was set before.
    """
    free_running = not config.external_trigger
    if free_running:
        _set_number(features, RATE, min(config.fps, US_PER_S / config.exposure_time))
    _set_number(features, EXPOSURE_TIME, config.exposure_time)
    _set_gain(features, config.gain)
    if free_running:
        _set_number(features, RATE, config.fps)


def _set_number(features: Features, names: tuple[str, ...], value: float) -> None:
    """Set the first of the named features, to the nearest value in its range."""
    name = first(features, names)
    if name is not None and features.writable(name):
        allowed = features.range(name)
        features.set(name, clamp(value, allowed.lowest, allowed.highest))


def _set_choice(features: Features, name: str, entry: str) -> None:
    """Set an enumeration where it is there, may be set and offers the entry."""
    if features.has(name) and features.writable(name) and entry in features.choices(name):
        features.set(name, entry)


def _set_pixel_format(features: Features, wanted: PixelFormat) -> None:
    """Choose Mono8, or the raw Bayer format of one byte that the sensor has."""
    offered = features.choices("PixelFormat") if features.has("PixelFormat") else []
    fitting = [name for name in offered if kind_of(name) == wanted]
    if not fitting:
        needed = "Mono8" if wanted == "Mono" else "a Bayer format of 8 bits"
        raise CameraError(
            f"the camera does not offer {needed}, which pixel_format {wanted!r} needs; "
            f"it offers {', '.join(offered) or 'none that can be chosen'}",
            'set pixel_format to "Mono" or "Colour", as the camera is',
        )
    _set_choice(features, "PixelFormat", fitting[0])


def _set_region(features: Features, region: tuple[int, int, int, int]) -> None:
    """Set the region of interest, each number rounded down to a step of the camera's."""
    x, y, width, height = region
    # At the origin there is room for any size.
    steps = [("OffsetX", 0), ("OffsetY", 0), ("Width", width), ("Height", height)]
    for name, value in [*steps, ("OffsetX", x), ("OffsetY", y)]:
        if features.has(name) and features.writable(name):
            features.set(name, _on_step(value, features.range(name)))


def _on_step(value: int, allowed: Range) -> int:
    within = int(clamp(value, allowed.lowest, allowed.highest))
    step = int(allowed.step or 1)
    lowest = int(allowed.lowest)
    return lowest + (within - lowest) // step * step


def _set_gain(features: Features, gain: float) -> None:
    """Set the gain in dB; where the camera knows only steps of its own, the lowest of them."""
    if first(features, GAIN) is not None:
        _set_number(features, GAIN, gain)
    elif features.has("GainRaw") and features.writable("GainRaw"):
        features.set("GainRaw", int(features.range("GainRaw").lowest))


def _set_trigger(features: Features, *, external: bool) -> None:
    """Let a signal on Line1 start each frame, or nothing but the camera's own clock."""
    # Any other trigger that is left on from before would stop the stream.
    selectors = features.choices("TriggerSelector") if features.has("TriggerSelector") else []
    for selector in selectors:
        _set_choice(features, "TriggerSelector", selector)
        _set_choice(features, "TriggerMode", "Off")
    _set_choice(features, "TriggerSelector", "FrameStart")
    if external:
        _set_choice(features, "TriggerSource", "Line1")
        _set_choice(features, "TriggerMode", "On")


def read_settings(features: Features, config: CameraConfig) -> tuple[Setting, ...]:
    """Read back the values in effect and the ranges allowed."""
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

    None where it cannot say, or an external trigger sets the rate.
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


class GenICamCamera(Camera, ABC):
    """An open GenICam camera; how it streams is its back end's.

    Parameters
    ----------
    features : of the open camera.
    config : what it was set to.
    """

    def __init__(self, features: Features, config: CameraConfig) -> None:
        self._features = features
        self._config = config
        self.pixel_format: str = features.get("PixelFormat")
        self.fps = resulting_rate(features)

    def settings(self) -> tuple[Setting, ...]:
        """Read the camera's settings back. See `Camera.settings`."""
        with self._answering("it does not report its settings"):
            return read_settings(self._features, self._config)

    def apply(self, config: CameraConfig) -> None:
        """Set what may be set while it streams. See `Camera.apply`."""
        with self._answering("it refuses a setting"):
            apply_live(self._features, self._config, config)
            self._config = config
            self.fps = resulting_rate(self._features)

    @abstractmethod
    def _answering(self, trouble: str) -> AbstractContextManager[None]:
        """Distinguish a camera that is gone from one that refuses what `trouble` names."""

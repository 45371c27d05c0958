"""Sets a GenICam camera as its config says."""

from pmv_tui.cameras.base import CameraError
from pmv_tui.cameras.genicam import (
    EXPOSURE_TIME,
    GAIN,
    RATE,
    RATE_ENABLE,
    US_PER_S,
    Features,
    Range,
    first,
    kind_of,
)
from pmv_tui.cameras.readback import clamp, require_no_restart
from pmv_tui.config.schema import CameraConfig, PixelFormat


def apply_settings(features: Features, config: CameraConfig) -> None:
    """Set everything that the config tells, before the stream starts.

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
    # Most cameras lock them, and the sizes of the buffers hang on them.
    require_no_restart(old, new, "device", "source", "pixel_format", "roi", "external_trigger")
    _set_numbers(features, new)


def _set_numbers(features: Features, config: CameraConfig) -> None:
    """Set exposure, gain and rate; where exposure and rate exclude each other, exposure wins.

    Each limits the range of the other, in some cameras: hence a rate first that leaves room for
    the exposure, so that the result does not hang on what was set before.
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

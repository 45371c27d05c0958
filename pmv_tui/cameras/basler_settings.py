"""Applies a camera's config to the GenICam nodes of a Basler camera. Needs pypylon.

Node names differ between generations of cameras: older ones add `Abs` to the name of a value in
physical units. Every name is tried, the current one first.
"""

import logging
from typing import Any

from pypylon import genicam

from pmv_tui.cameras.base import CameraError
from pmv_tui.config.schema import CameraConfig, PixelFormat

logger = logging.getLogger(__name__)


def apply_settings(nodes: Any, config: CameraConfig) -> None:
    """Set exposure, gain, pixel format, frame rate and trigger.

    Values beyond what the camera can do become the nearest it can.

    Parameters
    ----------
    nodes : the open camera's node map.

    Raises
    ------
    CameraError : the camera offers no pixel format of the wanted kind.
    """
    _choose_pixel_format(nodes, config.pixel_format)
    set_choice(nodes, "ExposureAuto", "Off")
    set_choice(nodes, "ExposureMode", "Timed")
    set_number(nodes, ("ExposureTime", "ExposureTimeAbs"), config.exposure_time)
    _set_gain(nodes, config.gain)
    _set_trigger(nodes, external=config.external_trigger)
    # A frame rate would hold back a trigger that is faster.
    free_running = not config.external_trigger
    enable = find_node(nodes, "AcquisitionFrameRateEnable")
    if enable is not None and genicam.IsWritable(enable):
        enable.SetValue(free_running)
    if free_running:
        set_number(nodes, ("AcquisitionFrameRate", "AcquisitionFrameRateAbs"), config.fps)


def resulting_rate(nodes: Any) -> float | None:
    """Ask the camera how many frames a second it makes as it is set; None where it cannot tell."""
    names = ("BslResultingAcquisitionFrameRate", "ResultingFrameRate", "ResultingFrameRateAbs")
    node = find_node(nodes, *names)
    return float(node.GetValue()) if node is not None and genicam.IsReadable(node) else None


def find_node(nodes: Any, *names: str) -> Any | None:
    """Give the first of the named nodes that this camera has, in use or not; None without any."""
    for name in names:
        try:
            node = nodes.GetNode(name)
        except genicam.LogicalErrorException:  # how some versions say that there is none
            continue
        if genicam.IsAvailable(node):
            return node
    return None


def set_number(nodes: Any, names: tuple[str, ...], value: float) -> None:
    """Set the first of the named nodes, to the nearest value in its range."""
    node = find_node(nodes, *names)
    if node is not None and genicam.IsWritable(node):
        node.SetValue(min(max(value, node.GetMin()), node.GetMax()))


def choices(nodes: Any, name: str) -> list[str]:
    """List what may be chosen now for an enumeration; nothing where the camera has none."""
    node = find_node(nodes, name)
    if node is None:
        return []
    return [
        symbol for symbol in node.GetSymbolics() if genicam.IsAvailable(node.GetEntryByName(symbol))
    ]


def set_choice(nodes: Any, name: str, choice: str) -> None:
    """Set an enumeration where it is there, may be written and offers the choice."""
    node = find_node(nodes, name)
    if node is not None and genicam.IsWritable(node) and choice in choices(nodes, name):
        node.SetValue(choice)


def _choose_pixel_format(nodes: Any, wanted: PixelFormat) -> None:
    """Choose Mono8, or the raw Bayer format of one byte that the sensor has."""
    offered = choices(nodes, "PixelFormat")
    if wanted == "Mono":
        fitting = [name for name in offered if name == "Mono8"]
    else:
        fitting = [name for name in offered if name.startswith("Bayer") and name.endswith("8")]
    if not fitting:
        needed = "Mono8" if wanted == "Mono" else "a Bayer format of 8 bits"
        raise CameraError(
            f"the camera does not offer {needed}, which pixel_format {wanted!r} needs; "
            f"it offers {', '.join(offered) or 'none that can be chosen'}",
            'set pixel_format to "Mono" or "Colour", as the camera is',
        )
    set_choice(nodes, "PixelFormat", fitting[0])


def _set_gain(nodes: Any, gain: float) -> None:
    """Set the gain in dB; where the camera knows only steps of its own, the lowest of them."""
    set_choice(nodes, "GainAuto", "Off")
    if find_node(nodes, "Gain", "GainAbs") is not None:
        set_number(nodes, ("Gain", "GainAbs"), gain)
        return
    raw = find_node(nodes, "GainRaw")
    if raw is not None and genicam.IsWritable(raw):
        raw.SetValue(raw.GetMin())
        if gain > 0:
            logger.warning(
                "this camera knows no gain in dB, only steps of its own: the lowest is used, "
                "not %g dB",
                gain,
            )


def _set_trigger(nodes: Any, *, external: bool) -> None:
    """Let a signal on Line1 start each frame, or nothing but the camera's own clock."""
    # Any other trigger that is left on from before would stop the stream.
    for selector in choices(nodes, "TriggerSelector"):
        set_choice(nodes, "TriggerSelector", selector)
        set_choice(nodes, "TriggerMode", "Off")
    set_choice(nodes, "TriggerSelector", "FrameStart")
    if external:
        set_choice(nodes, "TriggerSource", "Line1")
        set_choice(nodes, "TriggerMode", "On")

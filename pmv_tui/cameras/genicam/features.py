"""The features of a GenICam camera: what Basler's and every other maker's have in common.

The names of features differ between makers, and between generations of one maker's cameras. Every
name is tried, the standard's current one first.
"""

from dataclasses import dataclass
from typing import Any, Protocol

EXPOSURE_TIME = ("ExposureTime", "ExposureTimeAbs")
GAIN = ("Gain", "GainAbs")
RATE = ("AcquisitionFrameRate", "AcquisitionFrameRateAbs")
RATE_ENABLE = ("AcquisitionFrameRateEnable", "AcquisitionFrameRateEnabled")
RESULTING_RATE = (
    "BslResultingAcquisitionFrameRate",
    "ResultingFrameRate",
    "ResultingFrameRateAbs",
    "AcquisitionResultingFrameRate",
)
REGION = ("OffsetX", "OffsetY", "Width", "Height")

REPLUG = "it is tried again by itself; where that does not help, check its cable and its power"
"""What to do where a stream breaks."""

ONE_BYTE = 'set pixel_format to "Mono" or "Colour" in the config'
"""What to do where images have another pixel format than was set."""

US_PER_S = 1e6
"""Exposure times are in µs, rates in 1/s."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be, as the other features leave it; `step` is None where it is any."""

    lowest: float
    highest: float
    step: float | None


class Features(Protocol):
    """The features of an open camera by name, whatever library reaches them."""

    def has(self, name: str) -> bool:
        """Return whether the camera has a feature, and its other features leave it in use."""
        ...

    def writable(self, name: str) -> bool:
        """Return whether a feature that it has can be set now."""
        ...

    def get(self, name: str) -> Any:
        """Return a number, a truth value, or the name of an enumeration's entry."""
        ...

    def set(self, name: str, value: Any) -> None:
        """Set a feature that is writable, to a value of its kind."""
        ...

    def range(self, name: str) -> Range:
        """Return what a number may be now."""
        ...

    def choices(self, name: str) -> list[str]:
        """List the entries of an enumeration that may be chosen now."""
        ...


def first(features: Features, names: tuple[str, ...]) -> str | None:
    """Return the first of the names that this camera has; None where it has none of them."""
    return next((name for name in names if features.has(name)), None)


def is_triggered(features: Features) -> bool:
    """Return whether a signal, and not the camera's own clock, starts each frame."""
    return features.has("TriggerMode") and features.get("TriggerMode") == "On"


def kind_of(pixel_format: str) -> str:
    """Return what the config calls a pixel format; one that it does not know keeps its name."""
    if pixel_format == "Mono8":
        return "Mono"
    bayer = pixel_format.startswith("Bayer") and pixel_format.endswith("8")
    return "Colour" if bayer else pixel_format


NO_ID = 2**64 - 1
"""What stands for the id of a frame that has none."""

GIGE_IDS = 0xFFFF
"""GigE Vision counts frames from 1 to this and starts over."""


def missing_between(previous: int | None, frame_id: int) -> int:
    """Count the frames between two that arrived, by the ids that the camera gave them.

    Parameters
    ----------
    previous : of the frame before; None at the start.
    """
    if previous is None or NO_ID in (previous, frame_id):
        return 0
    step = frame_id - previous
    if step < 0:
        step %= GIGE_IDS
        # A step back that is no small step forward in GigE Vision's ids is a new count.
        if previous > GIGE_IDS or step > GIGE_IDS // 2:
            return 0
    return max(0, step - 1)

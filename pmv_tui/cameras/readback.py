"""Says what a camera made of the settings that its config asks for."""

import math

from pmv_tui.cameras.base import RestartNeeded, Setting, SettingValue
from pmv_tui.config.schema import CameraConfig

UNITS = {"fps": "1/s", "exposure_time": "µs", "gain": "dB", "roi": "px"} | dict.fromkeys(
    ("width", "height"), "px"
)
"""Of the settings that have one."""

SAME = 1e-4
"""Relative difference up to which two numbers are the same to whoever reads them."""

ROUNDING = 0.01
"""Relative difference up to which a camera has rounded a number and not changed it."""


def number(
    name: str,
    wanted: float | None,
    actual: float,
    *,
    lowest: float | None = None,
    highest: float | None = None,
    step: float | None = None,
    live: bool = True,
    note: str = "",
) -> Setting:
    """Report a number.

    Parameters
    ----------
    note : why it is not what was wanted, where that is known; used only where it is not.
    """
    if wanted is None or math.isclose(wanted, actual, rel_tol=SAME, abs_tol=1e-9):
        note = ""
    else:
        note = note or _why(wanted, actual, lowest, highest)
    return Setting(
        name,
        wanted,
        actual,
        lowest=lowest,
        highest=highest,
        step=step,
        unit=UNITS[name],
        live=live,
        note=note,
    )


def choice(
    name: str,
    wanted: SettingValue,
    actual: SettingValue,
    choices: tuple[str, ...] = (),
    note: str = "",
) -> Setting:
    """Report a setting that is one of a few; it is never live."""
    note = "" if wanted == actual else note or "rejected by the camera"
    return Setting(name, wanted, actual, choices=choices, note=note)


def grey_only(config: CameraConfig) -> Setting:
    """Report the pixel format where OpenCV decodes: colour never reaches the socket."""
    note = "colour is converted to grey"
    return choice("pixel_format", config.pixel_format, "Mono", ("Mono",), note)


def absent(name: str, wanted: SettingValue | None, note: str = "this camera has none") -> Setting:
    """Report a setting that the camera does not have."""
    return Setting(name, wanted, None, unit=UNITS.get(name, ""), note=note)


def clamp(value: float, lowest: float, highest: float) -> float:
    """Return the nearest value within a range."""
    return min(max(value, lowest), highest)


def require_no_restart(old: CameraConfig, new: CameraConfig, *names: str) -> None:
    """Check that none of the named settings differs.

    Raises
    ------
    RestartNeeded : some do; says which.
    """
    changed = [name for name in names if getattr(old, name) != getattr(new, name)]
    if changed:
        raise RestartNeeded(*changed)


def _why(wanted: float, actual: float, lowest: float | None, highest: float | None) -> str:
    if highest is not None and wanted > highest:
        return "the camera's maximum"
    if lowest is not None and wanted < lowest:
        return "the camera's minimum"
    if math.isclose(wanted, actual, rel_tol=ROUNDING):
        return "rounded by the camera"
    return "changed by the camera"

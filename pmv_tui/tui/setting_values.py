"""The values of settings: written for people, and read from what people type."""

import math
from typing import Any, NamedTuple

from pmv_tui.config import OPTIONAL
from pmv_tui.control.messages import CameraStatus, SettingStatus
from pmv_tui.tui.text import plain

SAME = 1e-4
"""Relative difference up to which two numbers are the same to whoever reads them."""


class Reading(NamedTuple):
    """What was typed, as a value.

    Parameters
    ----------
    value : of the setting's own type; None where it cannot be read, or is to be left out.
    error : why it cannot be read; empty where it can.
    warning : what the camera will hardly take; empty where nothing is known.
    """

    value: Any
    error: str = ""
    warning: str = ""


def name_setting(camera: CameraStatus) -> SettingStatus:
    """Describe a camera's name, which is a setting of the config that no camera knows."""
    return SettingStatus(
        name="name",
        wanted=camera["name"],
        actual=camera["name"],
        lowest=None,
        highest=None,
        step=None,
        choices=[],
        unit="",
        live=True,
        note="",
    )


def write_value(value: Any) -> str:
    """Write a value in full, as it is typed and as the config file has it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.12g}"
        case list() | tuple():
            return ", ".join(write_value(one) for one in value)
        case _:
            return plain(str(value))


def show_value(value: Any) -> str:
    """Write a value short, to be compared with others in a table."""
    match value:
        case None:
            return "-"
        case float() if abs(value) >= 0.001:
            return f"{value:.3f}".rstrip("0").rstrip(".")
        case float():
            return f"{value:.3g}"
        case list() | tuple():
            return ",".join(show_value(one) for one in value)
        case _:
            return write_value(value)


def is_absent(setting: SettingStatus) -> bool:
    """Tell whether the camera has no such setting."""
    return setting["actual"] is None


def is_editable(setting: SettingStatus) -> bool:
    """Return whether it can be changed: the camera has it, and another choice than what holds."""
    if is_absent(setting):
        return False
    return len(setting["choices"]) != 1 or setting["wanted"] not in (None, setting["actual"])


def why_fixed(setting: SettingStatus) -> str:
    """Return why a setting cannot be changed."""
    if is_absent(setting):
        return plain(setting["note"]) or "not on this camera"
    return f"this camera has only {show_value(setting['actual'])}"


def deviation(setting: SettingStatus) -> str:
    """Say why what holds is not what was wanted; empty where it is."""
    wanted, actual = setting["wanted"], setting["actual"]
    if wanted is None or actual is None or _same(wanted, actual):
        return ""
    return plain(setting["note"]) or "changed by the camera"


def options(setting: SettingStatus) -> list[str]:
    """Give what may be chosen; empty where any number or text may be typed."""
    if setting["choices"]:
        return [plain(choice) for choice in setting["choices"]]
    return ["false", "true"] if isinstance(_sample(setting), bool) else []


def allowed(setting: SettingStatus, *, full: bool = False) -> str:
    """Say what may be wanted: a range with its unit, or choices.

    Parameters
    ----------
    full : also the step, and all of a region of interest, whose size alone is told otherwise.
    """
    if choices := options(setting):
        return ", ".join(choices)
    write = write_value if full else _bound
    lowest, highest = setting["lowest"], setting["highest"]
    parts = []
    if lowest is not None:
        parts.append(f"{write(lowest)} to" if highest is not None else f"from {write(lowest)}")
    if highest is not None:
        parts.append(write(highest) if lowest is not None else f"to {write(highest)}")
    parts.append(plain(setting["unit"]))
    if full and setting["step"]:
        parts.append(f"in steps of {write(setting['step'])}")
    return " ".join(filter(None, parts))


def read_value(setting: SettingStatus, text: str) -> Reading:
    """Read what was typed as a value of the setting's type.

    A number outside the range is read too, with a warning: the camera may allow it once another
    setting has changed.
    """
    text = text.strip()
    if not text and setting["name"] in OPTIONAL:
        return Reading(None)
    if setting["name"] == "source":
        return Reading(int(text) if text.isdecimal() else text)
    match _sample(setting):
        case bool():
            return Reading(text == "true")
        case int():
            reading = _read_whole(text)
        case float():
            reading = _read_number(text)
        case list() | tuple() as sample:
            reading = _read_list(text, len(sample))
        case _:
            return Reading(text)
    return reading if reading.error else reading._replace(warning=_outside(setting, reading.value))


def _sample(setting: SettingStatus) -> Any:
    """Give a value that tells the setting's type."""
    return setting["actual"] if setting["wanted"] is None else setting["wanted"]


def _same(wanted: Any, actual: Any) -> bool:
    """Compare two values as a reader does."""
    match wanted, actual:
        case (float(), int() | float()) | (int(), float()):
            return math.isclose(wanted, actual, rel_tol=SAME, abs_tol=1e-9)
        case list() | tuple(), list() | tuple():
            return list(wanted) == list(actual)
        case _:
            return bool(wanted == actual)


def _bound(value: Any) -> str:
    """Write an end of a range; of x, y, width and height only the size."""
    match value:
        case [_, _, width, height]:
            return f"{width}x{height}"
        case _:
            return show_value(value)


def _read_whole(text: str) -> Reading:
    try:
        return Reading(int(text))
    except ValueError:
        return Reading(None, f"{text!r} is not a whole number")


def _read_number(text: str) -> Reading:
    try:
        value = float(text)
    except ValueError:
        return Reading(None, f"{text!r} is not a number")
    return Reading(value) if math.isfinite(value) else Reading(None, f"{text!r} is not a number")


def _read_list(text: str, length: int) -> Reading:
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != length:
        return Reading(None, f"{text!r} is not {length} whole numbers with commas between them")
    return Reading(values)


def _outside(setting: SettingStatus, value: Any) -> str:
    """Warn of a value beyond the range that the camera reports."""
    for beyond, bound, kind in (
        (_exceeds(value, setting["highest"]), setting["highest"], "maximum"),
        (_exceeds(setting["lowest"], value), setting["lowest"], "minimum"),
    ):
        if beyond:
            return f"{kind} is {write_value(bound)} now; {write_value(value)} will be refused"
    return ""


def _exceeds(left: Any, right: Any) -> bool:
    """Tell whether a number, or any of several, is greater than its counterpart."""
    match left, right:
        case (None, _) | (_, None):
            return False
        case list() | tuple(), list() | tuple():
            return any(one > other for one, other in zip(left, right, strict=False))
        case _:
            return bool(left > right)

"""Steps by which keys change a setting that is a number, and how it is shown meanwhile."""

from math import ceil, floor, isclose, log10
from typing import Any

from pmv_tui.config.values import short
from pmv_tui.tui.text.lines import Cell, Line, Tone, fit, plain
from pmv_tui.tui.text.settings import is_absent, why_fixed
from pmv_tui.wire.status import SettingStatus

STEPPED = ("exposure_time", "gain", "fps")
"""Settings that have keys, in the order in which they are shown."""

R20 = (
    *(1.0, 1.12, 1.25, 1.4, 1.6, 1.8, 2.0, 2.24, 2.5, 2.8),
    *(3.15, 3.55, 4.0, 4.5, 5.0, 5.6, 6.3, 7.1, 8.0, 9.0),
)
"""Preferred numbers (ISO 3): each a sixth of an octave, that is half a third of a stop, above the
one before. Steps up and down meet the same values."""

DECIBELS = 1.0
"""A step of a gain that is in dB."""

STEPS_OF_A_RANGE = 40
"""How many steps there are of a gain in a camera's own unit."""

FINEST = 1e-9
"""To which values are rounded: what is less is no step, whatever a camera says."""

NEAR = 0.02
"""Relative difference up to which a camera has rounded what was wanted, and not refused it."""


def why_no_step(setting: SettingStatus) -> str:
    """Return why a setting cannot be stepped; empty where it can."""
    name = setting["name"]
    if is_absent(setting):
        return f"{name}: {why_fixed(setting)}"
    if not setting["live"]:
        return f"{name}: a change restarts the stream; the camera's screen does it"
    if _number(setting["actual"]) is None:
        return f"{name} is no number"
    return ""


def base_of(setting: SettingStatus) -> float:
    """Return from which value the next step goes on: what is wanted, where the camera has it."""
    wanted, actual = _number(setting["wanted"]), setting["actual"]
    if wanted is not None and isclose(wanted, actual, rel_tol=NEAR):
        return float(wanted)
    return float(actual)


def saved_value(setting: SettingStatus) -> float | None:
    """Return what is saved; None where the camera is left to choose."""
    return _number(setting["saved"] if "saved" in setting else setting["wanted"])


def _number(value: Any) -> float | None:
    """Return a value that is a number; None for any other, which another machine may send."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _range(setting: SettingStatus) -> tuple[float | None, float | None, float | None]:
    """Return both ends of the range and its step; None for what is none, or not known."""
    step = _number(setting["step"])
    usable = step is not None and step >= FINEST
    return _number(setting["lowest"]), _number(setting["highest"]), step if usable else None


def stepped(setting: SettingStatus, value: float, steps: int) -> float:
    """Return the value so many steps above, or below; at the end of the camera's range the end."""
    for _ in range(abs(steps)):
        value = _next(setting, value, up=steps > 0)
    return value


def _next(setting: SettingStatus, value: float, *, up: bool) -> float:
    match setting["name"]:
        case "exposure_time":
            wanted = _in_series(value, up=up)
        case "gain":
            wanted = _multiple(value, _gain_step(setting), up=up)
        case _:
            wanted = _multiple(value, _round_step(value / 10), up=up)
    saved = saved_value(setting)
    if saved is not None and min(value, wanted) < saved < max(value, wanted):
        return saved  # There is a way back, by keys, to what one began with.
    return _allowed(setting, value, wanted)


def _in_series(value: float, *, up: bool) -> float:
    """Return the next of the preferred numbers."""
    if value < FINEST:
        return value
    decade = floor(log10(value))
    numbers = [number * 10.0**power for power in range(decade - 1, decade + 2) for number in R20]
    if up:
        return round(next(each for each in numbers if each > value * 1.000001), 9)
    return round(next(each for each in reversed(numbers) if each < value * 0.999999), 9)


def _multiple(value: float, step: float, *, up: bool) -> float:
    """Return the next multiple of a step."""
    place = value / step
    whole = floor(place + 1e-6) + 1 if up else ceil(place - 1e-6) - 1
    return round(whole * step, 9)


def _gain_step(setting: SettingStatus) -> float:
    lowest, highest, least = _range(setting)
    step = DECIBELS
    if setting["unit"] != "dB" and lowest is not None and highest is not None:
        step = _round_step((highest - lowest) / STEPS_OF_A_RANGE)
    return max(step, least or 0.0)


def _round_step(most: float) -> float:
    """Return the last of …, 1, 2, 5, 10, … that is not above a value."""
    if most < FINEST:
        return 1.0
    power = 10.0 ** floor(log10(most))
    return next(each * power for each in (10, 5, 2, 1) if each * power <= most * 1.000001)


def _allowed(setting: SettingStatus, value: float, wanted: float) -> float:
    """Return the nearest value that the camera takes; not the one before, if there is another."""
    lowest, highest, step = _range(setting)
    if step:
        first = lowest or 0.0
        count = round((wanted - first) / step)
        if isclose(first + count * step, value, abs_tol=step / 1000):
            count += 1 if wanted > value else -1
        wanted = round(first + count * step, 9)
    if highest is not None:
        wanted = min(wanted, float(highest))
    return wanted if lowest is None else max(wanted, float(lowest))


def with_unit(setting: SettingStatus, value: Any) -> str:
    """Write a value of a setting with its unit."""
    return f"{short(value)} {plain(setting['unit'])}".rstrip()


def setting_line(setting: SettingStatus | None, name: str, value: float | None, width: int) -> Line:
    """Write a setting: what the camera has, or what is wanted of it; `*` where it is not saved.

    Parameters
    ----------
    value : what was asked for and is not reported yet; None: nothing.
    """
    if setting is None or is_absent(setting):
        return Line((Cell(fit(name, width - 2), "muted"), Cell("-", "muted")))
    shown = setting["actual"] if value is None else value
    unsaved = "saved" in setting if value is None else value != saved_value(setting)
    text = f"{'*' if unsaved else ''}{with_unit(setting, shown)}"
    room = max(width - len(text) - 1, 0)
    tone: Tone = "warning" if unsaved else "plain"
    return Line((Cell(fit(name, room), "muted"), Cell(" "), Cell(text, tone)))

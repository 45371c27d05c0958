"""Whether a camera will take a value: asked before it is saved, of what it last reported."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pmv_tui.cameras.base import Setting
from pmv_tui.config.words import written

COUPLED = frozenset({"fps", "exposure_time", "roi", "pixel_format", "external_trigger"})
"""Settings on whose values the ranges of the others may depend."""


def why_not_taken(
    reported: Sequence[Setting], changes: Mapping[str, Any], *, pending: bool = False
) -> str:
    """Return why the camera will not take new values, with what it allows; empty where it may.

    Parameters
    ----------
    reported : what holds, and the ranges, as the other settings leave them.
    changes : new values by the config's keys.
    pending : whether the camera has not taken over an earlier change: ranges may be old.
    """
    reasons = []
    for setting in reported:
        value = changes.get(setting.name)
        others = COUPLED & changes.keys() - {setting.name}
        if setting.name in COUPLED and (others or pending):
            continue  # Together they may well be allowed.
        if value is not None and setting.actual is not None:
            reasons += [f"{setting.name}: {reason}" for reason in _reasons(setting, value)]
    return "; ".join(reasons)


def _reasons(setting: Setting, value: Any) -> Iterator[str]:
    if setting.choices and str(value) not in setting.choices:
        yield f"{written(value)} is not offered by the camera; it has {', '.join(setting.choices)}"
    match value, setting.lowest, setting.highest:
        case bool(), _, _:
            return
        case list() | tuple(), tuple() as lowest, tuple() as highest:
            yield from _region_reasons(setting, value, lowest, highest)
        case int() | float(), lowest, highest if (
            isinstance(lowest, int | float) and value < lowest
        ) or (isinstance(highest, int | float) and value > highest):
            yield (
                f"{written(value)} is out of the camera's range; it takes "
                f"{_range(lowest, highest)}{setting.unit and f' {setting.unit}'} now"
            )


def _region_reasons(
    setting: Setting, region: Sequence[int], lowest: Sequence[int], highest: Sequence[int]
) -> Iterator[str]:
    """Compare with the sensor: the largest size reported is what the offset in use leaves of it."""
    whole = len(region) == 4 and all(isinstance(each, int) for each in region)
    if not (whole and isinstance(setting.actual, tuple)):
        return  # What is no region at all is told when it is saved.
    for start, size, offset, largest, smallest in zip(
        region[:2], region[2:], setting.actual[:2], highest[2:], lowest[2:], strict=True
    ):
        sensor = offset + largest
        if size < smallest or start + size > sensor:
            yield (
                f"{written(region)} does not fit: of the {sensor} pixels of the sensor that way, "
                f"{start} + {size} are wanted, and {smallest} at least"
            )


def _range(lowest: object, highest: object) -> str:
    match lowest, highest:
        case None, _:
            return f"up to {written(highest)}"
        case _, None:
            return f"{written(lowest)} and more"
        case _:
            return f"{written(lowest)} to {written(highest)}"

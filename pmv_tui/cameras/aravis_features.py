"""The features of a camera, as Aravis reaches them. Needs PyGObject: see aravis_import."""

from typing import Any

from gi.repository import Aravis

from pmv_tui.cameras.genicam import Range

SMALLEST_STEP = 1e-12
"""Aravis gives the smallest float there is for the step of a number that has none."""


class AravisFeatures:
    """See `Features`. Every kind of feature has calls of its own in Aravis.

    Parameters
    ----------
    device : Aravis.Device, open.
    """

    def __init__(self, device: Any) -> None:
        self._device = device

    def has(self, name: str) -> bool:
        """Tell whether it is there and in use. See `Features.has`."""
        return bool(self._device.is_feature_available(name))

    def writable(self, name: str) -> bool:
        """Tell whether it can be set now. See `Features.writable`."""
        node = self._device.get_feature(name)
        return (
            bool(node.get_actual_access_mode() == Aravis.GcAccessMode.RW) and not node.is_locked()
        )

    def get(self, name: str) -> Any:
        """Give its value. See `Features.get`."""
        device = self._device
        match device.get_feature(name):
            case Aravis.GcEnumeration():
                return device.get_string_feature_value(name)
            case Aravis.GcBoolean():
                return device.get_boolean_feature_value(name)
            case Aravis.GcFloat():
                return device.get_float_feature_value(name)
            case _:
                return device.get_integer_feature_value(name)

    def set(self, name: str, value: Any) -> None:
        """Set it. See `Features.set`."""
        device = self._device
        match device.get_feature(name):
            case Aravis.GcEnumeration():
                device.set_string_feature_value(name, value)
            case Aravis.GcBoolean():
                device.set_boolean_feature_value(name, value)
            case Aravis.GcFloat():
                device.set_float_feature_value(name, value)
            case _:
                device.set_integer_feature_value(name, int(value))

    def range(self, name: str) -> Range:
        """Give what it may be now. See `Features.range`."""
        device = self._device
        if isinstance(device.get_feature(name), Aravis.GcFloat):
            lowest, highest = device.get_float_feature_bounds(name)
            step = device.get_float_feature_increment(name)
            return Range(lowest, highest, step if step > SMALLEST_STEP else None)
        lowest, highest = device.get_integer_feature_bounds(name)
        return Range(lowest, highest, device.get_integer_feature_increment(name))

    def choices(self, name: str) -> list[str]:
        """List what may be chosen now. See `Features.choices`."""
        return list(self._device.dup_available_enumeration_feature_values_as_strings(name))

"""Notices that a device was plugged in or out, without asking any SDK.

The kernel's lists of USB and video devices are read: 0.1 ms, where a search by the SDKs takes
hundreds. Cameras on a network are not in them; a search on request finds those.
"""

import os
from collections.abc import Sequence

PLACES = ("/sys/bus/usb/devices", "/sys/class/video4linux")

SETTLE_TIME = 2.0
"""Seconds from a change to the search: a device that was just plugged in is not ready at once."""


class Hotplug:
    """Compares the devices with those of the last look.

    Parameters
    ----------
    places : folders with an entry a device.
    """

    def __init__(self, places: Sequence[str] = PLACES) -> None:
        self._places = places
        self._devices = self._look()
        self._search_at: float | None = None

    def search_due(self, now: float) -> bool:
        """Tell, once for each change, that it is time to search; `now` is monotonic, s."""
        devices = self._look()
        if devices != self._devices:
            self._devices = devices
            self._search_at = now + SETTLE_TIME
        if self._search_at is None or now < self._search_at:
            return False
        self._search_at = None
        return True

    def _look(self) -> list[list[str]]:
        return [_entries(place) for place in self._places]


def _entries(place: str) -> list[str]:
    try:
        return sorted(os.listdir(place))  # noqa: PTH208 - read often: names are enough
    except OSError:
        return []  # a kernel without USB or video has no such folder

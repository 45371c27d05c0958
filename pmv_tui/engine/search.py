"""Waits for searches in a thread of its own: SDKs take their time, commands must not wait.

The kernel's lists of USB and video devices are read: 0.1 ms, where a search by the SDKs takes
hundreds. Cameras on a network are not in them; a search on request finds those.
"""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from pmv_tui.cameras.registry import SearchResult
from pmv_tui.cameras.search import searches
from pmv_tui.threads import in_background

log = logging.getLogger(__name__)

PLACES = ("/sys/bus/usb/devices", "/sys/class/video4linux")

SETTLE_TIME = 2.0
"""Seconds from a change to the search: a device that was just plugged in is not ready at once."""


class Hotplug:
    """Compares the devices with those of the last look: `places` has an entry a device."""

    def __init__(self, places: Sequence[str] = PLACES) -> None:
        self._places = places
        self._devices = self._look()
        self._search_at: float | None = None

    def search_due(self, now: float) -> bool:
        """Return whether it is time to search, once for each change; `now` is monotonic, s."""
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


class Search:
    """Runs searches one at a time.

    Parameters
    ----------
    wake : called from the search's thread when results wait.
    record : records that a search failed as a whole, in a sentence.
    """

    def __init__(self, wake: Callable[[], None], record: Callable[[str], object]) -> None:
        self._wake = wake
        self._record = record
        self._under_way: Future[list[SearchResult]] | None = None

    def start(self) -> None:
        """Start a search; the results of the one before were asked for."""
        self._under_way = in_background(searches.search_in_turn, "search")
        self._under_way.add_done_callback(lambda _: self._wake())

    def cancel(self) -> None:
        """End a search under way; cameras that wait for it need not any more."""
        searches.stop()

    def join(self, timeout: float) -> bool:
        """Wait for the end of a search that was cancelled, seconds; False where it takes longer."""
        return self._under_way is None or bool(wait([self._under_way], timeout).done)

    def results(self) -> list[SearchResult] | None:
        """Return what a finished search found, once; None where none has finished.

        A search that failed as a whole has found nothing, not even which back ends there are.
        """
        if self._under_way is None or not self._under_way.done():
            return None
        finished, self._under_way = self._under_way, None
        if error := finished.exception():
            log.error("the search for cameras failed", exc_info=error)
            self._record(f"the search for cameras failed: {type(error).__name__}: {error}")
            return []
        return finished.result()

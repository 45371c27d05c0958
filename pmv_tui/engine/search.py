"""Searches for cameras in a thread of its own: SDKs take their time, commands must not wait."""

import threading
from collections import deque
from collections.abc import Callable

from pmv_tui.cameras.registry import SearchResult, search


class Search:
    """Runs searches one at a time.

    Parameters
    ----------
    wake : called from the search's thread when results wait.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._results: deque[list[SearchResult]] = deque()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start a search."""
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the end of a search under way, seconds; False where an SDK hangs in it."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def results(self) -> list[SearchResult] | None:
        """Give what a finished search found; None where none has finished since."""
        return self._results.popleft() if self._results else None

    def _run(self) -> None:
        self._results.append(search())
        self._wake()

"""Waits for searches in a thread of its own: SDKs take their time, commands must not wait."""

import threading
from collections import deque
from collections.abc import Callable

from pmv_tui.cameras.registry import SearchResult
from pmv_tui.cameras.search import searches
from pmv_tui.engine.lasting import LastingThread


class Search:
    """Runs searches one at a time.

    Parameters
    ----------
    wake : called from the search's thread when results wait.
    tell : records that a search failed as a whole, in a sentence.
    """

    def __init__(self, wake: Callable[[], None], tell: Callable[[str], object]) -> None:
        self._wake = wake
        self._results: deque[list[SearchResult]] = deque()
        self._wanted = self._ending = False
        self._asked = threading.Event()
        self._thread = LastingThread("search", self._run, tell)

    def start(self) -> None:
        """Start a search."""
        self._wanted = True
        self._asked.set()
        if not self._thread.is_alive():
            self._thread.start()

    def cancel(self) -> None:
        """End a search under way; cameras that wait for it need not any more."""
        searches.stop()

    def join(self, timeout: float) -> bool:
        """Wait for the end of a search that was cancelled, seconds; False where it takes longer."""
        self._ending = True
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def results(self) -> list[SearchResult] | None:
        """Give what a finished search found; None where none has finished since.

        A search that failed as a whole has found nothing, not even which back ends there are.
        """
        return self._results.popleft() if self._results else None

    def _run(self) -> None:
        while not self._ending:
            if self._wanted:
                self._search()
            self._asked.wait()
            self._asked.clear()

    def _search(self) -> None:
        found: list[SearchResult] = []
        try:
            found = searches.search_in_turn()
        finally:
            self._wanted = False
            self._results.append(found)
            self._wake()

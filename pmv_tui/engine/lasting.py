"""Threads that last until they are told to end: an exception is told, and the work begins again."""

import logging
import threading
import time
from collections.abc import Callable

from pmv_tui.token_bucket import TokenBucket

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds from an exception to the next beginning: doubled each time, up to the longest, for which
whoever asks the thread for something waits."""

SETTLED_AFTER = 10.0
"""Seconds of work after which an exception is taken for a new trouble."""

BURST, PERIOD = 3, 60.0
"""Exceptions of a thread that are told at once, and the seconds to one more."""


class LastingThread(threading.Thread):
    """Does its work until that returns.

    Parameters
    ----------
    name : in words, for people.
    work : returns when it was told to end. It is called again after an exception, whatever that
        was: SDKs have thrown SystemExit.
    tell : records that it failed, in a sentence; by default the log does.
    """

    def __init__(
        self, name: str, work: Callable[[], object], tell: Callable[[str], object] = log.error
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._tell = tell
        self._bucket = TokenBucket(BURST, PERIOD)
        self._untold = 0

    def run(self) -> None:
        """Work until that ends in order."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                self._work()
            except BaseException as error:  # noqa: BLE001 - a thread that others wait for goes on
                self._report(error)
            else:
                return
            if time.monotonic() - began > SETTLED_AFTER:
                pause = FIRST_PAUSE
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _report(self, error: BaseException) -> None:
        """Tell of an exception; of many in a row, of some."""
        if not self._bucket.take(time.monotonic()):
            self._untold += 1
            return
        more = f" (and {self._untold} times before, untold)" if self._untold else ""
        self._untold = 0
        log.error("the thread %r failed", self.name, exc_info=error)
        self._tell(
            f"the thread {self.name!r} failed and was started again{more}: "
            f"{type(error).__name__}: {error}"
        )

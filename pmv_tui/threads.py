"""Threads: for what may block, aside from what may not wait, and such as last."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

from pmv_tui.untrusted import TokenBucket

log = logging.getLogger(__name__)

Value = TypeVar("Value")

PATIENCE = 1.0
"""Seconds that a caller is held up, once, by what hangs; a disk answers in a thousandth of them."""


def in_background(call: Callable[[], Value], name: str = "background") -> "Future[Value]":
    """Call a function in a thread of its own, which the end of the process does not wait for."""
    future: Future[Value] = Future()
    Thread(target=_carry_out, args=(call, future), name=name, daemon=True).start()
    return future


def returns_within(seconds: float, call: Callable[[], object]) -> bool:
    """Call a function that may hang; return whether it did not, or else it is left behind."""
    done, _ = wait([in_background(call)], seconds)
    return bool(done)


class InOrder:
    """Calls functions one after another, in a thread that ends with the last of them.

    A call that hangs holds up those behind it, but not the end of the process. Those that were
    cancelled meanwhile are left out.

    Parameters
    ----------
    name : the thread's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._running = False
        self._calls: deque[Callable[[], None]] = deque()

    def submit(self, call: Callable[[], Value]) -> "Future[Value]":
        """Have a function called."""
        future: Future[Value] = Future()
        with self._lock:
            self._calls.append(lambda: _carry_out(call, future))
            if not self._running:
                self._running = True
                Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._running = False
                    return
                carry_out = self._calls.popleft()
            carry_out()


class Patient(Generic[Value]):
    """Calls a function that may hang, for a caller that may not wait for it.

    Parameters
    ----------
    call : is called in another thread, once at a time.
    meanwhile : is returned where nothing is known; after the first call, what that returned, and
        so on, where `keeps`.
    """

    def __init__(self, call: Callable[[], Value], meanwhile: Value, *, keeps: bool) -> None:
        self._call = call
        self._known = meanwhile
        self._keeps = keeps
        self._under_way: Future[Value] | None = None

    def __call__(self) -> Value:
        """Return what the function does, or what is known, while it hangs."""
        if self._under_way is None:
            self._under_way = in_background(self._call)
            wait([self._under_way], PATIENCE)
        if not self._under_way.done():
            return self._known
        value = self._under_way.result()
        self._under_way = None
        if self._keeps:
            self._known = value
        return value


class Renewed(Generic[Value]):
    """Calls a function that may hang again and again, beside its caller, once at a time.

    Parameters
    ----------
    submit : has a function called in another thread.
    """

    def __init__(
        self,
        call: Callable[[], Value],
        submit: "Callable[[Callable[[], Value]], Future[Value]]",
    ) -> None:
        self._call = call
        self._submit = submit
        self._under_way: Future[Value] | None = None

    def renew(self) -> Value | None:
        """Return what the last call did, and begin another; None: it is not done, or failed."""
        last = self._under_way
        if last is not None and not last.done():
            return None
        self._under_way = self._submit(self._call)
        if last is None:
            return None
        if error := last.exception():
            # Whoever looks at this looks at other things too.
            log.error("a call that is made again and again failed", exc_info=error)
            return None
        return last.result()

    def wait(self, timeout: float) -> None:
        """Wait for the call that was begun last, seconds."""
        if self._under_way is not None:
            wait([self._under_way], timeout)


def _carry_out(call: Callable[[], Value], future: "Future[Value]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        value = call()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(value)


FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds from an exception to the next beginning: doubled each time, up to the longest, for which
whoever asks the thread for something waits."""

SETTLED_AFTER = 10.0
"""Seconds of work after which an exception is taken for a new trouble."""

BURST, PERIOD = 3, 60.0
"""Exceptions of a thread that are reported at once, and the seconds to one more."""


class LastingThread(threading.Thread):
    """Does its work until that returns.

    Parameters
    ----------
    name : in words, for people.
    work : returns when it was asked to end. It is called again after an exception, whatever that
        was: SDKs have thrown SystemExit.
    record : records that it failed, in a sentence; by default the log does.
    """

    def __init__(
        self, name: str, work: Callable[[], object], record: Callable[[str], object] = log.error
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._record = record
        self._bucket = TokenBucket(BURST, PERIOD)
        self._unreported = 0

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
        """Report an exception; of many in a row, only some."""
        if not self._bucket.take(time.monotonic()):
            self._unreported += 1
            return
        more = f" (and {self._unreported} times before, not reported)" if self._unreported else ""
        self._unreported = 0
        log.error("the thread %r failed", self.name, exc_info=error)
        self._record(
            f"the thread {self.name!r} failed and was started again{more}: "
            f"{type(error).__name__}: {error}"
        )

"""Runs what may block - a name server, a file system, an SDK - where it holds nothing up."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

Value = TypeVar("Value")

PATIENCE = 1.0
"""Seconds that a caller is held up, once, by what hangs; a disk answers in a thousandth of them."""


def in_background(call: Callable[[], Value], name: str = "background") -> "Future[Value]":
    """Call a function in a thread of its own, which the end of the process does not wait for."""
    future: Future[Value] = Future()
    Thread(target=_carry_out, args=(call, future), name=name, daemon=True).start()
    return future


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


def _carry_out(call: Callable[[], Value], future: "Future[Value]") -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        value = call()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(value)

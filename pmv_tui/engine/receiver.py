"""One thread that empties every camera's PULL socket."""

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import zmq

from pmv_tui.engine.inbox import Inbox
from pmv_tui.engine.lasting import LastingThread
from pmv_tui.engine.overlays import Overlays
from pmv_tui.engine.sockets import BoundSocket

log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 3.0
"""Seconds in which the receiver takes up a request: it never blocks for longer than one round."""

SHARE = 0.1
"""Of one processor, which the thread takes at most: clients that send more than is read in it wait
in their own queues, and publishing does not wait for the interpreter."""


class ReceiverError(Exception):
    """The receiver's thread did not take or give back a socket; the text says why."""


class Receiver:
    """Empties the PULL sockets at most `pull_rate` times a second, and sleeps while nothing comes.

    A socket is used by this thread alone once it was given to it; `swap` takes it back.

    Parameters
    ----------
    pull_rate : times a second.
    tell : records what went wrong, in a sentence.
    """

    def __init__(self, pull_rate: float, tell: Callable[[str], object] = log.error) -> None:
        self._period = 1 / pull_rate
        self._inboxes: dict[Overlays, Inbox] = {}
        self._poller = zmq.Poller()
        self._requests: deque[
            tuple[Callable[[], BoundSocket | None], Future[BoundSocket | None]]
        ] = deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller.register(self._wake, zmq.POLLIN)
        self._stopping = threading.Event()
        self._thread = LastingThread("receiver", self._run, tell)

    def set_rate(self, pull_rate: float) -> None:
        """Empty the sockets so many times a second from now on."""
        self._period = 1 / pull_rate

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Sockets must have been taken back before."""
        self._stopping.set()
        os.eventfd_write(self._wake, 1)
        self._thread.join(ANSWER_TIMEOUT)
        os.close(self._wake)

    def swap(self, overlays: Overlays, bound: BoundSocket | None) -> BoundSocket | None:
        """Receive at another socket, or at none; give back the former one.

        Raises
        ------
        ReceiverError : the thread did not answer in time, or failed: nothing has changed.
        """
        future: Future[BoundSocket | None] = Future()
        self._requests.append((lambda: self._exchange(overlays, bound), future))
        os.eventfd_write(self._wake, 1)
        try:
            return future.result(ANSWER_TIMEOUT)
        except TimeoutError:
            # What is no longer waited for must not be done later; what is being done, is done.
            if not future.cancel():
                return future.result()
            text = f"the thread that receives messages did not answer within {ANSWER_TIMEOUT:g} s"
            raise ReceiverError(f"{text}; try again") from None

    def _exchange(self, overlays: Overlays, bound: BoundSocket | None) -> BoundSocket | None:
        former = self._inboxes.pop(overlays, None)
        if former is not None:
            self._poller.unregister(former.bound.socket)
        if bound is not None:
            self._inboxes[overlays] = Inbox(bound, overlays)
            self._poller.register(bound.socket, zmq.POLLIN)
        return former.bound if former else None

    def _run(self) -> None:
        # Of a run that failed, requests may be left, and sockets that were closed meanwhile.
        os.eventfd_write(self._wake, 1)
        self._forget_closed()
        self._answer()
        next_round = 0.0
        while not self._stopping.is_set():
            pause = next_round - time.monotonic()
            if pause > 0:
                # Between two rounds only requests are attended to.
                if select.select([self._wake], [], [], pause)[0]:
                    self._answer()
                continue
            ready = dict(self._poller.poll())
            if self._wake in ready:
                self._answer()
            if len(ready) > (self._wake in ready):
                next_round = time.monotonic() + max(self._period, self._round() / SHARE)

    def _forget_closed(self) -> None:
        """Poll no socket that is closed: each poll would fail, and no request be answered."""
        for overlays, inbox in list(self._inboxes.items()):
            if inbox.bound.socket.closed:
                del self._inboxes[overlays]
        for socket, _ in list(self._poller.sockets):
            if isinstance(socket, zmq.Socket) and socket.closed:
                self._poller.unregister(socket)

    def _round(self) -> float:
        """Empty every socket; the processor's time that it took is given, seconds."""
        start = time.thread_time()
        for overlays, inbox in self._inboxes.items():
            try:
                inbox.empty()
            except Exception as error:
                # One camera's messages do not keep those of the others.
                reason = f"it could not be read: {type(error).__name__}: {error}"
                if overlays.malformed_reason != reason:
                    log.exception("a message at %s could not be read", inbox.bound.address)
                overlays.refuse(reason)
        return time.thread_time() - start

    def _answer(self) -> None:
        os.eventfd_read(self._wake)
        while self._requests:
            action, future = self._requests.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(action())
            except BaseException as error:
                text = f"the thread that receives messages failed: {error!r}; try again"
                future.set_exception(ReceiverError(text))
                raise

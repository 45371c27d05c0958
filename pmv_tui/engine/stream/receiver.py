"""One thread that empties every camera's PULL socket."""

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import zmq

from pmv_tui.engine.clients.connections import readable
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.engine.stream.sockets import RECEIVE_QUEUE, BoundSocket
from pmv_tui.threads import LastingThread
from pmv_tui.wire.overlay import MAX_MESSAGE_BYTES

ROUND_BYTES = MAX_MESSAGE_BYTES
"""Bytes of messages that are parsed in one round: room for the longest one. It was seen to
take up to 13 ms."""

ROUND_TAKEN = 16 * MAX_MESSAGE_BYTES
"""Bytes taken out of a socket in one round, parsed or not: the thread that receives them is the one
that sends images."""

ROUND_PARTS = 1000
"""Parts taken out of a socket in one round: those of a message of many are only thrown away."""


class Inbox:
    """Empties a PULL socket into a camera's overlays. Used by the receiver's thread only.

    ZeroMQ bounds the length of a part and the number of messages that wait, but not the number of
    a message's parts; so those beyond the first are counted and let go, over several rounds where
    they are many.

    Parameters
    ----------
    bound : the socket.
    overlays : what is read goes there.
    """

    def __init__(self, bound: BoundSocket, overlays: Overlays) -> None:
        self.bound = bound
        self._overlays = overlays
        self._parts = 0

    def empty(self) -> None:
        """Read what waits, at most one queue or 1 MiB of it: none starves the others.

        Where it is more than a round may parse, the newest messages are, and older ones as far as
        they fit: large ones that flood in do not keep another client's small one out.
        """
        waiting = list(self._messages())
        chosen, room = [], ROUND_BYTES
        for frame in reversed(waiting):
            if _cost(frame) <= room:
                room -= _cost(frame)
                chosen.append(frame)
        if len(chosen) < len(waiting):
            self._overlays.pass_over(len(waiting) - len(chosen))
        now = time.monotonic_ns()
        for frame in reversed(chosen):
            self._overlays.take(frame.bytes, now)

    def _messages(self) -> Iterator[zmq.Frame]:
        """Yield the messages of one part; one of several is refused once its last part came."""
        socket, messages, taken = self.bound.socket, 0, 0
        for _ in range(ROUND_PARTS):
            if messages == RECEIVE_QUEUE or taken >= ROUND_TAKEN or not readable(socket):
                return
            frame = socket.recv(zmq.NOBLOCK, copy=False)
            self.bound.connections.took(frame)
            taken += len(frame)
            self._parts += 1
            if frame.more:
                continue
            messages += 1
            parts, self._parts = self._parts, 0
            if parts == 1:
                yield frame
            else:
                self._overlays.refuse(f"{parts} parts; an overlay message is one part")


def _cost(frame: zmq.Frame) -> int:
    """Return the bytes that are parsed; what is too long is refused for its length alone."""
    return len(frame) if len(frame) <= MAX_MESSAGE_BYTES else 0


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
    record : records what went wrong, in a sentence.
    """

    def __init__(self, pull_rate: float, record: Callable[[str], object] = log.error) -> None:
        self._period = 1 / pull_rate
        self._inboxes: dict[Overlays, Inbox] = {}
        self._poller = zmq.Poller()
        self._requests: deque[
            tuple[Callable[[], BoundSocket | None], Future[BoundSocket | None]]
        ] = deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller.register(self._wake, zmq.POLLIN)
        self._stopping = threading.Event()
        self._thread = LastingThread("receiver", self._run, record)

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

"""One thread that empties every camera's PULL socket."""

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

import zmq

from pmv_tui.engine.clients.connections import readable
from pmv_tui.engine.stream.answers import Arrival
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


FLOOD = 15
"""Rounds in a row, of a queue each, in which a camera's messages are more than may be read, before
that is remarked: it is more than what a script sends that was held up."""

NOBLOCK = int(zmq.NOBLOCK)
"""As a plain number, which pyzmq takes sooner than its own."""


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
        self.descriptor = int(bound.socket.fd)
        """Is readable when something may have come, and only until that was looked at."""
        self.overlays = overlays
        self.spent = 0.0
        """Seconds of the processor's time that it took lately."""
        self.rested = False
        """Whether it was left alone for a while, as it took too much, since its rounds are full."""
        self._parts = self._crowded_rounds = 0
        self._begin_round()

    def _begin_round(self) -> None:
        self._waiting: list[tuple[zmq.Frame, Arrival]] = []
        self._messages = self._taken = self._parts_taken = self._held = 0

    @property
    def waiting(self) -> bool:
        """Whether something was taken out in this round."""
        return self._parts_taken > 0

    @property
    def full(self) -> bool:
        """Whether no more is taken out in this round: ZeroMQ keeps what comes, then its sender."""
        return (
            self._messages == RECEIVE_QUEUE
            or self._taken >= ROUND_TAKEN
            or self._parts_taken == ROUND_PARTS
        )

    def take(self) -> None:
        """Take out what is there, at most one queue or 1 MiB a round: none starves the others.

        A message of several parts is refused once its last part came.
        """
        socket, connections = self.bound.socket, self.bound.connections
        while not self.full and readable(socket):
            frame = socket.recv(NOBLOCK, copy=False)
            now, source = time.monotonic_ns(), connections.took(frame)
            self._taken += len(frame)
            self._parts_taken += 1
            self._parts += 1
            if frame.more:
                continue
            self._messages += 1
            parts, self._parts = self._parts, 0
            if parts == 1:
                self._waiting.append((frame, Arrival(now, source, connections)))
                self._held += len(frame)
                if self._held > 2 * ROUND_BYTES:
                    self._choose()  # the guard takes what is held here for somebody's flood
            else:
                self.overlays.refuse(f"{parts} parts; an overlay message is one part")

    def read(self) -> None:
        """Read what was taken out; another round begins."""
        self.rested = self.rested and self.full
        self._crowded_rounds = self._crowded_rounds + 1 if self.rested else 0
        if self._crowded_rounds == FLOOD:
            self.overlays.crowded()
        self._choose()
        chosen = self._waiting
        self._begin_round()
        now = time.monotonic_ns()
        for frame, arrival in chosen:
            self.overlays.take(frame.bytes, now, arrival)

    def _choose(self) -> None:
        """Let go of what is more than a round may parse.

        The newest messages stay, and older ones as far as they fit: large ones that flood in do
        not keep another client's small one out.
        """
        chosen, room = [], ROUND_BYTES
        for message in reversed(self._waiting):
            if (cost := _cost(message[0])) <= room:
                room -= cost
                chosen.append(message)
        if passed_over := len(self._waiting) - len(chosen):
            self.overlays.pass_over(passed_over)
        self._waiting = chosen[::-1]
        self._held = sum(len(frame) for frame, _ in chosen)


def _cost(frame: zmq.Frame) -> int:
    """Return the bytes that are parsed; what is too long is refused for its length alone."""
    return len(frame) if len(frame) <= MAX_MESSAGE_BYTES else 0


log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 3.0
"""Seconds in which the receiver takes up a request: it never blocks for longer than one round."""

SHARE = 0.1
"""Of one processor, which the thread takes at most: clients that send more than is read in it wait
in their own queues, and publishing does not wait for the interpreter."""

BURST = 0.005
"""Seconds of the processor's time that it may take at once beyond that, where it took less before:
many answers come together, where all cameras have one trigger."""


FORGOTTEN = 0.9
"""Of what a camera's messages took, from one round to the next: who floods now is what matters."""


class ReceiverError(Exception):
    """The receiver's thread did not take or give back a socket; the text says why."""


class _Share:
    """Says when the thread that makes it has taken its `SHARE` of one processor.

    Attributes
    ----------
    credit : seconds of the processor's time that it has left; below 0: it took too much.
    """

    def __init__(self) -> None:
        self._time, self._spent, self.credit = time.monotonic(), time.thread_time(), BURST

    def spend(self) -> float:
        """Return the seconds of the processor's time that were taken since the last call."""
        now, total = time.monotonic(), time.thread_time()
        spent = total - self._spent
        self.credit = min(BURST, self.credit + SHARE * (now - self._time)) - spent
        self._time, self._spent = now, total
        return spent

    @property
    def rest(self) -> float:
        """The seconds after which there is credit again."""
        return max(0.0, -self.credit / SHARE)


class Receiver:
    """Takes messages out of the PULL sockets as they come, and sleeps while nothing does.

    So it is known when each was there; what they say is read `pull_rate` times a second at most. A
    socket is used by this thread alone once it was given to it; `swap` takes it back.

    Parameters
    ----------
    pull_rate : times a second.
    record : records what went wrong, in a sentence.
    """

    def __init__(self, pull_rate: float, record: Callable[[str], object] = log.error) -> None:
        self._period = 1 / pull_rate
        self._inboxes: dict[Overlays, Inbox] = {}
        self._by_descriptor: dict[int, Inbox] = {}
        self._full: list[Inbox] = []
        """Those of which no more is taken out in this round."""
        self._resting: list[Inbox] = []
        """Those of which nothing is taken out until the thread has credit again."""
        self._allowed = 0.0
        """The credit below which another one is to rest."""
        self._epoll = select.epoll()
        self._requests: deque[
            tuple[Callable[[], BoundSocket | None], Future[BoundSocket | None]]
        ] = deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._share = _Share()
        self._next_round = 0.0
        self._due = False
        """Whether there is something to read."""
        self._stopping = threading.Event()
        self._thread = LastingThread("receiver", self._run, record)

    def set_rate(self, pull_rate: float) -> None:
        """Read what came so many times a second from now on."""
        self._period = 1 / pull_rate

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Sockets must have been taken back before."""
        self._stopping.set()
        os.eventfd_write(self._wake, 1)
        self._thread.join(ANSWER_TIMEOUT)
        self._epoll.close()
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
            self._forget(former)
        if bound is not None:
            self._inboxes[overlays] = Inbox(bound, overlays)
            self._attend(self._inboxes[overlays])
        return former.bound if former else None

    def _attend(self, inbox: Inbox) -> None:
        """Have it reported when something comes; of what is there already, nothing would be."""
        self._by_descriptor[inbox.descriptor] = inbox
        self._epoll.register(inbox.descriptor, select.EPOLLIN)
        self._take(inbox)

    def _forget(self, inbox: Inbox) -> None:
        del self._by_descriptor[inbox.descriptor]
        with suppress(OSError):  # the kernel forgets one that is closed
            self._epoll.unregister(inbox.descriptor)
        self._full = [each for each in self._full if each is not inbox]
        self._resting = [each for each in self._resting if each is not inbox]

    def _take(self, inbox: Inbox) -> None:
        """Take out what has come; of one that is full, no more in this round."""
        failed = not self._tried(inbox, inbox.take)
        inbox.spent += self._share.spend()
        self._due = self._due or failed or inbox.waiting
        if failed or inbox.full:
            self._full.append(inbox)
            self._epoll.modify(inbox.descriptor, 0)

    def _take_again(self, inbox: Inbox) -> None:
        """Go on taking out what comes, and what has come meanwhile, if nothing is in the way."""
        if inbox not in self._full and inbox not in self._resting:
            self._epoll.modify(inbox.descriptor, select.EPOLLIN)
            self._take(inbox)

    def _keep_to_share(self) -> None:
        """Let those rest that took the most, where it was too much; the others are served still.

        Each of them may take a little more meanwhile, before it is to rest as well.
        """
        self._share.spend()
        if self._share.credit < self._allowed:
            awake = [each for each in self._inboxes.values() if each not in self._resting]
            if heaviest := max(awake, key=lambda each: each.spent, default=None):
                heaviest.rested = True
                self._resting.append(heaviest)
                self._epoll.modify(heaviest.descriptor, 0)
            self._allowed = self._share.credit - BURST
        elif self._resting and self._share.credit >= 0:
            rested, self._resting, self._allowed = self._resting, [], 0.0
            for inbox in rested:
                self._take_again(inbox)

    def _run(self) -> None:
        # Of a run that failed, requests may be left, and sockets that were closed meanwhile.
        os.eventfd_write(self._wake, 1)
        for overlays, inbox in list(self._inboxes.items()):
            if inbox.bound.socket.closed:
                del self._inboxes[overlays]
                self._forget(inbox)
        self._share = _Share()
        while not self._stopping.is_set():
            self._keep_to_share()
            pause = self._pause()
            if self._due and pause == 0:
                self._round()
            for descriptor, _ in self._epoll.poll(pause):
                if descriptor == self._wake:
                    self._answer()
                elif descriptor in self._by_descriptor:
                    self._take(self._by_descriptor[descriptor])

    def _pause(self) -> float | None:
        """Return the seconds until a round, or the end of a rest; None where neither is due."""
        ends = [self._next_round - time.monotonic()] if self._due else []
        ends += [self._share.rest] if self._resting else []
        return max(0.0, min(ends)) if ends else None

    def _round(self) -> None:
        """Read what was taken out of every socket."""
        self._due = False
        for inbox in self._inboxes.values():
            inbox.spent *= FORGOTTEN
            if inbox.waiting:
                self._tried(inbox, inbox.read)
                inbox.spent += self._share.spend()
        full, self._full = self._full, []
        for inbox in full:
            self._take_again(inbox)
        self._next_round = time.monotonic() + self._period

    @staticmethod
    def _tried(inbox: Inbox, act: Callable[[], None]) -> bool:
        """Return whether it went well: one camera's messages do not keep those of the others."""
        try:
            act()
        except Exception as error:
            reason = f"it could not be read: {type(error).__name__}: {error}"
            if inbox.overlays.malformed_reason != reason:
                log.exception("a message at %s could not be read", inbox.bound.address)
            inbox.overlays.refuse(reason)
            return False
        return True

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

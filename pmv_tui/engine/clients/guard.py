"""The thread that keeps the tables of connections, cuts peers that take memory without end, and
counts what clients get.

libzmq bounds the length of a message's parts, and how many whole messages wait, but not how many
parts a message has: it keeps them until the last one comes. A part of one byte takes 64.
"""

import ctypes
import logging
import os
import resource
import select
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial

from pmv_tui.engine.clients.connections import UNCOUNTED, Connection, Connections
from pmv_tui.engine.clients.delivery import LOOK_INTERVAL
from pmv_tui.network import peer_holders
from pmv_tui.threads import LastingThread, in_background
from pmv_tui.untrusted import TokenBucket
from pmv_tui.wire.status import MAX_REQUEST_BYTES

log = logging.getLogger(__name__)

REST, SHORT_REST = 0.01, 0.001
"""Seconds between two looks while peers send, and while one may be taking memory: as long as a peer
may send unseen."""

BURST = 16 * 1024
"""Bytes that peers send between two looks, from which on the rest is short; boxes take less."""

FREE = 256 * 1024
"""Bytes that all peers together may have unread, whatever memory that takes: 32 times it at worst.
"""

GROWTH = 12 * 2**20
"""Bytes by which the process may grow while more than that is unread, or a request is not whole."""

MOST = 16 * 2**20
"""Bytes that may be unread at all."""

CALM = 1.0
"""Seconds without suspicion after which the process' memory counts as its own."""

ARRIVALS, BACKLOG = 64, MAX_REQUEST_BYTES + UNCOUNTED
"""Times that a peer of the control socket may be seen to send before a request of it is read, and
bytes that it may have sent then. One that did nothing wrong stays far below: greeting, handshake
and request come in six pieces. It may wait for long, while others make the process grow."""

LET_GO = 0.2
"""Seconds that libzmq is given to free what a peer had sent."""

NAMED, NAMED_PERIOD = 5, 2.0
"""Peers that are looked up in a row, and seconds to one more: it takes a tenth of a second."""

AT_ONCE = 1000
"""Connections that are looked at in one round."""


class Guard:
    """Watches the engine's sockets, from `start` to `stop`; `record` is told if a thread fails."""

    def __init__(self, record: Callable[[str], object] = log.error) -> None:
        self._lock = threading.Lock()
        """Held while connections are looked at, and by whoever adds or takes a socket."""
        self._sockets: dict[int, Connections] = {}
        self._connections: dict[int, Connection] = {}
        self._again: set[Connection] = set()
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._memory = _Memory()
        self._names = TokenBucket(NAMED, NAMED_PERIOD)
        self._naming = threading.Thread()
        self._looking_up: Future[None] | None = None
        self._listeners = 0
        self._count_at = 0.0
        self._rest = REST
        self._stopping = False
        self._thread = LastingThread("guard", self._run, record)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; no socket is watched any more."""
        self._stopping = True
        self.wake()
        self._thread.join()
        if self._naming.is_alive():
            self._naming.join()
        if self._looking_up:
            wait([self._looking_up])
        for table in (self._sockets, self._connections, self._again):
            table.clear()
        self._epoll.close()
        self._memory.close()
        os.close(self._wake)

    def wake(self) -> None:
        """Have it look soon."""
        os.eventfd_write(self._wake, 1)

    def watch(self, connections: Connections) -> None:
        """Watch a socket's connections from now on; its monitor is the guard's until `release`."""
        with self._lock:
            descriptor = int(connections.monitor.fd)
            self._sockets[descriptor] = connections
            connections.wake = self.wake
            self._epoll.register(descriptor, select.EPOLLIN)
        self.wake()

    def release(self, connections: Connections) -> None:
        """Release a socket that is to be closed, and give its monitor back."""
        with self._lock:
            descriptor = int(connections.monitor.fd)
            if self._sockets.pop(descriptor, None) is not None:
                with suppress(OSError):
                    self._epoll.unregister(descriptor)
            for each in [*self._connections.values(), *self._again]:
                if each.connections is connections:
                    self._forget(each)

    def _run(self) -> None:
        while not self._stopping:
            # A peer that was seen to send may go on where no arrival shows it: what the kernel
            # has of it already goes to libzmq over time.
            busy = self._again or self._memory.to_free
            ready = self._epoll.poll(self._rest if busy else self._until_count(), AT_ONCE)
            # What came is for another thread first, which notes when; both need the interpreter.
            time.sleep(SHORT_REST)
            with self._lock:
                self._look({descriptor for descriptor, _ in ready})
                self._count(time.monotonic())
            self._memory.free()
            time.sleep(self._rest - SHORT_REST)

    def _look(self, ready: set[int]) -> None:
        if woken := self._wake in ready:
            os.eventfd_read(self._wake)
        arrived = {self._connections[each] for each in ready & self._connections.keys()}
        looked_at = arrived | self._again
        for monitor, connections in self._sockets.items():
            # A monitor that was never asked signals nothing: a new one is, as it wakes the thread.
            if not (woken or monitor in ready or connections.noted):
                continue
            for connection in connections.settle():
                if not connection.gone:
                    self._register(connection)
                looked_at.add(connection)
        self._again.clear()
        for connection in looked_at:
            if connection.gone:
                self._forget(connection)
            elif connection.was_cut:
                continue
            elif connection.look(arrived=connection in arrived) or connection.weight:
                self._again.add(connection)
        self._judge({each for each in looked_at if not each.was_cut})

    def _until_count(self) -> float | None:
        """Return the seconds until clients are looked at again; None where there are none."""
        return max(0.0, self._count_at - time.monotonic()) if self._listeners else None

    def _count(self, now: float) -> None:
        """Count what clients get, twice a second, and find out who new ones are."""
        if due := now >= self._count_at:
            self._count_at = now + LOOK_INTERVAL
        for connections in self._sockets.values():
            connections.count(due=due)
        self._listeners = sum(each.listeners for each in self._sockets.values())
        if due and (self._looking_up is None or self._looking_up.done()):
            if self._looking_up is not None:
                self._looking_up.result()  # raises if it failed
                self._looking_up = None
            unnamed = [one for each in self._sockets.values() for one in each.unnamed()]
            if unnamed:
                self._looking_up = in_background(partial(_look_up, unnamed), "client names")

    def _register(self, connection: Connection) -> None:
        """Have the kernel report when a connection sends something.

        libzmq owns the descriptor: when it closes it, the kernel forgets it here too.
        """
        if self._connections.get(connection.descriptor) is connection:
            return
        self._connections[connection.descriptor] = connection
        with suppress(OSError):  # it is gone already
            self._epoll.register(connection.descriptor, select.EPOLLIN | select.EPOLLET)

    def _forget(self, connection: Connection) -> None:
        if self._connections.get(connection.descriptor) is connection:
            del self._connections[connection.descriptor]
            # Its number may be a monitor's by now: libzmq closed it, and the kernel reused it.
            if connection.descriptor not in self._sockets:
                with suppress(OSError):
                    self._epoll.unregister(connection.descriptor)
        self._again.discard(connection)

    def _judge(self, looked_at: set[Connection]) -> None:
        """Cut peers if they make the process grow; the heaviest, where bytes are counted."""
        resident = self._memory.resident()
        unread = sum(each.weight for each in self._again)
        grown = self._memory.grown(resident, suspicious=unread > FREE)
        own = resident - grown
        endless = [each for each in looked_at if _sends_without_end(each, resident, own)]
        unfinished = any(each.arrivals for each in looked_at)
        burst = sum(each.moved for each in looked_at) > BURST
        self._rest = SHORT_REST if unfinished or burst or unread > FREE / 4 else REST
        too_much = unread > MOST or (unread > FREE and grown > GROWTH)
        heaviest = _heaviest(self._again, unread - FREE) if too_much else []
        if heaviest or endless:
            self._cut([*heaviest, *endless])

    def _cut(self, peers: list[Connection]) -> None:
        """Cut peers and report it; the first of them is looked up, which takes its time."""
        first, *others = peers
        for each in peers:
            each.was_cut = True
            each.kernel.hold()
        for each in others:
            each.kernel.cut()
        self._again.difference_update(peers)
        for connections in {each.connections for each in others}:
            mine = [each for each in others if each.connections is connections]
            connections.refuse(_reason(mine[0], mine[0].kernel.address), len(mine))
        if self._naming.is_alive() or not self._names.take(time.monotonic()):
            self._cut_named(first, first.kernel.address)
        else:
            # As long as it is held, and so connected, it can be found.
            self._naming = threading.Thread(
                target=lambda: self._cut_named(first, first.name()), daemon=True
            )
            self._naming.start()
        self._memory.free_soon()

    @staticmethod
    def _cut_named(peer: Connection, name: str) -> None:
        peer.kernel.cut()
        peer.connections.refuse(_reason(peer, name), 1)


class _Memory:
    """What the process takes, compared with what it took before anybody was suspected."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._own = self.resident()
        self._suspected_at = 0.0
        self._free_at: float | None = None
        self._malloc_trim = _malloc_trim()

    def close(self) -> None:
        """Close what it reads."""
        os.close(self._file)

    def resident(self) -> int:
        """Return the bytes of memory that are resident, without those of images, and of files."""
        _, resident, shared, *_ = os.pread(self._file, 200, 0).split()
        return (int(resident) - int(shared)) * resource.getpagesize()

    def grown(self, resident: int, *, suspicious: bool) -> int:
        """Return the bytes by which the process grew since nobody was suspected any more."""
        now = time.monotonic()
        if suspicious:
            self._suspected_at = now
        elif now - self._suspected_at > CALM:
            self._own = resident
        self._own = min(self._own, resident)
        return resident - self._own

    @property
    def to_free(self) -> bool:
        """Whether memory is to be given back to the system."""
        return self._free_at is not None

    def free_soon(self) -> None:
        """Have memory given back to the system when libzmq has let go of it."""
        self._free_at = time.monotonic() + LET_GO

    def free(self) -> None:
        """Release it if that is due."""
        if self._free_at is not None and time.monotonic() >= self._free_at:
            self._free_at = None
            self._malloc_trim(0)


def _look_up(clients: list[Connection]) -> None:
    """Name the programs of clients, all in one search."""
    ends = {each.kernel.ends for each in clients if each.kernel.ends}
    holders = peer_holders(ends) if ends else {}
    for each in clients:
        each.look_up(holders)


def _malloc_trim() -> Callable[[int], int]:
    """Find the C library's function that gives memory back; another library may have none."""
    trim: Callable[[int], int] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)
    return trim


def _sends_without_end(peer: Connection, resident: int, own: int) -> bool:
    """Whether the process grew while a peer of the control socket sent, and finished nothing."""
    if not peer.arrivals:
        return False
    peer.memory = min(peer.memory or resident, own)
    many = peer.arrivals > ARRIVALS or peer.backlog > BACKLOG
    return many and resident - peer.memory > GROWTH


def _heaviest(connections: Iterable[Connection], excess: float) -> list[Connection]:
    """Choose the connections with the most unread, until that is no more than the excess."""
    chosen = []
    for each in sorted(connections, key=lambda each: -each.weight):
        if excess <= 0 or not each.weight:
            break
        chosen.append(each)
        excess -= each.weight
    return chosen


def _reason(peer: Connection, name: str) -> str:
    """Return why a peer was cut, and who it is."""
    if peer.over_ipc:
        return f"{name} kept sending without finishing a message"
    return f"{name} sent {peer.weight / 1e6:.1f} MB without finishing a message"

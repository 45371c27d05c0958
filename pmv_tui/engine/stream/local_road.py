"""Images to scripts on this machine through shared memory: who is let in, and who is sent them."""

import errno
import logging
import os
import select
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

from pmv_tui.engine.clients.delivery import LOOK_INTERVAL, Missed, distinguished
from pmv_tui.engine.stream.local_reader import LocalReader, refusal
from pmv_tui.frames.memory import (
    BUFFERS_WORD,
    HELLO,
    IMAGE_PACKET,
    LONGEST_PACKET,
    MAGIC,
    VERSION,
    Packet,
    endpoint,
)
from pmv_tui.frames.pool import Pool
from pmv_tui.threads import LastingThread
from pmv_tui.untrusted import TokenBucket, peer_of
from pmv_tui.wire.status import ClientStatus

log = logging.getLogger(__name__)

MOST_READERS = 32
"""Local readers of a camera. Each may hold several buffers; one more takes the documented road."""

BACKLOG = 128
"""Connections that may wait to be accepted."""

SILENT = 16
"""Connections that have not said yet what they want; one more ends the oldest."""

QUEUE_BYTES = 2**20
"""Of packets that may wait for a reader; the kernel allows a fifth of that where it is as usual."""

BACKLOG_BYTES = 256 * 2**20
"""Of images that are kept for readers that want every image and have not taken them yet, all of a
camera together; and they have half of the buffers at most."""

NO_FILE_PAUSE = 0.05
"""Seconds to the next try where there is no descriptor even to end a connection."""

NOTES, NOTES_PERIOD = 3, 60.0
"""Times that it is reported at once that readers had to take tcp, and the seconds to one more."""


class LocalRoad:
    """One camera's local readers, while it is plugged.

    Parameters
    ----------
    unique_id : the camera's.
    pool : of its images.
    roads : lets readers in, in its thread.
    record : records what is wrong, in a sentence.

    Attributes
    ----------
    readers : those that images are sent to.
    audience : readers that ever came, and those that are there.
    """

    def __init__(
        self, unique_id: str, pool: Pool, roads: "LocalRoads", record: Callable[[str], object]
    ) -> None:
        self._unique_id = unique_id
        self._pool = pool
        self._roads = roads
        self._lock = threading.Lock()
        """Held while packets are sent, which never takes long, and while a connection is closed."""
        self._listener: socket.socket | None = None
        self._silent: deque[socket.socket] = deque()
        self._leaving: tuple[LocalReader, ...] = ()
        """Those that get no more images, and may still hold some."""
        self._unplaced = self._unplaced_seen = self._without = 0
        self._notes = TokenBucket(NOTES, NOTES_PERIOD)
        self.readers: tuple[LocalReader, ...] = ()
        self.clients: tuple[ClientStatus, ...] = ()
        self.audience = (0, 0)
        self.missed = Missed()
        self._record = record

    def open(self, address: str) -> None:
        """Let readers in, from the next moment on.

        Parameters
        ----------
        address : host and port that the camera's tcp socket is bound to, in numbers.
        """
        with self._roads.lock:
            listener = None
            try:
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                listener.setblocking(False)
                listener.bind(endpoint(address))
                listener.listen(BACKLOG)
                self._roads.watch(listener, self._accept)
            except OSError as error:
                if listener is not None:
                    listener.close()
                why = os.strerror(error.errno or 0)
                if error.errno == errno.EADDRINUSE:
                    why = f"another program has taken the name of {address} for it"
                self._record(f"scripts on this machine get their images by tcp: {why}")
                return
            self._listener = listener

    def close(self) -> None:
        """Send no more images; what readers hold stays as it is until they let go of it."""
        with self._roads.lock:
            for waiting in (self._listener, *self._silent):
                if waiting is not None:
                    self._roads.forget(waiting)
                    waiting.close()
            self._listener = None
            self._silent.clear()
            self._dismiss(self.readers)

    def _dismiss(self, dismissed: tuple[LocalReader, ...], reason: str = "") -> None:
        """Send some no more images. See `LocalReader.dismiss`."""
        with self._lock:
            for reader in dismissed:
                reader.dismiss(reason)
            self._leaving += dismissed
            self._change(tuple(each for each in self.readers if each not in dismissed))

    def send(self, buffer: int | None) -> None:
        """Announce an image to all readers; called by the worker, and never waits.

        Parameters
        ----------
        buffer : that it is in; None: it found none, and they miss it, or it came before them.
        """
        if buffer is None:
            self._unplaced += len(self.readers) if self._pool.without else 0
            return
        ticket, counter = self._pool.publish(buffer)
        shared = self._pool.shared
        if shared is None:
            return
        kept = sum(reader.every for reader in self.readers)
        room = min(BACKLOG_BYTES // shared.memory.capacity, shared.memory.words[BUFFERS_WORD] // 2)
        backlog = room // kept if kept else 0
        packet = IMAGE_PACKET.pack(Packet.IMAGE, ticket.pack(), counter)
        with self._lock:
            for reader in self.readers:
                reader.send(self._unique_id, shared, ticket, packet, backlog)

    def look(self) -> None:
        """See what readers took since the last look; called by the thread of all roads."""
        missed = sum(reader.look() for reader in self.readers)
        unplaced, self._unplaced_seen = self._unplaced_seen, self._unplaced
        self._add_missed(missed + self._unplaced_seen - unplaced)
        if closed := tuple(reader for reader in self.readers if reader.closed):
            self._dismiss(closed)
        self._leave_to_tcp()
        self.clients = distinguished(reader.status() for reader in self.readers)

    def _add_missed(self, images: int) -> None:
        if images:
            self.missed += Missed(images, time.time_ns())

    def _leave_to_tcp(self) -> None:
        """Dismiss readers that images do not reach over this road: they take the other."""
        last, self._without = self._without, self._pool.without
        if self._without > last > 0 and self.readers:
            self._to_tcp(self.readers, f"{self._pool.trouble}{self._most_held()}")
        for reader in self.readers:
            if reader.trouble:
                self._to_tcp((reader,), reader.trouble)

    def _most_held(self) -> str:
        """Return which program holds most images, to be added to a sentence; empty: none does."""
        held: Counter[str] = Counter()
        for each in (*self.readers, *self._leaving):
            held[each.name] += each.holds
        name, count = held.most_common(1)[0]
        return f"; {name} holds {count} images" if count else ""

    def _to_tcp(self, readers: tuple[LocalReader, ...], why: str) -> None:
        self._dismiss(readers, why)
        if self._notes.take(time.monotonic()):
            self._record(f"scripts on this machine get their images by tcp: {why}")

    def _accept(self) -> None:
        if self._listener is None:
            return
        with suppress(BlockingIOError, ConnectionError):  # it has left already
            link = self._roads.accept(self._listener)
            link.setblocking(False)
            if peer_of(link).uid != os.geteuid():
                _refuse(link, "the camera's engine runs as another user")
                return
            if len(self._silent) == SILENT:
                self._end_silent(self._silent[0])
            self._silent.append(link)
            self._roads.watch(link, lambda: self._greeted(link))

    def _greeted(self, link: socket.socket) -> None:
        """Let a connection in that has said what it wants."""
        try:
            hello = link.recv(LONGEST_PACKET)
        except BlockingIOError:
            return
        except OSError:
            hello = b""
        if len(hello) != HELLO.size or HELLO.unpack(hello)[0] != MAGIC:
            self._end_silent(link)
            return
        _, version, every = HELLO.unpack(hello)
        self._roads.forget(link)
        self._silent.remove(link)
        if version != VERSION:
            _refuse(link, f"this engine speaks version {VERSION} of the local road, not {version}")
        elif len(self.readers) + len(self._leaving) >= MOST_READERS:
            _refuse(
                link, f"the camera has {MOST_READERS} local readers, which is as many as it may"
            )
        elif self._pool.without > 1:
            _refuse(link, self._pool.trouble)
        else:
            self._let_in(link, every=bool(every))

    def _let_in(self, link: socket.socket, *, every: bool) -> None:
        with suppress(OSError):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, QUEUE_BYTES)
        try:
            reader = LocalReader(
                link, peer_of(link).pid, every=every, published=self._pool.published
            )
        except OSError as error:
            _refuse(link, f"no room for its claims: {os.strerror(error.errno or 0)}")
            return
        with self._lock:
            self._change((*self.readers, reader))
        self._roads.connected.add(reader)
        self._roads.watch(link, lambda: self._left(reader))

    def _left(self, reader: LocalReader) -> None:
        """Release a reader that has ended its connection, and dismiss one that talks on."""
        try:
            said = reader.link.recv(LONGEST_PACKET)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said:
            self._roads.watch_end(reader.link)
            if reader in self.readers:
                self._to_tcp(
                    (reader,), f"{reader.name} sends what no reader should, and is dismissed"
                )
            return
        self._roads.forget(reader.link)
        self._roads.connected.discard(reader)
        self._add_missed(reader.look())
        with self._lock:
            self._leaving = tuple(each for each in self._leaving if each is not reader)
            self._change(tuple(each for each in self.readers if each is not reader))
            reader.close()

    def _change(self, readers: tuple[LocalReader, ...]) -> None:
        came = self.audience[0] + len(set(readers) - set(self.readers))
        self.readers = readers
        self.audience = came, len(readers)
        self._pool.holders = (*readers, *self._leaving)
        self.clients = distinguished(reader.status() for reader in readers)

    def _end_silent(self, link: socket.socket) -> None:
        self._silent.remove(link)
        self._roads.forget(link)
        link.close()


class LocalRoads:
    """The thread that lets readers in at all cameras, and notices when they leave.

    Parameters
    ----------
    record : records that it failed, in a sentence.

    Attributes
    ----------
    lock : held while it acts, and by whoever opens and closes a road.
    connected : readers that have not ended their connections, of removed cameras too.
    """

    def __init__(self, record: Callable[[str], object] = log.error) -> None:
        self.lock = threading.RLock()
        self.connected: set[LocalReader] = set()
        self._acts: dict[int, Callable[[], None]] = {}
        self._roads: list[LocalRoad] = []
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        """Is closed where there is no descriptor for a connection that is to be ended."""
        self._stopping = False
        self._look_at = 0.0
        self._thread = LastingThread("local readers", self._run, record)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and every connection."""
        self._stopping = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        for reader in self.connected:
            reader.close()
        self._epoll.close()
        os.close(self._wake)
        if self._spare is not None:
            os.close(self._spare)

    def add(self, unique_id: str, pool: Pool, record: Callable[[str], object]) -> LocalRoad:
        """Make a camera's road. See `LocalRoad`."""
        road = LocalRoad(unique_id, pool, self, record)
        with self.lock:
            self._roads.append(road)
        return road

    def remove(self, road: LocalRoad) -> None:
        """Forget the road of a camera that was removed."""
        road.close()
        with self.lock:
            self._roads.remove(road)

    def accept(self, listener: socket.socket) -> socket.socket:
        """Take the next connection, also the one for which there is no descriptor, and end that.

        It would be waiting for ever, and this thread would look at it all the time.

        Raises
        ------
        ConnectionError : it was ended.
        BlockingIOError : there is none any more.
        """
        try:
            return listener.accept()[0]
        except BlockingIOError:
            raise
        except OSError as error:
            if self._spare is None:
                time.sleep(NO_FILE_PAUSE)  # another thread was sooner
            else:
                os.close(self._spare)
                self._spare = None
            with suppress(OSError):
                listener.accept()[0].close()
            with suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            raise ConnectionAbortedError(str(error)) from error

    def watch(self, link: socket.socket, act: Callable[[], None]) -> None:
        """Call a function whenever something can be read."""
        self._epoll.register(link, select.EPOLLIN)
        self._acts[link.fileno()] = act
        os.eventfd_write(self._wake, 1)

    def watch_end(self, link: socket.socket) -> None:
        """Call it only once the other side has ended the connection, whatever it sends."""
        self._epoll.modify(link, 0)

    def forget(self, link: socket.socket) -> None:
        """Call it no more."""
        if self._acts.pop(link.fileno(), None):
            self._epoll.unregister(link)

    def _run(self) -> None:
        while not self._stopping:
            self._act_on(self._epoll.poll(self._until_look()))

    def _act_on(self, ready: list[tuple[int, int]]) -> None:
        """Act on what can be read, and look at the readers when that is due.

        Apart from the wait: what is left in its variables would keep the last reader, and with it
        the images' memory, until something else happens.
        """
        with self.lock:
            for descriptor, _ in ready:
                if descriptor == self._wake:
                    os.eventfd_read(self._wake)
                elif act := self._acts.get(descriptor):
                    act()
            if (now := time.monotonic()) >= self._look_at:
                self._look_at = now + LOOK_INTERVAL
                for road in self._roads:
                    road.look()

    def _until_look(self) -> float | None:
        """Return the seconds until readers are looked at; None where there are none."""
        if not any(road.readers for road in self._roads):
            return None
        return max(0.0, self._look_at - time.monotonic())


def _refuse(link: socket.socket, reason: str) -> None:
    """Say why a connection gets nothing, and end it."""
    with suppress(OSError):
        link.send(refusal(reason))
    link.close()

"""Who is connected to one of the engine's sockets, what each has sent and been sent: asked of the
kernel."""

import ctypes
import select
import socket
import struct
import sys
import termios
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from itertools import count
from typing import NamedTuple, cast

import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.engine.clients.delivery import NOT_KNOWN, Delivery, Missed, Offer, Taken
from pmv_tui.engine.clients.gate import Door, Refusals
from pmv_tui.network import Ends, Holder, ends_of, holder, peer_holders
from pmv_tui.wire.image import TOPIC_IMAGE
from pmv_tui.wire.status import ClientStatus

MONITORED = zmq.EVENT_CLOSED | zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED
"""What a socket's monitor must report; EVENT_CLOSED is for whoever releases the socket."""

EVENTS_AT_ONCE = 1000
"""Connections that are taken note of at one look."""

UNCOUNTED = 4096
"""Bytes that a connection may send before it counts: greeting and handshake, keys included. A
connection takes more memory than that by itself."""

GREETING = 64
"""Bytes with which each side begins since ZMTP 3, that is libzmq 4.0."""

OLD_GREETINGS = _, OLD_GREETING = 2, 14
"""Those of ZMTP 1, of libzmq 2, and of ZMTP 2, of libzmq 3."""

SHORT_HEADER = 2
"""Bytes before a short part of a message."""

NAMELESS = -1
"""In place of a descriptor: libzmq does not say by which connection something came that speaks an
older ZMTP."""

LEAK = 16.0
"""Bytes a second that belong to no message, and are nevertheless in order: heartbeats of a client
that turned them on, 9 each."""

TOPIC_COST = 64
"""Bytes that a subscription takes beside its topic, at least."""

COMMAND_BYTES = 10
"""What a SUBSCRIBE command is longer on the wire than the message that is read."""

CURVE_BYTES = 33
"""What a message is longer on the wire where it is encrypted."""

TCP_INFO_BYTES = 232
ACKED_AT, RECEIVED_AT = 120, 128
"""Where `tcpi_bytes_acked` and `tcpi_bytes_received` stand in the kernel's `struct tcp_info`."""

SO_COOKIE = 57
"""Asks the kernel for a number that no other socket has, whatever descriptor leads to it."""

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
_REFUSE_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
_FILTER = struct.pack("HP", 1, ctypes.addressof(_REFUSE_ALL))
"""A program of the kernel's packet filter that lets nothing pass, and the structure naming it."""

_RESET = struct.pack("ii", 1, 0)
"""What a socket lingers for: nothing, so that it is closed with a reset."""

_libc = ctypes.PyDLL(None)
"""The C library, called without letting go of the interpreter."""

_drain = bytearray(65536)

_numbers = count(1)


class _PollFd(ctypes.Structure):
    """C's `struct pollfd`."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Note(NamedTuple):
    """What the thread that reads a socket took out of it.

    Parameters
    ----------
    descriptor : of the connection that it came by; or NAMELESS.
    size : bytes on the wire, about.
    change : a subscription that comes or goes, as XPUB reports it; else empty.
    key : the name that the sender's key is listed by; empty where it has none.
    """

    descriptor: int
    size: int
    change: bytes = b""
    key: str = ""


class Connection:
    """One peer of a socket. Used by the guard's thread.

    Parameters
    ----------
    descriptor : libzmq's; what it leads to is checked before it is touched.

    Attributes
    ----------
    identified : whether anything is known to have come by it.
    unread : bytes that libzmq took from the kernel and no reader has taken from libzmq: parts of a
        message that is not complete, or messages that wait.
    moved : bytes that it sent since the last look but one.
    arrivals, backlog : how often a peer of the control socket was seen to send, and to have sent
        more than libzmq had taken, since its last whole request.
    pid : the process at its other end, where the kernel says so: of the control socket's.
    ends : both ends, of one over tcp.
    holder : the program at its other end, once that was looked up; `sought` from its begin on.
    """

    def __init__(self, descriptor: int, connections: "Connections") -> None:
        self.descriptor = descriptor
        self.connections = connections
        self.identified = False
        self.unread = 0.0
        self.moved = 0
        self.arrivals = self.backlog = 0
        self.memory: int | None = None
        """What the process took when the first of those arrived, or before, bytes."""
        self.pid: int | None = None
        self._topics: set[bytes] = set()
        self._topic_bytes = self._image_topics = 0
        self._consumed = 0
        self.looked_at = time.monotonic()
        self.gone = self.was_cut = False
        self.number = next(_numbers)
        self.key = ""
        self.sought = False
        self.holder: Holder | None = None
        self.ends: Ends | None = None
        self.since = 0
        """When it subscribed to images, ns since the epoch."""
        self._delivery: Delivery | None = None
        """Of one that subscribed to images, where the kernel counts."""
        self._cookie = b""
        self._peer: object = None
        with suppress(OSError), _borrowed(descriptor) as peer:
            if connections.owns(peer):
                self._peer = name = peer.getpeername()
                if peer.family == socket.AF_UNIX:
                    self.pid = _pid(peer)
                else:
                    self.ends = ends_of(name, peer.getsockname())
                    self._cookie = _cookie(peer)

    @property
    def weight(self) -> float:
        """Bytes that it makes the engine keep, beyond what any connection may."""
        return max(0.0, self.unread + self._topic_bytes - UNCOUNTED)

    def may_have_sent(self, note: Note) -> bool:
        """Whether what libzmq names no connection of came by this one: it speaks an old ZMTP.

        libzmq takes any byte but the first of ZMTP 2 for the begin of ZMTP 1, also a browser's, and
        then pretends that its sender subscribed. One that truly did has sent just that by then.
        """
        if self.identified or self.listens:
            return not self.identified
        with suppress(OSError), _borrowed(self.descriptor) as peer:
            if _cookie(peer) == self._cookie:
                received, acked = _received(peer) or 0, _counted(peer, ACKED_AT) or 0
                greeted = OLD_GREETING <= acked < GREETING
                if not note.change:
                    return bool(received) and acked < GREETING
                return greeted or received - len(note.change) - SHORT_HEADER in OLD_GREETINGS
        return False

    @property
    def listens(self) -> bool:
        """Whether it subscribed to images."""
        return self._image_topics > 0

    def note(self, note: Note) -> None:
        """Note what was read from it."""
        self.unread -= note.size
        self.identified = self.identified or note.descriptor != NAMELESS
        self.key = note.key or self.key
        self.arrivals, self.backlog, self.memory = 0, 0, None
        topic = note.change[1:]
        if note.change[:1] == b"\x01" and topic not in self._topics:
            self._topics.add(topic)
            self._count_topic(topic, 1)
        elif note.change[:1] == b"\x00" and topic in self._topics:
            self._topics.discard(topic)
            self._count_topic(topic, -1)

    def _count_topic(self, topic: bytes, change: int) -> None:
        self._topic_bytes += change * (len(topic) + TOPIC_COST)
        self._image_topics += change * TOPIC_IMAGE.startswith(topic)

    def look(self, *, arrived: bool) -> bool:
        """Ask the kernel what it has sent; return whether libzmq has not taken all of it yet."""
        try:
            # Not checked whose it is by now, as all else: that would let go of the interpreter, and
            # to get it back takes as long as many of these looks.
            with _borrowed(self.descriptor) as peer:
                waiting = _queued(peer, termios.FIONREAD)
                received = _received(peer)
        except OSError:
            return False  # it is gone, and its monitor will say so
        if received is None:
            self.arrivals += arrived
            self.backlog += waiting > 0
            return waiting > 0
        now, consumed = time.monotonic(), received - waiting
        leaked = LEAK * (now - self.looked_at)
        # Never below zero: nobody saves up for a flood by being quiet.
        self.unread = max(0.0, self.unread + consumed - self._consumed - leaked)
        self.moved = received - self._consumed
        self._consumed, self.looked_at = consumed, now
        return waiting > 0

    def hold(self) -> None:
        """Let nothing more of it reach the kernel, while it is still connected and can be named.

        What the kernel has already goes on to libzmq: were it taken away here, libzmq would find no
        sense in what follows, and close the connection before it is named.
        """
        self.was_cut = True
        with suppress(OSError), self._borrowed() as peer:
            if peer.family != socket.AF_UNIX:
                # However it ends, its peer hears of it at once: one that waits for room here, as
                # it has sent more than there was, would else ask in vain for a minute.
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                peer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)

    def cut(self) -> None:
        """End the connection, and what the kernel still has of it."""
        with suppress(OSError), self._borrowed() as peer:
            # First, for libzmq closes it at once: nothing would reach the peer any more.
            if peer.family != socket.AF_UNIX:
                with suppress(FileNotFoundError):  # it was never held
                    peer.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            peer.shutdown(socket.SHUT_RDWR)
            _discard(peer)

    def name(self) -> str:
        """Name the program at its other end; on another machine, host and port."""
        if self.pid is not None:
            return str(holder(self.pid))
        self.look_up(peer_holders([self.ends] if self.ends else []))
        return str(self.holder) if self.holder else self.address

    def look_up(self, holders: dict[Ends, Holder]) -> None:
        """Find the program at its other end among others."""
        self.holder = holders.get(self.ends) if self.ends else None

    @property
    def address(self) -> str:
        """Host and port, or the process on this machine."""
        if self.ends is None:
            return f"a program on this machine (pid {self.pid})" if self.pid else "not known"
        (host, port), _ = self.ends
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def local(self) -> bool:
        """Whether its other end is on this machine, so that the program there can be named."""
        if self.ends is None:
            return False
        (theirs, _), (ours, _) = self.ends
        return theirs == ours or theirs.startswith("127.")

    def begin(self, offer: Offer) -> None:
        """Count what it gets of the images that are offered from now on: it subscribed."""
        self.since = time.time_ns()
        if (taken := self._taken()) is not None:
            self._delivery = self._delivery or Delivery()
            self._delivery.begin(offer, taken)

    def count(self, offer: Offer) -> int:
        """Look at how many images it got of those that were offered; return how many it missed."""
        taken = self._taken() if self._delivery else None
        return self._delivery.look(offer, taken) if self._delivery and taken else 0

    def end(self) -> int:
        """Return how many images more it missed, now that it listens no more."""
        return self._delivery.end() if self._delivery else 0

    def status(self) -> ClientStatus:
        """Report who it is and what it gets."""
        program = self.address
        if self.holder:
            program = f"{self.holder.program} (pid {self.holder.pid})"
        return ClientStatus(
            **(self._delivery.status() if self._delivery else NOT_KNOWN),
            id=self.number,
            name=f"{self.key}: {program}" if self.key else program,
            pid=self.holder.pid if self.holder else None,
            address=self.address,
            key=self.key,
            since=self.since,
        )

    def _taken(self) -> Taken | None:
        """Ask the kernel; None where it does not count, or the descriptor is another's by now."""
        with suppress(OSError), _borrowed(self.descriptor) as peer:
            if _cookie(peer) == self._cookie:
                return _taken(peer)
        return None

    @contextmanager
    def _borrowed(self) -> Iterator[socket.socket]:
        """Use libzmq's descriptor, without owning it.

        Raises
        ------
        OSError : it was closed, or leads elsewhere by now.
        """
        with _borrowed(self.descriptor) as peer:
            if not self.connections.owns(peer) or peer.getpeername() != self._peer:
                raise OSError("the descriptor is another connection's by now")
            yield peer


class Connections:
    """Those of one socket: a table that the guard's thread keeps, and others read.

    Parameters
    ----------
    monitor : the socket's, which reports `MONITORED`; used under the guard's lock.
    places : the port that the socket listens at, or the paths of unix sockets.
    door : counts the clients that were rejected without asking it.
    """

    def __init__(
        self, monitor: zmq.Socket[bytes], places: Set[int | str], door: Door | None = None
    ) -> None:
        self.monitor = monitor
        self._places = places
        self._door = door
        self._notes: deque[Note] = deque()
        self._table: dict[int, Connection] = {}
        self.audience = (0, 0)
        """Clients that ever subscribed to images, and those that do now."""
        self.clients: tuple[ClientStatus, ...] = ()
        """Those that subscribe to images now, as of the last look at what they get."""
        self.missed = Missed()
        """What they missed, and those that left."""
        self._offer = Offer()
        self._news = False
        """Whether the list of clients is another since it was made."""
        self._overhead = _wire_bytes(len(TOPIC_IMAGE), encrypted=door is not None)
        self.refusals = Refusals()
        """Those that were cut."""
        self.wake: Callable[[], None] = lambda: None
        """Has the guard look soon."""

    @property
    def listeners(self) -> int:
        """How many clients subscribe to images."""
        return self.audience[1]

    @property
    def not_subscribed(self) -> int:
        """How many connections subscribe to no images."""
        return max(0, len(self._table) - self.listeners)

    @property
    def noted(self) -> bool:
        """Whether something was read since the last look."""
        return bool(self._notes)

    def owns(self, peer: socket.socket) -> bool:
        """Whether a connection is one that this socket accepted."""
        name = peer.getsockname()
        place = name if peer.family == socket.AF_UNIX else name[1]
        return place in self._places

    def note_offer(self, metadata: int, image: int) -> None:
        """Note that an image was sent to whoever listens; called by the thread that sends.

        Parameters
        ----------
        metadata, image : bytes of these parts.
        """
        encrypted = self._door is not None
        size = _wire_bytes(metadata, encrypted=encrypted) + _wire_bytes(image, encrypted=encrypted)
        images, total, _ = self._offer
        self._offer = Offer(images + 1, total + size + self._overhead, time.monotonic())

    def took(self, frame: zmq.Frame) -> None:
        """Note that a part of a message was taken out; called by the thread that reads."""
        size = _wire_bytes(len(frame), encrypted=self._door is not None)
        self._notes.append(Note(_source(frame), size))

    def took_change(self, frame: zmq.Frame) -> None:
        """Note a subscription as XPUB reports it: 0x01 and a topic comes, 0x00 and a topic goes.

        Source: https://rfc.zeromq.org/spec/29/, "The XPUB Socket Type".
        """
        change, source, key = frame.bytes, _source(frame), ""
        if source == NAMELESS and change[:1] != b"\x01":
            return  # of a client that has left
        if self._door is not None:
            key = str(frame.get("User-Id"))  # what the gate calls it
        size = _wire_bytes(len(frame) + COMMAND_BYTES, encrypted=self._door is not None)
        self._notes.append(Note(source, size, change, key))
        self.wake()

    def settle(self) -> "Iterator[Connection]":
        """Bring the table up to date; yield the connections that have news.

        The monitor is asked between: whoever sent what was read is known by then.
        """
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        yield from self._connected()
        for note in notes:
            connection = self._table.get(note.descriptor) or self._sender(note)
            if connection is not None:
                self._apply(note, connection)
                yield connection

    def _sender(self, note: Note) -> Connection | None:
        """Find who sent what came by no known connection: the likeliest of those that may have."""
        if note.descriptor != NAMELESS:
            return None  # It is gone.
        old = [each for each in self._table.values() if each.may_have_sent(note)]
        if note.change:
            return max(old, key=lambda each: (not each.listens, each.looked_at), default=None)
        return max(old, key=lambda each: each.unread, default=None)

    def count(self, *, due: bool) -> None:
        """Renew the list of clients where that is due, or some came or went."""
        if not (self._news or (due and self.clients)):
            return
        self._news = False
        listening = [each for each in self._table.values() if each.listens]
        if due:
            self._add_missed(sum(each.count(self._offer) for each in listening))
        self.clients = tuple(_told_apart([each.status() for each in listening]))

    def unnamed(self) -> list[Connection]:
        """Return clients whose programs were not looked up; each once."""
        found = [
            each for each in self._table.values() if each.listens and each.local and not each.sought
        ]
        for each in found:
            each.sought = True
        return found

    def refuse(self, reason: str, count: int) -> None:
        """Count clients that were cut."""
        self.refusals = Refusals(self.refusals.count + count, reason, time.time_ns())

    def _connected(self) -> Iterator[Connection]:
        """Note connections that came and went."""
        for _ in range(EVENTS_AT_ONCE):
            if not readable(self.monitor):
                return
            event = recv_monitor_message(self.monitor)
            descriptor = int(event["value"])
            match event["event"]:
                case zmq.EVENT_ACCEPTED:
                    self._table[descriptor] = Connection(descriptor, self)
                    yield self._table[descriptor]
                case zmq.EVENT_DISCONNECTED if descriptor in self._table:
                    yield self._forget(self._table.pop(descriptor))
                case _ if self._door is not None:
                    self._door.count_stranger(event)

    def _forget(self, connection: Connection) -> Connection:
        connection.gone = True
        self._count_listeners(connection, -int(connection.listens))
        return connection

    def _apply(self, note: Note, connection: Connection) -> None:
        before = connection.listens
        connection.note(note)
        self._count_listeners(connection, connection.listens - before)

    def _count_listeners(self, connection: Connection, change: int) -> None:
        """Note a client that begins to listen, or does no more."""
        if not change:
            return
        if change > 0:
            connection.begin(self._offer)
        else:
            self._add_missed(connection.end())
        self._news = True
        came, listening = self.audience
        self.audience = came + max(0, change), listening + change

    def _add_missed(self, images: int) -> None:
        if images:
            self.missed += Missed(images, time.time_ns())


def _told_apart(clients: list[ClientStatus]) -> list[ClientStatus]:
    """Add the port to names that several connections have, such as those of one process."""
    often = Counter(each["name"] for each in clients)
    for each in clients:
        if often[each["name"]] > 1:
            each["name"] += f", port {each['address'].rpartition(':')[2]}"
    return clients


def readable(socket_: zmq.Socket[bytes]) -> bool:
    """Whether a message waits: cheaper than a poll, and than the error of an empty receive."""
    return bool(cast("int", socket_.get(zmq.EVENTS)) & zmq.POLLIN)


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """Ask the kernel about a descriptor of libzmq's; it stays open."""
    borrowed = socket.socket(fileno=descriptor)
    try:
        yield borrowed
    finally:
        borrowed.detach()


def _source(frame: zmq.Frame) -> int:
    """Return the descriptor of the connection that a part of a message came by, or NAMELESS."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return NAMELESS


def _queued(peer: socket.socket, request: int) -> int:
    """Return the bytes that the kernel has: from a peer (FIONREAD), or for it (TIOCOUTQ)."""
    count = ctypes.c_int()
    _libc.ioctl(peer.fileno(), request, ctypes.byref(count))
    return count.value


def _received(peer: socket.socket) -> int | None:
    """Return the bytes that a peer has sent; None where the kernel does not count them."""
    return None if peer.family == socket.AF_UNIX else _counted(peer, RECEIVED_AT)


def _counted(peer: socket.socket, at: int) -> int | None:
    """Return a count of bytes out of the kernel's `struct tcp_info`; None before Linux 4.1."""
    info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    return int.from_bytes(info[at : at + 8], sys.byteorder) if len(info) >= at + 8 else None


def _taken(peer: socket.socket) -> Taken | None:
    """Return what a peer was sent, and has confirmed; None where the kernel does not count it."""
    before = _queued(peer, termios.TIOCOUTQ)
    acked = _counted(peer, ACKED_AT)
    if acked is None:
        return None
    room = _PollFd(peer.fileno(), select.POLLOUT, 0)
    _libc.poll(ctypes.byref(room), 1, 0)
    waiting = _queued(peer, termios.TIOCOUTQ)
    return Taken(
        time=time.monotonic(),
        handed=acked + waiting,
        waiting=waiting,
        room=waiting == before and bool(room.revents & select.POLLOUT),
    )


def _cookie(peer: socket.socket) -> bytes:
    """Return what identifies a socket among all; nothing before Linux 4.12."""
    try:
        return peer.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8)
    except OSError:
        return b""


def _pid(peer: socket.socket) -> int:
    """Return the process at the other end of a unix socket."""
    pid, _, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)


def _discard(peer: socket.socket) -> None:
    """Throw away what the kernel has of a peer."""
    with suppress(BlockingIOError):
        while peer.recv_into(_drain, 0, socket.MSG_DONTWAIT):
            pass


def _wire_bytes(length: int, *, encrypted: bool) -> int:
    """Return what a part takes on the wire: its length, a header, and what CURVE adds."""
    length += CURVE_BYTES * encrypted
    return length + (9 if length > 255 else SHORT_HEADER)

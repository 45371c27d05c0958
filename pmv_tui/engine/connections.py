"""Who is connected to one of the engine's sockets, and what each has sent: asked of the kernel."""

import ctypes
import socket
import struct
import sys
import termios
import time
from collections import deque
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from typing import NamedTuple, cast

import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.engine.gate import Door, Refusals
from pmv_tui.port_holder import holder, peer_holder
from pmv_tui.protocol import TOPIC_IMAGE

MONITORED = zmq.EVENT_CLOSED | zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED
"""What a socket's monitor must tell; EVENT_CLOSED is for whoever releases the socket."""

EVENTS_AT_ONCE = 1000
"""Connections that are taken note of at one look."""

UNCOUNTED = 4096
"""Bytes that a connection may send before it counts: greeting and handshake, keys included. A
connection takes more memory than that by itself."""

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
RECEIVED_AT = 128
"""Where `tcpi_bytes_received` stands in the kernel's `struct tcp_info`."""

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
_REFUSE_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
_FILTER = struct.pack("HP", 1, ctypes.addressof(_REFUSE_ALL))
"""A program of the kernel's packet filter that lets nothing pass, and the structure naming it."""

_libc = ctypes.PyDLL(None)
"""The C library, called without letting go of the interpreter."""

_drain = bytearray(65536)


class Note(NamedTuple):
    """What the thread that reads a socket took out of it.

    Parameters
    ----------
    descriptor : of the connection that it came by.
    size : bytes on the wire, about.
    change : a subscription that comes or goes, as XPUB tells it; else empty.
    """

    descriptor: int
    size: int
    change: bytes = b""


class Connection:
    """One peer of a socket. Used by the guard's thread.

    Parameters
    ----------
    descriptor : libzmq's; what it leads to is checked before it is touched.

    Attributes
    ----------
    unread : bytes that libzmq took from the kernel and no reader has taken from libzmq: parts of a
        message that is not complete, or messages that wait.
    moved : bytes that it sent since the last look but one.
    arrivals, backlog : how often a peer of the control socket was seen to send, and to have sent
        more than libzmq had taken, since its last whole request.
    pid : the process at its other end, where the kernel says so: of the control socket's.
    """

    def __init__(self, descriptor: int, connections: "Connections") -> None:
        self.descriptor = descriptor
        self.connections = connections
        self.unread = 0.0
        self.moved = 0
        self.arrivals = self.backlog = 0
        self.memory: int | None = None
        """What the process took when the first of those arrived, or before, bytes."""
        self.pid: int | None = None
        self._topics: set[bytes] = set()
        self._topic_bytes = self._image_topics = 0
        self._consumed = 0
        self._looked_at = time.monotonic()
        self.gone = self.was_cut = False
        self._peer: object = None
        with suppress(OSError), _borrowed(descriptor) as peer:
            if connections.owns(peer):
                self._peer = peer.getpeername()
                self.pid = _pid(peer) if peer.family == socket.AF_UNIX else None

    @property
    def weight(self) -> float:
        """Bytes that it makes the engine keep, beyond what any connection may."""
        return max(0.0, self.unread + self._topic_bytes - UNCOUNTED)

    @property
    def listens(self) -> bool:
        """Whether it subscribed to images."""
        return self._image_topics > 0

    def note(self, note: Note) -> None:
        """Take note of what was read from it."""
        self.unread -= note.size
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
                waiting = _waiting(peer)
                received = _received(peer)
        except OSError:
            return False  # it is gone, and its monitor will say so
        if received is None:
            self.arrivals += arrived
            self.backlog += waiting > 0
            return waiting > 0
        now, consumed = time.monotonic(), received - waiting
        leaked = LEAK * (now - self._looked_at)
        # Never below zero: nobody saves up for a flood by being quiet.
        self.unread = max(0.0, self.unread + consumed - self._consumed - leaked)
        self.moved = received - self._consumed
        self._consumed, self._looked_at = consumed, now
        return waiting > 0

    def hold(self) -> None:
        """Let nothing more of it reach libzmq, while it is still connected and can be named."""
        self.was_cut = True
        with suppress(OSError), self._borrowed() as peer:
            if peer.family != socket.AF_UNIX:
                peer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)
                _discard(peer)

    def cut(self) -> None:
        """End the connection, and what the kernel still has of it."""
        with suppress(OSError), self._borrowed() as peer:
            # First, for libzmq closes it at once: nothing would tell the peer any more.
            if peer.family != socket.AF_UNIX:
                with suppress(FileNotFoundError):  # it was never held
                    peer.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            peer.shutdown(socket.SHUT_RDWR)
            _discard(peer)

    def name(self) -> str:
        """Name the program at its other end; on another machine, host and port."""
        found = None
        if self.pid is not None:
            found = holder(self.pid)
        else:
            with suppress(OSError), self._borrowed() as peer:
                found = peer_holder(peer.getpeername(), peer.getsockname())
        return str(found) if found else self.address

    @property
    def address(self) -> str:
        """Host and port, or the process on this machine."""
        if not isinstance(self._peer, tuple):
            return f"a program on this machine (pid {self.pid})"
        host, port, *_ = self._peer
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

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
    monitor : the socket's, which tells of `MONITORED`; used under the guard's lock.
    places : the port that the socket listens at, or the paths of unix sockets.
    door : is told of clients that it turned away unasked.
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
        self.refusals = Refusals()
        """Those that were cut."""
        self.wake: Callable[[], None] = lambda: None
        """Has the guard look soon."""

    @property
    def listeners(self) -> int:
        """How many clients subscribe to images."""
        return self.audience[1]

    @property
    def noted(self) -> bool:
        """Whether something was read since the last look."""
        return bool(self._notes)

    def owns(self, peer: socket.socket) -> bool:
        """Whether a connection is one that this socket accepted."""
        name = peer.getsockname()
        place = name if peer.family == socket.AF_UNIX else name[1]
        return place in self._places

    def took(self, frame: zmq.Frame) -> None:
        """Note that a part of a message was taken out; called by the thread that reads."""
        with suppress(zmq.ZMQError):  # XPUB's word of a client that left came by no connection
            size = _wire_bytes(len(frame), encrypted=self._door is not None)
            self._notes.append(Note(int(frame.get(zmq.SRCFD)), size))

    def took_change(self, frame: zmq.Frame) -> None:
        """Note a subscription as XPUB reports it: 0x01 and a topic comes, 0x00 and a topic goes.

        Source: https://rfc.zeromq.org/spec/29/, "The XPUB Socket Type".
        """
        with suppress(zmq.ZMQError):
            size = _wire_bytes(len(frame) + COMMAND_BYTES, encrypted=self._door is not None)
            self._notes.append(Note(int(frame.get(zmq.SRCFD)), size, frame.bytes))
            self.wake()

    def settle(self) -> "Iterator[Connection]":
        """Bring the table up to date; yield the connections that have news.

        The monitor is asked between: whoever sent what was read is known by then.
        """
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        yield from self._connected()
        for note in notes:
            connection = self._table.get(note.descriptor)
            if connection is not None:
                self._apply(note, connection)
                yield connection

    def refuse(self, reason: str, count: int) -> None:
        """Count clients that were cut."""
        self.refusals = Refusals(self.refusals.count + count, reason, time.time_ns())

    def _connected(self) -> Iterator[Connection]:
        """Take note of connections that came and went."""
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
        came, listening = self.audience
        self.audience = came, listening - connection.listens
        return connection

    def _apply(self, note: Note, connection: Connection) -> None:
        before = connection.listens
        connection.note(note)
        change = connection.listens - before
        came, listening = self.audience
        self.audience = came + max(0, change), listening + change


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


def _waiting(peer: socket.socket) -> int:
    """Return the bytes that the kernel has for us."""
    count = ctypes.c_int()
    _libc.ioctl(peer.fileno(), termios.FIONREAD, ctypes.byref(count))
    return count.value


def _received(peer: socket.socket) -> int | None:
    """Return the bytes that a peer has sent; None where the kernel does not count them."""
    if peer.family == socket.AF_UNIX:
        return None
    info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    if len(info) < RECEIVED_AT + 8:  # before Linux 4.1
        return None
    return int.from_bytes(info[RECEIVED_AT : RECEIVED_AT + 8], sys.byteorder)


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
    return length + (9 if length > 255 else 2)

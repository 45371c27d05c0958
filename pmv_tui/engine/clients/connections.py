"""Who is connected to one of the engine's sockets: a table, what each has sent and been sent."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from typing import NamedTuple, cast

import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.engine.clients.delivery import (
    Delivery,
    Missed,
    Offer,
    client_ids,
    distinguished,
    not_known,
)
from pmv_tui.engine.clients.gate import Door, Refusals
from pmv_tui.engine.clients.kernel import KernelSide
from pmv_tui.network import Ends, Holder, holder, peer_holders
from pmv_tui.wire.image import TOPIC_IMAGE
from pmv_tui.wire.status import ClientStatus

MONITORED = (
    zmq.EVENT_CLOSED | zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED
)
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

POLLIN = int(zmq.POLLIN)
"""As a plain number: pyzmq's own takes as long as the question whether a message waits."""

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
    descriptor : libzmq's.
    connections : the table that it stands in.

    Attributes
    ----------
    kernel : what the kernel says of it.
    identified : whether anything is known to have come by it.
    unread : bytes that libzmq took from the kernel and no reader has taken from libzmq: parts of a
        message that is not complete, or messages that wait.
    moved : bytes that it sent since the last look but one.
    arrivals, backlog : how often a peer of the control socket was seen to send since its last whole
        request, and how many bytes that were at least: those that libzmq had not taken yet.
    memory : what the process took when the first of those arrived, or before, bytes.
    since : when it subscribed to images, ns since the epoch.
    answers : whether it answers images; set by the receiver's thread.
    holder : the program at its other end, once that was looked up; `sought` from its begin on.
    """

    def __init__(self, descriptor: int, connections: "Connections") -> None:
        self.descriptor = descriptor
        self.connections = connections
        self.kernel = KernelSide(descriptor, connections.places)
        self.identified = False
        self.unread = 0.0
        self.moved = 0
        self.arrivals = self.backlog = self._waiting = 0
        self.memory: int | None = None
        self._topics: set[bytes] = set()
        self._topic_bytes = self._image_topics = 0
        self._consumed = 0
        self.looked_at = time.monotonic()
        self.gone = self.was_cut = False
        self.number = client_ids()
        self.key = ""
        self.answers = self.sought = False
        self.holder: Holder | None = None
        self.since = 0
        self._delivery: Delivery | None = None
        """Of one that subscribed to images, where the kernel counts."""

    @property
    def weight(self) -> float:
        """Bytes that it makes the engine keep, beyond what any connection may.

        Topics that somebody sent before, by a connection whose descriptor this one has now, may be
        taken for its own where they are read late: never more than it can have sent itself.
        """
        topics = min(self._topic_bytes, TOPIC_COST * self._consumed)
        return max(0.0, self.unread + topics - UNCOUNTED)

    def may_have_sent(self, note: Note) -> bool:
        """Whether what libzmq names no connection of came by this one: it speaks an old ZMTP.

        libzmq takes any byte but the first of ZMTP 2 for the begin of ZMTP 1, also a browser's, and
        then pretends that its sender subscribed. One that truly did has sent just that by then.
        """
        if self.identified or self.listens:
            return not self.identified
        if self.over_ipc:
            return True  # no browser gets there, and nothing is counted
        with suppress(OSError):
            received, acked = self.kernel.exchanged()
            greeted = OLD_GREETING <= acked < GREETING
            if not note.change:
                return bool(received) and acked < GREETING
            return greeted or received - len(note.change) - SHORT_HEADER in OLD_GREETINGS
        return False

    @property
    def over_ipc(self) -> bool:
        """Whether it came by a unix socket, of which the kernel counts no bytes."""
        return self.kernel.pid is not None

    @property
    def listens(self) -> bool:
        """Whether it subscribed to images."""
        return self._image_topics > 0

    def note(self, note: Note) -> None:
        """Note what was read from it."""
        self.unread -= note.size
        self.identified = self.identified or note.descriptor != NAMELESS
        self.key = note.key or self.key
        if not self.connections.behind:
            self.finished()
        topic = note.change[1:]
        if note.change[:1] == b"\x01" and topic not in self._topics:
            self._topics.add(topic)
            self._count_topic(topic, 1)
        elif note.change[:1] == b"\x00" and topic in self._topics:
            self._topics.discard(topic)
            self._count_topic(topic, -1)

    def finished(self) -> None:
        """Note that what it sent so far is whole: a message, or the handshake."""
        self.arrivals, self.backlog, self.memory = 0, 0, None

    def _count_topic(self, topic: bytes, change: int) -> None:
        self._topic_bytes += change * (len(topic) + TOPIC_COST)
        self._image_topics += change * TOPIC_IMAGE.startswith(topic)

    def look(self, *, arrived: bool) -> bool:
        """Ask the kernel what it has sent; return whether libzmq has not taken all of it yet."""
        try:
            waiting, received = self.kernel.arrived()
        except OSError:
            return False  # it is gone, and its monitor will say so
        if received is None:
            self.unread = 0.0  # what was read is no credit for what comes
            self.arrivals += arrived
            self.backlog += max(0, waiting - self._waiting)
            self._waiting = waiting
            return waiting > 0
        now, consumed = time.monotonic(), received - waiting
        leaked = LEAK * (now - self.looked_at)
        # Never below zero: nobody saves up for a flood by being quiet.
        self.unread = max(0.0, self.unread + consumed - self._consumed - leaked)
        self.moved = received - self._consumed
        self._consumed, self.looked_at = consumed, now
        return waiting > 0

    def name(self) -> str:
        """Name the program at its other end; on another machine, host and port."""
        self.look_up(peer_holders([self.kernel.ends] if self.kernel.ends else []))
        return str(self.holder) if self.holder else self.kernel.address

    def look_up(self, holders: dict[Ends, Holder]) -> None:
        """Find the program at its other end, for tcp among others."""
        if self.kernel.pid is not None:
            self.holder = holder(self.kernel.pid)
            return
        self.holder = holders.get(self.kernel.ends) if self.kernel.ends else None

    def begin(self, offer: Offer) -> None:
        """Count what it gets of the images that are offered from now on: it subscribed."""
        self.since = time.time_ns()
        if (taken := self.kernel.taken()) is not None:
            self._delivery = self._delivery or Delivery()
            self._delivery.begin(offer, taken)

    def count(self, offer: Offer) -> int:
        """Look at how many images it got of those that were offered; return how many it missed."""
        taken = self.kernel.taken() if self._delivery else None
        return self._delivery.look(offer, taken) if self._delivery and taken else 0

    def end(self) -> int:
        """Return how many images more it missed, now that it listens no more."""
        return self._delivery.end() if self._delivery else 0

    def status(self) -> ClientStatus:
        """Report who it is and what it gets."""
        program = self.kernel.address
        if self.holder:
            program = f"{self.holder.program} (pid {self.holder.pid})"
        return ClientStatus(
            **(self._delivery.status() if self._delivery else not_known(self._why_uncounted)),
            id=self.number,
            name=f"{self.key}: {program}" if self.key else program,
            pid=self.holder.pid if self.holder else None,
            address="this machine" if self.over_ipc else self.kernel.address,
            key=self.key,
            since=self.since,
            road="ipc" if self.over_ipc else "tcp",
            holds=0,
            answers=None,
        )

    @property
    def _why_uncounted(self) -> str:
        if self.over_ipc:
            return "the kernel does not count what goes over ipc"
        return "this system's kernel does not count what it gets"


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
        self.places = places
        self._door = door
        self._notes: deque[Note] = deque()
        self._table: dict[int, Connection] = {}
        self.audience = (0, 0)
        """Clients that ever subscribed to images, and those that do now."""
        self.clients: tuple[ClientStatus, ...] = ()
        """Those that subscribe to images now, as of the last look at what they get."""
        self.missed = Missed()
        """What they missed, and those that left."""
        self.behind = False
        """Whether more subscriptions wait, in ZeroMQ's memory, than are read at one look."""
        self._offer = Offer()
        self._topic_size = self._on_wire(len(TOPIC_IMAGE))
        self._news = False
        """Whether the list of clients is another since it was made."""
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

    def note_offer(self, metadata: int, image: int) -> None:
        """Note that parts of so many bytes were sent to whoever listens, by the thread that did."""
        size = self._topic_size + self._on_wire(metadata) + self._on_wire(image)
        images, total, _ = self._offer
        self._offer = Offer(images + 1, total + size, time.monotonic())

    def _on_wire(self, length: int) -> int:
        """Return what a part takes on the wire: its length, a header, and what CURVE adds."""
        length += CURVE_BYTES * (self._door is not None)
        return length + (9 if length > 255 else SHORT_HEADER)

    def at(self, descriptor: int) -> Connection | None:
        """Return the connection of a descriptor, where it is known by now; for any thread."""
        return self._table.get(descriptor)

    def took(self, frame: zmq.Frame) -> int:
        """Note that a part of a message was taken out; called by the thread that reads.

        Returns
        -------
        The descriptor of the connection that it came by, or NAMELESS.
        """
        source = _source(frame)
        key = str(frame.get("User-Id")) if self._door is not None else ""
        self._notes.append(Note(source, self._on_wire(len(frame)), key=key))
        return source

    def took_change(self, frame: zmq.Frame) -> None:
        """Note a subscription as XPUB reports it: 0x01 and a topic comes, 0x00 and a topic goes.

        Source: https://rfc.zeromq.org/spec/29/, "The XPUB Socket Type".
        """
        change, source, key = frame.bytes, _source(frame), ""
        if source == NAMELESS and change[:1] != b"\x01":
            return  # of a client that has left
        if self._door is not None:
            key = str(frame.get("User-Id"))  # what the gate calls it
        size = self._on_wire(len(frame) + COMMAND_BYTES)
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
                before = connection.listens
                connection.note(note)
                self._count_listeners(connection, connection.listens - before)
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
        self.clients = distinguished(each.status() for each in listening)

    def unnamed(self) -> list[Connection]:
        """Return those that get images, or answer them, and were not looked up; each once."""
        found = [
            each
            for each in self._table.values()
            if (each.listens or each.answers) and not each.sought
        ]
        for each in found:
            each.sought = True
        return [each for each in found if each.kernel.local]

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
                    connection = self._table.pop(descriptor)
                    connection.gone = True
                    self._count_listeners(connection, -int(connection.listens))
                    yield connection
                case zmq.EVENT_HANDSHAKE_SUCCEEDED if descriptor in self._table:
                    self._table[descriptor].finished()
                case _ if self._door is not None:
                    self._door.count_stranger(event)

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


def readable(socket_: zmq.Socket[bytes]) -> bool:
    """Whether a message waits: cheaper than a poll, and than the error of an empty receive."""
    return bool(cast("int", socket_.get(zmq.EVENTS)) & POLLIN)


def _source(frame: zmq.Frame) -> int:
    """Return the descriptor of the connection that a part of a message came by, or NAMELESS."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return NAMELESS

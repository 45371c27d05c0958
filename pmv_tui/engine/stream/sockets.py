"""The two sockets of a plugged camera: made, bound, and released so that the address is free."""

import errno
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import cast

import zmq
from zmq.utils.monitor import recv_monitor_message

from pmv_tui.config.addresses import Address
from pmv_tui.control.client import called
from pmv_tui.curve import KeyFileError
from pmv_tui.engine.clients.connections import MONITORED, Connections
from pmv_tui.engine.clients.delivery import SEND_QUEUE
from pmv_tui.engine.clients.gate import STRANGERS, Door, Gate
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.errands import DISK_LIMIT, Errand, Overdue, silent_disk
from pmv_tui.network import LIMIT, NameTrouble, holder_of, look_up, silent, why_not_bound
from pmv_tui.socket_file import NoSocketFile, SocketFile
from pmv_tui.system import PLUGGED, why_no_room
from pmv_tui.threads import InOrder, in_background
from pmv_tui.wire.overlay import MAX_MESSAGE_BYTES

SEND_BUFFER = 256 * 1024
"""Bytes the kernel holds for a client: the size that gave the lowest latency."""

COPY_BELOW = 300_000
"""Bytes up to which copying an image is as fast as handing over its memory: about 640x480."""

LONGEST_SUBSCRIPTION = 1024
"""Bytes; a client that sends more to a PUB socket is disconnected before it is read."""

KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3
"""Seconds of silence after which the kernel asks whether a client's machine is still there, seconds
to the next such question, and how many without an answer end the connection."""

RELEASE_TIMEOUT = 1_000
"""ms that closing a listening socket may take; it was seen to take 2."""

RECEIVE_QUEUE = 200
"""Overlay messages or subscriptions of a client that wait; beyond it a flooding client waits, not
the engine: ZeroMQ takes in all subscriptions that wait at once, however long a frame waits for it.
"""

RECEIVE_BUFFER = 64 * 1024
"""Bytes that the kernel holds of what a client sends. Left to itself it holds tens of MB of a
flood, which would all be read after it."""


_monitors = count(1)  # the name of a closed one stays taken for a moment


class BindError(Exception):
    """A socket cannot be bound; the text says which address, why, and what to do.

    Parameters
    ----------
    taken : the address, where another program has it; who that is takes a while to find out.
    """

    def __init__(self, text: str, taken: Address | None = None) -> None:
        super().__init__(text)
        self.taken = taken


class BoundSocket:
    """A ZeroMQ socket bound to one address.

    Parameters
    ----------
    context : the engine's.
    kind : `zmq.XPUB` or `zmq.PULL`.
    address : where it listens.
    guard : watches who is connected.
    door : lets in who may connect; None: everybody may, without encryption.

    Raises
    ------
    BindError : it cannot listen there; no socket is left behind.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        kind: int,
        address: Address,
        guard: Guard,
        door: Door | None = None,
    ) -> None:
        if why := why_no_room(PLUGGED // 2):
            raise BindError(f"{address} is not bound: {why}")
        self.address = address
        self._guard = guard
        self._file: SocketFile | None = None
        try:
            self.socket = context.socket(kind)
        except zmq.ZMQError as error:
            raise BindError(_bind_problem(address, error)) from None
        self._set_options(kind)
        strangers = STRANGERS if door else 0
        self._monitor = make_monitor(context, self.socket, MONITORED | strangers)
        place = address.path or address.port
        self.connections = Connections(self._monitor, {place}, door)
        try:
            if door is not None:
                door.guard(self.socket)
            if address.path:
                self._listen_at(address.path)
            self.socket.bind(address.endpoint)
        except NoSocketFile as error:
            self._close()
            raise _no_socket_file(address, error) from None
        except zmq.ZMQError as error:
            self._close()
            taken = address if error.errno == errno.EADDRINUSE else None
            raise BindError(_bind_problem(address, error), taken) from None
        guard.watch(self.connections)

    @property
    def numeric(self) -> str:
        """Host and port that it is bound to, in numbers, `0.0.0.0` for every interface; or path."""
        if self.address.path:
            return self.address.path
        return cast("bytes", self.socket.last_endpoint).decode().strip("\0").removeprefix("tcp://")

    def release(self) -> None:
        """Close the socket; when this returns the address can be bound again."""
        self._guard.release(self.connections)
        self._remove_file()
        self.socket.unbind(cast("bytes", self.socket.last_endpoint))
        end = time.monotonic() + RELEASE_TIMEOUT / 1000
        while (left := end - time.monotonic()) > 0 and self._monitor.poll(int(left * 1000)):
            if recv_monitor_message(self._monitor)["event"] == zmq.EVENT_CLOSED:
                break
        self._close()

    @property
    def lost(self) -> bool:
        """Whether the file of its address is gone, so that nobody new can connect."""
        return self._file is not None and self._file.lost

    def _listen_at(self, path: str) -> None:
        """Have ZeroMQ use a socket that listens: one of its own would replace whatever is there."""
        # The file's mode keeps other users out; this does where somebody has loosened that.
        self._file = SocketFile(path)
        self.socket.setsockopt(zmq.IPC_FILTER_UID, os.geteuid())
        self.socket.setsockopt(zmq.USE_FD, self._file.listening.detach())

    def _remove_file(self) -> None:
        if self._file is not None:
            self._file.remove()

    def _set_options(self, kind: int) -> None:
        """Set how much may wait in the socket, and how long a message may be."""
        self.socket.linger = 0
        self.socket.rcvhwm = RECEIVE_QUEUE
        self.socket.rcvbuf = RECEIVE_BUFFER
        self.socket.ipv6 = self.address.host.startswith("[")
        self._keep_alive()
        if kind == zmq.XPUB:
            # Every subscription is reported, so clients are counted.
            self.socket.xpub_verboser = True
            self.socket.maxmsgsize = LONGEST_SUBSCRIPTION
            self.socket.sndhwm = SEND_QUEUE
            self.socket.sndbuf = SEND_BUFFER
            self.socket.copy_threshold = COPY_BELOW
        else:
            # A longer message is malformed and counted; one much longer is never read at all.
            self.socket.maxmsgsize = 4 * MAX_MESSAGE_BYTES

    def _keep_alive(self) -> None:
        """Have the kernel notice a client's machine that is gone, for ZeroMQ's heartbeats may not.

        A client whose libzmq is older than 4.2 reads them as messages; one that is slow or frozen
        answers too late, and would be cut; and libzmq ends the process where a client dies whose
        queue to here is full while they are on (libzmq issue 4364).
        """
        self.socket.tcp_keepalive = 1
        self.socket.tcp_keepalive_idle = KEEPALIVE_IDLE
        self.socket.tcp_keepalive_intvl = KEEPALIVE_INTERVAL
        self.socket.tcp_keepalive_cnt = KEEPALIVE_COUNT

    def _close(self) -> None:
        self._remove_file()
        self.socket.disable_monitor()
        self._monitor.close(linger=0)
        self.socket.close()


def _no_socket_file(address: Address, error: NoSocketFile) -> BindError:
    """Return why the file of an address cannot be made, and what to do."""
    if error.obstacle.in_use:
        return BindError(in_use(address, "another program"), address)
    return BindError(f"{address}: {error}")


def release_all(sockets: Iterable[BoundSocket]) -> None:
    """Close sockets; when this returns their addresses can be bound again."""
    for bound in sockets:
        bound.release()


def make_monitor(
    context: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes], events: int
) -> zmq.Socket[bytes]:
    """Have ZeroMQ report what happens to a socket's connections; the other end is returned."""
    endpoint = f"inproc://monitor-{next(_monitors)}"
    socket.monitor(endpoint, events)
    monitor = context.socket(zmq.PAIR)
    # A full queue would stop the thread that carries all images until it is read.
    monitor.rcvhwm = 0
    monitor.connect(endpoint)
    return monitor


def _bind_problem(address: Address, error: zmq.ZMQError) -> str:
    """Return why an address cannot be bound, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return in_use(address, "another program")
    return f"{address}: {why_not_bound(address, error.errno, error.strerror)}"


def in_use(address: Address, holder: str) -> str:
    """Say that an address is in use, by whom, and what to do."""
    return f"{address} is in use by {holder}; end it, or give the camera another address"


HOLDER_LIMIT = 2.0
"""Seconds that finding out who has a port may take."""

_holders = InOrder("port holders")


async def in_numbers(address: Address) -> Address:
    """Look up an address's host, where that is a name, or where the links of its path lead.

    Raises
    ------
    BindError : there is no such host, or the name server or the path's disk does not answer.
    """
    if address.path:
        return await _looked_up(address)
    if not address.needs_look_up:
        return address
    try:
        return replace(address, number=await Errand(look_up(address.host), LIMIT))
    except Overdue:
        raise BindError(silent(address)) from None
    except NameTrouble as trouble:
        raise BindError(f"{address}: {trouble}") from None


async def _looked_up(address: Address) -> Address:
    """Look up a path aside; the main thread uses it only where its disk has just answered."""
    try:
        found: Address = await Errand(in_background(address.looked_up, "socket file"), DISK_LIMIT)
    except Overdue:
        raise BindError(f"{address}: {silent_disk(Path(address.path).parent)}") from None
    return found


async def read_keys(gate: Gate | None, door: Door | None) -> None:
    """Read the keys that a camera's sockets are bound with, where `[security]` is on.

    Raises
    ------
    BindError : the rig has none, or their disk does not answer.
    """
    if gate is None or door is None:
        return
    try:
        await Errand(gate.read_keys(door), DISK_LIMIT)
    except KeyFileError as error:
        raise BindError(str(error)) from None
    except Overdue:
        raise BindError(silent_disk(gate.folder)) from None


async def explained(error: BindError) -> BindError:
    """Name the program that has an address, where that is why it could not be bound."""
    taken = error.taken
    if taken is None:
        return error
    try:
        holder = await Errand(_holders.submit(lambda: _holder_of(taken)), HOLDER_LIMIT)
    except Overdue:
        return error
    return BindError(in_use(taken, holder), taken) if holder else error


def _holder_of(address: Address) -> str:
    """Name who has an address; empty where that is not seen."""
    holder = holder_of(address)
    return called(holder.pid, address.ending) if holder else ""

"""What the kernel says of a connection: what it carried, and who is at its other end.

libzmq owns the connection's descriptor: it is borrowed, never owned.
"""

import ctypes
import select
import socket
import struct
import sys
import termios
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from pmv_tui.engine.clients.delivery import Taken
from pmv_tui.network import Ends, ends_of
from pmv_tui.untrusted import peer_of

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


class _PollFd(ctypes.Structure):
    """C's `struct pollfd`."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class KernelSide:
    """A connection as the kernel has it. Used by the guard's thread.

    Parameters
    ----------
    descriptor : libzmq's; where it leads elsewhere by now, what is asked raises OSError.
    places : the port where its connections come in, or the paths of unix sockets.

    Attributes
    ----------
    pid : the process at its other end, of a unix socket.
    ends : both ends, of one over tcp.
    """

    def __init__(self, descriptor: int, places: Collection[int | str]) -> None:
        self._descriptor = descriptor
        self._identity: object = None
        self.pid: int | None = None
        self.ends: Ends | None = None
        with suppress(OSError), _borrowed(descriptor) as peer:
            name, own = peer.getpeername(), peer.getsockname()
            unix = peer.family == socket.AF_UNIX
            if (own if unix else own[1]) not in places:
                return
            self._identity = _identity(peer)
            if unix:
                self.pid = peer_of(peer).pid
            else:
                self.ends = ends_of(name, own)

    @property
    def address(self) -> str:
        """Host and port of the other end, or the process on this machine."""
        if self.ends is None:
            return f"a program on this machine (pid {self.pid})" if self.pid else "not known"
        (host, port), _ = self.ends
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def local(self) -> bool:
        """Whether its other end is on this machine, so that the program there can be named."""
        if self.ends is None:
            return self.pid is not None
        (theirs, _), (ours, _) = self.ends
        return theirs == ours or theirs.startswith("127.")

    def arrived(self) -> tuple[int, int | None]:
        """Return the bytes that wait for libzmq, and all that ever came; None: not counted.

        Not checked whose they are by now, as all else: that would let go of the interpreter, and to
        get it back takes as long as many of these looks.
        """
        with _borrowed(self._descriptor) as peer:
            counts = peer.family != socket.AF_UNIX
            return _queued(peer, termios.FIONREAD), _count(peer, RECEIVED_AT) if counts else None

    def exchanged(self) -> tuple[int, int]:
        """Return the bytes that came, and those sent that its machine has confirmed; 0: unknown."""
        with self._checked() as peer:
            return _count(peer, RECEIVED_AT) or 0, _count(peer, ACKED_AT) or 0

    def taken(self) -> Taken | None:
        """Return what was sent and confirmed; None where that is not counted, or it is gone."""
        with suppress(OSError), self._checked() as peer:
            before = _queued(peer, termios.TIOCOUTQ)
            acked = _count(peer, ACKED_AT)
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
        return None

    def hold(self) -> None:
        """Let nothing more of it reach the kernel, while it is still connected and can be named.

        What the kernel has already goes on to libzmq: were it taken away here, libzmq would find no
        sense in what follows, and close the connection before it is named.
        """
        with suppress(OSError), self._checked() as peer:
            if peer.family != socket.AF_UNIX:
                # However it ends, its peer hears of it at once: one that waits for room here, as
                # it has sent more than there was, would else ask in vain for a minute.
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                peer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)

    def cut(self) -> None:
        """End the connection, and what the kernel still has of it."""
        with suppress(OSError), self._checked() as peer:
            # First, for libzmq closes it at once: nothing would reach the peer any more.
            if peer.family != socket.AF_UNIX:
                with suppress(FileNotFoundError):  # it was never held
                    peer.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            peer.shutdown(socket.SHUT_RDWR)
            with suppress(BlockingIOError):
                while peer.recv_into(_drain, 0, socket.MSG_DONTWAIT):
                    pass

    @contextmanager
    def _checked(self) -> Iterator[socket.socket]:
        with _borrowed(self._descriptor) as peer:
            if _identity(peer) != self._identity:
                raise OSError("the descriptor is another connection's by now")
            yield peer


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """Use a descriptor of libzmq's; it stays open."""
    borrowed = socket.socket(fileno=descriptor)
    try:
        yield borrowed
    finally:
        borrowed.detach()


def _queued(peer: socket.socket, request: int) -> int:
    """Return the bytes that the kernel has: from a peer (FIONREAD), or for it (TIOCOUTQ)."""
    count = ctypes.c_int()
    _libc.ioctl(peer.fileno(), request, ctypes.byref(count))
    return count.value


def _count(peer: socket.socket, at: int) -> int | None:
    """Return a count of bytes out of the kernel's `struct tcp_info`; None before Linux 4.1."""
    info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    return int.from_bytes(info[at : at + 8], sys.byteorder) if len(info) >= at + 8 else None


def _identity(peer: socket.socket) -> object:
    """Return what a socket shares with no other; before Linux 4.12 with few."""
    try:
        return peer.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8)
    except OSError:
        return peer.getsockname(), peer.getpeername()

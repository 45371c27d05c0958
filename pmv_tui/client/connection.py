"""A ZeroMQ socket connected to one address, closed when nobody holds it any more."""

import os
import re
import weakref
from contextlib import suppress
from threading import Thread
from typing import cast

import zmq

from pmv_tui.curve import AnyKey, Key

# ZeroMQ takes a port above 65535, and then means another.
_ADDRESS = re.compile(r"tcp://(?P<host>\[[^\]]+\]|[^:/*]+):(?P<port>[0-9]{1,5})")


_FILE = re.compile(r"ipc://(?P<path>/.+)")

LONGEST_PATH = 107
"""Bytes of the path of a unix socket."""


END_TIMEOUT = 1.0
"""Seconds that closing may take; a name server that does not answer would hold it up for ten."""


class Connection:
    """A connected socket in a context of its own; ZeroMQ connects again by itself when it breaks.

    Parameters
    ----------
    kind : `zmq.SUB` or `zmq.PUSH`.
    address : where the other side is bound, `tcp://host:port` or `ipc:///path`; it need not be
        there yet.
    options : ZeroMQ's socket options, set before the connection is made.
    key : lets this client in, where the rig asks for one.

    Raises
    ------
    ValueError : the address is none, or the key's file cannot be used.
    """

    def __init__(
        self, kind: int, address: str, options: dict[int, int], key: AnyKey | None = None
    ) -> None:
        check_address(address)
        key = None if key is None else Key.of(key)
        context = zmq.Context[zmq.Socket[bytes]]()
        self._process = os.getpid()
        self.address = address
        self.socket = context.socket(kind)
        # Also called when this object is no longer held, and when the interpreter ends: a plain
        # `for` loop that was left needs no `close`.
        self._close = weakref.finalize(self, _end, context, self.socket)
        # Only where it is asked for: a name's IPv6 address would be tried, and no other.
        self.socket.ipv6 = address.startswith("tcp://[")
        for option, value in options.items():
            self.socket.setsockopt(option, value)
        if key is not None:
            key.apply(self.socket)
        try:
            self.socket.connect(address)
        except zmq.ZMQError:
            self.close()
            raise _no_address(address) from None

    def close(self) -> None:
        """Close the socket; again is no error."""
        self._close()

    def refuse_fork(self, made_by: str) -> None:
        """Check that this process made the connection. See `check_process`."""
        check_process(made_by, self._process)

    def readable(self) -> bool:
        """Return whether a message waits: cheaper than a poll."""
        return bool(cast("int", self.socket.get(zmq.EVENTS)) & zmq.POLLIN)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return not self._close.alive


def check_address(address: str) -> None:
    """Check that this is an address; a ValueError says what one looks like."""
    if path_of(address) is None:
        split(address)


def path_of(address: str) -> str | None:
    """Return the path of an ipc address; None of another.

    Raises
    ------
    ValueError : no socket can have it.
    """
    match = _FILE.fullmatch(address) if isinstance(address, str) else None
    if match is None:
        return None
    if len(os.fsencode(match["path"])) > LONGEST_PATH:
        raise ValueError(f"{address}: the path of a socket has {LONGEST_PATH} bytes at most")
    return match["path"]


def split(address: str) -> tuple[str, int]:
    """Return the host and the port of a tcp address.

    Raises
    ------
    ValueError : it is none.
    """
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if match is None or not 1 <= int(match["port"]) <= 65535:
        raise _no_address(address)
    return match["host"], int(match["port"])


def _no_address(address: object) -> ValueError:
    return ValueError(
        f"{address!r} is not an address; one looks like tcp://localhost:5555, or "
        "ipc:///run/user/1000/left"
    )


def check_process(made_by: str, process: int) -> None:
    """Check that this is the process that made a connection: at a fork ZeroMQ's threads stay
    behind, and whoever waits for them waits for ever.

    Parameters
    ----------
    made_by : the function that makes such a connection.
    process : in which it was called.

    Raises
    ------
    RuntimeError : it is another process; says what to do.
    """
    if os.getpid() != process:
        raise RuntimeError(
            f"{made_by} was called in process {process}, before this one was forked from "
            f"it: call {made_by} in the process that uses it"
        )


def _end(context: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes]) -> None:
    """Close a socket and its context; what ZeroMQ still waits for is left behind."""
    socket.close(linger=0)
    ending = Thread(target=context.term, daemon=True)
    with suppress(RuntimeError):  # No thread begins while the interpreter ends, which ends it all.
        ending.start()
        ending.join(END_TIMEOUT)

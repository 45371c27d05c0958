"""The socket pair between engine and viewer: whole messages, with or without a descriptor.

Sequenced packets keep messages whole, and its end is told to either side at once, however the other
one ended. No name, no port, no file.
"""

import os
import select
import socket
from collections.abc import Iterator
from typing import Any

from pmv_tui.viewer.messages import MAX_MESSAGE_BYTES, pack, unpack


class LinkClosed(Exception):  # noqa: N818 - what happened, not an error
    """The other side has ended."""


class MessageTooLong(ValueError):  # noqa: N818 - what happened, not an error
    """A message that would not fit in a packet."""


def make_pair() -> tuple[socket.socket, socket.socket]:
    """Make the engine's end and the viewer's."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def check_length(message: dict[str, Any]) -> bytes:
    """Encode a message.

    Raises
    ------
    MessageTooLong : it is longer than `MAX_MESSAGE_BYTES`.
    """
    data = pack(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageTooLong(f"{len(data)} bytes; a message has {MAX_MESSAGE_BYTES} at most")
    return data


def send(link: socket.socket, message: dict[str, Any], fd: int | None = None) -> bool:
    """Send a message; False where the socket is full and does not block.

    Parameters
    ----------
    fd : a descriptor of which the other side gets a copy.

    Raises
    ------
    LinkClosed : nobody is there to read it.
    MessageTooLong : it is longer than `MAX_MESSAGE_BYTES`.
    """
    data = check_length(message)
    try:
        socket.send_fds(link, [data], [] if fd is None else [fd])
    except BlockingIOError:
        return False
    except (BrokenPipeError, ConnectionResetError):
        raise LinkClosed from None
    return True


def receive_waiting(link: socket.socket) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Yield the messages that wait, each with the descriptor that came with it; never blocks.

    Raises
    ------
    LinkClosed : every message was read, and no other will come.
    """
    # Asked first, as a link that blocks would: `recv_fds` takes flags, and in 3.11 ignores them.
    # Not by `select`, which knows no descriptor above 1023.
    waiting = select.poll()
    waiting.register(link, select.POLLIN)
    while waiting.poll(0):
        try:
            data, fds, _, _ = socket.recv_fds(link, MAX_MESSAGE_BYTES, 1)
        except ConnectionResetError:
            continue  # It ended with messages unread: told once, before what still waits.
        if not data:
            raise LinkClosed
        for fd in fds:
            os.set_inheritable(fd, False)
        yield unpack(data), fds[0] if fds else None

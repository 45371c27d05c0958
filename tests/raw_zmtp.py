"""A peer that speaks ZMTP itself: it can send what no library would, and sees what libraries hide.

Source: https://rfc.zeromq.org/spec/23/
"""

import socket
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)

MORE, LONG, COMMAND = 1, 2, 4


def raw_peer(place: int | str, kind: bytes) -> socket.socket:
    """Connect as a socket of a kind, `SUB` or the like, and shake hands.

    Parameters
    ----------
    place : a port on loopback, or the path of a unix socket.
    """
    if isinstance(place, int):
        peer = socket.create_connection(("127.0.0.1", place))
    else:
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(place)
    peer.sendall(GREETING)
    received(peer, len(GREETING))
    ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
    received(peer, received(peer, 2)[1])
    return peer


OLD_GREETINGS = {
    1: b"\x01\x00",  # an identity of no bytes
    2: b"\xff" + bytes(7) + b"\x01\x7f\x01%c\x00\x00",  # likewise, after version and kind
}
OLD_KINDS = {b"SUB": 2, b"PUSH": 8}


def old_peer(port: int, kind: bytes, version: int) -> socket.socket:
    """Connect as libzmq before 4.0 does, by ZMTP 1 or 2.

    Source: https://rfc.zeromq.org/spec/13/ and https://rfc.zeromq.org/spec/15/
    """
    peer = socket.create_connection(("127.0.0.1", port))
    greeting = OLD_GREETINGS[version]
    peer.sendall(greeting % OLD_KINDS[kind] if version == 2 else greeting)
    received(peer, 10 if version == 1 else 14)
    return peer


def received(peer: socket.socket, count: int) -> bytes:
    """Receive so many bytes."""
    data = b""
    while len(data) < count:
        more = peer.recv(count - len(data))
        if not more:
            raise ConnectionError("the other side has closed the connection")
        data += more
    return data


def received_frame(peer: socket.socket) -> tuple[int, bytes]:
    """Receive a frame: its flags, and what it carries."""
    (flags,) = received(peer, 1)
    size = received(peer, 8 if flags & LONG else 1)
    return flags, received(peer, int.from_bytes(size, "big"))


def part(length: int, flags: int = MORE) -> bytes:
    """Make a part of a message; by default more of them are to come."""
    if length < 256:
        return bytes([flags, length]) + b"x" * length
    return bytes([flags | LONG]) + struct.pack(">Q", length) + b"x" * length

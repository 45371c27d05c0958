"""A ZeroMQ socket of type REQ without libzmq, which bounds what a peer may send of one message.

libzmq bounds each part of a message, and not how many there are. Nor does it say that a connection
is gone. Source: https://rfc.zeromq.org/spec/23/ (ZMTP 3.0), https://rfc.zeromq.org/spec/28/ (REQ).
"""

import asyncio
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)

_READY = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 3) + b"REQ"

MORE, LONG, COMMAND = 1, 2, 4
"""Flags of a frame."""

MOST_FRAMES = 8
"""Frames of an answer, in which two are expected: an empty one and the answer."""

MOST_OF_HANDSHAKE = 4096
"""Bytes in which a peer says what it is."""


class NoAnswer(Exception):  # noqa: N818 - what happened, as it reads
    """A peer sends what is no answer, or too much of it; the text says what it does."""


class Requester:
    """A connection to a socket that answers one request after another.

    Parameters
    ----------
    reader, writer : of a unix socket that is connected.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, path: str) -> "Requester":
        """Connect to a unix socket and shake hands.

        Raises
        ------
        OSError, EOFError, NoAnswer : nobody answers there, or not as ZeroMQ does.
        """
        peer = cls(*await asyncio.open_unix_connection(path))
        try:
            await peer._shake_hands()
        except BaseException:
            peer.close()
            raise
        return peer

    @property
    def is_over(self) -> bool:
        """Whether the other side has closed the connection."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def ask(self, request: bytes, most: int) -> bytes:
        """Send a request and return its answer.

        Parameters
        ----------
        most : bytes of the answer.

        Raises
        ------
        OSError, EOFError, NoAnswer : none comes.
        """
        self._writer.write(_frame(b"", MORE) + _frame(request))
        await self._writer.drain()
        parts = []
        for _ in range(MOST_FRAMES):
            flags, part = await self._frame(most)
            if flags & COMMAND:  # such as a PING
                continue
            parts.append(part)
            if not flags & MORE:
                break
        if len(parts) != 2 or parts[0]:
            raise NoAnswer("sends no answer")
        return parts[1]

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def _shake_hands(self) -> None:
        self._writer.write(GREETING + _frame(_READY, COMMAND))
        greeting = await self._reader.readexactly(len(GREETING))
        if greeting[:1] + greeting[9:11] + greeting[12:32] != b"\xff\x7f\x03" + GREETING[12:32]:
            raise NoAnswer("does not speak ZeroMQ's protocol, version 3")
        flags, said = await self._frame(MOST_OF_HANDSHAKE)
        if not flags & COMMAND or not said.startswith(b"\x05READY"):
            raise NoAnswer("turns this program away")

    async def _frame(self, most: int) -> tuple[int, bytes]:
        """Receive a frame: its flags, and what it carries."""
        (flags,) = await self._reader.readexactly(1)
        size = int.from_bytes(await self._reader.readexactly(8 if flags & LONG else 1), "big")
        if size > most:
            raise NoAnswer(f"sends more than {most} bytes")
        return flags, await self._reader.readexactly(size)


def _frame(content: bytes, flags: int = 0) -> bytes:
    if len(content) < 256:
        return bytes([flags, len(content)]) + content
    return bytes([flags | LONG]) + len(content).to_bytes(8, "big") + content

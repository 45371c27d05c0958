"""One camera's images in shared memory, where it runs on this machine: docs/local-road.md."""

import os
import re
import select
import socket
import struct
import weakref
from contextlib import suppress
from typing import Any

from pmv_tui.client.connection import path_of, split
from pmv_tui.frames.memory import (
    HELLO,
    IMAGE_PACKET,
    LONGEST_PACKET,
    MAGIC,
    PUBLISHED_WORD,
    TEXT_PACKET,
    VERSION,
    ImageMemory,
    Packet,
    Record,
    endpoint,
)
from pmv_tui.frames.reader import ClaimingReader, Image
from pmv_tui.untrusted import peer_of

ENDED = "the engine has ended the connection"
"""The camera was unplugged, or the engine has ended."""

DESCRIPTORS = 2
"""That come with `Packet.MEMORY`."""

_BESIDE = socket.CMSG_SPACE(DESCRIPTORS * 4) if hasattr(socket, "CMSG_SPACE") else 0
_IMAGE = int(Packet.IMAGE)  # looked up by a function of Python's, at each packet

CONNECT_TIMEOUT = struct.pack("ll", 0, 200_000)
"""Seconds and µs that a connection may wait for those before it, when many come at once."""

_NUMERIC = re.compile(r"[0-9.]+|\[[0-9A-Fa-f:.]+\]")


class NoLocalRoad(ConnectionError):  # noqa: N818 - what it says
    """Images cannot be had through shared memory; the text says why."""


class OfAnotherUser(NoLocalRoad):
    """Somebody else's program has the name, and will have it for long."""


def places(address: str) -> list[str]:
    """Return where on this machine a camera may be bound that is reached at an address.

    Raises
    ------
    NoLocalRoad : the host is not this machine, as far as can be said without asking a name server.
    """
    if not hasattr(os, "memfd_create") or not hasattr(socket, "AF_UNIX"):
        raise NoLocalRoad("there is a local road on Linux alone")
    if path := path_of(address):
        return [path]
    host, port = split(address)
    every = f"[::]:{port}" if host.startswith("[") else f"0.0.0.0:{port}"
    if host == "localhost":
        return [f"127.0.0.1:{port}", every]
    if _NUMERIC.fullmatch(host) and _is_ours(host.strip("[]")):
        return [f"{host}:{port}", every]
    if host == socket.gethostname():
        return [every]
    raise NoLocalRoad(f"{host} is not known to be this machine; where it is, write localhost")


def _is_ours(number: str) -> bool:
    """Whether an IP address is one of this machine's: only then a socket can be bound to it."""
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((number, 0))
        return True
    return False


class LocalStream:
    """A connection to a camera's local road.

    Parameters
    ----------
    names : where it may be served, see `places`.
    newest : whether only the newest image is wanted.

    Raises
    ------
    NoLocalRoad : it is served at none of them, or by another user.

    Attributes
    ----------
    unique_id : the camera's; empty before the first image.
    ended : why no more images come; empty as long as they may.
    passed : images that were published while the connection lasts, up to the last one taken.
    """

    def __init__(self, names: list[str], *, newest: bool) -> None:
        self._newest = newest
        self._link = _connected(names, every=not newest)
        self._readers: list[ClaimingReader] = []
        """None before the first image, and then one."""
        self._end = weakref.finalize(self, _end, self._link, self._readers)
        # The kernel ends it, not a thread that would find out while the interpreter ends.
        self._end.atexit = False
        self._poll = select.poll()
        self._poll.register(self._link, select.POLLIN)
        self.unique_id = ""
        self._last = 0
        self.passed = 0
        self.ended = ""
        _open.add(self)

    @property
    def refused(self) -> bool:
        """Whether no more images come for another reason than that the camera is not plugged."""
        return self.ended not in ("", ENDED)

    def fileno(self) -> int:
        """Return what to wait for."""
        return self._link.fileno()

    def wait(self, milliseconds: int | None) -> bool:
        """Wait until something can be read, None: for ever; whether it can."""
        return bool(self._poll.poll(milliseconds))

    def take(self) -> tuple[Image, Record] | None:
        """Take the newest image, or the next; None where there is none now.

        Returns
        -------
        The image, uint8, shape (height, width), read-only; it stays as it is for as long as
        somebody has it. And what is known about it.
        """
        taken = None
        while taken is None and (packet := self._receive()) is not None:
            _, word, counter = packet
            for reader in self._readers:
                if not self._newest:
                    taken = reader.take(word, counter)
                elif reader.memory.words[PUBLISHED_WORD] == word:
                    # Then none waits behind it: an image is published before it is announced.
                    taken = reader.newest(self._last)
        if taken is None and self._newest:
            for reader in self._readers:
                taken = reader.newest(self._last)
        if taken is None:
            return None
        number, record, image = taken
        self.passed += number - self._last if self._newest else 1
        self._last = number
        return image, record

    def close(self) -> None:
        """End the connection, once nobody has an image of it any more."""
        self._end()

    def abandon(self) -> None:
        """Close this process' copy of a connection that is another process'."""
        self._end.detach()
        self._link.close()

    def _receive(self) -> tuple[int, int, int] | None:
        """Read the next packet about an image; None where none waits, or none will come."""
        while not self.ended:
            try:
                data, ancillary, _, _ = self._link.recvmsg(
                    LONGEST_PACKET, _BESIDE, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                return None
            except OSError as error:
                data, ancillary = b"", []
                self.ended = str(error)
            if len(data) == IMAGE_PACKET.size and data[0] == _IMAGE:
                return IMAGE_PACKET.unpack(data)
            self._obey(data, ancillary)
        return None

    def _obey(self, data: bytes, ancillary: list[Any]) -> None:
        """Act on a packet that is not about an image."""
        descriptors = _descriptors(ancillary)
        try:
            if len(data) < TEXT_PACKET.size:
                self.ended = ENDED
                return
            kind, version = TEXT_PACKET.unpack_from(data)
            text = data[TEXT_PACKET.size :].decode(errors="replace")
            if kind == Packet.REFUSED:
                self.ended = text
            elif kind == Packet.MEMORY and version == VERSION and len(descriptors) == DESCRIPTORS:
                self._read_from(text, *descriptors)
            elif kind == Packet.MEMORY and version == VERSION:
                self.ended = "no more files may be open here (ulimit -n)"
            else:
                self.ended = f"the engine speaks version {version} of the local road, not {VERSION}"
        except (OSError, ValueError) as error:
            self.ended = str(error)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _read_from(self, unique_id: str, images: int, claims: int) -> None:
        memory = ImageMemory(images)
        self.unique_id = unique_id
        if self._readers:
            self._readers[0].memory = memory
        else:
            self._readers.append(ClaimingReader(claims, memory))
            self._last = self._readers[0].taken


def _connected(names: list[str], *, every: bool) -> socket.socket:
    """Connect to the first of them that is served.

    Raises
    ------
    NoLocalRoad : none is, or by another user.
    """
    for name in names:
        try:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:  # which is no matter to whoever is served by tcp
            raise NoLocalRoad(error.strerror) from error
        try:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, CONNECT_TIMEOUT)
            link.connect(endpoint(name))
            link.setblocking(False)
            # Whoever was first may have taken the name.
            if peer_of(link).uid == os.geteuid():
                link.send(HELLO.pack(MAGIC, VERSION, every))
                return link
        except OSError:
            link.close()
            continue
        link.close()
        raise OfAnotherUser(f"{name} is served by another user")
    raise NoLocalRoad(
        f"nobody serves images in shared memory at {' or '.join(names)}; an engine does for a "
        "camera that is plugged, at the address that it is bound to (localhost is not this "
        "machine's name), without [security], in the same container or network namespace"
    )


def _end(link: socket.socket, readers: list[ClaimingReader]) -> None:
    """End a connection as soon as nobody has an image any more that came by it."""
    for reader in readers:
        with suppress(OSError):
            link.shutdown(socket.SHUT_RD)
        reader.close(link.close)
    if not readers:
        link.close()


def _descriptors(ancillary: list[Any]) -> list[int]:
    """Read descriptors out of what came beside a packet."""
    found: list[int] = []
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found += memoryview(data)[: len(data) // 4 * 4].cast("i").tolist()
    return found


_open: "weakref.WeakSet[LocalStream]" = weakref.WeakSet()


def _abandon_all() -> None:
    """Let go of the connections of the process that this one was forked from."""
    for stream in list(_open):
        stream.abandon()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)

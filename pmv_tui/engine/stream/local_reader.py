"""A script that reads a camera's images in shared memory: what it is sent, holds, takes, misses."""

import os
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from pmv_tui.engine.clients.delivery import (
    LOOKS,
    NEW,
    PATIENCE,
    client_ids,
    per_second,
    rates_text,
)
from pmv_tui.frames.memory import (
    CLAIMS_BYTES,
    PUBLISHED_WORD,
    READ,
    TAKEN,
    TEXT_PACKET,
    VERSION,
    Claims,
    Fence,
    Packet,
    Record,
    Ticket,
    make_memory,
)
from pmv_tui.frames.pool import SharedImages
from pmv_tui.network import holder
from pmv_tui.wire.status import ClientState, ClientStatus, Delivered

MANY = 4
"""Images that a reader holds, from which on that is said: it works on one, and keeps some."""


class Look(NamedTuple):
    """One look at a reader: when (monotonic, s), what was published, what it took and missed."""

    time: float
    published: int
    read: int
    missed: int


class LocalReader:
    """A script that reads a camera's images in shared memory.

    Parameters
    ----------
    link : the connection, which does not block.
    pid : the script's process.
    every : whether it wants every image, or the newest.
    published : images that were published before it came.

    Raises
    ------
    OSError : there is no memory for its claims.

    Attributes
    ----------
    trouble : why it can be sent nothing, other than that it is behind; empty: it can.
    closed : whether it takes no more images. It may still hold some.
    """

    def __init__(self, link: socket.socket, pid: int, *, every: bool, published: int) -> None:
        self.link = link
        self.every = every
        self._pid = pid
        self._holder = holder(pid)
        self._claims_descriptor = make_memory("pmv-tui claims", CLAIMS_BYTES)
        self._claims = Claims(self._claims_descriptor)
        self._claims.words[TAKEN] = published
        self._fence = Fence()
        self._shared: SharedImages | None = None
        self.trouble = ""
        self.closed = False
        self._waiting: deque[Ticket] = deque()
        """Images that are kept for it until it takes them."""
        self._first = self._published = published
        self._id = client_ids()
        self._since = time.time_ns()
        self._moved = self._begun = time.monotonic()
        self._looks = deque([Look(self._begun, published, 0, 0)], maxlen=LOOKS)

    def dismiss(self, reason: str = "") -> None:
        """Send it no more images; what it holds stays its own until it ends the connection.

        Parameters
        ----------
        reason : is told it, and nothing is kept for it any more; empty: it may take what it was
            sent.
        """
        with suppress(OSError):
            if reason:
                self._waiting.clear()
                self.link.send(refusal(reason))
        with suppress(OSError):
            self.link.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Release the connection, and what it claimed."""
        self.link.close()
        os.close(self._claims_descriptor)

    @property
    def name(self) -> str:
        """The script, in words."""
        return f"{self._holder.program} (pid {self._pid})"

    @property
    def holds(self) -> int:
        """How many images it holds, of those that it took."""
        return len(self._claims.buffers)

    @property
    def held(self) -> Iterable[int]:
        """The buffers that are not to be written to now."""
        if not self._waiting:
            return self._claims.buffers
        taken = self._claims.words[TAKEN]
        while self._waiting and self._waiting[0].number <= taken:
            self._waiting.popleft()
        # What it says to have taken by now, it has claimed before.
        self._fence()
        return self._claims.buffers.union(ticket.buffer for ticket in self._waiting)

    def send(
        self, unique_id: str, shared: SharedImages, ticket: Ticket, packet: bytes, backlog: int
    ) -> None:
        """Announce an image; one that does not take what it is sent misses it.

        Parameters
        ----------
        packet : says where the image is.
        backlog : images that may be kept for it.
        """
        self._published = ticket.number
        try:
            if self._shared is not shared:
                text = TEXT_PACKET.pack(Packet.MEMORY, VERSION) + unique_id.encode()
                descriptors = [shared.descriptor, self._claims_descriptor]
                socket.send_fds(self.link, [text], descriptors)
                self._shared = shared
                self._waiting.clear()
            self.link.send(packet)
            if self.every:
                self._waiting.append(ticket)
        except BlockingIOError:
            pass  # it is behind
        except ConnectionError:
            self.closed = True
            self._waiting.clear()
        except OSError as error:
            self.trouble = os.strerror(error.errno or 0)
        while len(self._waiting) > backlog:
            self._waiting.popleft()

    def look(self) -> int:
        """See what it took since the last look; return how many images it missed meanwhile."""
        now, last = time.monotonic(), self._looks[-1]
        read, taken = self._claims.words[READ], self._claims.words[TAKEN]
        # The script writes them: they may be anything. What is counted here stays, no more than it
        # was offered, and no less than before.
        taken = min(taken, self._published)
        read = max(last.read, min(read, taken - self._first))
        if read != last.read or taken >= self._published:
            self._moved = now
        missed = max(last.missed, taken - self._first - read) if self.every else 0
        self._looks.append(Look(now, self._published, read, missed))
        return missed - last.missed

    def status(self) -> ClientStatus:
        """Report who it is and what it gets."""
        state, text = self._state()
        if (holds := self.holds) >= MANY:
            text += f", holds {holds} images"
        fps, image = per_second(self._looks, "read"), self._image_bytes()
        return ClientStatus(
            **Delivered(
                fps=fps,
                mb_s=fps * image / 1e6,
                missed=self._looks[-1].missed,
                waiting_bytes=len(self._waiting) * image,
                state=state,
                text=text,
            ),
            id=self._id,
            name=f"{self.name}, local",
            pid=self._pid,
            address="this machine",
            key="",
            since=self._since,
            road="local",
            holds=holds,
            answers=None,
        )

    def _image_bytes(self) -> int:
        """Return the size of the newest image; 0 before the first."""
        if self._shared is None:
            return 0
        memory = self._shared.memory
        _, buffer = Ticket.parse(memory.words[PUBLISHED_WORD])
        newest = Record.parse(memory.header, buffer)
        return newest.height * newest.width

    def _state(self) -> tuple[ClientState, str]:
        first, last = self._looks[0], self._looks[-1]
        offered, read = last.published - first.published, last.read - first.read
        silent = last.time - self._moved
        if silent >= PATIENCE:
            return "does not read", f"does not read: nothing taken for {silent:.0f} s"
        if not last.read:
            new = last.time - self._begun < NEW
            return "waits for images", "just connected" if new else "waits for images"
        if not offered:
            return "waits for images", "waits for images"
        rates = rates_text(self._looks, "read", "published")
        if last.missed > first.missed:
            return "too slow", f"too slow: gets {rates}" if rates else "too slow: misses images"
        if not self.every and read < 0.9 * offered - 1:
            return "keeps up", f"keeps up: takes the newest, {rates}"
        return "keeps up", "keeps up"


def refusal(reason: str) -> bytes:
    """Pack why a reader gets nothing."""
    return TEXT_PACKET.pack(Packet.REFUSED, VERSION) + reason.encode()

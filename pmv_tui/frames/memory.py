"""What the engine shares with whoever reads a camera's images: the memory's layout, the packets.

docs/local-road.md describes both for other languages. Numbers are 64 bits long, in the machine's
own order. An image memory, a memfd that the engine alone writes, begins with words:

    word 0      `MAGIC`
    word 1      `VERSION`
    word 2      capacity: bytes from one buffer to the next
    word 3      how many buffers there are
    word 4      the newest image that was captured; `ticket`
    word 5      the newest image that was published; `ticket`

The record of buffer i stands at byte `RECORDS_AT` + i * `RECORD_BYTES`, see `Record`; the buffer
itself at byte `HEADER_BYTES` + i * capacity: uint8, row by row. The file has its full size from the
beginning, which costs nothing: the kernel gives memory to those buffers alone that are written.

A record's counter is odd while its buffer is written. Whoever reads a buffer without a claim looks
at the counter before and after (a seqlock). A claim (a hazard pointer) keeps a buffer from being
written again: the reader writes the buffer's number, plus 1, into a word of its own claims memory,
and then looks once more whether the buffer still holds what it was after. The engine looks at the
claims after it has marked a buffer as being written, so that one of the two sees the other. Words:

    word 0 to `CLAIMS` - 1     buffers that are claimed, plus 1; 0: none
    word `TAKEN`               the number of the last published image that it is done with
    word `READ`                how many images it took
"""

import mmap
import os
import struct
import threading
from collections import deque
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = int.from_bytes(b"pmvimage", "little")
VERSION = 1

PAGE = 4096
RECORDS_AT, RECORD_BYTES = PAGE, 128
HEADER_BYTES = 65536

MAX_BUFFERS = (HEADER_BYTES - RECORDS_AT) // RECORD_BYTES
"""As many as there are records."""

CAPACITY_WORD, BUFFERS_WORD, CAPTURED_WORD, PUBLISHED_WORD = 2, 3, 4, 5

CLAIMS = 8
"""Images that a reader holds without a copy, at most."""

TAKEN, READ = 8, 9
CLAIMS_BYTES = PAGE

TICKET = 512
"""More than there are buffers."""

NO_TIME = -(2**63)
"""In place of a device's time stamp, where there is none."""

_RECORD = struct.Struct("=QQqQQ8x64s")
_FIELDS_AT = RECORDS_AT + 8
"""Where the first buffer's record goes on behind its counter."""


class Packet(IntEnum):
    """What a packet of the engine's says: its first word."""

    MEMORY = 1
    """Version, and the camera's unique_id; with the descriptors of image memory and claims. Sent
    first, and again where the memory is another, as images have another size."""
    IMAGE = 2
    """The image's ticket, and the counter of its buffer."""
    REFUSED = 3
    """Why the reader gets nothing, in words."""


IMAGE_PACKET = struct.Struct("=QQQ")
"""`Packet.IMAGE`, ticket, counter."""

TEXT_PACKET = struct.Struct("=QQ")
"""`Packet.MEMORY` or `Packet.REFUSED`, and the version; text follows, in UTF-8."""

HELLO = struct.Struct("=QQQ")
"""What a reader sends first: `MAGIC`, `VERSION`, and whether it wants every image (1) or the newest
(0)."""

LONGEST_PACKET = 1024


def endpoint(address: str) -> str:
    """Return the abstract name of the unix socket at which a camera serves its local readers.

    It exists in this network namespace alone, which is where the address means the same camera.

    Parameters
    ----------
    address : host and port that its tcp socket is bound to, in numbers: `127.0.0.1:5555`; or the
        path of its ipc socket, by whatever links: the name holds which file that is.

    Raises
    ------
    OSError : there is no such file.
    """
    if address.startswith("/"):
        status = os.stat(address)  # noqa: PTH116 - text, as it is written
        address = f"{status.st_dev}-{status.st_ino}"
    return f"\0pmv-tui/images/{address}"


class Record(NamedTuple):
    """What a buffer holds, as its record says it from byte 8 on; the counter stands before it.

    Parameters
    ----------
    sequence : the engine's number of the image, from 1.
    timestamp : ns since the epoch.
    device_timestamp : ns; None where the device has no clock.
    height, width : pixels.
    pixel_format : 64 bytes at most, padded with zeros.
    """

    sequence: int
    timestamp: int
    device_timestamp: int | None
    height: int
    width: int
    pixel_format: str

    def pack_into(self, header: memoryview, buffer: int) -> None:
        """Write it into the header of an image memory."""
        _RECORD.pack_into(
            header,
            _FIELDS_AT + RECORD_BYTES * buffer,
            self.sequence,
            self.timestamp,
            NO_TIME if self.device_timestamp is None else self.device_timestamp,
            self.height,
            self.width,
            self.pixel_format.encode("ascii", "replace"),
        )

    @classmethod
    def parse(cls, header: memoryview, buffer: int) -> "Record":
        """Read it out of the header of an image memory."""
        sequence, timestamp, device, height, width, pixel_format = _RECORD.unpack_from(
            header, _FIELDS_AT + RECORD_BYTES * buffer
        )
        return cls(
            sequence,
            timestamp,
            None if device == NO_TIME else device,
            height,
            width,
            pixel_format.rstrip(b"\0").decode("ascii", "replace"),
        )


def record_at(buffer: int) -> int:
    """Return the byte at which the record of a buffer begins: its counter."""
    return RECORDS_AT + RECORD_BYTES * buffer


class Ticket(NamedTuple):
    """An image and where it lies, in one word, so that both change at once.

    Parameters
    ----------
    number : of the image among those that were published, or captured, from 1.
    buffer : that it is in.
    """

    number: int
    buffer: int

    def pack(self) -> int:
        """Return the word."""
        return self.number * TICKET + self.buffer

    @classmethod
    def parse(cls, word: int) -> "Ticket":
        """Read the word; number 0: there is no image."""
        return cls(*divmod(word, TICKET))


class ImageMemory:
    """A mapping of an image memory.

    Parameters
    ----------
    descriptor : the memfd's; it may be closed afterwards.
    writable : whether this is the engine's.

    Raises
    ------
    ValueError : it is none, or of another version.
    """

    def __init__(self, descriptor: int, *, writable: bool = False) -> None:
        access = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        size = os.fstat(descriptor).st_size
        if size < HEADER_BYTES:
            raise ValueError("this is no memory of images")
        self.mapping = mmap.mmap(descriptor, size, mmap.MAP_SHARED, access)
        self.header = memoryview(self.mapping)[:HEADER_BYTES]
        self.words = self.header.cast("Q")
        if writable:
            self.words[0], self.words[1] = MAGIC, VERSION
        if (self.words[0], self.words[1]) != (MAGIC, VERSION):
            raise ValueError(f"this memory of images is not of version {VERSION}")

    @property
    def capacity(self) -> int:
        """Bytes that a buffer holds."""
        return self.words[CAPACITY_WORD]

    def counter(self, buffer: int) -> int:
        """Return the counter of a buffer: odd while it is written."""
        return self.words[record_at(buffer) // 8]

    def set_counter(self, buffer: int, counter: int) -> None:
        """Set the counter of a buffer."""
        self.words[record_at(buffer) // 8] = counter

    def pixels(self, buffer: int, size: int) -> NDArray[np.uint8]:
        """Return the bytes of a buffer, without a copy: uint8, shape (size,).

        Views of it hold on to it, and not to one another: as long as it lives, so does one of them.
        """
        start = HEADER_BYTES + buffer * self.words[CAPACITY_WORD]
        return np.frombuffer(self.mapping, np.uint8, size, start)


class Claims:
    """A reader's claims memory, mapped by the reader and by the engine.

    Parameters
    ----------
    descriptor : the memfd's; it may be closed afterwards.
    """

    def __init__(self, descriptor: int) -> None:
        self.words = memoryview(mmap.mmap(descriptor, CLAIMS_BYTES)).cast("Q")

    @property
    def buffers(self) -> set[int]:
        """The buffers that are claimed."""
        return {word - 1 for word in self.words[:CLAIMS].tolist() if word}


def make_memory(name: str, size: int) -> int:
    """Make a memory of zeros that can change its size no more; return its descriptor.

    Nothing of it has a name: the kernel frees it with the last process that holds it.

    Raises
    ------
    OSError : the system has none.
    """
    import fcntl  # noqa: PLC0415 - of the engine alone: a client may run where there is none

    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class Fence:
    """Keeps a processor from moving memory accesses from one side of a call to the other.

    A release of a lock followed by its acquisition orders everything before it and everything
    after it, a store and a later load too, on x86 and on ARM. Each call has a lock to itself:
    images are let go of in any thread, and within a thread at any moment.
    """

    def __init__(self) -> None:
        self._locks: deque[threading.Lock] = deque()
        """Those that no call uses now, acquired."""

    def __call__(self) -> None:
        """Order all accesses before and after it."""
        try:
            lock = self._locks.pop()
        except IndexError:
            lock = threading.Lock()
            lock.acquire()
        lock.release()
        lock.acquire()
        self._locks.append(lock)

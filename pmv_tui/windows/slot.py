"""The latest frame of one camera in shared memory: written by the engine, read by the viewer.

A memfd holds a header and three buffers of equal size. The header is 64-bit unsigned words:

    word 0      capacity of a buffer, bytes
    word 1      frames published since the memory last grew; 0: none. Frame n is in buffer n % 3.
    word 8 + 4i of buffer i: a counter, odd while the buffer is being written;
         9 + 4i the frame's sequence number;
        10 + 4i its height, pixels; 0: the buffer holds no frame;
        11 + 4i its width, pixels

and buffer i starts at byte 4096 + i * capacity: uint8, row by row. Neither side waits for the
other: a reader copies the newest frame, and keeps the copy only if the buffer's counter is even and
was the same before and after (a seqlock). The memory only ever grows, so no mapping of it can end
in a bus error.

Nothing has a name: the kernel frees the memory with the last process that holds it, however that
ends.
"""

import fcntl
import mmap
import os
import threading

import numpy as np
from numpy.typing import NDArray

BUFFERS = 3
"""One being read, one newest, one being written."""

HEADER_BYTES = 4096

ATTEMPTS = 3
"""Tries of a reader that the writer laps; the next cycle tries again."""

_CAPACITY, _PUBLISHED, _FIRST_RECORD = 0, 1, 8
_COUNTER, _SEQUENCE, _RECORD_WORDS = 0, 1, 4


class FrameSlot:
    """The writing end. Used by one thread.

    Attributes
    ----------
    fd : the memory's descriptor, to be passed to the reader's process.
    """

    def __init__(self) -> None:
        self.fd = os.memfd_create("pmv-tui frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, HEADER_BYTES)
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        self._fence = _Fence()
        self._memory = _Memory(self.fd)

    def write(self, image: NDArray[np.uint8], sequence: int) -> None:
        """Publish a copy of an image; never waits.

        Parameters
        ----------
        image : uint8, shape (height, width).
        sequence : the frame's number, above those before it.

        Raises
        ------
        OSError : the memory cannot grow to hold it.
        """
        if image.nbytes > self._memory.capacity:
            self._grow(image.nbytes)
        header = self._memory.header
        number = int(header[_PUBLISHED]) + 1
        record = self._memory.record(number)
        record[_COUNTER] += 1
        self._fence()
        record[_SEQUENCE:] = sequence, *image.shape
        self._memory.image(number, *image.shape)[:] = image
        self._fence()
        record[_COUNTER] += 1
        self._fence()
        header[_PUBLISHED] = number

    def close(self) -> None:
        """Give the descriptor back; the memory goes with the last mapping of it."""
        os.close(self.fd)

    def _grow(self, capacity: int) -> None:
        """Make room for larger images; what is in the buffers is lost."""
        # First, for it may fail: then all is as it was.
        os.ftruncate(self.fd, HEADER_BYTES + BUFFERS * capacity)
        grown = _Memory(self.fd)
        records = [self._memory.record(number) for number in range(BUFFERS)]
        self._memory.header[_PUBLISHED] = 0
        for record in records:
            record[_COUNTER] += 1
        self._fence()
        for record in records:
            record[_SEQUENCE:] = 0
        self._memory = grown
        self._memory.header[_CAPACITY] = capacity
        self._fence()
        for record in records:
            record[_COUNTER] += 1


class FrameSlotReader:
    """The reading end.

    Parameters
    ----------
    fd : the memory's descriptor, which is the reader's from now on.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._fence = _Fence()
        self._memory = _Memory(fd)

    def latest(self, newer_than: int) -> tuple[NDArray[np.uint8], int] | None:
        """Copy the newest frame out.

        Parameters
        ----------
        newer_than : the sequence number of the last frame that was read; 0: any frame is new.

        Returns
        -------
        The image, uint8, shape (height, width), and its sequence number; None where there is no
        newer one, or where the writer overtook the reader time and again.
        """
        for _ in range(ATTEMPTS):
            published = int(self._memory.header[_PUBLISHED])
            if published == 0:
                return None
            record = self._memory.record(published)
            counter = int(record[_COUNTER])
            self._fence()
            sequence, height, width = record[_SEQUENCE:].tolist()
            if self._memory.outgrown:
                self._memory = _Memory(self._fd)
                continue
            if counter % 2 or height * width > self._memory.capacity:
                continue
            if height == 0 or sequence <= newer_than:
                return None
            image = self._memory.image(published, height, width).copy()
            self._fence()
            if int(record[_COUNTER]) == counter:
                return image, sequence
        return None

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)


class _Memory:
    """One mapping of the memory, of the size it has now.

    Attributes
    ----------
    header : the words at its start.
    capacity : bytes that a buffer holds in this mapping.
    """

    def __init__(self, fd: int) -> None:
        self._bytes = np.frombuffer(mmap.mmap(fd, os.fstat(fd).st_size), np.uint8)
        self.header = self._bytes[:HEADER_BYTES].view(np.uint64)
        self.capacity = (len(self._bytes) - HEADER_BYTES) // BUFFERS

    @property
    def outgrown(self) -> bool:
        """Whether the buffers lie elsewhere by now."""
        return int(self.header[_CAPACITY]) != self.capacity

    def record(self, number: int) -> NDArray[np.uint64]:
        """Return the words that describe the buffer of the frame `number`."""
        start = _FIRST_RECORD + _RECORD_WORDS * (number % BUFFERS)
        return self.header[start : start + _RECORD_WORDS]

    def image(self, number: int, height: int, width: int) -> NDArray[np.uint8]:
        """Return a view of the buffer of the frame `number`, shape (height, width)."""
        start = HEADER_BYTES + self.capacity * (number % BUFFERS)
        return self._bytes[start : start + height * width].reshape(height, width)


class _Fence:
    """Keeps a processor from moving memory accesses from one side of a call to the other.

    x86 keeps the order that a seqlock needs, ARM does not. A release of a lock followed by its
    acquisition orders everything before it and everything after it, on both.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def __call__(self) -> None:
        self._lock.release()
        self._lock.acquire()

"""The buffers that one camera's images are written to, in shared memory: the engine's end."""

import logging
import mmap
import os
import weakref
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pmv_tui.frames.memory import (
    BUFFERS_WORD,
    CAPACITY_WORD,
    CAPTURED_WORD,
    HEADER_BYTES,
    MAX_BUFFERS,
    PAGE,
    PUBLISHED_WORD,
    Fence,
    ImageMemory,
    Record,
    Ticket,
    make_memory,
)
from pmv_tui.frames.recent import Recent

log = logging.getLogger(__name__)

Image = NDArray[np.uint8]

MOST_BYTES = 2**30
"""Of all buffers of a camera that hold images, or room for a few of the largest."""

FEWEST = 16
"""Buffers that there may be however large they are."""

UNTOUCHED = 2
"""The newest images that are not written over, whoever holds them: a reader that was just told of
one has a frame's period to claim it."""

SURPLUS_AFTER = 500
"""Images after which a buffer that none of them needed is given back to the system."""

OVERSIZED, SHRUNK_AFTER = 2, 60
"""Times the size of an image that a buffer has at least, where its memory is replaced by a smaller
one; and the images after which it is."""


class Captured(NamedTuple):
    """An image in a buffer, for whoever looks without a claim.

    Parameters
    ----------
    ticket : its number among those that were captured, and its buffer, in one word.
    timestamp : ns since the epoch: as long as the buffer's record has it, it is this image.
    """

    ticket: int
    timestamp: int


class Holder(Protocol):
    """A reader, to whom buffers belong for a while."""

    @property
    def held(self) -> Iterable[int]:
        """The buffers that are not to be written to now."""
        ...


class SharedImages:
    """An image memory of the engine's, and the descriptor that readers get: for reading alone.

    Raises
    ------
    OSError : the system has no memory for it.
    """

    def __init__(self, capacity: int, buffers: int) -> None:
        descriptor = make_memory("pmv-tui images", HEADER_BYTES + capacity * buffers)
        try:
            self.memory = ImageMemory(descriptor, writable=True)
            self.descriptor = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(descriptor)  # the mapping has its own
        # Whoever is just handing it to a reader holds this object.
        weakref.finalize(self, os.close, self.descriptor)
        self.memory.words[CAPACITY_WORD] = capacity
        self.memory.words[BUFFERS_WORD] = buffers


class Pool:
    """One camera's buffers. Used by its worker, but for what has an attribute below.

    There is memory only while somebody looks. For clients of the documented road alone, images lie
    in memory of their own, which the allocator hands out again while it is in the cache.

    A buffer is free when nothing in the engine has an array of it (ZeroMQ, a picture in a
    terminal, the back end itself), no reader holds it, and it is none of the newest.

    Attributes
    ----------
    holders : the readers; replaced as a whole, by whoever accepts and releases them.
    shared : the memory that the newest image is in; None before the first.
    published : images that local clients were to see, in all.
    watched : whether a window is open, which looks without a claim.
    matching : whether it shows the image that boxes belong to, for which some are kept.
    recent : those.
    without : images that found no buffer, and were kept from local readers, in a row, up to now.
    trouble : why the last of them found none, in words.
    """

    def __init__(self) -> None:
        self.holders: tuple[Holder, ...] = ()
        self.shared: SharedImages | None = None
        self.watched = self.matching = False
        self.recent: Recent[Captured] = Recent()
        self.without = 0
        self.trouble = ""
        self._fence = Fence()
        self._arrays: list[weakref.ref[Image] | None] = []
        """Of each buffer in use, the array that all others of it hold on to."""
        self._needed: list[int] = []
        """Of each, how many images were captured when it was used last."""
        self._newest: deque[int] = deque(maxlen=UNTOUCHED)
        self._published_buffer = -1
        self.published = self._captured = self._oversized = 0

    @property
    def looked_at(self) -> bool:
        """Whether anybody reads images in shared memory."""
        return bool(self.holders) or self.watched

    @property
    def buffers(self) -> int:
        """How many buffers take memory."""
        return len(self._arrays)

    def new_image(self, height: int, width: int) -> Image:
        """Return room for an image, to be filled: uint8, shape (height, width), C-contiguous.

        It lies in a buffer where somebody looks and one is to be had; else in memory of its own.
        """
        size = height * width
        if not (size and self.looked_at):
            return np.empty((height, width), np.uint8)
        buffer = self._begin_one() if self._has_room(size) else None
        if buffer is None or self.shared is None:
            self.without += 1
            return np.empty((height, width), np.uint8)
        self.without = 0
        pixels = self.shared.memory.pixels(buffer, size)
        self._arrays[buffer] = weakref.ref(pixels)
        return pixels.reshape(height, width)

    def finish(self, image: Image, record: Record) -> int | None:
        """Let readers see an image; return its buffer, or None where it lies in none.

        Parameters
        ----------
        image : as `new_image` returned it, or another, which is copied.
        """
        if not self.looked_at:
            self._forget()
            return None
        buffer = self._buffer_of(image)
        if buffer is None:
            room = self.new_image(*image.shape)
            room[:] = image
            buffer = self._buffer_of(room)
        if buffer is None or self.shared is None:
            return None
        memory = self.shared.memory
        record.pack_into(memory.header, buffer)
        self._fence()
        memory.set_counter(buffer, memory.counter(buffer) + 1)
        self._fence()
        self._captured += 1
        memory.words[CAPTURED_WORD] = ticket = Ticket(self._captured, buffer).pack()
        self._newest.append(buffer)
        self._needed[buffer] = self._captured
        if self.matching and self.watched:
            self.recent.add(Captured(ticket, record.timestamp), record.timestamp, image.nbytes)
        elif self.recent:
            self.recent.clear()
        self._give_back_surplus()
        return buffer

    def publish(self, buffer: int) -> tuple[Ticket, int]:
        """Make an image that is finished the newest that local clients see.

        Returns
        -------
        Its ticket, and the counter of its buffer.
        """
        if self.shared is None:
            raise RuntimeError("no image is finished")
        memory = self.shared.memory
        self.published += 1
        self._published_buffer = buffer
        ticket = Ticket(self.published, buffer)
        memory.words[PUBLISHED_WORD] = ticket.pack()
        self._fence()
        return ticket, memory.counter(buffer)

    def _has_room(self, size: int) -> bool:
        """Whether images of so many bytes fit; the memory is replaced where they do not, or where
        they have left most of it empty for long.
        """
        former = self.shared.memory.capacity if self.shared else 0
        capacity = -(-size // PAGE) * PAGE
        self._oversized = self._oversized + 1 if OVERSIZED * capacity <= former else 0
        if size <= former and self._oversized < SHRUNK_AFTER:
            return True
        self._oversized = 0
        buffers = max(FEWEST, min(MAX_BUFFERS, MOST_BYTES // capacity))
        try:
            self.shared = SharedImages(capacity, buffers)
        except (OSError, ValueError, MemoryError) as error:
            if size <= former:
                return True
            # Images for the documented road need none.
            why = getattr(error, "strerror", "") or str(error)
            if not self.without:
                log.exception("images are not shared with local readers")
            self.trouble = f"the system has no memory for images of {size} bytes: {why}"
            return False
        self._forget_buffers()
        return True

    def _forget(self) -> None:
        """Let go of the memory, which lives as long as somebody has an array of it."""
        self.without = 0  # Whoever comes next is given another.
        if self.shared is not None:
            self.shared = None
            self._forget_buffers()

    def _forget_buffers(self) -> None:
        self._arrays, self._needed = [], []
        self._newest.clear()
        self.recent.clear()
        self._published_buffer = -1

    def _begin_one(self) -> int | None:
        """Choose a buffer and mark it as being written; None where all are held."""
        if self.shared is None:
            return None
        held = self._held()
        for buffer in range(int(self.shared.memory.words[BUFFERS_WORD])):
            # The first that is free: few buffers stay in the processor's cache, and what is above
            # them goes back to the system.
            if buffer == len(self._arrays):
                self._arrays.append(None)
                self._needed.append(self._captured)
            elif buffer in held or self._in_engine(buffer):
                continue
            if self._mark(buffer):
                return buffer
        self.trouble = f"clients hold all {self.buffers} buffers"
        return None

    def _held(self) -> set[int]:
        held = {*self._newest, self._published_buffer}
        for holder in self.holders:
            held.update(holder.held)
        if self.recent:
            held.update(Ticket.parse(each.ticket).buffer for each in self.recent.all)
        return held

    def _in_engine(self, buffer: int) -> bool:
        array = self._arrays[buffer]
        return array is not None and array() is not None

    def _mark(self, buffer: int) -> bool:
        """Mark a buffer as being written, unless a reader claims it in this moment."""
        if self.shared is None:
            return False
        memory = self.shared.memory
        counter = memory.counter(buffer)
        if counter % 2:
            return True  # one that was begun, and never finished
        memory.set_counter(buffer, counter + 1)
        self._fence()
        if any(buffer in holder.held for holder in self.holders):
            memory.set_counter(buffer, counter)
            return False
        return True

    def _buffer_of(self, image: Image) -> int | None:
        """Return the buffer that is being written and that an image lies in, whole."""
        pixels: Image | None = image.base
        if self.shared is None or pixels is None:
            return None
        for buffer, array in enumerate(self._arrays):
            if array is not None and array() is pixels:
                begun = self.shared.memory.counter(buffer) % 2
                whole = image.flags.c_contiguous and image.size == pixels.size
                return buffer if begun and whole else None
        return None

    def _give_back_surplus(self) -> None:
        """Give the last buffer's memory back to the system where it was not needed for long."""
        last = len(self._arrays) - 1
        if self.shared is None or self._captured - self._needed[last] < SURPLUS_AFTER:
            return
        if self._in_engine(last) or last in self._held() or not self._mark(last):
            return
        memory = self.shared.memory
        start = HEADER_BYTES + last * memory.capacity
        memory.mapping.madvise(mmap.MADV_REMOVE, start, memory.capacity)
        memory.set_counter(last, memory.counter(last) + 1)
        self._arrays.pop()
        self._needed.pop()

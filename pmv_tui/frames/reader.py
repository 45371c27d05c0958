"""The reading end of a camera's shared images: held without a copy, or looked at in passing.

Between two images all of it leaves the processor's caches, and each function that is called for one
costs some 2 µs: what is short is written out where it is needed.
"""

import os
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pmv_tui.frames.memory import (
    CAPTURED_WORD,
    CLAIMS,
    PUBLISHED_WORD,
    READ,
    TAKEN,
    TICKET,
    Claims,
    Fence,
    ImageMemory,
    Record,
    Ticket,
    record_at,
)

Image = NDArray[np.uint8]

Made = TypeVar("Made")

ATTEMPTS = 3
"""Tries of a reader that the writer laps."""


def look(
    memory: ImageMemory, newer_than: int, make: Callable[[Image, Record], Made]
) -> "Look[Made]":
    """Look at the newest image that was captured, without a claim.

    Parameters
    ----------
    newer_than : the number of the last image that was looked at; 0: any is new.
    make : makes what is wanted of the image, uint8, shape (height, width), which may change
        meanwhile, and of its record. Nothing of the image may be kept but copies.

    Returns
    -------
    The image's number, and what was made; 0 and None where there is no newer one, or where the
    writer overtook the reader time and again.
    """
    fence = Fence()
    for _ in range(ATTEMPTS):
        word = memory.words[CAPTURED_WORD]
        number, buffer = Ticket.parse(word)
        if number <= newer_than:
            return 0, None
        counter = memory.counter(buffer)
        fence()
        record = Record.parse(memory.header, buffer)
        size = record.height * record.width
        # As long as it is the newest, it is not written over: then the counter is that image's.
        if memory.words[CAPTURED_WORD] != word or size > memory.capacity:
            continue
        made = make(memory.pixels(buffer, size).reshape(record.height, record.width), record)
        fence()
        if memory.counter(buffer) == counter:
            return number, made
    return 0, None


def look_at(
    memory: ImageMemory,
    ticket: int,
    timestamp: int,
    other_than: int,
    make: Callable[[Image, Record], Made],
) -> "Look[Made]":
    """Look at one of the images that were captured, without a claim.

    Parameters
    ----------
    ticket, timestamp : its own, as the engine gave them.
    other_than : the number of the last image that was looked at.
    make : as for `look`.

    Returns
    -------
    The image's number, and what was made; None where it was looked at last. 0 and None where it is
    there no more.
    """
    fence = Fence()
    number, buffer = Ticket.parse(ticket)
    if number == other_than:
        return number, None
    counter = memory.counter(buffer)
    fence()
    record = Record.parse(memory.header, buffer)
    size = record.height * record.width
    if counter % 2 or record.timestamp != timestamp or size > memory.capacity:
        return 0, None
    made = make(memory.pixels(buffer, size).reshape(record.height, record.width), record)
    fence()
    return (number, made) if memory.counter(buffer) == counter else (0, None)


Look = tuple[int, Made | None]


class ClaimingReader:
    """Holds images of one camera for as long as somebody has an array of them.

    Parameters
    ----------
    claims : the descriptor of this reader's claims memory.

    Attributes
    ----------
    memory : that images are in now; replaced where they have another size.
    copied : images of which the caller got a copy, as it held as many as can be held.
    """

    def __init__(self, claims: int, memory: ImageMemory) -> None:
        self.memory = memory
        self.copied = 0
        self._process = os.getpid()
        self._words = Claims(claims).words
        self._fence = Fence()
        self._free = deque(range(CLAIMS - 1))
        """Claims that hold nothing; the last one is for copying."""
        self._holding: dict[int, weakref.ref[Image]] = {}
        self._closed: Callable[[], None] | None = None

    @property
    def taken(self) -> int:
        """The number of the last published image that this reader is done with."""
        return self._words[TAKEN]

    def newest(self, newer_than: int) -> tuple[int, Record, Image] | None:
        """Hold the newest published image.

        Parameters
        ----------
        newer_than : the number of the last one that was taken.

        Returns
        -------
        Its number, record and pixels; None where there is no newer one.
        """
        words = self.memory.words
        while (word := words[PUBLISHED_WORD]) // TICKET > newer_than:
            # As long as it is the newest, it is not written over; and from then on it is claimed.
            if held := self._hold(word % TICKET, PUBLISHED_WORD, word):
                self._words[TAKEN] = word // TICKET
                self._words[READ] += 1
                return word // TICKET, *held
        return None

    def take(self, word: int, counter: int) -> tuple[int, Record, Image] | None:
        """Hold an image that a packet announced; None where it has been written over.

        Parameters
        ----------
        word, counter : its ticket and the counter of its buffer, as in the packet.
        """
        number, buffer = divmod(word, TICKET)
        held = self._hold(buffer, record_at(buffer) // 8, counter)
        # Only after the claim: until then it is held as one that was not taken yet.
        self._words[TAKEN] = number
        if held is None:
            return None
        self._words[READ] += 1
        return number, *held

    def close(self, then: Callable[[], None]) -> None:
        """Take no more images; `then` is called once nobody holds one any more."""
        self._closed = then
        self._end()

    def _hold(self, buffer: int, word: int, value: int) -> tuple[Record, Image] | None:
        """Claim a buffer; None where it does not hold any more what it did.

        All that is written after it is seen after the claim.

        Parameters
        ----------
        word, value : of the header, that has this value as long as it does.
        """
        slot = self._free.pop() if self._free else CLAIMS - 1
        try:
            self._words[slot] = buffer + 1
            self._fence()
            memory = self.memory
            if memory.words[word] != value:
                return None
            record = Record.parse(memory.header, buffer)
            pixels = memory.pixels(buffer, record.height * record.width)
            if slot == CLAIMS - 1:
                pixels = pixels.copy()
                pixels.flags.writeable = False
                self.copied += 1
            else:
                self._holding[slot] = weakref.ref(pixels, partial(self._let_go, slot))
                _holding.add(self)
            return record, pixels.reshape(record.height, record.width)
        finally:
            # Also where there is no memory for a copy, or Ctrl-C comes in between.
            if slot not in self._holding:
                self._release(slot)

    def _let_go(self, slot: int, _: object) -> None:
        """Release a claim whose image nobody has any more; called in whichever thread that was."""
        if os.getpid() != self._process:
            return  # of a fork, whose images are the other process' still
        self._holding.pop(slot, None)
        self._release(slot)
        if not self._holding:
            self._end()

    def _release(self, slot: int) -> None:
        self._fence()  # what was read of it, was read before
        self._words[slot] = 0
        if slot < CLAIMS - 1:
            self._free.append(slot)

    def _end(self) -> None:
        if self._holding:
            return
        _holding.discard(self)
        if self._holding:  # another thread has taken an image meanwhile
            _holding.add(self)
        elif self._closed is not None:
            closed, self._closed = self._closed, None
            closed()


_holding: set[ClaimingReader] = set()
"""Readers of images that somebody has, whether or not the reader itself is needed any more."""

"""A camera's way to terminals: keeps the newest frame while somebody asks for thumbnails."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import Frame

KEPT_FOR = 3_000_000_000
"""ns after the last question in which frames are kept."""


class Newest(NamedTuple):
    """The newest frame.

    Parameters
    ----------
    image : uint8, shape (height, width); nobody writes to it any more.
    timestamp : ns since the epoch, when it arrived.
    sequence : its number.
    """

    image: NDArray[np.uint8]
    timestamp: int
    sequence: int


class PreviewFeed:
    """Keeps a reference to one camera's newest frame, never a copy: frames are the receiver's own.

    The worker offers each frame; the main thread asks. No lock: each only ever puts a whole tuple,
    or None, in the other's place, and at worst a frame is kept, or missing, until the next one.
    """

    def __init__(self) -> None:
        self._newest: Newest | None = None
        self._until = 0

    def offer(self, frame: Frame, sequence: int, now: int) -> None:
        """Keep a frame if somebody looks; called by the worker.

        Parameters
        ----------
        sequence : the frame's number, above those before it.
        now : monotonic, ns.
        """
        if now < self._until:
            self._newest = Newest(frame.image, frame.timestamp, sequence)
        elif self._newest is not None:
            self._newest = None

    def newest(self, now: int) -> Newest | None:
        """Give the newest frame, and keep those that come; None where none came since.

        Parameters
        ----------
        now : monotonic, ns.
        """
        self._until = now + KEPT_FOR
        return self._newest

    def expire(self, now: int) -> None:
        """Let go of the last frame of a camera that sends no more, once nobody asks."""
        if now >= self._until:
            self._newest = None

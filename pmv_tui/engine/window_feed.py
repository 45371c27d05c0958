"""A camera's way to its window: copies frames into shared memory while the window is open."""

import logging

import numpy as np
from numpy.typing import NDArray

from pmv_tui.engine.rate_limit import RateLimit
from pmv_tui.viewer.slot import FrameSlot

log = logging.getLogger(__name__)


class WindowFeed:
    """Feeds one camera's window.

    The worker offers each frame; the windows' thread starts and stops. Nothing here waits: no
    lock, and the slot overwrites what the viewer did not fetch.

    Parameters
    ----------
    rate : images a second that the window shows at most.
    """

    def __init__(self, rate: float) -> None:
        self._rate = self._camera_rate = rate
        self._limit = RateLimit(rate, rate)
        self._slot: FrameSlot | None = None
        self._running = False

    def set_camera_rate(self, fps: float) -> None:
        """Tell how many frames a second the camera makes; called by the worker."""
        self._camera_rate = fps
        self._limit = RateLimit(self._rate, fps)

    def set_rate(self, rate: float) -> None:
        """Show so many images a second at most from now on."""
        self._rate = rate
        self._limit = RateLimit(rate, self._camera_rate)

    def offer(self, image: NDArray[np.uint8], sequence: int, now: int) -> None:
        """Copy a frame for the window, if it is open and due; called by the worker.

        Parameters
        ----------
        image : uint8, shape (height, width).
        sequence : the frame's number, above those before it.
        now : monotonic, ns.
        """
        if not self._running or self._slot is None or not self._limit.passes(now):
            return
        try:
            self._slot.write(image, sequence)
        except (OSError, ValueError, MemoryError):
            # A window without images must not cost the camera its worker.
            self._running = False
            log.exception("a window shows no more images: not enough memory")

    def start(self) -> int:
        """Let frames through from now on.

        Returns
        -------
        The descriptor of the frame slot, to be passed to the viewer; it stays open until `close`.
        """
        if self._slot is None:
            self._slot = FrameSlot()
        self._running = True
        return self._slot.fd

    def stop(self) -> None:
        """Let no frame through. The slot is kept for the next window: a write may be under way."""
        self._running = False

    def close(self) -> None:
        """Release the slot; called once the worker has ended."""
        self._running = False
        if self._slot is not None:
            self._slot.close()
            self._slot = None

"""Cameras that this program clocks itself: images handed over at absolute deadlines."""

import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import Camera, Frame, FrameCounts, NewImage


class ImageSource(Protocol):
    """Where a paced camera gets its images."""

    def read(self, number: int, new_image: NewImage) -> NDArray[np.uint8]:
        """Return the image of a frame.

        Parameters
        ----------
        number : the frame's, from 0; it grows, but not always by one.
        new_image : returns room for it.

        Returns
        -------
        uint8, shape (height, width), C-contiguous; never written to again by the source. A source
        that has the image already returns that, and no copy.

        Raises
        ------
        EndOfStream : the last image has been read.
        CameraError : no image can be had any more.
        """
        ...

    def close(self) -> None:
        """Release what the source holds. May be called more than once."""
        ...


class Pacer:
    """Deadlines at a fixed rate, the first one when it is first waited for.

    Deadline n lies n periods after deadline 0, whatever happened in between: lateness does not
    add up. Deadlines that passed unnoticed are skipped, never made up for in a burst.

    Parameters
    ----------
    rate : deadlines a second.
    """

    def __init__(self, rate: float) -> None:
        self.skipped = 0
        self._period = 1.0 / rate
        # When the deadline `_first` was; all others are counted from there.
        self._start: float | None = None
        self._first = 0
        self._next = 0

    def change_rate(self, rate: float) -> None:
        """Let the next deadline lie one period of the new rate after the last one."""
        if self._start is not None:
            self._start += (self._next - 1 - self._first) * self._period + 1.0 / rate
        self._first = self._next
        self._period = 1.0 / rate

    def wait(self, timeout: float) -> int | None:
        """Sleep until the next deadline.

        Parameters
        ----------
        timeout : seconds.

        Returns
        -------
        The deadline's number, from 0; None when it lies beyond the timeout.
        """
        now = time.monotonic()
        if self._start is None:
            self._start = now
        number = max(self._next, self._first + int((now - self._start) / self._period))
        delay = self._start + (number - self._first) * self._period - now
        if delay > timeout:
            time.sleep(timeout)
            return None
        if delay > 0:
            time.sleep(delay)
        self.skipped += number - self._next
        self._next = number + 1
        return number


class PacedCamera(Camera):
    """A camera whose frames are a source's images, one at each deadline.

    Parameters
    ----------
    source : closed with the camera.
    fps : frames a second.
    """

    pixel_format = "Mono8"

    def __init__(self, source: ImageSource, fps: float) -> None:
        self.fps: float | None = fps
        self.counts = FrameCounts()
        self._source = source
        self._pacer = Pacer(fps)
        self._skipped = 0

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next frame. See `Camera.grab`."""
        number = self._pacer.wait(timeout)
        if number is None:
            return None
        image = self._source.read(number, self.new_image)
        timestamp = time.time_ns()
        self.counts.count(timestamp, skipped=self._pacer.skipped - self._skipped)
        self._skipped = self._pacer.skipped
        return Frame(image, timestamp)

    def change_rate(self, fps: float) -> None:
        """Go on at another rate."""
        self._pacer.change_rate(fps)
        self.fps = fps

    def close(self) -> None:
        """Close the source."""
        self._source.close()

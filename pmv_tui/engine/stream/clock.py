"""Clocks: the offset of a camera's own from this host's, and whether the host's was set."""

import time
from dataclasses import dataclass

import numpy as np

from pmv_tui.rates import NS_PER_S, Ring

SAMPLE_INTERVAL = NS_PER_S // 5
"""ns between two samples."""

SAMPLES = 1024

LEAST_DEVICE_JUMP = NS_PER_S
"""ns by which the difference cannot change between two samples, unless a clock was set or
restarted: what came before says nothing about it."""

LEAST_SAMPLES = 10
"""Samples from which on a fit says anything."""


@dataclass(frozen=True, slots=True)
class ClockFit:
    """What was fitted.

    Parameters
    ----------
    offset : ns to be added to the device's time stamp to get the host's, now.
    drift : how much faster the host's clock runs, parts per million.
    """

    offset: int
    drift: float


class DeviceClock:
    """Compares the two time stamps of a camera's frames. The worker adds, anyone may fit."""

    def __init__(self) -> None:
        self._differences = Ring(SAMPLES)
        self._last = 0
        self._next = 0

    def add(self, now: int, host: int, device: int) -> None:
        """Note both time stamps of a frame, ns; `now` is monotonic, ns."""
        if now >= self._next:
            self._next = now + SAMPLE_INTERVAL
            difference = host - device
            if abs(difference - self._last) > LEAST_DEVICE_JUMP:
                self._differences = Ring(SAMPLES)
            self._last = difference
            self._differences.add(now, difference)

    def fit(self, now: int) -> ClockFit | None:
        """Fit a straight line to the differences, least squares; None where there are too few.

        Parameters
        ----------
        now : monotonic, ns.
        """
        times, differences = self._differences.since(0)
        if len(times) < LEAST_SAMPLES:
            return None
        # Reduced first: the squares of nanoseconds since the epoch do not fit a float.
        seconds = (times - now) / NS_PER_S
        reduced = differences - differences[-1]
        slope, intercept = np.polyfit(seconds, reduced, 1)
        return ClockFit(int(differences[-1]) + round(intercept), float(slope) / 1000)


LEAST_HOST_JUMP = 0.1
"""Seconds of a jump that is reported: a clock that is corrected by degrees moves far less."""


class WallClock:
    """Compares the clock of the time stamps with the monotonic one, look by look."""

    def __init__(self) -> None:
        self._offset = _offset()

    def jump(self) -> float:
        """Return the seconds by which the clock was set since the last look; 0 where it was not."""
        last, self._offset = self._offset, _offset()
        jump = (self._offset - last) / NS_PER_S
        return jump if abs(jump) >= LEAST_HOST_JUMP else 0.0


def _offset() -> int:
    return time.time_ns() - time.monotonic_ns()

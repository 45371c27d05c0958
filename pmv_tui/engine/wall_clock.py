"""Notices that the host's clock was set: time stamps jump with it, and nothing else does."""

import time

NS_PER_S = 1_000_000_000

LEAST_JUMP = 0.1
"""Seconds between two looks that are told: a clock that is kept right by degrees moves far less."""


class WallClock:
    """Compares the clock of the time stamps with the monotonic one, look by look."""

    def __init__(self) -> None:
        self._offset = _offset()

    def jump(self) -> float:
        """Give the seconds by which the clock was set since the last look; 0 where it was not."""
        last, self._offset = self._offset, _offset()
        jump = (self._offset - last) / NS_PER_S
        return jump if abs(jump) >= LEAST_JUMP else 0.0


def _offset() -> int:
    return time.time_ns() - time.monotonic_ns()

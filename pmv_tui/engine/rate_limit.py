"""Which frames may be published: at most `put_rate` a second, evenly, keeping the phase."""

LATENESS = 0.25
"""Seconds by which a frame may come late without costing a later one its place."""

CLOCK_TOLERANCE = 1.01
"""A camera of nominally `put_rate` may run this much faster: its crystal is not ours."""


class RateLimit:
    """A leaky bucket over the frames' arrival times.

    A plain "now ≥ next" drops every few frames of a camera that runs at the rate itself, as half
    of its jittery frames come early. Here each published frame moves a theoretical arrival time on
    by one period, and a frame may be ahead of that time by a tolerance. A camera that is no faster
    than the rate gets a tolerance that covers its jitter; a faster one gets a period, so that what
    is published is evenly spaced.

    Algorithm: the generic cell rate algorithm, virtual scheduling (ITU-T I.371, annex A).

    Parameters
    ----------
    put_rate : images a second at most; 0: no limit.
    camera_rate : frames a second that the camera makes.
    """

    def __init__(self, put_rate: float, camera_rate: float) -> None:
        self._unlimited = put_rate == 0
        if self._unlimited:
            return
        if camera_rate <= put_rate:
            period = 1 / (put_rate * CLOCK_TOLERANCE)
            tolerance = max(LATENESS, 2 * period)
        else:
            period = 1 / put_rate
            # Half a frame of the camera's: the frame nearest to the due time is the one taken.
            tolerance = 0.5 / camera_rate
        self._period = int(period * 1e9)
        self._tolerance = int(tolerance * 1e9)
        self._due = 0

    def passes(self, now: int) -> bool:
        """Tell whether the frame that arrived at `now` (monotonic, ns) may be published."""
        if self._unlimited:
            return True
        if now < self._due - self._tolerance:
            return False
        # A frame that is late by less than a period does not move the ones after it.
        self._due = max(self._due, now - self._period) + self._period
        return True

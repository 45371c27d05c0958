"""How often something may be reported: a few times at once, then evenly."""


class TokenBucket:
    """A token bucket: full at first, filled again by one token a period.

    Parameters
    ----------
    size : tokens it holds, so what may be reported at once.
    period : seconds to one more token.
    """

    def __init__(self, size: int, period: float) -> None:
        self._size = size
        self._period = period
        self._tokens = float(size)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token; False where there is none. `now` is monotonic, s."""
        if self._filled_at is not None:
            gained = (now - self._filled_at) / self._period
            self._tokens = min(self._tokens + gained, self._size)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

"""The newest images of a camera that are kept for a while, found by their time stamps."""

from typing import Generic, NamedTuple, TypeVar

from pmv_tui.frames.memory import MAX_BUFFERS

What = TypeVar("What")

SPAN = 500_000_000
"""ns before the newest image within which one is shown that boxes belong to: a script that takes
longer lags behind by more than a person takes for now."""

LEEWAY = 100_000_000
"""ns for which an image is kept beyond that: whoever was told of it has yet to look."""

MOST_IMAGES, MOST_BYTES = MAX_BUFFERS // 4, 2**27
"""Of a camera that are kept: 0.5 s of 1280x1024 at 200 a second. However large images are, it is a
quarter of the buffers that there may be, and local readers have the others."""

NEAREST = 6_000
"""ns by which a time stamp may be off that went through a double, of 15 digits at least. Images are
further apart."""


class _Kept(NamedTuple, Generic[What]):
    timestamp: int
    what: What


class Recent(Generic[What]):
    """What is kept of the newest images. One thread adds them; any finds them.

    No lock: what is kept is replaced as a whole.
    """

    def __init__(self) -> None:
        self._kept: tuple[_Kept[What], ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._kept)

    @property
    def all(self) -> list[What]:
        """What is kept of each, the oldest first."""
        return [each.what for each in self._kept]

    def add(self, what: What, timestamp: int, size: int) -> None:
        """Keep an image, and let go of those that are too old, or too many, for it.

        Parameters
        ----------
        what : what is kept of it.
        timestamp : ns since the epoch.
        size : of all of them, bytes.
        """
        most = min(MOST_IMAGES, MOST_BYTES // size)
        newest = [*self._kept, _Kept(timestamp, what)][-most:] if most else []
        # After the clock was set back, those before are of another time.
        self._kept = tuple(
            each for each in newest if 0 <= timestamp - each.timestamp <= SPAN + LEEWAY
        )

    def find(self, timestamp: int | None) -> What | None:
        """Return what is kept of the image with a time stamp; None where it is not shown any more.

        Parameters
        ----------
        timestamp : as a client sent it back, ns since the epoch; None: of no image.
        """
        kept = self._kept
        if timestamp is None or not kept or timestamp < kept[-1].timestamp - SPAN:
            return None
        found = min(kept, key=lambda each: abs(each.timestamp - timestamp))
        return found.what if abs(found.timestamp - timestamp) <= NEAREST else None

    def clear(self) -> None:
        """Let go of all."""
        self._kept = ()

"""What a client gets of a camera's images, and misses: worked out from what the kernel counts."""

from collections import deque
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

from pmv_tui.wire.status import ClientState, Delivered

SEND_QUEUE = 3
"""Images waiting for a client: enough for one that is not scheduled for some ten milliseconds on a
busy machine; more only makes a slow client's images older."""

BATCH = 8192
"""Bytes of small messages that libzmq puts together before it hands them to the kernel."""

LOOK_INTERVAL = 0.5
"""Seconds from one look at a client to the next."""

LOOKS = 12
"""Looks at a client that are remembered, and that figures are means over: those of a recovery."""

RECOVERY = 5.0
"""Seconds without a missed image after which a client keeps up again."""

PATIENCE = 3.0
"""Seconds that a client may leave images lying before it is said not to read."""

IDLE = 5
"""Looks without an image in between after which a client waits for images."""

ROUNDING = 0.05
"""Images by which the conversion of bytes may be off."""


NOT_KNOWN = Delivered(
    fps=None,
    mb_s=None,
    missed=None,
    waiting_bytes=None,
    state="not known",
    text="not known: this system's kernel does not count what it gets",
)


class Offer(NamedTuple):
    """What was sent to whoever subscribes, in total: images, and their bytes on the wire."""

    images: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """Images that clients missed, and when they missed the last, ns since the epoch."""

    images: int = 0
    last: int | None = None

    def __add__(self, other: "Missed") -> "Missed":
        """Count both."""
        last = max(self.last or 0, other.last or 0)
        return Missed(self.images + other.images, last or None)


class Taken(NamedTuple):
    """What the kernel says of a connection.

    Parameters
    ----------
    time : monotonic, s.
    handed : bytes that libzmq has handed to the kernel, in total.
    waiting : those of them that the client's machine has not confirmed.
    room : whether the kernel would take more, so that nothing waits in libzmq. False too where it
        took some while it was asked.
    """

    time: float
    handed: int
    waiting: int
    room: bool


class _Look(NamedTuple):
    """One look at a client: what it was offered, what was delivered, and what it had missed.

    Parameters
    ----------
    delivered : images that its machine has confirmed, about; `size` is their bytes.
    least, most : images missed, if libzmq holds as many as it can, and if it holds none.
    """

    time: float
    offered: int
    delivered: float
    size: int
    least: int
    most: int
    missed: int


class Delivery:
    """One client, from when it subscribes on.

    libzmq drops images for a client whose queue is full, in silence. But each that is offered is
    handed to the kernel, or still held by libzmq, or missed; and where the kernel has room, libzmq
    holds none, but for the moment in which it hands one over.

    Attributes
    ----------
    missed : images that it missed: exact once it has caught up, and up to two too few before.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._looks: deque[_Look] = deque(maxlen=LOOKS)
        self._offer, self._taken = Offer(), Taken(0, 0, 0, room=True)
        self._size = 0.0
        """Bytes of an image on the wire."""
        self._unhanded = self._error = self._delivered = 0.0
        self._missed_at: float | None = None
        self._slow_since = 0.0
        self._moved = 0.0, 0
        """When bytes were confirmed last, or none waited, and the images offered up to then."""

    def begin(self, offer: Offer, taken: Taken) -> None:
        """Count from now on: it subscribed, perhaps again."""
        self._unhanded, self._error = float(self.missed), 0.0
        self._size = offer.size / offer.images if offer.images else 0.0
        self._looks.clear()
        self._moved = taken.time, offer.images
        self._remember(offer, taken)

    def look(self, offer: Offer, taken: Taken) -> int:
        """Compare what was offered with what the kernel took; return how many more were missed."""
        last, images = self._looks[-1], offer.images - self._offer.images
        if images:
            self._size = (offer.size - self._offer.size) / images
        if self._size:
            handed = (taken.handed - self._taken.handed) / self._size
            self._unhanded += images - handed
            self._delivered += (_confirmed(taken) - last.size) / self._size
        if not taken.waiting or _confirmed(taken) > last.size:
            self._moved = taken.time, offer.images
        quiet = not images and taken.room and self._taken.room
        self._remember(offer, taken)
        more = self._count(quiet=quiet)
        if more:
            if not self._slow(taken.time):
                self._slow_since = last.time
            self._missed_at = taken.time
        return more

    def end(self) -> int:
        """Return how many more it has missed, now that it left: of one that was slow, all."""
        last = self._looks[-1]
        more = max(0, last.least - self.missed) if self._slow(last.time) else 0
        self.missed += more
        return more

    def status(self) -> Delivered:
        """Report what it gets, and whether it keeps up, in words too."""
        state, text = self._state()
        return Delivered(
            fps=self._per_second("delivered"),
            mb_s=self._per_second("size") / 1e6,
            missed=self.missed,
            waiting_bytes=self._taken.waiting,
            state=state,
            text=text,
        )

    def _state(self) -> tuple[ClientState, str]:
        now, (moved_at, offered) = self._taken.time, self._moved
        if self._taken.waiting and now - moved_at >= PATIENCE and self._offer.images > offered:
            return "does not read", f"does not read: nothing taken for {now - moved_at:.0f} s"
        if self._idle:
            return "waits for images", "waits for images"
        if self._slow(now):
            return "too slow", f"too slow: {self._how_slow()}"
        return "keeps up", "keeps up"

    @property
    def _idle(self) -> bool:
        """Whether nothing is offered to it any more: publishing is paused, or the camera lost."""
        images = self._looks[-1].offered - self._looks[0].offered
        if len(self._looks) < LOOKS or 0 < images < LOOKS:  # such slow ones have their pauses
            return False
        return self._looks[-1].offered == self._looks[-IDLE].offered

    def _how_slow(self) -> str:
        looks = [each for each in self._looks if each.time >= self._slow_since]
        offered = self._per_second("offered", looks)
        missed = looks[-1].missed - looks[0].missed
        got = max(0.0, offered - self._per_second("missed", looks))
        if (few := _rate(got)) != (all_ := _rate(offered)):
            return f"gets {few} of {all_} images/s"
        return f"missed {missed} image{'' if missed == 1 else 's'} just now"

    def _slow(self, now: float) -> bool:
        return self._missed_at is not None and now - self._missed_at < RECOVERY

    def _remember(self, offer: Offer, taken: Taken) -> None:
        self._offer, self._taken = offer, taken
        held = SEND_QUEUE + BATCH / self._size if self._size else SEND_QUEUE + 1
        # Less than nothing cannot be in libzmq: then the first look found images on their way, or
        # more was handed over than images, such as answers to heartbeats.
        if taken.room and self._unhanded + self._error < self.missed - ROUNDING:
            self._error = self.missed - self._unhanded
        unhanded = self._unhanded + self._error
        least = floor(unhanded - held)
        most = floor(unhanded + ROUNDING) if taken.room else least
        self._looks.append(
            _Look(
                time=taken.time,
                offered=offer.images,
                delivered=self._delivered,
                size=_confirmed(taken),
                least=least,
                most=most,
                missed=self.missed,
            )
        )

    def _count(self, *, quiet: bool) -> int:
        """Count what was certainly missed by now; return how much more that is.

        It is judged by several looks: what libzmq is about to hand over, on however busy a
        machine, is not missed, nor what came when the client had just cancelled its subscription.
        """
        *_, before, last = self._looks
        certain = min(before.least, last.least)
        if quiet:
            certain = last.most
        elif len(self._looks) == LOOKS:
            certain = max(certain, min(each.most for each in self._looks))
        more = max(0, certain - self.missed)
        self.missed += more
        self._looks[-1] = last._replace(missed=self.missed)
        return more

    def _per_second(self, what: str, looks: "list[_Look] | None" = None) -> float:
        """Return by how much a figure grows, over the looks that are remembered, or some."""
        chosen = looks or self._looks
        first, last = chosen[0], chosen[-1]
        span = last.time - first.time
        return float(getattr(last, what) - getattr(first, what)) / span if span else 0.0


def _confirmed(taken: Taken) -> int:
    return taken.handed - taken.waiting


def _rate(per_second: float) -> str:
    return f"{per_second:.0f}" if per_second >= 9.95 else f"{round(per_second, 1):g}"

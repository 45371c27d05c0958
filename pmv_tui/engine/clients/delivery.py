"""What a client gets of a camera's images, and misses: worked out from what the kernel counts."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from math import floor
from typing import Any, NamedTuple

from pmv_tui.wire.status import ClientState, ClientStatus, Delivered, counted

SEND_QUEUE = 3
"""Images waiting for a client: enough for one that is not scheduled for some ten milliseconds on a
busy machine; more only makes a slow client's images older."""

BATCH = 8192
"""Bytes of small messages that libzmq puts together before it hands them to the kernel."""

LOOK_INTERVAL = 0.5
"""Seconds from one look at a client to the next."""

LOOKS = 12
"""Looks at a client that are remembered, and that figures are means over: about 5 s."""

SETTLED = 0.005
"""Seconds after an image by which libzmq has handed it to a kernel that has room."""

SURE = 3
"""Looks, settled, that must agree on what is missed: a busy machine may delay libzmq at one."""

JUDGED, FEWEST = 6, 3
"""Looks by which a client is too slow if it missed images in most of them, and in how many at
least: 3 s, so that a moment's loss is none."""

AGAIN = 4
"""Times that one misses images, with pauses between, of late, so that it is too slow too."""

NEW = 1.0
"""Seconds that a client which got no image yet has just connected."""

PATIENCE = 3.0
"""Seconds that a client may leave images lying before it is said not to read."""

IDLE = 5
"""Looks without an image in between after which a client waits for images."""

ROUNDING = 0.05
"""Images by which the conversion of bytes may be off."""


def not_known(why: str) -> Delivered:
    """Report of a client that nothing is counted of."""
    return Delivered(
        fps=None,
        mb_s=None,
        missed=None,
        waiting_bytes=None,
        state="not known",
        text=f"not known: {why}",
    )


client_ids = count(1).__next__
"""Returns a number that no other connection of a client has."""


def distinguished(clients: Iterable[ClientStatus]) -> tuple[ClientStatus, ...]:
    """Add the port, or a number, to names that several connections have, as those of a process."""
    clients = tuple(clients)
    often = Counter(each["name"] for each in clients)
    for each in clients:
        if often[each["name"]] > 1:
            port = f"port {each['address'].rpartition(':')[2]}"
            each["name"] += f", {port if each['road'] == 'tcp' else each['id']}"
    return clients


class Offer(NamedTuple):
    """What was sent to whoever subscribes, in total: images, and their bytes on the wire.

    `time` is when the last one was sent, monotonic, s.
    """

    images: int = 0
    size: int = 0
    time: float = 0.0


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
    settled : whether libzmq had the time to hand over all that it held.
    """

    time: float
    offered: int
    delivered: float
    size: int
    least: int
    most: int
    missed: int
    settled: bool


class Delivery:
    """One client, from when it subscribes on.

    libzmq drops images for a client whose queue is full, in silence. But each that is offered is
    handed to the kernel, or still held by libzmq, or missed; and where the kernel has room, libzmq
    holds none, but for the moment in which it hands one over.

    Attributes
    ----------
    missed : images that it missed: exact some 2 s after it has caught up, and a few too few before,
        as many as libzmq can hold for it.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._looks: deque[_Look] = deque(maxlen=LOOKS)
        self._offer, self._taken = Offer(), Taken(0, 0, 0, room=True)
        self._size = 0.0
        """Bytes of an image on the wire."""
        self._unhanded = self._error = self._delivered = 0.0
        self._begun = 0.0, 0.0
        """When it subscribed, and the images that were delivered by then."""
        self._well = 0
        """What it had missed when it had kept up for long."""
        self._moved = 0.0, 0
        """When bytes were confirmed last, or none waited, and the images offered up to then."""

    def begin(self, offer: Offer, taken: Taken) -> None:
        """Count from now on: it subscribed, perhaps again."""
        self._unhanded, self._error = float(self.missed), 0.0
        self._size = offer.size / offer.images if offer.images else 0.0
        self._looks.clear()
        self._begun = taken.time, self._delivered
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
        if not self._missed_lately:
            self._well = self.missed
        return more

    def end(self) -> int:
        """Return how many more it has missed, now that it left: of one that missed some, all."""
        certain = [self.missed]
        settled = [each.most for each in self._looks if each.settled]
        if self._missed_lately:
            certain += [self._looks[-1].least, *settled[-1:]]
        elif len(settled) > 1:
            certain.append(min(settled[-2:]))
        more = max(certain) - self.missed
        self.missed += more
        return more

    def status(self) -> Delivered:
        """Report what it gets, and whether it keeps up, in words too."""
        state, text = self._state()
        return Delivered(
            fps=per_second(self._looks, "delivered"),
            mb_s=per_second(self._looks, "size") / 1e6,
            missed=self.missed,
            waiting_bytes=self._taken.waiting,
            state=state,
            text=text,
        )

    def _state(self) -> tuple[ClientState, str]:
        now, (moved_at, offered) = self._taken.time, self._moved
        if self._taken.waiting and now - moved_at >= PATIENCE and self._offer.images > offered:
            return "does not read", f"does not read: nothing taken for {now - moved_at:.0f} s"
        if self._delivered - self._begun[1] < 0.5:
            new = now - self._begun[0] < NEW
            return "waits for images", "just connected" if new else "waits for images"
        if self._idle:
            return "waits for images", "waits for images"
        if self._slow:
            return "too slow", f"too slow: {self._how_slow()}"
        if not self._missed_lately:
            return "keeps up", "keeps up"
        over = self._looks[-2].missed == self.missed
        missed = counted(self.missed - self._well, "image")
        return "keeps up", f"missed {missed}{', keeps up' if over else ' just now'}"

    @property
    def _idle(self) -> bool:
        """Whether nothing is offered to it any more: publishing is paused, or the camera lost."""
        images = self._looks[-1].offered - self._looks[0].offered
        if len(self._looks) < LOOKS or 0 < images < LOOKS:  # such slow ones have their pauses
            return False
        return self._looks[-1].offered == self._looks[-IDLE].offered

    def _how_slow(self) -> str:
        rates = rates_text(self._looks, "delivered", "offered")
        return f"gets {rates}" if rates else "misses images"

    @property
    def _missed_lately(self) -> int:
        """Images that it was found to have missed, of the looks that are remembered."""
        return self.missed - self._looks[0].missed

    @property
    def _slow(self) -> bool:
        """Whether it misses images for some time by now, or again and again."""
        missed = [
            now.missed > before.missed
            for before, now in pairwise(self._looks)
            if now.offered > before.offered or now.missed > before.missed
        ]
        lately = missed[-JUDGED:]
        if sum(lately) >= FEWEST and 2 * sum(lately) > len(lately):
            return True
        return sum(now and not before for before, now in pairwise([False, *missed])) >= AGAIN

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
                settled=taken.room and taken.time - offer.time >= SETTLED,
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
        settled = [each.most for each in self._looks if each.settled][-SURE:]
        if len(settled) == SURE:
            certain = max(certain, min(settled))
        more = max(0, certain - self.missed)
        self.missed += more
        self._looks[-1] = last._replace(missed=self.missed)
        return more


def _confirmed(taken: Taken) -> int:
    return taken.handed - taken.waiting


def per_second(looks: Sequence[Any], what: str) -> float:
    """Return by how much a figure of looks at a client grows; each has its `time`, s."""
    first, last = looks[0], looks[-1]
    span = last.time - first.time
    return float(getattr(last, what) - getattr(first, what)) / span if span else 0.0


def rates_text(looks: Sequence[Any], part: str, whole: str) -> str:
    """Return `10 of 60 images/s`, by two figures; empty where they are the same."""
    few, all_ = _rate(per_second(looks, part)), _rate(per_second(looks, whole))
    return f"{few} of {all_} images/s" if few != all_ else ""


def _rate(images: float) -> str:
    return f"{images:.0f}" if images >= 9.95 else f"{round(images, 1):g}"

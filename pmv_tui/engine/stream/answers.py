"""How late clients' answers to a camera's images come, on this machine's monotonic clock."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pmv_tui.engine.clients.connections import NAMELESS, Connection, Connections
from pmv_tui.frames.recent import NEAREST
from pmv_tui.rates import NS_PER_MS, NS_PER_S, Ring, counts_to, ranked, rate
from pmv_tui.wire.overlay import MessageError
from pmv_tui.wire.status import AnswerTimes, ClientStatus

WINDOW = 10
"""Seconds of which answers are reported."""

LONGEST = 60 * NS_PER_S
"""ns after which an image is not answered any more."""

IMAGES = 16384
"""Published images that are remembered: a minute at 273 a second, in 256 kB; at a higher rate as
long as they last."""

ANSWERS, OF_A_CLIENT = 8192, 1024
"""Answers that are remembered, of a camera and of one connection: 16 bytes each. Where more come in
10 s, figures are of the newest."""

OTHERS = 63
"""Connections that are told apart, a bit of a word each; one more bit is of all others together."""

FEW = 3
"""Images that are published unanswered, at least, before it is said that no answer comes."""

PATIENCE = 10
"""Deadlines without an answer, and a second at least, after which that is said."""

USUAL = 10
"""Answers whose usual interval says whether more still come."""

SECONDS = 16
"""Seconds of which answers are counted, a power of two above 10."""

AS_IT_CAME = "send the image's timestamp as it came"
YEAR = 366 * 86400 * NS_PER_S
UNITS = {"seconds": 10**9, "ms": 10**6, "µs": 10**3}
"""What is often taken for ns, and how many ns it is."""

LONGEST_ON_ITS_WAY = 10 * NS_PER_S
"""ns from an image's time stamp to its arrival, at most; beyond that the clock was set between."""


class Images(Ring):
    """The images that were published: when each was taken, monotonic, ns, and its time stamp.

    The worker adds them, the receiver's thread looks them up.
    """

    def __init__(self, length: int = IMAGES) -> None:
        super().__init__(length)
        self._newest = self._unordered_to = 0

    @property
    def length(self) -> int:
        """How many are remembered."""
        return len(self._times)

    def note(self, timestamp: int, arrival: int) -> None:
        """Note an image that is about to be sent, before anybody can answer it.

        When it was taken, on the monotonic clock, is found out now: a clock that is set later
        changes nothing.

        Parameters
        ----------
        timestamp : the image's, ns since the epoch.
        arrival : when it was handed over by the camera, monotonic, ns: not before it was taken.
        """
        taken = timestamp - time.time_ns() + time.monotonic_ns()
        if not arrival - LONGEST_ON_ITS_WAY < taken <= arrival:
            taken = arrival
        if timestamp < self._newest:
            self._unordered_to = self._count + self.length
        self._newest = timestamp
        self.add(taken, timestamp)

    def find(self, timestamp: int) -> int | None:
        """Return the number of the image with a time stamp, from 0 on; None where there is none."""
        count = self._count
        oldest = self._oldest(count)
        near = bisect_left(range(count), timestamp, oldest, key=self._timestamp)
        around = [each for each in (near - 1, near) if oldest <= each < count]
        found = min(around, key=lambda each: abs(self._timestamp(each) - timestamp), default=None)
        if found is not None and abs(self._timestamp(found) - timestamp) <= NEAREST:
            return found
        if count >= self._unordered_to:
            return None
        # The clock was set back, so that they are in no order.
        _, timestamps = self._kept(oldest, count)
        [same] = np.nonzero(np.abs(timestamps - timestamp) <= NEAREST)
        return oldest + int(same[-1]) if len(same) else None

    def waiting(self, since: int) -> int:
        """Return for how long images have been published since a time, ns: monotonic, of both."""
        count = self._count
        first = bisect_left(range(count), since, self._oldest(count), key=self._time_of)
        if count - first < FEW:
            return 0
        return self._time_of(count - 1) - self._time_of(first)

    def before(self, timestamp: int) -> bool:
        """Whether a time stamp lies before those of all images that are remembered, if any are."""
        return self._count > 0 and timestamp < self._timestamp(self._oldest(self._count))

    def taken(self, number: int) -> int:
        """Return when an image was taken, monotonic, ns."""
        return self._time_of(number)

    def _timestamp(self, number: int) -> int:
        return int(self._values[number & self._mask])


NO_ANSWERS = AnswerTimes(
    answers_fps=None,
    answered=None,
    answer_p50_ms=None,
    answer_p99_ms=None,
    answer_max_ms=None,
)


class Arrival(NamedTuple):
    """When a message was there, and who sent it.

    Parameters
    ----------
    time : monotonic, ns.
    descriptor : of the connection that it came by.
    connections : those of the socket; None: not known.
    """

    time: int
    descriptor: int = NAMELESS
    connections: Connections | None = None

    @property
    def connection(self) -> Connection | None:
        """The connection, where the guard knows it by now."""
        return self.connections.at(self.descriptor) if self.connections else None


@dataclass(slots=True, eq=False)
class _Sender:
    """One connection that answers, or, as the last of them, all that there is no room for.

    Parameters
    ----------
    bit : its number.
    arrival : of its last answer.
    connection : its connection, once the guard knows it.
    times : when its answers came, and their latency, ns.
    """

    bit: int
    arrival: Arrival
    connection: Connection | None = None
    times: Ring = field(default_factory=lambda: Ring(OF_A_CLIENT))

    def __post_init__(self) -> None:
        self._came_by(self.arrival.connection)

    def is_of(self, arrival: Arrival) -> bool:
        """Whether a message came by this connection; a descriptor may be another's by now."""
        if arrival.connections is not self.arrival.connections:
            return False
        connection = arrival.connection
        if self.connection is None:
            self._came_by(connection)
        return connection is None or connection is self.connection

    def _came_by(self, connection: Connection | None) -> None:
        self.connection = connection
        if connection is not None:
            connection.answers = True


class Tally(NamedTuple):
    """Answers that were judged by one deadline, in numbers: since it was set, and of the last 10 s.

    Parameters
    ----------
    deadline : ms; 0: none.
    term : counts the deadlines that the camera had.
    answers, late : how many came, and how many of them after their deadline.
    judged : how many had come when the last late one did.
    last_late : when that was, monotonic, ns; 0: none was late.
    recent, recent_late, worst : of the last 10 s: how many, those of them that were late, and the
        longest latency, ns.
    coming : whether answers still come.
    silence : for how long images have been published without an answer, ns, where that is long.
    former : as it was with the deadline before this; None: there was none.
    """

    deadline: float = 0.0
    term: int = 0
    answers: int = 0
    late: int = 0
    judged: int = 0
    last_late: int = 0
    recent: int = 0
    recent_late: int = 0
    worst: int = 0
    coming: bool = False
    silence: int = 0
    former: "Tally | None" = None

    @property
    def text(self) -> str:
        """How late the answers of the last 10 s are, in words; empty where none is late."""
        if self.silence:
            late = f"no answer for {self.silence / NS_PER_S:.1f} s"
        elif self.recent_late:
            often = "" if self.recent == 1 else f", {self._often} of the last {self.recent} late"
            late = f"answers up to {ms(self.worst)} ms after the image{often}"
        else:
            return ""
        return f"{late}; deadline {self.deadline:g} ms"

    @property
    def _often(self) -> int | str:
        return "all" if self.recent_late == self.recent else self.recent_late


NO_TALLY = Tally()


class _Second(NamedTuple):
    """Answers of one second: how many, how many of them late, and the longest latency, ns."""

    second: int = -1
    answers: int = 0
    late: int = 0
    worst: int = 0


@dataclass(slots=True, eq=False)
class _Term:
    """The time of one deadline, and the answers that came in it.

    Parameters
    ----------
    counted : those since it was set, in numbers; replaced as a whole, for others read it.
    since : when it was set, monotonic, ns.
    """

    counted: Tally = NO_TALLY
    since: int = 0
    seconds: list[_Second] = field(default_factory=lambda: [_Second()] * SECONDS)

    def count(self, now: int, latency: int) -> None:
        """Count an answer that came at `now`, monotonic, and its latency, both ns."""
        counted = self.counted
        late = 0 < counted.deadline * NS_PER_MS < latency
        second = now // NS_PER_S
        former = self.seconds[second % SECONDS]
        _, answers, lates, worst = former if former.second == second else _Second()
        self.seconds[second % SECONDS] = _Second(
            second, answers + 1, lates + late, max(worst, latency)
        )
        total = counted.answers + 1
        counted = counted._replace(answers=total)
        if late:
            counted = counted._replace(late=counted.late + 1, judged=total, last_late=now)
        self.counted = counted

    def tally(self, now: int) -> Tally:
        """Return its answers in numbers; `now` is monotonic, ns."""
        since = now // NS_PER_S - WINDOW
        counted = self.counted
        recent = [each for each in self.seconds if each.second >= since] if counted.answers else []
        return counted._replace(
            recent=sum(each.answers for each in recent),
            recent_late=sum(each.late for each in recent),
            worst=max((each.worst for each in recent), default=0),
        )


class Answers:
    """The answers to one camera's images. Written by the receiver's thread only.

    Parameters
    ----------
    images : those that were published.

    Attributes
    ----------
    times : when each answer came, monotonic, and its latency from the image's time stamp, ns.
    """

    def __init__(self, images: Images) -> None:
        self._images = images
        self.times = Ring(ANSWERS)
        self._first = Ring(ANSWERS)
        """Those that were the first to their image."""
        self._answered = np.zeros((2, images.length), np.uint64)
        """For each slot of the images: the number of one, plus 1, and a bit for each sender that
        answered it."""
        self._senders: list[_Sender] = []
        self._by_descriptor: dict[int, _Sender] = {}
        self._others = _Sender(OTHERS, Arrival(0))
        self._terms: tuple[_Term | None, _Term] = None, _Term()
        """That of the former deadline, and that of today's."""
        self._awaited_since: int | None = None
        self._unheard = 0
        """When there was nobody who could answer, last."""

    def configure(self, deadline: float) -> None:
        """Set from when on answers are late, ms; 0: never. Those that came are judged no more."""
        _, term = self._terms
        former = term.counted
        if deadline != former.deadline:
            counted = Tally(deadline=deadline, term=former.term + 1)
            self._terms = term, _Term(counted, time.monotonic_ns())

    def await_them(self, now: int, *, listeners: bool, published: bool) -> None:
        """Note whether answers are to be awaited.

        Parameters
        ----------
        now : monotonic, ns.
        listeners : whether there is anybody who could answer.
        published : whether images are published to them, as they come.
        """
        if not (listeners and published):
            self._awaited_since = None
        elif self._awaited_since is None:
            self._awaited_since = now
        if not listeners:
            self._unheard = now

    def take(self, timestamp: int, arrival: Arrival) -> str:
        """Take an answer to the image with a time stamp; return what is to be remarked of it.

        Raises
        ------
        MessageError : there can be no such image.
        """
        number = self._images.find(timestamp)
        if number is None:
            return self._unknown(timestamp, arrival.time)
        latency = max(0, arrival.time - self._images.taken(number))
        if latency > LONGEST:
            raise MessageError(_impossible(timestamp, latency))
        sender = self._sender(arrival)
        first, again = self._note(number, sender)
        if not again:
            sender.times.add(arrival.time, latency)
            self.times.add(arrival.time, latency)
            self._term_at(arrival.time).count(arrival.time, latency)
        if first:
            self._first.add(arrival.time, latency)
        return ""

    def figures(self, now: int) -> AnswerTimes:
        """Return how late answers are; `now` is monotonic, ns."""
        return self._figures([self.times], [self._first], now)

    def of_clients(self, clients: Sequence[ClientStatus], now: int) -> list[ClientStatus]:
        """Return the clients, with how late the answers of each are, where it can be told."""
        owned: dict[int, list[Ring]] = {}
        for sender in self._senders:
            owner = _owner(sender.connection, clients)
            if owner is not None:
                owned.setdefault(owner, []).append(sender.times)
        with_answers = []
        for client in clients:
            rings = owned.get(client["id"], [])
            figures = self._figures(rings, rings, now) if rings else NO_ANSWERS
            answers = figures if figures["answers_fps"] is not None else None
            with_answers.append(ClientStatus(**{**client, "answers": answers}))
        return with_answers

    def tally(self, now: int) -> Tally:
        """Return the answers in numbers; it takes no computing. `now` is monotonic, ns."""
        former, term = self._terms
        last, interval = self.times.usual(USUAL)
        return term.tally(now)._replace(
            coming=bool(last) and now - last <= max(2 * NS_PER_S, 3 * interval),
            silence=self._silence(term, last, interval),
            former=former.tally(now) if former else None,
        )

    def _silence(self, term: _Term, last: int, interval: int) -> int:
        """Return for how long images have been published without an answer, ns; 0: not for long.

        Parameters
        ----------
        last : when the last answer came, monotonic, ns.
        interval : from one to the next, as a rule, ns: who answers every tenth image is not silent.
        """
        awaited, deadline = self._awaited_since, term.counted.deadline
        if not deadline or awaited is None or last <= self._unheard:
            return 0
        silence = self._images.waiting(max(last, awaited, term.since))
        patience = PATIENCE * deadline * NS_PER_MS
        usual = 3 * interval or WINDOW * NS_PER_S  # after a single one it is not known
        return silence if silence > max(NS_PER_S, patience, usual) else 0

    def _term_at(self, time: int) -> _Term:
        """Return the term by whose deadline an answer is judged: that in which it came."""
        former, term = self._terms
        return former if former is not None and time < term.since else term

    def _figures(self, rings: Sequence[Ring], first: Sequence[Ring], now: int) -> AnswerTimes:
        """Return figures of answers: of all, and of those that were the first to their image."""
        begin = now - WINDOW * NS_PER_S
        latencies = np.concatenate([ring.since(begin)[1] for ring in rings])
        if not len(latencies):
            return NO_ANSWERS
        p50, p99 = ranked(latencies)
        return AnswerTimes(
            answers_fps=sum(rate(ring, now, WINDOW) for ring in rings) or 1 / WINDOW,
            answered=self._answered_share(first, now),
            answer_p50_ms=p50 / NS_PER_MS,
            answer_p99_ms=p99 / NS_PER_MS,
            answer_max_ms=float(latencies.max()) / NS_PER_MS,
        )

    def _answered_share(self, first: Sequence[Ring], now: int) -> float | None:
        """Return how many images were answered for each that was published in the same time.

        Not those same ones: some are still being answered, by a slow script for long. The time
        begins with the first answer, so that it agrees with their rate for a script that has just
        been started, too; and goes on while none comes, so that it does for one that stopped.
        """
        kept = [ring.kept_since for ring in (*first, self._images)]
        begin = max(now - WINDOW * NS_PER_S, *kept)
        answered = np.sort(np.concatenate([ring.since(begin)[0] for ring in first]))
        published, _ = self._images.since(begin)
        if len(answered) > 1 and (end := counts_to(answered, now)) > answered[0]:
            # As many intervals of both: the image that came first is not counted, either.
            between = (published > answered[0]) & (published <= end)
            if np.any(between):
                return min(1.0, (len(answered) - 1) / int(np.sum(between)))
        return min(1.0, len(answered) / len(published)) if len(published) else None

    def _sender(self, arrival: Arrival) -> _Sender:
        """Return who sent an answer: each of 63 connections in a minute, or all others together."""
        sender = self._by_descriptor.get(arrival.descriptor)
        if sender is None or not sender.is_of(arrival):
            sender = self._new_sender(arrival)
        sender.arrival = arrival
        return sender

    def _new_sender(self, arrival: Arrival) -> _Sender:
        senders, bit = self._senders, len(self._senders)
        if bit == OTHERS:
            # Whoever answered nothing for so long has left no bit at an image that is answered now.
            idle = min(senders, key=lambda each: each.arrival.time)
            if arrival.time - idle.arrival.time <= LONGEST:
                return self._others
            bit = idle.bit
            if self._by_descriptor.get(idle.arrival.descriptor) is idle:
                del self._by_descriptor[idle.arrival.descriptor]
        sender = _Sender(bit, arrival)
        self._by_descriptor[arrival.descriptor] = sender
        senders[bit : bit + 1] = [sender]
        return sender

    def _note(self, number: int, sender: _Sender) -> tuple[bool, bool]:
        """Note that an image is answered.

        Returns
        -------
        Whether it is the first answer to the image, and whether its sender has answered it before.
        """
        numbers, bits = self._answered
        slot = number % self._images.length
        seen = int(bits[slot]) if numbers[slot] == number + 1 else 0
        numbers[slot], bits[slot] = number + 1, seen | 1 << sender.bit
        return not seen, bool(seen & 1 << sender.bit)

    def _unknown(self, timestamp: int, arrival: int) -> str:
        """Return what is remarked of an answer to an image that was not published here.

        Raises
        ------
        MessageError : no image that is answered now can have such a time stamp.
        """
        age = time.time_ns() - time.monotonic_ns() + arrival - timestamp
        if age < -NEAREST or age > LONGEST:
            raise MessageError(_impossible(timestamp, age))
        if self._images.before(timestamp):
            return f"TIMESTAMP {timestamp} is of an image from before those that are remembered"
        return (
            f"TIMESTAMP {timestamp} is of no image that this camera published: send the timestamp "
            "of the image, not the script's own clock; or is this the pull address of another "
            "camera?"
        )


def _owner(connection: Connection | None, clients: Sequence[ClientStatus]) -> int | None:
    """Return the id of the one client whose connection for answers this is; None: not known.

    By its key, where it has one; then by its process, or from another machine by its host.
    """
    if connection is None:
        return None
    found = [each for each in clients if each["key"] == connection.key]
    if not (connection.key and len(found) == 1):
        if connection.holder is not None:
            found = [each for each in found if each["pid"] == connection.holder.pid]
        elif not connection.kernel.local:
            host = _host(connection.kernel.address)
            found = [each for each in found if not each["pid"] and _host(each["address"]) == host]
        else:
            return None
    return found[0]["id"] if len(found) == 1 else None


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _impossible(timestamp: int, age: int) -> str:
    """Return why no image can have a time stamp, and what was probably meant.

    Parameters
    ----------
    age : of such an image, ns; less than nothing: it is still to come.
    """
    now = timestamp + age
    for unit, factor in UNITS.items():
        if abs(now // factor - timestamp) < YEAR // factor:
            return f"TIMESTAMP {timestamp} is in {unit}: {AS_IT_CAME}, in ns"
    if timestamp < YEAR:
        return f"TIMESTAMP {timestamp} is of no clock that counts from 1970: {AS_IT_CAME}"
    if age < 0:
        return f"TIMESTAMP {timestamp} is {_span(-age)} in the future: {AS_IT_CAME}"
    return f"TIMESTAMP {timestamp} is {_span(age)} old, more than a minute: {AS_IT_CAME}"


def _span(ns: int) -> str:
    """Write a time for people."""
    seconds = ns / NS_PER_S
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60), ("s", 1)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{ms(ns)} ms"


def ms(ns: int) -> str:
    """Write ns as ms, as exactly as people want them."""
    value = ns / NS_PER_MS
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}"

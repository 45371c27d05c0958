"""Turns what changes in the cameras' condition into events: lost, back, a client connected."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pmv_tui.engine.events import Events, Level
from pmv_tui.token_bucket import TokenBucket
from pmv_tui.wire.status import (
    BEHIND,
    SOUND_WINDOWS,
    CameraCondition,
    CameraState,
    ClientStatus,
    Drops,
    EventKind,
    client_sentence,
    counted,
    others_too,
    window_sentence,
)

LEVELS: dict[CameraState, Level] = {"stalled": "warning", "lost": "error", "error": "error"}

BURST, PERIOD = 6, 10.0
"""Events of one kind that a camera may cause at once, and the seconds to one more. What comes
meanwhile is counted, and reported with the next."""

DROPS_PERIOD = 60.0
"""Seconds from one event about lost frames to the next: a link that loses some loses many."""

REFUSED_PERIOD = 20.0
"""Seconds from one event about clients that were rejected to the next: some try ten times a
second."""

SLOW_PERIOD = 30.0
"""Seconds from one event about clients that fall behind, or catch up, to the next, after a few."""

LASTING = 3.0
"""Seconds that a client keeps up again before that is reported: by then it is known how many images
it missed."""

FALLING = 1.5
"""Seconds that a client is behind before that is reported, some 3 s after it began to miss images:
then it is more than a moment."""

Loss = Literal["missing", "skipped", "failed"]

DROP_WORDS: dict[Loss, str] = {
    "missing": "lost between camera and host",
    "skipped": "skipped (this computer was too slow)",
    "failed": "incomplete",
}
"""What is lost before it is published. Clients that miss images are reported by name, and
`put_rate` is a wish."""


class Condition(CameraCondition):
    """A camera's condition, and what of it appears in no status."""

    failures: int
    """How often it could not be opened or was lost."""
    last_failure: str
    last_frame: int
    """When a frame came, monotonic, ns; 0 before the first."""
    subscriptions: int
    """Clients that ever came."""


UNTOUCHED = Condition(
    state="opening",
    reason="",
    failures=0,
    last_failure="",
    last_frame=0,
    drops=Drops(missing=0, skipped=0, failed=0, put_rate=0, clients=0),
    plugged=False,
    clients=0,
    client_list=[],
    subscriptions=0,
    refused=0,
    refused_reason="",
    malformed=0,
    malformed_reason="",
    remarks=0,
    remark="",
    window="",
    window_reason="",
)
"""Of a camera that nothing has happened to yet: what came before the first look is news too."""


class Watch:
    """Remembers each camera's condition as last reported, and records what is different now.

    What comes and goes between two looks is known from counts, so it is not missed; a stall that
    ends before the next look is.
    """

    def __init__(self, events: Events) -> None:
        self._events = events
        self._cameras: dict[str, _CameraWatch] = {}

    def forget(self, camera: str) -> None:
        """Let a camera go: one of the same unique_id counts from zero again."""
        self._cameras.pop(camera, None)

    def look(self, camera: str, condition: Condition, now: float) -> None:
        """Compare a camera's condition with its last one.

        Parameters
        ----------
        camera : its unique_id.
        now : monotonic, s.
        """
        watch = self._cameras.get(camera)
        if watch is None:
            watch = self._cameras[camera] = _CameraWatch(condition)
            text = _with_reason(condition["state"], condition["reason"])
            self._events.record(
                text, camera=camera, kind="state", level=LEVELS.get(condition["state"], "info")
            )
        for kind, text, level in watch.news(condition, now):
            self._events.record(text, camera=camera, kind=kind, level=level)


class _News(NamedTuple):
    """An event to be."""

    kind: EventKind
    text: str
    level: Level = "info"


class _CameraWatch:
    """One camera's condition at the last look, and as last reported, for each kind of event."""

    def __init__(self, first: Condition) -> None:
        self._last = first
        self._clients = self._messages = self._remarks = UNTOUCHED
        self._drops = self._window = self._refused = UNTOUCHED
        self._slow = _SlowClients()
        self._state_changes = 0
        self._last_good_frame: int | None = None
        self._buckets = {
            kind: TokenBucket(BURST, PERIOD) for kind in ("state", "client", "message", "window")
        }
        self._buckets["drops"] = TokenBucket(1, DROPS_PERIOD)
        self._buckets["remark"] = TokenBucket(BURST, PERIOD)
        self._buckets["refused"] = TokenBucket(1, REFUSED_PERIOD)

    def news(self, now: Condition, at: float) -> Iterator[_News]:
        """Yield what is due to be reported; the rest waits for a later look."""
        self._count_state_changes(now)
        self._last = now
        if self._state_changes and self._buckets["state"].take(at):
            yield self._state_news(now)
        if self._clients_changed(now) and self._buckets["client"].take(at):
            yield from self._client_news(now)
        yield from self._slow.news(now["client_list"], at)
        if now["refused"] > self._refused["refused"] and self._buckets["refused"].take(at):
            count = now["refused"] - self._refused["refused"]
            self._refused = now
            yield _News("client", refused_text(count, now["refused_reason"]), "warning")
        if now["malformed"] > self._messages["malformed"] and self._buckets["message"].take(at):
            count = now["malformed"] - self._messages["malformed"]
            self._messages = now
            yield _News("message", _malformed(count, now["malformed_reason"]), "warning")
        if now["remarks"] > self._remarks["remarks"] and self._buckets["remark"].take(at):
            count = now["remarks"] - self._remarks["remarks"]
            self._remarks = now
            more = f" (and {count - 1} more)" if count > 1 else ""
            yield _News("message", f"overlay: {now['remark']}{more}", "warning")
        if (lost := _lost(self._drops["drops"], now["drops"])) and self._buckets["drops"].take(at):
            self._drops = now
            yield _News("drops", lost, "warning")
        yield from self._window_news(now, at)

    def _count_state_changes(self, now: Condition) -> None:
        last = self._last
        changed = last["state"] != now["state"]
        if now["state"] in ("lost", "error"):
            # While a camera is stalled its reason counts the seconds: that is no news.
            changed = changed or last["reason"] != now["reason"]
        elif now["failures"] > last["failures"] and not changed:
            changed = True
            self._state_changes += 1
        self._state_changes += changed
        if self._last_good_frame is None:
            if now["state"] in LEVELS:
                self._last_good_frame = now["last_frame"]
            elif now["failures"] > last["failures"]:
                self._last_good_frame = last["last_frame"]

    def _state_news(self, now: Condition) -> _News:
        """Return the state; of a camera that is back, for how long it gave no frame."""
        text = _with_reason(now["state"], now["reason"])
        if now["state"] not in LEVELS:
            since, self._last_good_frame = self._last_good_frame, None
            if since and now["last_frame"] > since:
                text = f"{now['state']} again, after {_seconds((now['last_frame'] - since) / 1e9)}"
                if self._state_changes > 1 and now["last_failure"]:
                    text += f"; it had failed: {now['last_failure']}"
        if self._state_changes > 2:
            text += f" ({self._state_changes} changes of state since the last line)"
        self._state_changes = 0
        return _News("state", text, LEVELS.get(now["state"], "info"))

    def _clients_changed(self, now: Condition) -> bool:
        last = self._clients
        return (now["clients"], now["subscriptions"]) != (last["clients"], last["subscriptions"])

    def _client_news(self, now: Condition) -> Iterator[_News]:
        """Yield who came and who went; those whom an unplug disconnected are no news."""
        last, self._clients = self._clients, now
        came = now["subscriptions"] - last["subscriptions"]
        went = came + last["clients"] - now["clients"]
        parts = [f"{counted(came, 'client')} connected"] if came else []
        if went and (now["plugged"] or came):
            parts.append(f"{counted(went, 'client')} disconnected")
        if parts:
            yield _News("client", f"{' and '.join(parts)} ({now['clients']} now)")

    def _window_news(self, now: Condition, at: float) -> Iterator[_News]:
        if now["window"] == "opening":
            self._window = now
        if now["window"] == self._window["window"] or not self._buckets["window"].take(at):
            return
        self._window = now
        sound = now["window"] in SOUND_WINDOWS
        text = window_sentence(now["window"], now["window_reason"])
        yield _News("window", text, "info" if sound else "warning")


class _SlowClients:
    """One camera's clients that were reported to be behind, and those whose state has changed."""

    def __init__(self) -> None:
        self._reported: set[int] = set()
        self._since: dict[int, float] = {}
        """When each was first seen not to be as it was reported."""
        self._missed: dict[int, int] = {}
        """What each had missed when it kept up last."""
        self._bucket = TokenBucket(BURST, SLOW_PERIOD)

    def news(self, clients: Sequence[ClientStatus], at: float) -> Iterator[_News]:
        """Yield who fell behind and who keeps up again; those that left meanwhile are no news."""
        self._reported &= {each["id"] for each in clients}
        # Who is offered nothing neither keeps up nor does not.
        judged = [each for each in clients if each["state"] in (*BEHIND, "keeps up")]
        changed = [each for each in judged if _behind(each) != (each["id"] in self._reported)]
        self._since = {each["id"]: self._since.get(each["id"], at) for each in changed}
        due = [each for each in changed if at - self._since[each["id"]] >= _patience(each)]
        fell = [each for each in due if _behind(each)]
        caught_up = [each for each in due if not _behind(each)]
        if due and self._bucket.take(at):
            if fell:
                yield _News("client", _fell_behind(fell), "warning")
            if caught_up:
                yield _News("client", self._caught_up(caught_up), "warning")
            self._reported ^= {each["id"] for each in due}
        self._remember_missed(clients)

    def _remember_missed(self, clients: Sequence[ClientStatus]) -> None:
        missed = {}
        for each in clients:
            missed[each["id"]] = self._missed.get(each["id"], 0)
            if not _behind(each) and each["id"] not in self._reported:
                missed[each["id"]] = each["missed"] or 0
        self._missed = missed

    def _caught_up(self, clients: list[ClientStatus]) -> str:
        first, *others = clients
        missed = (first["missed"] or 0) - self._missed[first["id"]]
        images, too = counted(missed, "image"), others_too(len(others))
        return f"client {first['name']} keeps up again; it missed {images}{too}"


def _patience(client: ClientStatus) -> float:
    return FALLING if _behind(client) else LASTING


def _behind(client: ClientStatus) -> bool:
    return client["state"] in BEHIND


def _fell_behind(clients: list[ClientStatus]) -> str:
    first, *others = clients
    return f"{client_sentence(first)}{others_too(len(others))}"


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text


def _malformed(count: int, reason: str) -> str:
    if count == 1:
        return f"a malformed message: {reason}"
    return f"{count} malformed messages, the last: {reason}"


def refused_text(count: int, reason: str) -> str:
    """Return how many clients were rejected, and why the last one was."""
    if count == 1:
        return f"client rejected: {reason}"
    return f"{count} connections of clients rejected, the last: {reason}"


def _lost(before: Drops, now: Drops) -> str:
    """Return how many frames were lost, by cause; empty where none were."""
    counts = {cause: now[cause] - before[cause] for cause in DROP_WORDS}
    words = [f"{count} {DROP_WORDS[cause]}" for cause, count in counts.items() if count > 0]
    return f"frames lost: {', '.join(words)}" if words else ""


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"

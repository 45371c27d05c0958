"""What is reported of a camera: its whole status, and as events what changes in its condition."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from pmv_tui.engine.events import Events, Level
from pmv_tui.engine.stream.answers import Tally, ms
from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.rates import NS_PER_S, percentiles_ms, rate
from pmv_tui.untrusted import TokenBucket
from pmv_tui.wire.drawn import Overlay
from pmv_tui.wire.status import (
    BEHIND,
    SOUND_WINDOWS,
    CameraCondition,
    CameraState,
    CameraStatus,
    ClientStatus,
    Corners,
    Drops,
    DropTimes,
    EventKind,
    client_sentence,
    counted,
    others_too,
    window_sentence,
)


class Condition(CameraCondition):
    """A camera's condition, and what of it appears in no status."""

    failures: int
    """How often it could not be opened or was lost."""
    last_failure: str
    last_frame: int
    """When a frame came, monotonic, ns; 0 before the first."""
    subscriptions: int
    """Clients that ever came."""
    answers: Tally


def condition_of(camera: RigCamera) -> Condition:
    """Return the part of the status that the watch compares."""
    progress, now = camera.worker.progress, time.monotonic_ns()
    tally = camera.answers.tally(now)
    condition = _condition(camera, tally, now)
    came, condition["clients"] = camera.publisher.audience  # both at one moment
    return Condition(
        **condition,
        failures=progress.failures,
        last_failure=progress.last_failure,
        last_frame=progress.last_frame,
        subscriptions=came,
        answers=tally,
    )


def status_of(camera: RigCamera) -> CameraStatus:
    """Return everything that a snapshot says of a camera."""
    now = time.monotonic_ns()
    config, worker, publisher = camera.config, camera.worker, camera.publisher
    progress = worker.progress
    published_fps = rate(publisher.sent, now)
    latency = percentiles_ms(publisher.sent, now)
    drawn = camera.overlays.drawn(now)
    retry_at, clock = progress.retry_at, worker.clock.fit(now)
    condition = _condition(camera, camera.answers.tally(now), now)
    condition["client_list"] = camera.answers.of_clients(condition["client_list"], now)
    return CameraStatus(
        **condition,
        unique_id=config.unique_id,
        name=config.label,
        listed=camera.listed,
        retry_in=None if retry_at is None else max(0.0, retry_at - now / 1e9),
        fps=rate(worker.arrivals, now),
        fps_wanted=config.fps,
        fps_actual=_actual_rate(camera),
        external_trigger=config.external_trigger,
        width=progress.width,
        height=progress.height,
        pixel_format=progress.pixel_format,
        captured=progress.captured,
        published=publisher.published,
        drops_at=_drop_times(camera),
        clock_offset_ms=None if clock is None else clock.offset / 1e6,
        clock_drift_ppm=None if clock is None else clock.drift,
        paused=camera.paused,
        plug_error=camera.sockets.error,
        pub_address=config.pub_address,
        pull_address=config.pull_address,
        exposed=camera.exposed,
        curve=camera.sockets.door is not None,
        refused_at=camera.sockets.refusals.time,
        limited_to=None if config.external_trigger else publisher.limited_to,
        published_fps=published_fps,
        published_mb_s=published_fps * publisher.image_bytes / 1e6,
        latency_p50_ms=latency and latency[0],
        latency_p99_ms=latency and latency[1],
        box=_corners(drawn),
        drawn=len(drawn),
        messages=camera.overlays.messages,
        **camera.answers.figures(now),
        deadline=camera.deadline,
        unsaved=sorted(camera.unsaved),
    )


def _condition(camera: RigCamera, tally: Tally, now: int) -> CameraCondition:
    """Return the part common to both; `now` is monotonic, ns."""
    state, reason = camera.worker.state(now)
    overlays, refusals, window = camera.overlays, camera.sockets.refusals, camera.window
    return CameraCondition(
        state=state,
        reason=reason,
        plugged=camera.plugged,
        clients=camera.publisher.clients,
        client_list=list(camera.publisher.client_list),
        local_clients=len(camera.publisher.local.readers),
        not_subscribed=camera.publisher.not_subscribed,
        drops=_drops(camera),
        refused=refusals.count,
        refused_reason=refusals.reason,
        malformed=overlays.malformed,
        malformed_reason=overlays.malformed_reason,
        remarks=overlays.remarks,
        remark=overlays.remark,
        late=tally.text,
        window=window.state,
        window_reason=window.reason,
    )


def _actual_rate(camera: RigCamera) -> float | None:
    """Return the frames a second that the camera says it makes; None where it does not say."""
    for setting in camera.worker.progress.settings:
        if setting.name == "fps" and isinstance(setting.actual, int | float):
            return float(setting.actual)
    return None


def _drops(camera: RigCamera) -> Drops:
    counts = camera.worker.counts()
    return Drops(
        missing=counts.missing,
        skipped=counts.skipped,
        failed=counts.failed,
        put_rate=camera.publisher.over_rate,
        clients=camera.publisher.missed_by_clients.images,
    )


def _drop_times(camera: RigCamera) -> DropTimes:
    counts = camera.worker.counts()
    return DropTimes(
        missing=counts.last_missing,
        skipped=counts.last_skipped,
        failed=counts.last_failed,
        put_rate=camera.publisher.last_over_rate,
        clients=camera.publisher.missed_by_clients.last,
    )


def _corners(drawn: Sequence[Overlay]) -> Corners | None:
    """Return where the first box is drawn; None where none is."""
    for shape in drawn:
        if shape["kind"] == "box":
            left, top, right, bottom = shape["corners"]
            return Corners(top_left=(left, top), bottom_right=(right, bottom))
    return None


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
        """Compare a camera's condition with its last one; `now` is monotonic, s."""
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


def _malformed(count: int, reason: str) -> str:
    if count == 1:
        return f"a malformed message: {reason}"
    return f"{count} malformed messages, the last: {reason}"


def _remarked(count: int, remark: str) -> str:
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"overlay: {remark}{more}"


def refused_text(count: int, reason: str) -> str:
    """Return how many clients were rejected, and why the last one was."""
    if count == 1:
        return f"client rejected: {reason}"
    return f"{count} connections of clients rejected, the last: {reason}"


class _Counted(NamedTuple):
    """Something that a camera's condition counts: what is new is an event, as `text` words it."""

    what: Literal["refused", "malformed", "remarks"]
    reason: Literal["refused_reason", "malformed_reason", "remark"]
    kind: EventKind
    burst: int
    period: float
    text: Callable[[int, str], str]


COUNTED = (
    _Counted("refused", "refused_reason", "client", 1, REFUSED_PERIOD, refused_text),
    _Counted("malformed", "malformed_reason", "message", BURST, PERIOD, _malformed),
    _Counted("remarks", "remark", "message", BURST, PERIOD, _remarked),
)


class _CameraWatch:
    """One camera's condition at the last look, and as last reported, for each kind of event.

    What came before the first look is news too.
    """

    def __init__(self, first: Condition) -> None:
        self._last = first
        self._audience = 0, 0
        self._window = ""
        self._reported: Counter[str] = Counter()
        """By what is counted, frames lost of each kind too."""
        self._slow = _SlowClients()
        self._late = _LateAnswers()
        self._state_changes = 0
        self._last_good_frame: int | None = None
        self._buckets = {kind: TokenBucket(BURST, PERIOD) for kind in ("state", "client", "window")}
        self._buckets |= {each.what: TokenBucket(each.burst, each.period) for each in COUNTED}
        self._buckets["drops"] = TokenBucket(1, DROPS_PERIOD)

    def news(self, now: Condition, at: float) -> Iterator[_News]:
        """Yield what is due to be reported; the rest waits for a later look."""
        self._count_state_changes(now)
        self._last = now
        if self._state_changes and self._buckets["state"].take(at):
            yield self._state_news(now)
        audience = now["clients"], now["subscriptions"]
        if audience != self._audience and self._buckets["client"].take(at):
            yield from self._client_news(now)
        yield from self._slow.news(now["client_list"], at)
        yield from self._late.news(now["answers"], at)
        for each in COUNTED:
            count = now[each.what] - self._reported[each.what]
            if count > 0 and self._buckets[each.what].take(at):
                self._reported[each.what] = now[each.what]
                yield _News(each.kind, each.text(count, now[each.reason]), "warning")
        yield from self._drop_news(now, at)
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

    def _client_news(self, now: Condition) -> Iterator[_News]:
        """Yield who came and who went; those whom an unplug disconnected are no news."""
        clients, subscriptions = self._audience
        self._audience = now["clients"], now["subscriptions"]
        came = now["subscriptions"] - subscriptions
        went = came + clients - now["clients"]
        parts = [f"{counted(came, 'client')} connected"] if came else []
        if went and (now["plugged"] or came):
            parts.append(f"{counted(went, 'client')} disconnected")
        if parts:
            yield _News("client", f"{' and '.join(parts)} ({now['clients']} now)")

    def _drop_news(self, now: Condition, at: float) -> Iterator[_News]:
        counts = {cause: now["drops"][cause] - self._reported[cause] for cause in DROP_WORDS}
        words = [f"{count} {DROP_WORDS[cause]}" for cause, count in counts.items() if count > 0]
        if words and self._buckets["drops"].take(at):
            self._reported.update(counts)
            yield _News("drops", f"frames lost: {', '.join(words)}", "warning")

    def _window_news(self, now: Condition, at: float) -> Iterator[_News]:
        if now["window"] == "opening":
            self._window = "opening"
        if now["window"] == self._window or not self._buckets["window"].take(at):
            return
        self._window = now["window"]
        sound = now["window"] in SOUND_WINDOWS
        text = window_sentence(now["window"], now["window_reason"])
        yield _News("window", text, "info" if sound else "warning")


class _LateAnswers:
    """Whether answers to one camera's images were reported to be late, and how many were since."""

    def __init__(self) -> None:
        self._before = Tally()
        """When none was late; while some are, as it was then."""
        self._begun: Tally | None = None
        """As it was when that was reported."""
        self._last = Tally()
        self._worst = self._silence = 0
        self._bucket = TokenBucket(BURST, SLOW_PERIOD)

    def news(self, now: Tally, at: float) -> Iterator[_News]:
        """Yield that answers begin to be late, and that it is over.

        With another deadline it is over at once, for they are judged by that from then on.
        """
        if now.term != self._last.term:
            if self._begun is not None:
                former = now.former
                ended = former if former and former.term == self._last.term else self._last
                limit = f"{now.deadline:g} ms" if now.deadline else "none"
                yield self._over(f"deadline for answers is {limit} now", self._begun, ended)
            self._anew(Tally())
        self._last = now
        if self._begun is None and now.text and self._bucket.take(at):
            self._begun = now
            yield _News("client", f"late: {now.text}", "warning")
        self._worst = max(self._worst, now.worst)
        self._silence = max(self._silence, now.silence)
        if now.text:
            return
        if self._begun is not None:
            word = "answers in time again" if now.coming else "no answers come any more"
            yield self._over(word, self._begun, now)
        self._anew(now)

    def _anew(self, now: Tally) -> None:
        self._before, self._begun, self._worst, self._silence = now, None, 0, 0

    def _over(self, word: str, begun: Tally, ended: Tally) -> _News:
        """Return that it is over, with what came between the first late answer and the last."""
        answers, late = ended.judged - self._before.answers, ended.late - self._before.late
        lasted = (ended.last_late - begun.last_late) / NS_PER_S
        within = f" within {_seconds(lasted)}" if begun.last_late and lasted > 0 else ""
        worst = ms(max(self._worst, ended.worst))
        after = f"later than {begun.deadline:g} ms after the image"
        told = [f"none came for {_seconds(self._silence / NS_PER_S)}"] if self._silence else []
        if late == 1:
            told.append(f"one came {after}: after {worst} ms")
        elif late:
            told.append(
                f"{late} of {counted(answers, 'answer')} came {after}{within}, the worst after "
                f"{worst} ms"
            )
        return _News("client", f"{word}: {'; '.join(told)}" if told else word, "warning")


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
        lasts = {each["id"]: at - self._since[each["id"]] for each in changed}
        fell = [each for each in changed if _behind(each) and lasts[each["id"]] >= FALLING]
        caught_up = [each for each in changed if not _behind(each) and lasts[each["id"]] >= LASTING]
        due = fell + caught_up
        if due and self._bucket.take(at):
            if fell:
                others = others_too(len(fell) - 1)
                yield _News("client", client_sentence(fell[0]) + others, "warning")
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


def _behind(client: ClientStatus) -> bool:
    return client["state"] in BEHIND


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"

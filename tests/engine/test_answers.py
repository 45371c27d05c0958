"""How late answers to images are, whose they are, and what cannot be one."""

import random
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.clients.connections import Connections
from pmv_tui.engine.stream.answers import Answers, Arrival, Images
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.wire.overlay import MAX_MESSAGE_BYTES, pack_answer, pack_boxes
from pmv_tui.wire.status import ClientStatus

MS, S = 1_000_000, 1_000_000_000
PERIOD = 20 * MS


class Loop:
    """A camera whose images are published at 50 a second, and scripts that answer them.

    The clocks are the test's own.

    Attributes
    ----------
    wall, now : what the host's clock says, and the monotonic one, ns.
    stamps : the time stamps of the images that were published.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, remembered: int = 4096) -> None:
        self.wall, self.now = 1_764_306_000_000_000_123, 50_000 * S
        monkeypatch.setattr(time, "time_ns", lambda: self.wall)
        monkeypatch.setattr(time, "monotonic_ns", lambda: self.now)
        self.images = Images(remembered)
        self.answers = Answers(self.images)
        self.overlays = Overlays(OverlayConfig(), lambda: (640, 480), self.answers)
        self.stamps: list[int] = []

    def wait(self, ns: int) -> None:
        self.wall, self.now = self.wall + ns, self.now + ns

    def publish(self) -> int:
        """Publish the next image, 1 ms after its time stamp; return the stamp."""
        self.wait(PERIOD - MS)
        self.stamps.append(self.wall)
        self.wait(MS)
        self.images.note(self.stamps[-1], self.now)
        return self.stamps[-1]

    def answer(self, timestamp: float, sender: "Sender | None" = None) -> str:
        """Answer an image; return why that is malformed, or what is remarked; empty: neither."""
        before = self.overlays.malformed, self.overlays.remarks
        message = b'{"TIMESTAMP": %s}' % repr(timestamp).encode()
        self.overlays.take(message, self.now, sender.arrival(self.now) if sender else None)
        if self.overlays.malformed > before[0]:
            return self.overlays.malformed_reason
        return self.overlays.remark if self.overlays.remarks > before[1] else ""

    def figures(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.answers.figures(self.now))


class Sender:
    """A script's connection to the pull address, as the guard has it."""

    def __init__(self, descriptor: int, pid: int | None = None, **more: Any) -> None:
        holder = pid and SimpleNamespace(pid=pid)
        kernel = SimpleNamespace(local=more.get("local", True), address=more.get("address", ""))
        connection = SimpleNamespace(holder=holder, kernel=kernel, key=more.get("key", ""))
        self._descriptor = descriptor
        self._connections = cast("Connections", SimpleNamespace(at=lambda _: connection))

    def arrival(self, now: int) -> Arrival:
        return Arrival(now, self._descriptor, self._connections)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    return Loop(monkeypatch)


def test_latency_is_from_the_time_stamp_to_the_arrival_of_the_answer(loop: Loop) -> None:
    assert set(loop.figures().values()) == {None}
    for latency in (5, 6, 7, 8, 90):
        stamp = loop.publish()
        loop.wait((latency - 1) * MS)
        assert loop.answer(stamp) == ""
    figures = loop.figures()
    assert figures["answer_p50_ms"] == 7
    assert figures["answer_p99_ms"] == figures["answer_max_ms"] == 90
    assert figures["answered"] == 1


@pytest.mark.parametrize("step", [3600 * S, -3600 * S])
def test_a_clock_that_is_set_before_the_answer_changes_nothing(loop: Loop, step: int) -> None:
    stamp = loop.publish()
    loop.wall += step
    loop.wait(6 * MS)
    assert loop.answer(stamp) == ""
    assert loop.figures()["answer_max_ms"] == 7


def test_images_of_before_and_after_a_clock_was_set_back_are_both_found(loop: Loop) -> None:
    before = [loop.publish() for _ in range(3)]
    loop.wall -= 50 * MS
    after = [loop.publish() for _ in range(5)]
    for stamp in (*before, *after):
        assert loop.answer(stamp) == ""
    assert loop.figures()["answered"] == 1
    assert "of no image" in loop.answer(before[-1] + 5 * MS)


def test_a_steady_script_that_is_8_s_late_answers_all_images(loop: Loop) -> None:
    for number in range(2000):
        loop.publish()
        if number >= 400:
            loop.answer(loop.stamps[number - 400])
    figures = loop.figures()
    assert figures["answered"] == pytest.approx(1, abs=0.01)
    assert figures["answers_fps"] == pytest.approx(50, rel=0.01)
    assert figures["answer_p50_ms"] == pytest.approx(8001, abs=1)
    loop.wait(11 * S)
    assert set(loop.figures().values()) == {None}


def test_an_image_answered_again_by_one_script_counts_once_and_by_another_as_one_more(
    loop: Loop,
) -> None:
    mine, yours = Sender(7), Sender(8)
    for _ in range(100):
        stamp = loop.publish()
        for sender in (mine, yours, mine, yours):
            loop.wait(MS)
            assert loop.answer(stamp, sender) == ""
        loop.publish()
    figures = loop.figures()
    assert figures["answers_fps"] == pytest.approx(45, rel=0.05)
    assert figures["answered"] == 0.5
    assert figures["answer_max_ms"] == 3


@pytest.mark.parametrize("write", [float, lambda stamp: float(f"{stamp:.15g}")])
def test_a_number_that_was_a_double_on_its_way_is_understood(loop: Loop, write: Any) -> None:
    stamps = [loop.publish() for _ in range(20)]
    assert [loop.answer(write(stamp)) for stamp in stamps] == [""] * 20
    assert loop.figures()["answered"] == 1


@pytest.mark.parametrize(
    ("timestamp", "reason"),
    [
        (lambda now: now / S, "must be a whole number"),
        (lambda now: now // S, "is in seconds: send the image's timestamp as it came, in ns"),
        (lambda now: now // MS, "is in ms"),
        (lambda now: now // 1000, "is in µs"),
        (lambda _: 50_000 * S, "is of no clock that counts from 1970"),
        (lambda now: now + 1 * S, "is 1000 ms in the future"),
        (lambda now: now + 7200 * S, "is 2 hours in the future"),
        (lambda now: now - 61 * S, "is 61 s old, more than a minute"),
        (lambda now: now - 400 * 86400 * S, "is 400 days old"),
        (lambda _: -5, "must be ns since 1970"),
        (lambda now: now * 1000, "must be ns since 1970"),
        (lambda _: 1e300, "must be a whole number"),
    ],
)
def test_what_can_be_of_no_image_is_malformed_and_draws_nothing(
    loop: Loop, timestamp: Any, reason: str
) -> None:
    loop.publish()
    assert reason in loop.answer(timestamp(loop.wall))
    assert loop.overlays.messages == 0
    box = b'{"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4]}, "TIMESTAMP": %d}'
    loop.overlays.take(box % (loop.wall + 10 * S), loop.now)
    assert loop.overlays.drawn(loop.now) == []
    assert loop.figures()["answers_fps"] is None


def test_an_image_is_answered_for_a_minute(loop: Loop) -> None:
    first, second = loop.publish(), loop.publish()
    loop.wait(59 * S)
    assert loop.answer(first) == ""
    loop.wait(S)
    assert "is 60 s old" in loop.answer(second)


def test_an_answer_to_no_image_of_this_camera_is_drawn_and_remarked(loop: Loop) -> None:
    assert "of no image that this camera published" in loop.answer(loop.wall)
    stamp = loop.publish()
    loop.wait(9 * MS)
    assert "of no image that this camera published" in loop.answer(stamp + 5 * MS)
    assert "from before those that are remembered" in loop.answer(stamp - 5 * S)
    box = b'{"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4]}, "TIMESTAMP": %d}'
    loop.overlays.take(box % (stamp + 1 * MS), loop.now)
    assert [shape["kind"] for shape in loop.overlays.drawn(loop.now)] == ["box"]
    assert loop.figures()["answers_fps"] is None


def test_where_more_images_come_than_are_remembered_figures_are_of_those(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = Loop(monkeypatch, remembered=64)
    for _ in range(1000):
        loop.answer(loop.publish())
    assert loop.figures()["answered"] == pytest.approx(1, abs=0.02)
    assert "from before those" in loop.answer(loop.stamps[-65])


def test_answers_are_late_for_10_s_after_the_last_that_was(loop: Loop) -> None:
    stamp = loop.publish()
    loop.wait(29 * MS)
    loop.answer(stamp)
    assert loop.answers.tally(loop.now).text == ""
    loop.answers.configure(25)
    assert loop.answers.tally(loop.now).text == "", "that was before there was a deadline"
    stamp = loop.publish()
    loop.wait(29 * MS)
    loop.answer(stamp)
    late = "answers up to 30.0 ms after the image"
    for number in range(9):
        often = f", 1 of the last {number + 1} late" if number else ""
        assert loop.answers.tally(loop.now).text == f"{late}{often}; deadline 25 ms"
        loop.wait(S)
        loop.answer(loop.publish())
    loop.wait(2 * S)
    tally = loop.answers.tally(loop.now)
    assert (tally.text, tally.answers, tally.late, tally.judged) == ("", 10, 1, 1)


def test_an_answer_is_judged_by_the_deadline_that_held_when_it_came(loop: Loop) -> None:
    loop.answers.configure(3)
    stamp = loop.publish()
    loop.wait(9 * MS)
    came = Arrival(loop.now)
    loop.wait(MS)
    loop.answers.configure(20)
    loop.answers.take(stamp, came)  # It is read but now.
    tally = loop.answers.tally(loop.now)
    assert (tally.text, tally.deadline, tally.late) == ("", 20, 0)
    assert tally.former is not None
    assert (tally.former.deadline, tally.former.late, tally.former.worst) == (3, 1, 10 * MS)


def silent(loop: Loop, images: int, **awaited: bool) -> str:
    """Publish images that nobody answers; return what is said of it."""
    for _ in range(images):
        loop.publish()
        awaited = {"listeners": True, "published": True, **awaited}
        loop.answers.await_them(loop.now, **awaited)
    return loop.answers.tally(loop.now).text


def test_that_no_answer_comes_any_more_is_said_while_images_are_published(loop: Loop) -> None:
    loop.answers.configure(100)
    assert silent(loop, 700) == "", "nobody has answered yet"
    for _ in range(2):
        loop.answer(loop.publish())
    assert silent(loop, 50) == ""
    assert silent(loop, 51) == "no answer for 2.0 s; deadline 100 ms"
    loop.wait(60 * S)
    assert loop.answers.tally(loop.now).text == "no answer for 2.0 s; deadline 100 ms"
    loop.answer(loop.publish())
    assert loop.answers.tally(loop.now).text == ""


def test_a_script_that_hangs_after_its_first_answer_is_noticed_later(loop: Loop) -> None:
    loop.answers.configure(100)
    silent(loop, 1)
    loop.answer(loop.publish())
    assert silent(loop, 400) == ""
    assert "no answer for 12.0 s" in silent(loop, 201)


@pytest.mark.parametrize("why_not", ["listeners", "published"])
def test_answers_are_not_awaited_where_images_are_published_to_nobody(
    loop: Loop, why_not: str
) -> None:
    loop.answers.configure(100)
    silent(loop, 1)
    for _ in range(2):
        loop.answer(loop.publish())
    assert "no answer for 4.0 s" in silent(loop, 200)
    assert silent(loop, 1, **{why_not: False}) == ""
    assert silent(loop, 50) == ""
    # Who comes once all have left is not known to answer.
    assert silent(loop, 100) == (
        "" if why_not == "listeners" else "no answer for 3.0 s; deadline 100 ms"
    )


def test_a_script_that_answers_every_hundredth_image_is_not_silent(loop: Loop) -> None:
    loop.answers.configure(100)
    silent(loop, 1)
    for _ in range(5):
        loop.answer(loop.publish())
        assert silent(loop, 99) == ""
    assert "no answer for" in silent(loop, 300)


@pytest.mark.parametrize("every", [1, 2, 10])
def test_rate_and_share_agree_from_the_start_and_after_the_end(loop: Loop, every: int) -> None:
    def agree() -> None:
        figures = loop.figures()
        assert figures["answered"] == pytest.approx(figures["answers_fps"] / 50, rel=0.02)

    silent(loop, 300)
    for number in range(300):
        stamp = loop.publish()
        if number % every == 0:
            loop.answer(stamp)
        if number > 2 * every:
            agree()
    silent(loop, 100)
    agree()


def client(number: int, pid: int | None, address: str = "127.0.0.1:5", key: str = "") -> Any:
    return {"id": number, "pid": pid, "address": address, "key": key}


MINE, OTHER = client(1, 100), client(2, 200)
FAR, FARTHER = client(3, None, "10.0.0.7:4000"), client(4, None, "10.0.0.8:4000")
ALICE, BOB = client(5, None, "10.0.0.7:1", "alice"), client(6, None, "10.0.0.7:2", "bob")


@pytest.mark.parametrize(
    ("sender", "clients", "owner"),
    [
        (Sender(3, 100), [MINE, OTHER], 1),
        (Sender(3, 300), [MINE, OTHER], None),
        (Sender(3, 100), [MINE, client(9, 100)], None),
        (Sender(3, None), [MINE], None),
        (Sender(3, local=False, address="10.0.0.7:99"), [MINE, FAR, FARTHER], 3),
        (
            Sender(3, local=False, address="10.0.0.7:99"),
            [FAR, client(9, None, FAR["address"])],
            None,
        ),
        (Sender(3, local=False, address="10.0.0.7:99", key="bob"), [ALICE, BOB], 6),
        (Sender(3, local=False, address="10.0.0.7:99", key="eve"), [ALICE, BOB], None),
    ],
)
def test_an_answer_is_that_client_s_whose_process_host_or_key_it_comes_from(
    loop: Loop, sender: Sender, clients: list[ClientStatus], owner: int | None
) -> None:
    loop.answer(loop.publish(), sender)
    told = loop.answers.of_clients(clients, loop.now)
    assert [each["id"] for each in told] == [each["id"] for each in clients]
    assert [each["id"] for each in told if each["answers"]] == ([owner] if owner else [])


def test_a_script_that_is_started_again_on_the_same_descriptor_is_another(loop: Loop) -> None:
    stamp = loop.publish()
    loop.answer(stamp, Sender(5, 100))
    loop.answer(stamp, Sender(5, 200))
    told = loop.answers.of_clients([MINE, OTHER], loop.now)
    assert all(each["answers"] for each in told)


def messages(loop: Loop, dice: random.Random) -> Iterator[bytes]:
    """Make answers that are right, late, doubled, of no image, or no answers at all."""
    odd: tuple[Any, ...] = (0, -1, 2**63, 10**300, 1.5, float("nan"), "1", None, True, [], {})
    while True:
        stamp = dice.choice(loop.stamps[-3000:])
        kind = dice.random()
        if kind < 0.5:
            yield pack_answer(stamp)
        elif kind < 0.7:
            yield pack_answer(stamp + dice.randrange(-100 * S, 100 * S))
        elif kind < 0.8:
            yield pack_boxes([], stamp).replace(b"TIMESTAMP", b"TIMESTAMB"[: dice.randrange(1, 9)])
        elif kind < 0.9:
            yield b'{"TIMESTAMP": %s}' % repr(dice.choice(odd)).encode()
        else:
            data = bytearray(pack_answer(stamp))
            data[dice.randrange(len(data))] = dice.randrange(256)
            yield bytes(data)


def test_a_hundred_thousand_answers_of_any_kind_leave_figures_that_can_be(loop: Loop) -> None:
    dice = random.Random(15)  # noqa: S311 - no secret
    senders = [Sender(number, number) for number in range(100)]
    fuzzed = messages(loop, dice)
    for _ in range(500):
        loop.publish()
        for _ in range(200):
            message = next(fuzzed) if loop.stamps else b""
            sender = dice.choice(senders)
            loop.overlays.take(message, loop.now, sender.arrival(loop.now))
        figures = loop.figures()
        assert 0 <= figures["answer_p50_ms"] <= figures["answer_p99_ms"]
        assert figures["answer_p99_ms"] <= figures["answer_max_ms"] <= 60_000
        assert 0 < figures["answered"] <= 1
    overlays, tally = loop.overlays, loop.answers.tally(loop.now)
    assert overlays.messages + overlays.malformed == 100_000
    assert 0 < tally.answers < overlays.messages - overlays.remarks
    assert len(overlays.malformed_reason) < MAX_MESSAGE_BYTES

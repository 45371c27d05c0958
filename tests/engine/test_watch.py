"""What the watch reports of a camera's changing condition, and how often."""

from typing import Any, cast

from pmv_tui.engine.events import Events
from pmv_tui.engine.status import BURST, DROPS_PERIOD, PERIOD, SLOW_PERIOD, Condition, Watch
from pmv_tui.engine.stream.answers import Tally
from pmv_tui.wire.status import ClientStatus, Drops

S = 1_000_000_000

NOTHING_LOST = Drops(missing=0, skipped=0, failed=0, put_rate=0, clients=0)

CAPTURING = Condition(
    state="capturing",
    reason="",
    failures=0,
    last_failure="",
    last_frame=1,
    drops=NOTHING_LOST,
    plugged=True,
    clients=0,
    client_list=[],
    subscriptions=0,
    answers=Tally(),
    refused=0,
    refused_reason="",
    malformed=0,
    malformed_reason="",
    remarks=0,
    remark="",
    window="",
    window_reason="",
)


class Looker:
    """Looks at one camera every half second."""

    def __init__(self) -> None:
        self.events = Events()
        self._watch = Watch(self.events)
        self._now = 100.0
        self._condition = CAPTURING
        self.look()

    def look(self, **changes: Any) -> list[str]:
        """Change the condition, look at it, and return what was recorded."""
        self._condition = cast("Condition", {**self._condition, **changes})
        before = self.events.last_id
        self._watch.look("left-simulated", self._condition, self._now)
        self._now += 0.5
        return [event["text"] for event in self.events.since(before)]

    def forget(self) -> None:
        """Take the camera out of the rig."""
        self._watch.forget("left-simulated")

    def wait(self, seconds: float) -> None:
        """Let time pass without a look."""
        self._now += seconds


def test_what_stays_as_it_is_is_reported_once() -> None:
    looker = Looker()
    assert looker.look() == []
    assert looker.look(state="stalled", reason="no frame for 1 s") == ["stalled: no frame for 1 s"]
    assert looker.look(reason="no frame for 2 s") == []


def test_a_camera_that_is_back_says_how_long_it_was_away() -> None:
    looker = Looker()
    events = looker.look(state="lost", reason="cable", failures=1, last_failure="cable")
    assert events == ["lost: cable"]
    assert looker.look(state="capturing", reason="", last_frame=90_500_000_001) == [
        "capturing again, after 1 min 30 s"
    ]


def test_a_loss_between_two_looks_is_reported_all_the_same() -> None:
    looker = Looker()
    events = looker.look(failures=1, last_failure="cable", last_frame=1_200_000_001)
    assert events == ["capturing again, after 1.2 s; it had failed: cable"]


def test_a_client_that_came_and_went_between_two_looks_is_reported() -> None:
    looker = Looker()
    assert looker.look(subscriptions=1) == ["1 client connected and 1 client disconnected (0 now)"]
    assert looker.look(subscriptions=4, clients=2) == [
        "3 clients connected and 1 client disconnected (2 now)"
    ]
    assert looker.look(clients=1) == ["1 client disconnected (1 now)"]


def test_clients_that_an_unplug_disconnects_are_no_news() -> None:
    looker = Looker()
    looker.look(subscriptions=1, clients=1)
    assert looker.look(plugged=False, clients=0) == []


def test_clients_that_come_and_go_without_end_are_summed_up() -> None:
    looker = Looker()
    events = [text for number in range(200) for text in looker.look(subscriptions=number + 1)]
    assert len(events) <= BURST + 200 * 0.5 / PERIOD + 1
    looker.wait(PERIOD)
    events += looker.look()
    sums = [int(text.split()[0]) for text in events]
    assert sum(sums) == 200, "each is counted in one line or another"


def test_malformed_messages_are_reported_with_the_reason_and_summed_up() -> None:
    looker = Looker()
    assert looker.look(malformed=1, malformed_reason="no map") == ["a malformed message: no map"]
    events = [text for number in range(50) for text in looker.look(malformed=1000 * (number + 1))]
    assert len(events) <= BURST + 50 * 0.5 / PERIOD
    assert events[0] == "999 malformed messages, the last: no map"
    looker.wait(PERIOD)
    assert looker.look(malformed=50_001)[0].endswith("malformed messages, the last: no map")


def test_a_message_just_before_an_unplug_is_reported() -> None:
    looker = Looker()
    events = looker.look(plugged=False, malformed=1, malformed_reason="no map")
    assert events == ["a malformed message: no map"]


def test_lost_frames_are_reported_at_once_and_then_once_a_minute() -> None:
    looker = Looker()
    one = Drops(missing=2, skipped=1, failed=0, put_rate=900, clients=1)
    assert looker.look(drops=one) == [
        "frames lost: 2 lost between camera and host, 1 skipped (this computer was too slow)"
    ]
    more = Drops(missing=2, skipped=40, failed=0, put_rate=990, clients=40)
    assert looker.look(drops=more) == []
    looker.wait(DROPS_PERIOD)
    assert looker.look() == ["frames lost: 39 skipped (this computer was too slow)"]


def a_client(number: int, state: str, missed: int = 0) -> ClientStatus:
    """Make up a client that is seen to keep up, or not."""
    text = {"too slow": "too slow: gets 10 of 60 images/s"}.get(state, f"{state}: as it seems")
    client = {"id": number, "name": f"python (pid {number})", "state": state, "text": text}
    return cast("ClientStatus", {**client, "missed": missed})


def looked(looker: Looker, *clients: ClientStatus, times: int = 8) -> list[str]:
    """Look at clients for some seconds."""
    return [text for _ in range(times) for text in looker.look(client_list=list(clients))]


def test_a_client_that_falls_behind_is_reported_by_name_and_when_it_keeps_up_again() -> None:
    looker = Looker()
    assert looked(looker, a_client(1, "keeps up", 4), a_client(2, "keeps up")) == []
    slow = a_client(1, "too slow", 400)
    assert looked(looker, slow, a_client(2, "keeps up"), times=40) == [
        "client python (pid 1) is too slow: gets 10 of 60 images/s"
    ]
    lost = Drops(missing=0, skipped=0, failed=0, put_rate=0, clients=400)
    assert looker.look(drops=lost) == [], "it is reported already"
    assert looked(looker, a_client(1, "waits for images", 500)) == [], "publishing was paused"
    assert looked(looker, a_client(1, "keeps up", 504)) == [
        "client python (pid 1) keeps up again; it missed 500 images"
    ]
    assert looked(looker, a_client(1, "does not read", 504)) == [
        "client python (pid 1) does not read: as it seems"
    ]
    assert [event["level"] for event in looker.events.since(0)][1:] == ["warning"] * 3


def test_a_client_that_is_behind_for_a_moment_or_leaves_then_is_no_news() -> None:
    looker = Looker()
    for _ in range(20):
        assert looked(looker, a_client(1, "too slow"), times=3) == []
        assert looked(looker, a_client(1, "keeps up"), times=3) == []
    looked(looker, a_client(1, "too slow"))
    assert looked(looker) == []


def test_clients_that_fall_behind_and_catch_up_without_end_are_summed_up() -> None:
    looker = Looker()
    states = ["too slow", "keeps up"] * 200
    events = [
        text
        for state in states
        for text in looked(looker, *(a_client(number, state) for number in range(60)))
    ]
    assert events[0].endswith("(and 59 other clients too)")
    assert len(events) <= BURST + len(states) * 8 * 0.5 / SLOW_PERIOD + 1


def test_frames_left_out_for_put_rate_are_no_news() -> None:
    assert Looker().look(drops=Drops(missing=0, skipped=0, failed=0, put_rate=9, clients=0)) == []


def test_a_camera_that_flaps_is_reported_with_the_number_of_changes() -> None:
    looker = Looker()
    events = []
    for number in range(40):
        events += looker.look(state="lost", reason="cable", failures=number + 1, last_failure="x")
        events += looker.look(state="capturing", reason="")
    assert len(events) <= BURST + 80 * 0.5 / PERIOD
    assert "changes of state since the last line" in events[-1]


def test_a_window_that_fails_again_is_reported_again() -> None:
    looker = Looker()
    failed = {"window": "no display", "window_reason": "on :9"}
    assert looker.look(**failed) == ["window: no display: on :9"]
    assert looker.look(window="opening", window_reason="") == []
    assert looker.look(**failed) == ["window: no display: on :9"]
    assert looker.look(window="", window_reason="") == ["window closed"]


def test_what_came_before_the_first_look_is_reported() -> None:
    events = Events()
    watch = Watch(events)
    lost = Drops(missing=2, skipped=0, failed=0, put_rate=0, clients=0)
    busy = {
        "clients": 1,
        "subscriptions": 2,
        "refused": 1,
        "refused_reason": "stranger: no key",
        "malformed": 1,
        "malformed_reason": "no dictionary",
        "remarks": 1,
        "remark": "unknown key A",
        "drops": lost,
        "window": "shown",
    }
    watch.look("left-simulated", cast("Condition", {**CAPTURING, **busy}), 100.0)
    assert [event["text"] for event in events.since(0)] == [
        "capturing",
        "2 clients connected and 1 client disconnected (1 now)",
        "client rejected: stranger: no key",
        "a malformed message: no dictionary",
        "overlay: unknown key A",
        "frames lost: 2 lost between camera and host",
        "window open",
    ]


def test_a_camera_that_was_taken_out_and_came_again_counts_from_zero() -> None:
    looker = Looker()
    looker.look(malformed=5, malformed_reason="no dictionary")
    looker.forget()
    assert looker.look(malformed=1, malformed_reason="too long") == [
        "capturing",
        "a malformed message: too long",
    ]


def answers(count: int, late: int, **more: Any) -> Tally:
    worst = more.pop("worst", 40) * 1_000_000
    recent = {"recent": count, "recent_late": late, "judged": count, "coming": True}
    return Tally(**{"deadline": 50.0, **recent, **more}, answers=count, late=late, worst=worst)


def test_late_answers_are_reported_when_they_begin_and_when_that_is_over() -> None:
    looker = Looker()
    assert looker.look(answers=answers(100, 0)) == []
    late = answers(160, 3, worst=85.04, last_late=1_000_000_000)
    assert looker.look(answers=late) == [
        "late: answers up to 85.0 ms after the image, 3 of the last 160 late; deadline 50 ms"
    ]
    for number in range(50):
        assert looker.look(answers=late._replace(worst=85_040_000 + number)) == []
    last = answers(1300, 320, worst=92, last_late=35_000_000_000)
    assert looker.look(answers=last) == []
    over = last._replace(answers=1800, recent=500, recent_late=0, worst=40_000_000)
    assert looker.look(answers=over) == [
        "answers in time again: 320 of 1200 answers came later than 50 ms after the image within "
        "34.0 s, the worst after 92.0 ms"
    ]


def test_answers_that_end_or_are_judged_no_more_are_not_said_to_be_in_time() -> None:
    looker = Looker()
    late = answers(1, 1, worst=2000, last_late=1)
    looker.look(answers=late)
    # Some came in time, and then none.
    gone = late._replace(recent=50, recent_late=0, worst=0, coming=False)
    assert looker.look(answers=gone) == [
        "no answers come any more: one came later than 50 ms after the image: after 2000 ms"
    ]


def test_another_deadline_ends_what_was_late_with_the_figures_of_its_own() -> None:
    looker = Looker()
    looker.look(answers=answers(10, 0, deadline=20.0))
    looker.look(answers=answers(40, 20, deadline=20.0, last_late=S))
    former = answers(60, 30, deadline=20.0, last_late=3 * S)
    now = answers(989, 572, deadline=3.0, term=1, last_late=5 * S, former=former)
    assert looker.look(answers=now) == [
        "deadline for answers is 3 ms now: 30 of 50 answers came later than 20 ms after the image "
        "within 2.0 s, the worst after 40.0 ms",
        "late: answers up to 40.0 ms after the image, 572 of the last 989 late; deadline 3 ms",
    ]
    # Two changes between two looks: what was seen last is what is known.
    now = Tally(term=3, former=answers(5, 5, deadline=7.0, term=2))
    [changed] = looker.look(answers=now)
    assert changed.startswith(
        "deadline for answers is none now: 572 of 989 answers came later than 3 ms after the image,"
    )


def test_that_no_answer_comes_is_reported_and_whether_they_come_again() -> None:
    looker = Looker()
    silent = Tally(deadline=100.0, answers=50, silence=11 * S // 10)
    began = ["late: no answer for 1.1 s; deadline 100 ms"]
    assert looker.look(answers=silent) == began
    assert looker.look(answers=silent._replace(silence=5 * S)) == []
    back = Tally(deadline=100.0, answers=51, recent=1, coming=True)
    assert looker.look(answers=back) == ["answers in time again: none came for 5.0 s"]
    assert looker.look(answers=silent) == began
    assert looker.look(answers=silent._replace(silence=0)) == [
        "no answers come any more: none came for 1.1 s"
    ]


def test_a_script_that_is_late_now_and_then_for_hours_is_no_flood_of_events() -> None:
    looker = Looker()
    events: list[str] = []
    for number in range(400):
        events += looker.look(answers=answers(number, number // 2, recent_late=number % 2))
        looker.wait(10)
    assert 2 * BURST < len(events) <= 2 * (BURST + 400 * 10.5 / SLOW_PERIOD + 1)

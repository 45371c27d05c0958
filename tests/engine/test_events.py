"""Which events are kept where there are too many."""

from pmv_tui.engine.events import KEPT, Events


def test_events_are_numbered_and_given_from_any_number_on() -> None:
    events = Events()
    for text in ("one", "two", "three"):
        events.record(text)
    assert [event["text"] for event in events.since(1)] == ["two", "three"]
    assert events.last_id == 3


def test_who_caused_an_event_is_reported_with_it() -> None:
    events = Events()
    with events.caused_by("pts/2, pid 4"):
        events.record("unplugged", kind="plug")
    events.record("lost", kind="state")
    assert [event["text"] for event in events.since(0)] == ["unplugged (by pts/2, pid 4)", "lost"]


def test_a_flood_of_one_kind_pushes_out_its_own_past_only() -> None:
    events = Events()
    events.record("the engine started")
    events.record(
        "lost: the cable was pulled", camera="left-simulated", kind="state", level="error"
    )
    for number in range(10 * KEPT):
        events.record(f"malformed {number}", camera="left-simulated", kind="message")
    events.record("publishes", camera="right-simulated", kind="plug")
    kept = [event["text"] for event in events.since(0)]
    assert len(kept) == KEPT
    assert kept[:2] == ["the engine started", "lost: the cable was pulled"]
    assert kept[-2:] == [f"malformed {10 * KEPT - 1}", "publishes"]
    assert f"malformed {10 * KEPT - KEPT}" not in kept, "the oldest of the flood are gone"


def test_two_floods_share_the_room() -> None:
    events = Events()
    for _ in range(2 * KEPT):
        events.record("malformed", camera="left-simulated", kind="message")
    for _ in range(2 * KEPT):
        events.record("malformed", camera="right-simulated", kind="message")
    cameras = [event["camera"] for event in events.since(0)]
    assert cameras.count("left-simulated") == cameras.count("right-simulated") == KEPT // 2

"""A camera's newest frame is kept while somebody looks, and only then."""

import numpy as np

from pmv_tui.cameras.base import Frame
from pmv_tui.engine.stream.preview import KEPT_FOR, PreviewFeed

S = 1_000_000_000


def a_frame() -> Frame:
    return Frame(np.zeros((2, 3), np.uint8), timestamp=7)


def test_nothing_is_kept_unless_somebody_asks() -> None:
    feed = PreviewFeed()
    feed.offer(a_frame(), 1, "Mono8", now=10 * S)
    assert feed.newest(10 * S) is None


def test_who_asks_gets_the_newest_frame_itself_and_no_copy() -> None:
    feed, frame = PreviewFeed(), a_frame()
    feed.newest(10 * S)
    feed.offer(a_frame(), 1, "Mono8", now=10 * S)
    feed.offer(frame, 2, "Mono8", now=11 * S)
    newest = feed.newest(11 * S)
    assert newest is not None
    assert newest.image is frame.image
    assert (newest.timestamp, newest.sequence) == (7, 2)


def test_the_last_frame_of_a_lost_camera_stays_while_somebody_looks() -> None:
    feed = PreviewFeed()
    feed.newest(10 * S)
    feed.offer(a_frame(), 1, "Mono8", now=10 * S)
    for now in range(11, 30):
        feed.expire(now * S)
        assert feed.newest(now * S)


def test_once_nobody_asks_the_frame_is_let_go_by_the_next_one_or_without() -> None:
    for let_go in (lambda feed, now: feed.offer(a_frame(), 2, "Mono8", now), PreviewFeed.expire):
        feed = PreviewFeed()
        feed.newest(10 * S)
        feed.offer(a_frame(), 1, "Mono8", now=10 * S)
        let_go(feed, 10 * S + KEPT_FOR)
        assert feed.newest(99 * S) is None


def test_with_match_an_older_frame_is_there_for_who_asks_for_it() -> None:
    feed = PreviewFeed()
    feed.newest(10 * S)
    for matching, sequence in ((False, 1), (True, 2), (True, 3)):
        feed.matching = matching
        feed.offer(Frame(np.zeros((2, 3), np.uint8), sequence * S // 10), sequence, "Mono8", 10 * S)
    wanted = [feed.newest(10 * S, time * S // 10) for time in (1, 2, 3, 4)]
    assert [each and each.sequence for each in wanted] == [3, 2, 3, 3]
    feed.matching = False
    feed.offer(a_frame(), 4, "Mono8", 10 * S)
    newest = feed.newest(10 * S, 2 * S // 10)
    assert newest is not None
    assert newest.sequence == 4, "without match none is kept"

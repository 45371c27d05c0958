"""What is counted of lost frames, and how gaps in frame ids are read."""

import pytest

from pmv_tui.cameras.base import FrameCounts
from pmv_tui.cameras.genicam.features import NO_ID, missing_between


def test_each_kind_of_loss_is_counted_apart_with_the_time_of_its_last() -> None:
    counts = FrameCounts()
    counts.count(100, missing=2, failed=1)
    counts.count(200, missing=1)
    counts.count(300, skipped=0)
    assert (counts.missing, counts.skipped, counts.failed) == (3, 0, 1)
    assert (counts.last_missing, counts.last_skipped, counts.last_failed) == (200, None, 100)


def test_counts_of_two_openings_are_summed_and_the_later_times_stay() -> None:
    earlier, later = FrameCounts(), FrameCounts()
    earlier.count(100, missing=2, skipped=1)
    later.count(200, missing=3, failed=4)
    both = earlier + later
    assert (both.missing, both.skipped, both.failed) == (5, 1, 4)
    assert (both.last_missing, both.last_skipped, both.last_failed) == (200, 100, 200)


@pytest.mark.parametrize(
    ("previous", "frame_id", "missing"),
    [
        (None, 17, 0),
        (17, 18, 0),
        (17, 21, 3),
        (65_535, 1, 0),
        (65_534, 2, 2),
        (0, 0, 0),
        (100_000, 100_004, 3),
        (NO_ID, NO_ID, 0),
    ],
)
def test_gaps_in_the_frame_ids_are_missing_frames(
    previous: int | None, frame_id: int, missing: int
) -> None:
    assert missing_between(previous, frame_id) == missing


@pytest.mark.parametrize(("previous", "frame_id"), [(300, 0), (5000, 1), (2**40, 1)])
def test_ids_that_begin_anew_are_no_gap(previous: int, frame_id: int) -> None:
    assert missing_between(previous, frame_id) == 0

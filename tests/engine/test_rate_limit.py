"""What `put_rate` lets through."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.rates import RateLimit

S = 1_000_000_000


def arrivals(fps: float, seconds: float, jitter: list[float]) -> list[int]:
    """Times at which the frames of a camera arrive, ns; jitter in seconds, used in turn."""
    return [
        int((1 + number / fps + jitter[number % len(jitter)]) * S)
        for number in range(int(fps * seconds))
    ]


def passed(limit: RateLimit, times: list[int]) -> list[int]:
    return [time for time in times if limit.passes(time)]


@given(
    fps=st.floats(1, 500),
    headroom=st.floats(1, 3),
    jitter=st.lists(st.floats(0, 0.2), min_size=1, max_size=7),
)
def test_a_rate_at_or_above_the_cameras_passes_every_frame_jitter_or_not(
    fps: float, headroom: float, jitter: list[float]
) -> None:
    times = sorted(arrivals(fps, 5, jitter))
    assert passed(RateLimit(fps * headroom, fps), times) == times


def test_a_camera_whose_clock_is_a_little_fast_passes_every_frame() -> None:
    times = arrivals(60.3, 60, [0.0, 0.002])
    assert passed(RateLimit(60, 60), times) == times


@pytest.mark.parametrize(("put_rate", "fps"), [(60, 200), (30, 60), (25, 60), (59, 60), (1, 1000)])
def test_a_faster_camera_is_thinned_to_the_rate_evenly(put_rate: float, fps: float) -> None:
    times = passed(RateLimit(put_rate, fps), arrivals(fps, 10, [0.0, 0.0004, -0.0003]))
    assert put_rate * 10 * 0.98 - 1 <= len(times) <= put_rate * 10 + 2
    intervals = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(intervals) <= (1 / put_rate + 1 / fps + 0.001) * S


@given(
    put_rate=st.floats(1, 500),
    fps=st.floats(1, 1000),
    times=st.lists(st.integers(0, 5 * S), min_size=1, max_size=400).map(sorted),
)
def test_no_second_has_more_images_than_the_rate_and_a_short_burst(
    put_rate: float, fps: float, times: list[int]
) -> None:
    out = passed(RateLimit(put_rate, fps), times)
    most_in_a_second = max(sum(start <= time < start + S for time in out) for start in out)
    assert most_in_a_second <= 1.25 * 1.02 * put_rate + 4


def test_zero_passes_everything() -> None:
    assert passed(RateLimit(0, 60), [5, 5, 5]) == [5, 5, 5]

"""Rates and latencies over the last seconds."""

import pytest

from pmv_tui.rates import Ring, percentiles_ms, rate

S = 1_000_000_000


def ticking(fps: float, start: float, end: float, ring: Ring | None = None) -> Ring:
    ring = ring or Ring()
    for number in range(int((end - start) * fps) + 1):
        ring.add(int((start + number / fps) * S))
    return ring


@pytest.mark.parametrize("fps", [0.2, 1, 59.94, 1000])
def test_a_steady_rate_is_reported_as_it_is(fps: float) -> None:
    assert rate(ticking(fps, 10, 30), 30 * S) == pytest.approx(fps, rel=0.01)


def test_a_rate_falls_while_nothing_comes_and_ends_at_zero() -> None:
    ring = ticking(60, 10, 20)
    figures = [rate(ring, int(now * S)) for now in (20, 20.5, 21, 21.9, 60)]
    assert figures == sorted(figures, reverse=True)
    assert figures[-1] == 0


def test_a_rate_after_a_stall_counts_the_gap_and_recovers() -> None:
    ring = ticking(60, 13, 15, ticking(60, 0, 12))
    assert rate(ring, int(13.5 * S)) < 60
    assert rate(ring, 15 * S) == pytest.approx(60, rel=0.02)


def test_a_ring_keeps_the_newest_samples() -> None:
    ring = Ring(8)
    for number in range(20):
        ring.add(number, number * 10)
    times, values = ring.since(15)
    assert times.tolist() == [15, 16, 17, 18, 19]
    assert values.tolist() == [150, 160, 170, 180, 190]


def test_nothing_happened_yet() -> None:
    assert rate(Ring(), S) == 0
    assert percentiles_ms(Ring(), S) is None


def test_percentiles_are_those_of_the_window() -> None:
    ring = Ring()
    ring.add(0, 999 * S)
    for number in range(100):
        ring.add(10 * S, (number + 1) * 1_000_000)
    assert percentiles_ms(ring, 11 * S) == pytest.approx((50.5, 99.01))

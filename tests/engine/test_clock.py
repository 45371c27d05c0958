"""The offset between a camera's clock and the host's."""

import pytest

from pmv_tui.engine.stream.clock import DeviceClock

S = 1_000_000_000
EPOCH = 1_795_000_000 * S


@pytest.mark.parametrize("drift_ppm", [-40, 0, 25])
def test_offset_and_drift_are_found_in_spite_of_jitter(drift_ppm: float) -> None:
    clock = DeviceClock()
    for number in range(600):
        now = number * S // 5
        jitter = (number * 7919 % 200) * 1000
        clock.add(now, EPOCH + now + jitter, 17 * S + int(now * (1 - drift_ppm / 1e6)))
    now = 600 * S // 5
    fit = clock.fit(now)
    assert fit is not None
    assert fit.drift == pytest.approx(drift_ppm, abs=1)
    true_offset = EPOCH - 17 * S + now * drift_ppm / 1e6
    assert fit.offset == pytest.approx(true_offset, abs=300_000)


def test_a_few_frames_say_nothing_yet() -> None:
    clock = DeviceClock()
    for number in range(5):
        clock.add(number * S, EPOCH, 0)
    assert clock.fit(6 * S) is None


def test_a_clock_that_was_set_is_fitted_anew() -> None:
    clock = DeviceClock()
    for number in range(40):
        now = number * S // 5
        set_back = 3600 * S if number >= 20 else 0
        clock.add(now, EPOCH + now - set_back, now)
    fit = clock.fit(now)
    assert fit is not None
    assert fit.offset == pytest.approx(EPOCH - 3600 * S, abs=1000)
    assert fit.drift == pytest.approx(0, abs=0.1)

"""The host's clock, as it is set while the engine runs."""

import time

import pytest

from pmv_tui.engine.stream.clock import WallClock


def test_a_clock_that_is_set_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = WallClock()
    assert clock.jump() == 0
    true_time = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: true_time() - 3600 * 10**9)
    assert clock.jump() == pytest.approx(-3600, abs=1)
    assert clock.jump() == 0

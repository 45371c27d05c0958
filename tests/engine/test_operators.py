"""Who is attached to an engine, and what is recorded of that."""

import time

import pytest

from pmv_tui.engine.events import Events
from pmv_tui.engine.server import AWAY, SILENCE, Operators


class Rig:
    """Operators of an engine whose time a test makes pass."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._now = 1000.0
        patch.setattr(time, "monotonic", lambda: self._now)
        self._events = Events()
        self.operators = Operators(self._events)

    def pass_(self, seconds: float) -> None:
        """Let time pass, and the engine look."""
        self._now += seconds
        self.operators.look()

    @property
    def texts(self) -> list[str]:
        """What was recorded."""
        return [event["text"] for event in self._events.since(0)]


def test_an_operator_that_is_back_within_seconds_is_no_event_and_one_that_stays_away_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig(monkeypatch)
    rig.operators.attach("desk")
    for _ in range(5):
        rig.pass_(SILENCE + 7)
        assert rig.operators.names == []
        rig.operators.attach("desk")
        assert rig.operators.names == ["desk"]
    assert rig.texts == ["operator connected: desk (1 now)"]
    rig.pass_(SILENCE + 1)
    rig.operators.slept(100)
    rig.pass_(AWAY - SILENCE + 90)
    assert len(rig.texts) == 1
    rig.pass_(20)
    assert rig.texts[1:] == [
        f"operator disconnected: desk, not heard for {AWAY + 11:.0f} s (0 now)"
    ]
    rig.operators.attach("desk")
    assert rig.texts[2:] == ["operator connected: desk (1 now)"]

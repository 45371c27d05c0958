"""Who is attached to the engine, and for how long it goes on when nobody is."""

import time

from pmv_tui.engine.events import MAX_NAME, Events

SILENCE = 3.0
"""Seconds after which an operator has left who attached no more: a TUI does every second."""

FIRST_CONTACT = 20.0
"""Seconds that whoever started an engine is given to attach, whatever `linger` says."""


class Operators:
    """The TUIs that are attached. Called by the main thread."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._heard: dict[str, float] = {}

    @property
    def names(self) -> list[str]:
        """Those who are attached now, in the order in which they came."""
        return list(self._heard)

    def attach(self, name: str) -> None:
        """Note that an operator is there, for the next seconds."""
        name = name[:MAX_NAME]
        if name not in self._heard:
            self._heard[name] = 0.0
            self._record(f"operator connected: {name}")
        self._heard[name] = time.monotonic()

    def look(self) -> None:
        """Note who has left."""
        now = time.monotonic()
        for name, last in list(self._heard.items()):
            if now - last > SILENCE:
                del self._heard[name]
                self._record(f"operator disconnected: {name}")

    def slept(self, seconds: float) -> None:
        """Leave out a time in which this process did not run: nobody could be heard."""
        for name in self._heard:
            self._heard[name] += seconds

    def _record(self, text: str) -> None:
        self._events.record(f"{text} ({len(self._heard)} now)")


class Linger:
    """Decides when an engine that nobody uses is to end.

    Parameters
    ----------
    seconds : without anything plugged, a window, or a request.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._used = time.monotonic() + FIRST_CONTACT

    def used(self) -> None:
        """Note that somebody uses it."""
        self._used = time.monotonic()

    def slept(self, seconds: float) -> None:
        """Leave out a time in which this process did not run."""
        self._used += seconds

    @property
    def over(self) -> bool:
        """Whether nobody has used it for long enough."""
        return time.monotonic() - self._used > max(self.seconds, SILENCE)

"""What happened on the rig, for the log file and for whoever looks in."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pmv_tui.untrusted import without_passwords
from pmv_tui.wire.status import Event, EventKind

log = logging.getLogger("pmv_tui.rig")

KEPT = 500
"""Events kept in memory; the log file has them all."""

MAX_NAME = 60
"""Characters of an operator's name."""

OPERATOR: ContextVar[str] = ContextVar("operator", default="")
"""Who caused what is recorded now; empty where nobody did."""

Level = Literal["info", "warning", "error"]


class Events:
    """The events that are kept, numbered from 1. May be recorded from any thread.

    Where there are too many, the oldest of those goes whose camera and kind have the most: what
    repeats itself pushes out its own past, and never the one line that explains it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._counts: Counter[tuple[str, EventKind]] = Counter()
        self.last_id = 0

    @contextmanager
    def caused_by(self, operator: str) -> Iterator[None]:
        """Name an operator with whatever is recorded within the block, by this task alone."""
        token = OPERATOR.set(operator[:MAX_NAME])
        try:
            yield
        finally:
            OPERATOR.reset(token)

    def signed(self, text: str) -> str:
        """Add who caused it, where that is known."""
        operator = OPERATOR.get()
        return f"{text} (by {operator})" if operator else text

    def record(
        self, text: str, *, camera: str = "", level: Level = "info", kind: EventKind = "engine"
    ) -> None:
        """Record that something happened, in a sentence; an empty `camera`: it concerns the rig."""
        text = without_passwords(self.signed(text))
        with self._lock:
            self.last_id += 1
            self._events.append(
                Event(
                    id=self.last_id,
                    time=time.time_ns(),
                    level=level,
                    kind=kind,
                    camera=camera,
                    text=text,
                )
            )
            self._counts[camera, kind] += 1
            if len(self._events) > KEPT:
                self._forget_one()
        log.log(
            logging.getLevelNamesMapping()[level.upper()], "%s%s", camera and f"{camera}: ", text
        )

    def since(self, last_seen: int) -> list[Event]:
        """Return the events newer than the one with the id `last_seen`, oldest first."""
        with self._lock:
            return [event for event in self._events if event["id"] > last_seen]

    def _forget_one(self) -> None:
        """Forget the oldest event of the largest group."""
        group, _ = self._counts.most_common(1)[0]
        for index, event in enumerate(self._events):
            if (event["camera"], event["kind"]) == group:
                del self._events[index]
                self._counts[group] -= 1
                return

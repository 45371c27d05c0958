"""What happened on the rig, for the log file and for whoever looks in."""

import logging
import threading
import time
from collections import deque
from typing import Literal

from pmv_tui.control.messages import Event

log = logging.getLogger("pmv_tui.rig")

KEPT = 500
"""Events kept in memory; the log file has them all."""

Level = Literal["info", "warning", "error"]


class Events:
    """The newest events, numbered from 1. May be told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque(maxlen=KEPT)
        self.last_id = 0

    def tell(self, text: str, *, camera: str = "", level: Level = "info") -> None:
        """Record that something happened.

        Parameters
        ----------
        text : a sentence.
        camera : unique_id; empty where it concerns the rig.
        """
        with self._lock:
            self.last_id += 1
            self._events.append(
                Event(id=self.last_id, time=time.time_ns(), level=level, camera=camera, text=text)
            )
        log.log(
            logging.getLevelNamesMapping()[level.upper()], "%s%s", camera and f"{camera}: ", text
        )

    def since(self, last_seen: int) -> list[Event]:
        """Give the events newer than the one with the id `last_seen`, oldest first."""
        with self._lock:
            return [event for event in self._events if event["id"] > last_seen]

"""Turns what changes in the cameras' condition into events: lost, back, a client came or went."""

from dataclasses import dataclass

from pmv_tui.control.messages import CameraState
from pmv_tui.engine.events import Events, Level

LEVELS: dict[CameraState, Level] = {"stalled": "warning", "lost": "error", "error": "error"}


@dataclass(frozen=True, slots=True)
class Condition:
    """The part of a camera's status whose changes are events: little work, for it is asked often.

    The fields are those of `CameraStatus`.
    """

    state: CameraState
    reason: str
    plugged: bool
    clients: int
    malformed: int
    malformed_reason: str
    remarks: int
    remark: str
    window: str
    window_reason: str


class Watch:
    """Remembers each camera's last condition, and tells what is different now."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._last: dict[str, Condition] = {}

    def look(self, camera: str, now: Condition) -> None:
        """Compare a camera's condition with its last one; `camera` is its unique_id."""
        last = self._last.get(camera)
        self._last[camera] = now
        known = last is not None and last.state == now.state
        # While a camera is stalled its reason counts the seconds: that is no news.
        if now.state in ("lost", "error"):
            known = last is not None and (last.state, last.reason) == (now.state, now.reason)
        if not known:
            self._tell(camera, _with_reason(now.state, now.reason), LEVELS.get(now.state, "info"))
        if last is None:
            return
        if now.window != last.window and now.window not in ("", "opening"):
            self._tell(camera, _with_reason(f"window: {now.window}", now.window_reason))
        if not now.plugged:
            return
        if last.clients != now.clients:
            happened = "a client came" if now.clients > last.clients else "a client went"
            self._tell(camera, f"{happened}; clients now: {now.clients}")
        if now.malformed > last.malformed:
            count = now.malformed - last.malformed
            self._tell(camera, f"{count} malformed message(s): {now.malformed_reason}", "warning")
        if now.remarks > last.remarks:
            self._tell(camera, f"overlay: {now.remark}", "warning")

    def _tell(self, camera: str, text: str, level: Level = "info") -> None:
        self._events.tell(text, camera=camera, level=level)


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text

"""Turns what changes in the cameras' status into events: lost, back, a client came or went."""

from pmv_tui.control.messages import CameraState, CameraStatus
from pmv_tui.engine.events import Events, Level

LEVELS: dict[CameraState, Level] = {"stalled": "warning", "lost": "error", "error": "error"}


class Watch:
    """Remembers each camera's last status, and tells what is different now."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._last: dict[str, CameraStatus] = {}

    def look(self, status: CameraStatus) -> None:
        """Compare a camera's status with its last one."""
        camera = status["unique_id"]
        last = self._last.get(camera)
        self._last[camera] = status
        state, reason = status["state"], status["reason"]
        # While a camera is stalled its reason counts the seconds: that is no news.
        known = last is not None and last["state"] == state
        if state in ("lost", "error"):
            known = last is not None and (last["state"], last["reason"]) == (state, reason)
        if not known:
            text = f"{state}: {reason}" if reason else state
            self._events.tell(text, camera=camera, level=LEVELS.get(state, "info"))
        if last is None:
            return
        if status["window"] != last["window"] and status["window"] not in ("", "opening"):
            text = f"window: {status['window']}"
            reason = status["window_reason"]
            self._events.tell(f"{text}: {reason}" if reason else text, camera=camera)
        if not status["plugged"]:
            return
        before, now = last["clients"], status["clients"]
        if before != now:
            happened = "a client came" if now > before else "a client went"
            self._events.tell(f"{happened}; clients now: {now}", camera=camera)
        if status["malformed"] > last["malformed"]:
            count = status["malformed"] - last["malformed"]
            text = f"{count} malformed message(s): {status['malformed_reason']}"
            self._events.tell(text, camera=camera, level="warning")
        if status["remarks"] > last["remarks"]:
            self._events.tell(f"overlay: {status['remark']}", camera=camera, level="warning")

"""What the TUI knows of the rig; the app owns it, the screens draw it."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from pmv_tui.control.messages import CameraStatus, Event, Snapshot
from pmv_tui.tui.trouble import troubles_first

MAX_EVENTS = 2000
"""Events kept for the log screen."""


@dataclass(slots=True)
class RigState:
    """The newest of everything that the engine told.

    Parameters
    ----------
    log_path : the engine's log file, for when it cannot tell itself.
    looked_at : where the config file was looked for, in order.
    snapshot : None until the engine answered once.
    silence : what the engine does in place of answering; empty while it answers.
    ended : whether it does not run any more.
    events : oldest first.
    preview_rate : images a second of a picture in the terminal, at most.
    preview : whether the person wants to see the picture of the camera under the cursor.
    troubles_first : whether the person wants cameras in trouble before the others.
    """

    log_path: str
    looked_at: tuple[Path, ...] = ()
    snapshot: Snapshot | None = None
    silence: str = ""
    ended: bool = False
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    preview_rate: float = 4.0
    preview: bool = False
    troubles_first: bool = False

    @property
    def cameras(self) -> list[CameraStatus]:
        """The cameras as last told."""
        return self.snapshot["cameras"] if self.snapshot else []

    @property
    def arranged(self) -> list[CameraStatus]:
        """The cameras in the order in which they are shown."""
        return troubles_first(self.cameras) if self.troubles_first else self.cameras

    def camera(self, unique_id: str) -> CameraStatus | None:
        """Return a camera as last told; None where it is no longer there."""
        return next((one for one in self.cameras if one["unique_id"] == unique_id), None)

    @property
    def names(self) -> dict[str, str]:
        """Each camera's name by its unique_id."""
        return {camera["unique_id"]: camera["name"] for camera in self.cameras}

    @property
    def anything_plugged(self) -> bool:
        """Whether a client script may depend on the engine now."""
        return any(camera["plugged"] for camera in self.cameras)

    @property
    def trouble(self) -> str:
        """What is wrong between TUI and engine, and what to do; empty where all is well."""
        if self.silence:
            todo = "Quitting asks what to do" if self.ended else "Asking again"
            age = "; the figures below are its last" if self.snapshot else ""
            return f"The engine {self.silence}{age}. {todo}. Log: {self.log_path}"
        return ""

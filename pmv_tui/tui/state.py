"""What the TUI knows of the rig and how it is to look; the app owns it, the screens draw it."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textual.signal import Signal

from pmv_tui.tui.glyphs import GlyphsWanted
from pmv_tui.tui.graphics import PictureWanted
from pmv_tui.tui.text.columns import (
    has_answers,
    has_failed,
    in_trouble,
    plug_cell,
    state_tone,
    state_word,
)
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.text.trends import Trends
from pmv_tui.tui.viewport import Viewport
from pmv_tui.wire.status import CameraStatus, Event, Snapshot, key_of


def trouble_of(camera: CameraStatus) -> str:
    """Return what is wrong with a camera, after the word "is"; empty where nothing is."""
    if not in_trouble(camera):
        return ""
    if state_tone(camera) == "bad":
        return "in error" if camera["state"] == "error" else camera["state"]
    if not camera["plug_error"]:
        return "late"
    return "with a plug that failed" if camera["plugged"] else "not plugged"


def count_troubles(cameras: Iterable[CameraStatus]) -> str:
    """Return how many cameras are in trouble, such as "1 in error"; empty where none is."""
    troubles = [trouble for camera in cameras if (trouble := trouble_of(camera))]
    if not troubles:
        return ""
    return f"{len(troubles)} {troubles[0] if len(set(troubles)) == 1 else 'in trouble'}"


class Troubles:
    """Notices cameras that worked and fail."""

    def __init__(self) -> None:
        self._worked: set[str] = set()

    def new(self, cameras: Iterable[CameraStatus]) -> list[CameraStatus]:
        """Return those that have failed since they were last seen to work; each once."""
        failed = []
        for camera in cameras:
            key = key_of(camera)
            if state_tone(camera) == "good" or state_word(camera) == "late":
                self._worked.add(key)
            elif has_failed(camera) and key in self._worked:
                self._worked.discard(key)
                failed.append(camera)
        return failed


@dataclass(frozen=True)
class DefaultTuiConfig:
    """`TuiConfig` where the file has no `[tui]`: as it is there, but without waiting for pydantic.

    Its import takes as long as half of Textual's.
    """

    theme: str = ""
    glyphs: GlyphsWanted = "auto"
    mouse: bool = True
    preview_rate: float = 4.0
    picture: PictureWanted = "auto"
    bell: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)


MAX_EVENTS = 2000
"""Events kept for the log screen."""


@dataclass(slots=True)
class Wishes:
    """What the person wants to see; one for all rigs of a terminal.

    Parameters
    ----------
    preview_rate : images a second of a picture in the terminal, at most.
    preview : whether the picture of the camera under the cursor.
    troubles_first : whether cameras in trouble before the others.
    trends : what the table shows a trend of, and the trends; None for none.
    figures : whether how a picture is exposed and focused, beside one that fills the terminal;
        None: where there is much room.
    viewports : what of each camera's image is looked at, by `key_of`.
    """

    preview_rate: float = 4.0
    preview: bool = False
    troubles_first: bool = False
    trends: Trends | None = None
    figures: bool | None = None
    viewports: dict[str, Viewport] = field(default_factory=dict)

    def viewport(self, camera: CameraStatus) -> Viewport:
        """Return what of a camera's image is looked at: as one left it, on whatever screen."""
        viewport = self.viewports.setdefault(key_of(camera), Viewport())
        viewport.unit = 2 if camera["pixel_format"].startswith("Bayer") else 1
        if not all(viewport.image):
            viewport.image = camera["width"], camera["height"]
        return viewport


@dataclass(slots=True)
class RigState:
    """The newest of everything that the engine reported.

    Parameters
    ----------
    log_path : the engine's log file, for when it cannot say itself.
    changed : is published when there is more.
    looked_at : where the config file was looked for, in order.
    snapshot : None until the engine answered once.
    silence : what the engine does in place of answering; empty while it answers.
    ended : whether it does not run any more.
    events : oldest first.
    wishes : what the person wants to see of it.
    answers_seen : whether scripts have answered images since this TUI began.
    rig : its name, where the terminal shows several; else empty.
    host : its machine as `ssh` knows it, where that is another one; else empty.
    """

    log_path: str
    changed: "Signal[RigState]"
    looked_at: tuple[Path, ...] = ()
    snapshot: Snapshot | None = None
    silence: str = ""
    ended: bool = False
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    wishes: Wishes = field(default_factory=Wishes)
    answers_seen: bool = False
    rig: str = ""
    host: str = ""

    def keep(self, snapshot: Snapshot) -> None:
        """Take what the engine reported for the newest."""
        self.snapshot, self.silence, self.ended = snapshot, "", False
        self.answers_seen = self.answers_seen or any(map(has_answers, snapshot["cameras"]))

    @property
    def cameras(self) -> list[CameraStatus]:
        """The cameras as last reported."""
        return self.snapshot["cameras"] if self.snapshot else []

    @property
    def arranged(self) -> list[CameraStatus]:
        """The cameras in the order in which they are shown."""
        if self.wishes.troubles_first:
            return sorted(self.cameras, key=lambda camera: not in_trouble(camera))
        return self.cameras

    def camera(self, unique_id: str) -> CameraStatus | None:
        """Return a camera as last reported; None where it is no longer there."""
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


@dataclass(slots=True)
class CameraFilter:
    """A text to look for, and marks.

    Parameters
    ----------
    text : each of its words stands in the camera's name, id, state or plug; small and capital
        letters are the same.
    marked : `key_of` the cameras that keys act on, shown or not; empty for the one under the
        cursor.
    """

    text: str = ""
    marked: set[str] = field(default_factory=set)

    def shown(self, cameras: Sequence[CameraStatus]) -> list[CameraStatus]:
        """Return the cameras that have the text; forget the marks of those that are gone."""
        self.marked &= set(map(key_of, cameras))
        words = self.text.casefold().split()
        return [camera for camera in cameras if all(word in self.words(camera) for word in words)]

    def words(self, camera: CameraStatus) -> str:
        """Return what is searched of a camera."""
        plug = plug_cell(camera).text
        parts = camera["name"], camera["unique_id"], camera["state"], state_word(camera), plug
        return plain(" ".join(parts)).casefold()

    def mark(self, camera: CameraStatus) -> None:
        """Mark a camera, or take its mark away."""
        self.marked ^= {key_of(camera)}

    def mark_all(self, cameras: Sequence[CameraStatus]) -> None:
        """Mark these; where all are marked, take their marks away."""
        keys = set(map(key_of, cameras))
        if keys <= self.marked:
            self.marked -= keys
        else:
            self.marked |= keys

    def chosen(self, cameras: Sequence[CameraStatus]) -> list[CameraStatus]:
        """Return the marked cameras."""
        return [camera for camera in cameras if key_of(camera) in self.marked]

    def summary(self, shown: int, cameras: int) -> str:
        """Return what is marked and left out; empty where nothing is."""
        parts = [f"{len(self.marked)} marked: keys act on these"] if self.marked else []
        if self.text:
            parts.append(f"/{plain(self.text)} ({shown} of {cameras})")
        return "  ".join([*parts, "esc clears"]) if parts else ""

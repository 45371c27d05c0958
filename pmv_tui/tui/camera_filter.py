"""Which cameras the table shows, and which of them are marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import plug_cell
from pmv_tui.tui.text import plain


@dataclass(slots=True)
class CameraFilter:
    """A text to look for, and marks.

    Parameters
    ----------
    text : each of its words stands in the camera's name, id, state or plug; small and capital
        letters are the same.
    marked : unique_ids of the cameras that keys act on, shown or not; empty for the one under the
        cursor.
    """

    text: str = ""
    marked: set[str] = field(default_factory=set)

    def shown(self, cameras: Sequence[CameraStatus]) -> list[CameraStatus]:
        """Return the cameras that have the text; forget the marks of those that are gone."""
        self.marked &= {camera["unique_id"] for camera in cameras}
        words = self.text.casefold().split()
        return [camera for camera in cameras if all(word in _words(camera) for word in words)]

    def mark(self, camera: CameraStatus) -> None:
        """Mark a camera, or take its mark away."""
        self.marked ^= {camera["unique_id"]}

    def mark_all(self, cameras: Sequence[CameraStatus]) -> None:
        """Mark these; where all are marked, take their marks away."""
        unique_ids = {camera["unique_id"] for camera in cameras}
        self.marked = (
            self.marked - unique_ids if unique_ids <= self.marked else (self.marked | unique_ids)
        )

    def chosen(self, cameras: Sequence[CameraStatus]) -> list[CameraStatus]:
        """Return the marked cameras."""
        return [camera for camera in cameras if camera["unique_id"] in self.marked]

    def told(self, shown: int, cameras: int) -> str:
        """Say what is marked and left out; empty where nothing is."""
        parts = [f"{len(self.marked)} marked: keys act on these"] if self.marked else []
        if self.text:
            parts.append(f"/{plain(self.text)} ({shown} of {cameras})")
        return "  ".join([*parts, "esc clears"]) if parts else ""


def _words(camera: CameraStatus) -> str:
    """Return what is searched of a camera."""
    plug = plug_cell(camera).text
    parts = camera["name"], camera["unique_id"], camera["state"], plug
    return plain(" ".join(parts)).casefold()

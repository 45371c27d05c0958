"""The tables of cameras and of settings, and the panels that say what is known of a camera."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from pmv_tui.tui.text.camera import detail_lines, fact_lines, last_events
from pmv_tui.tui.text.columns import USUAL, Columns, Placed, camera_line, layout, title_line
from pmv_tui.tui.text.lines import Line
from pmv_tui.tui.text.settings import setting_rows
from pmv_tui.tui.widgets.line_view import CursorView, LineView
from pmv_tui.wire.status import CameraStatus, Event, SettingStatus, key_of


class CameraTable(CursorView):
    """A row a camera."""

    def __init__(self) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()
        self._marked: Collection[str] = ()
        self._columns = USUAL
        self._placed: Sequence[Placed] = ()

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    def show_cameras(
        self, cameras: Sequence[CameraStatus], marked: Collection[str], columns: Columns
    ) -> None:
        """Put these in the place of the earlier ones; `marked` holds keys of cameras."""
        self.set_keys(list(map(key_of, cameras)))
        self._cameras, self._marked, self._columns = cameras, marked, columns
        self.draw()

    def shows(self, title: str) -> bool:
        """Return whether there is room for a column."""
        return any(one.column.title == title for one in self._placed)

    def move_to_next(self, wanted: Callable[[CameraStatus], bool]) -> bool:
        """Put the cursor on the next such camera, wrapping around; return whether there is one."""
        rows = len(self._cameras)
        for row in ((self._cursor + step) % rows for step in range(1, rows + 1)):
            if wanted(self._cameras[row]):
                self.move_to(row)
                return True
        return False

    def draw(self) -> None:
        """Write a line for each camera. See `LineView.draw`."""
        if not self._cameras:
            self.show_rows(Line(), [])
            return
        self._placed = placed = layout(self._cameras, self.line_width, self._columns)
        rows = []
        for row, camera in enumerate(self._cameras):
            marked = key_of(camera) in self._marked
            line = camera_line(placed, camera, cursor=row == self._cursor, marked=marked)
            rows.append([line])
        self.show_rows(title_line(placed), rows)


class SettingsTable(CursorView):
    """A row a setting, and below it what the camera made of it where it is not as wanted.

    A camera that is opened again reports fewer settings for a moment. While the one under the
    cursor is missing the cursor is on none, rather than on another that a key would change.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: Sequence[SettingStatus] = ()
        self._chosen = ""

    @property
    def setting(self) -> SettingStatus | None:
        """The setting under the cursor; None where there is none."""
        row = self._marked_row
        return self._settings[row] if row >= 0 else None

    def show_settings(self, settings: Sequence[SettingStatus]) -> None:
        """Put these in the place of the earlier ones; the cursor comes back to its row."""
        names = [setting["name"] for setting in settings]
        if len(names) > 1 and not self._chosen:
            self._chosen = names[0]
        self.set_keys(names)
        self._settings = settings
        if self._chosen in names and names[self._cursor] != self._chosen:
            self._cursor, self._moved = names.index(self._chosen), True
        self.draw()

    def move_to(self, row: int) -> None:
        """Put the cursor on a row. See `CursorView.move_to`."""
        if self._settings:
            last = len(self._settings) - 1
            self._chosen = self._settings[max(min(row, last), 0)]["name"]
        super().move_to(row)

    def draw(self) -> None:
        """Write the lines of each setting. See `LineView.draw`."""
        self.show_rows(*setting_rows(self._settings, self._marked_row, self.line_width))

    @property
    def _marked_row(self) -> int:
        """The row under the cursor; -1 where there is none."""
        if not self._settings:
            return -1
        on_its_row = self._chosen in ("", self._settings[self._cursor]["name"])
        return self._cursor if on_its_row else -1


RESTLESS = {
    *("answers_fps", "answered", "answer_p50_ms", "answer_p99_ms", "answer_max_ms", "late"),
    "captured",
    "client_list",
    "clock_drift_ppm",
    "clock_offset_ms",
    "drops",
    "drops_at",
    "fps",
    "latency_p50_ms",
    "latency_p99_ms",
    "messages",
    "published",
    "published_fps",
    "published_mb_s",
    "reason",
    "retry_in",
}
"""What changes with every look: rewritten once a second, for over SSH each figure is traffic."""

PERIOD = 1.0
"""Seconds."""


class CameraDetails(LineView):
    """All that is known of one camera."""

    _camera: CameraStatus | None = None
    _drawn_at = 0.0

    def show_camera(self, camera: CameraStatus | None) -> None:
        """Describe this one: at once where anything but restless figures is different."""
        same = _calm(camera) == _calm(self._camera)
        self._camera = camera
        if not same or time.monotonic() - self._drawn_at >= PERIOD:
            self.draw()

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        self._drawn_at = time.monotonic()
        self.show(detail_lines(self._camera, self.line_width) if self._camera else [])


def _calm(camera: CameraStatus | None) -> dict[str, Any]:
    return {key: value for key, value in (camera or {}).items() if key not in RESTLESS}


class CameraHead(LineView):
    """Which camera it is, and how it does."""


class ClientView(LineView):
    """The clients of a camera, two lines or more each, below a heading that stays."""

    def show(self, lines: Sequence[Line]) -> None:
        """Pin the heading, which has a second line where it is narrow. See `LineView.show`."""
        self.pinned = sum(line.base == "title" for line in lines)
        super().show(lines)


class CameraFacts(LineView):
    """Drops, clock, sockets and clients; the camera's last events in what room is left."""

    def show_camera(self, camera: CameraStatus, events: Sequence[Event]) -> None:
        """Describe this one; the events are the whole rig's, oldest first."""

        def write(width: int) -> list[Line]:
            facts = fact_lines(camera, time.time_ns(), width)
            return [*facts, *last_events(events, camera, self.size.height - len(facts), width)]

        self.show_by(write)

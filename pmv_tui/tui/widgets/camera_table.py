"""The table of the cameras, with a cursor on one of them."""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import camera_line, layout, title_line
from pmv_tui.tui.widgets.line_view import LineView


class CameraTable(LineView):
    """A row a camera; the cursor stays on its camera when others come and go."""

    pinned = 1

    class CursorMoved(Message):
        """The cursor is on another camera."""

    def __init__(self) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()
        self._cursor = 0

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    def show_cameras(self, cameras: Sequence[CameraStatus]) -> None:
        """Put these in the place of the earlier ones."""
        ids = [camera["unique_id"] for camera in cameras]
        if self.camera and self.camera["unique_id"] in ids:
            self._cursor = ids.index(self.camera["unique_id"])
        self._cursor = max(min(self._cursor, len(ids) - 1), 0)
        self._cameras = cameras
        self._draw()

    def move_to(self, row: int) -> None:
        """Put the cursor on a camera, the nearest there is, and bring it into view."""
        self._cursor = max(min(row, len(self._cameras) - 1), 0)
        visible = self.size.height - self.pinned
        top = min(max(self.scroll_offset.y, self._cursor - visible + 1), self._cursor)
        self.scroll_to(y=top, animate=False)
        self._draw()
        self.post_message(self.CursorMoved())

    def move(self, rows: int) -> None:
        """Move the cursor down, or up where `rows` is negative."""
        self.move_to(self._cursor + rows)

    def move_to_last(self) -> None:
        """Put the cursor on the last camera."""
        self.move_to(len(self._cameras) - 1)

    def on_resize(self) -> None:
        """Choose the columns anew for another width."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        row = event.y - self.pinned
        if row >= 0 and row + self.scroll_offset.y < len(self._cameras):
            self.move_to(row + self.scroll_offset.y)

    def _draw(self) -> None:
        """Write the lines; those that did not change are not drawn."""
        if not self._cameras:
            self.show([])
            return
        placed = layout(self._cameras, self.size.width)
        rows = [
            camera_line(placed, camera, cursor=row == self._cursor)
            for row, camera in enumerate(self._cameras)
        ]
        self.show([title_line(placed), *rows])

"""The table of the cameras, with a cursor on one of them."""

from collections.abc import Sequence

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import camera_line, layout, title_line
from pmv_tui.tui.lines import Line
from pmv_tui.tui.widgets.cursor_view import CursorView


class CameraTable(CursorView):
    """A row a camera."""

    def __init__(self) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    def show_cameras(self, cameras: Sequence[CameraStatus]) -> None:
        """Put these in the place of the earlier ones."""
        self.set_keys([camera["unique_id"] for camera in cameras])
        self._cameras = cameras
        self.draw()

    def draw(self) -> None:
        """Write a line for each camera. See `LineView.draw`."""
        if not self._cameras:
            self.show_rows(Line(), [])
            return
        placed = layout(self._cameras, self.line_width)
        rows = [
            [camera_line(placed, camera, cursor=row == self._cursor)]
            for row, camera in enumerate(self._cameras)
        ]
        self.show_rows(title_line(placed), rows)

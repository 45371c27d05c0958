"""The table of the cameras, with a cursor on one of them."""

from collections.abc import Callable, Collection, Sequence

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import camera_line, layout, title_line
from pmv_tui.tui.lines import Line
from pmv_tui.tui.widgets.cursor_view import CursorView


class CameraTable(CursorView):
    """A row a camera."""

    def __init__(self) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()
        self._marked: Collection[str] = ()

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    def show_cameras(self, cameras: Sequence[CameraStatus], marked: Collection[str] = ()) -> None:
        """Put these in the place of the earlier ones; `marked` holds unique_ids."""
        self.set_keys([camera["unique_id"] for camera in cameras])
        self._cameras, self._marked = cameras, marked
        self.draw()

    def move_to_next(self, wanted: Callable[[CameraStatus], bool]) -> bool:
        """Put the cursor on the next such camera, after the last again the first; tell whether."""
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
        placed = layout(self._cameras, self.line_width)
        rows = [
            [
                camera_line(
                    placed,
                    camera,
                    cursor=row == self._cursor,
                    marked=camera["unique_id"] in self._marked,
                )
            ]
            for row, camera in enumerate(self._cameras)
        ]
        self.show_rows(title_line(placed), rows)

"""The panel below the table."""

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.details import detail_lines
from pmv_tui.tui.widgets.line_view import LineView


class CameraDetails(LineView):
    """All that is known of one camera."""

    _camera: CameraStatus | None = None

    def show_camera(self, camera: CameraStatus | None) -> None:
        """Describe this one."""
        self._camera = camera
        self.draw()

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        self.show(detail_lines(self._camera, self.line_width) if self._camera else [])

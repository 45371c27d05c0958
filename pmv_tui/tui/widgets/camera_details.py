"""The panel below the table."""

import time
from typing import Any

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.details import detail_lines
from pmv_tui.tui.widgets.line_view import LineView

RESTLESS = {
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
"""What changes with every look: written anew once a second, for over SSH each figure is traffic."""

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

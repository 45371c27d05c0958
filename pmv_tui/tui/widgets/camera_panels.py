"""The panels above and below a camera's settings, and the list of its clients."""

import time
from collections.abc import Sequence

from pmv_tui.control.messages import CameraStatus, Event
from pmv_tui.tui.camera_lines import fact_lines, head_lines, last_events
from pmv_tui.tui.client_lines import client_lines
from pmv_tui.tui.lines import Line
from pmv_tui.tui.widgets.line_view import LineView


class CameraLines(LineView):
    """What is said of one camera."""

    _camera: CameraStatus | None = None

    def show_camera(self, camera: CameraStatus) -> None:
        """Describe this one."""
        self._camera = camera
        self.draw()

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        if self._camera:
            self.show(self.lines_of(self._camera))

    def lines_of(self, camera: CameraStatus) -> list[Line]:
        """Write the lines, as they fit `line_width`."""
        raise NotImplementedError


class CameraHead(CameraLines):
    """Which camera it is, and how it does."""

    def lines_of(self, camera: CameraStatus) -> list[Line]:
        """Write the lines. See `CameraLines.lines_of`."""
        return head_lines(camera, self.line_width)


class ClientView(CameraLines):
    """The clients of a camera, two lines or more each, below a heading that stays."""

    pinned = 1

    def lines_of(self, camera: CameraStatus) -> list[Line]:
        """Write the lines. See `CameraLines.lines_of`."""
        return client_lines(camera, self.line_width)


class CameraFacts(LineView):
    """Drops, clock, sockets and clients; the camera's last events in what room is left."""

    _camera: CameraStatus | None = None
    _events: Sequence[Event] = ()

    def show_camera(self, camera: CameraStatus, events: Sequence[Event]) -> None:
        """Describe this one; the events are the whole rig's, oldest first."""
        self._camera, self._events = camera, events
        self.draw()

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        if self._camera:
            facts = fact_lines(self._camera, time.time_ns(), self.line_width)
            room = self.size.height - len(facts)
            self.show([*facts, *last_events(self._events, self._camera, room, self.line_width)])

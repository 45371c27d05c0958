"""The table of several rigs' cameras, and the panel that also says what is known of a rig."""

import time
from collections.abc import Collection, Sequence

from pmv_tui.tui.text.camera import detail_lines
from pmv_tui.tui.text.columns import Columns, camera_line, in_trouble, layout, title_line
from pmv_tui.tui.text.lines import Cell, Line
from pmv_tui.tui.text.rigs import (
    INDENT,
    RigRow,
    Widths,
    greyed,
    is_old,
    last_known,
    needs_help,
    rig_details,
    rig_line,
    widths_of,
)
from pmv_tui.tui.widgets.tables import CameraDetails, CameraTable
from pmv_tui.wire.status import CameraStatus, key_of


class FleetTable(CameraTable):
    """A row a rig, and below it one a camera, unless it is folded."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: Sequence[tuple[RigRow, Sequence[CameraStatus]]] = ()
        self._rows: list[tuple[RigRow, CameraStatus | None]] = []

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None on a rig's own row."""
        return self._rows[self._cursor][1] if self._rows else None

    @property
    def rig(self) -> str:
        """The name of the rig under the cursor, or of the camera's there; empty where none is."""
        return self._rows[self._cursor][0].name if self._rows else ""

    def show_rigs(
        self,
        groups: Sequence[tuple[RigRow, Sequence[CameraStatus]]],
        marked: Collection[str],
        columns: Columns,
    ) -> None:
        """Put these in the place of the earlier ones: each rig with the cameras to be shown of it.

        Of a rig that is folded none has a row.
        """
        rows: list[tuple[RigRow, CameraStatus | None]] = []
        for rig, cameras in groups:
            rows += [(rig, None), *((rig, camera) for camera in cameras if not rig.folded)]
        self.set_keys([key_of(camera) if camera else rig.name for rig, camera in rows])
        self._groups, self._rows = groups, rows
        self._marked, self._columns = marked, columns
        self.draw()

    def move_to_rig(self, name: str) -> None:
        """Put the cursor on a rig's own row."""
        self.move_to(self._keys.index(name))

    def move_to_trouble(self) -> bool:
        """Put the cursor on the next row in trouble, wrapping around; False where none is."""
        count = len(self._rows)
        for row in ((self._cursor + step) % count for step in range(1, count + 1)):
            rig, camera = self._rows[row]
            hidden = rig.folded and any(map(in_trouble, rig.cameras))
            if in_trouble(camera) if camera else hidden or needs_help(rig):
                self.move_to(row)
                return True
        return False

    def draw(self) -> None:
        """Write a line for each rig and camera. See `LineView.draw`."""
        # Rigs are as wide as their cameras' rows, so that a folded one moves no column.
        cameras = [camera for _, shown in self._groups for camera in shown]
        self._placed = layout(cameras, self.line_width - INDENT, self._columns)
        widths = widths_of([rig for rig, _ in self._groups], self.line_width)
        rows = [[self._line(row, widths)] for row in range(len(self._rows))]
        title = title_line(self._placed)
        self.show_rows(_indented(title), rows)

    def _line(self, row: int, widths: Widths) -> Line:
        rig, camera = self._rows[row]
        cursor = row == self._cursor
        if camera is None:
            marked = rig.folded and any(key_of(one) in self._marked for one in rig.cameras)
            return rig_line(rig, widths, self.line_width, cursor=cursor, marked=marked)
        marked = key_of(camera) in self._marked
        line = _indented(camera_line(self._placed, camera, cursor=cursor, marked=marked))
        return greyed(line) if is_old(rig) else line


def _indented(line: Line) -> Line:
    """Move a row to the right, but for its marks."""
    mark, *cells = line.cells
    return Line((mark, Cell(" " * INDENT), *cells), line.base)


class FleetDetails(CameraDetails):
    """All that is known of the camera under the cursor, or of the rig."""

    _rig: tuple[RigRow, Sequence[tuple[str, Cell]]] | None = None
    _old: RigRow | None = None

    def show_rig(self, row: RigRow, state: Sequence[tuple[str, Cell]]) -> None:
        """Describe a rig; `state` is as of `rig_details`."""
        self._camera, self._rig = None, (row, state)
        self.draw()

    def show_of_rig(self, row: RigRow | None, camera: CameraStatus | None) -> None:
        """Describe a camera; where what is known of its rig is old, say so."""
        old = row if row and is_old(row) else None
        if (self._rig, self._old and self._old.trouble) != (None, old and old.trouble):
            self._drawn_at = 0.0  # whatever is the same of the camera
        self._rig, self._old = None, old
        self.show_camera(camera)

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        if self._rig:
            self.show(rig_details(*self._rig, self.line_width))
        elif self._old and self._camera:
            self._drawn_at = time.monotonic()
            width = self.line_width
            self.show(last_known(self._old, detail_lines(self._camera, width), width))
        else:
            super().draw()

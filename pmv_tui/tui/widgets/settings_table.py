"""The table of one camera's settings, with a cursor on one of them."""

from collections.abc import Sequence

from pmv_tui.control.messages import SettingStatus
from pmv_tui.tui.setting_lines import setting_rows
from pmv_tui.tui.widgets.cursor_view import CursorView


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

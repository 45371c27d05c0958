"""The table of one camera's settings, with a cursor on one of them."""

from collections.abc import Sequence

from pmv_tui.control.messages import SettingStatus
from pmv_tui.tui.setting_lines import setting_rows
from pmv_tui.tui.widgets.cursor_view import CursorView


class SettingsTable(CursorView):
    """A row a setting, and below it what the camera made of it where it is not as wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: Sequence[SettingStatus] = ()

    @property
    def setting(self) -> SettingStatus | None:
        """The setting under the cursor; None where there is none."""
        return self._settings[self._cursor] if self._settings else None

    def show_settings(self, settings: Sequence[SettingStatus]) -> None:
        """Put these in the place of the earlier ones."""
        self.set_keys([setting["name"] for setting in settings])
        self._settings = settings
        self.draw()

    def draw(self) -> None:
        """Write the lines of each setting. See `LineView.draw`."""
        self.show_rows(*setting_rows(self._settings, self._cursor, self.line_width))

"""The palette: Textual's own, but for how it is left."""

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette

from pmv_tui.tui.screens.left_once import LeftOnce


class Palette(CommandPalette, LeftOnce[None]):
    """Searches actions, or the themes."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave it, and no clock of it running. See `LeftOnce.dismiss`."""
        if self.is_active:
            self._stop_busy_countdown()
            self._stop_no_matches_countdown()
        return super().dismiss(result)

"""The pane beside a picture: how what is seen is exposed and focused."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from textual.message import Message

from pmv_tui.tui.glyphs import leaves_ascii
from pmv_tui.tui.text.figures import Focus, Pane, figure_lines
from pmv_tui.tui.text.lines import Line
from pmv_tui.tui.text.trends import BLOCKS, LETTERS
from pmv_tui.tui.widgets.line_view import LineView
from pmv_tui.wire.status import CameraStatus, Figures, Thumbnail


class FiguresPane(LineView):
    """Shows the newest figures; remembers how sharp it was."""

    class Shown(Message):
        """It is to be seen from now on, or no longer."""

    def __init__(self) -> None:
        super().__init__()
        self._unique_id = ""
        self._figures: Figures | None = None
        self._focus = Focus()
        self._below: Callable[[int], Sequence[Line]] = lambda _: ()

    def on_show(self) -> None:
        """Ask for figures."""
        self.post_message(self.Shown())

    def on_hide(self) -> None:
        """Ask for none."""
        self.post_message(self.Shown())

    def follow(self, unique_id: str) -> None:
        """Show this camera's figures from now on."""
        if unique_id != self._unique_id:
            self._unique_id, self._figures = unique_id, None
            self._focus = Focus()
            self._redraw()

    def look(self, camera: CameraStatus, thumbnail: Thumbnail) -> None:
        """Show the newest figures."""
        if thumbnail["unique_id"] == self._unique_id:
            self._figures = thumbnail.get("figures") or self._figures
            self._focus.look(camera, thumbnail, time.monotonic())
            self._redraw()

    def show_below(self, write: Callable[[int], Sequence[Line]]) -> None:
        """Show what a function writes for a width below the figures."""
        self._below = write
        self._redraw()

    def forget(self) -> None:
        """Begin anew with the best."""
        self._focus.forget()
        self._redraw()

    def _redraw(self) -> None:
        blocks = LETTERS if leaves_ascii(self.get_line_filters()) else BLOCKS
        pane = Pane(self._figures, self._focus, time.monotonic(), blocks, self._below)
        self.fill_by(partial(figure_lines, pane))

"""A widget that shows lines of cells and draws anew only what changed: the base of the others."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pmv_tui.tui.lines import Base, Line, Tone, changed_spans


class LineView(ScrollView, can_focus=False):
    """Lines, some of which may be pinned to the top while the others scroll.

    A rig's figures change four times a second, over SSH: only the cells that differ are sent to
    the terminal.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-view--title",
        "line-view--cursor",
        "line-view--strong",
        "line-view--good",
        "line-view--warning",
        "line-view--bad",
        "line-view--muted",
    }
    ALLOW_SELECT = False
    ALLOW_MAXIMIZE = False

    pinned = 0
    """How many of the first lines stay when the others scroll."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = ()
        self._styles: dict[tuple[Base, Tone], Style] = {}

    @property
    def line_width(self) -> int:
        """Terminal columns of a line, beside the scrollbar where there is one.

        Before it has a size the terminal's: else its first lines would be broken for none.
        """
        if not self.size.width:
            return max(self.app.size.width - self.gutter.width, 0)
        return self.scrollable_content_region.width

    def draw(self) -> None:
        """Write the lines, by `show`, as they fit `line_width`."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Write the lines anew when the scrollbar comes or goes."""
        self.watch(self, "show_vertical_scrollbar", self.draw, init=False)

    def on_resize(self) -> None:
        """Write the lines anew for another width."""
        self.draw()

    def show(self, lines: Sequence[Line]) -> None:
        """Put these lines in the place of the earlier ones."""
        old, self._lines = self._lines, lines
        if len(old) != len(lines):
            self.virtual_size = Size(0, len(lines))
            self.refresh()
            return
        for index, (before, after) in enumerate(zip_longest(old, lines)):
            if before != after:
                self._refresh_changes(index, before, after)

    def _refresh_changes(self, index: int, before: Line, after: Line) -> None:
        """Have the changed part of one line drawn."""
        y = index if index < self.pinned else index - self.scroll_offset.y
        if not (index < self.pinned or self.pinned <= y < self.size.height):
            return
        spans = changed_spans(before, after)
        regions = [(0, self.size.width)] if spans is None else spans
        self.refresh(*(Region(x, y, width, 1) for x, width in regions))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part."""
        index = y if y < self.pinned else y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        line = self._lines[index]
        segments = [Segment(cell.text, self._style(line.base, cell.tone)) for cell in line.cells]
        blank = self._style(line.base, "plain")
        return Strip(segments).simplify().adjust_cell_length(self.size.width, blank)

    def notify_style_update(self) -> None:
        """Forget the styles of an earlier theme."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, base: Base, tone: Tone) -> Style:
        """Look up what the theme makes of a tone on such a line."""
        style = self._styles.get((base, tone))
        if style is None:
            style = self.rich_style
            if base != "plain":
                style += self.get_component_rich_style(f"line-view--{base}")
            if tone != "plain":
                # A tone has no background of its own: that is the line's.
                colour = self.get_component_rich_style(f"line-view--{tone}")
                style += Style(color=colour.color, bold=colour.bold)
            self._styles[base, tone] = style
        return style

"""Widgets that show lines of cells and redraw only what changed."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain, zip_longest
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from pmv_tui.tui.text.events import event_lines, name_width
from pmv_tui.tui.text.lines import Base, Line, Tone, changed_spans
from pmv_tui.wire.status import Event


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
        self._write: Callable[[int], Sequence[Line]] = lambda _: ()
        self._styles: dict[tuple[Base, Tone], Style] = {}

    @property
    def line_width(self) -> int:
        """Terminal columns of a line, beside the scrollbar where there is one.

        Before it has a size the terminal's: else its first lines would be broken for none.
        """
        if not self.size.width:
            return max(self.app.size.width - self.gutter.width, 0)
        return self.scrollable_content_region.width

    def show_by(self, write: Callable[[int], Sequence[Line]]) -> None:
        """Show what a function writes for a width, now and for every other width."""
        self._write = write
        self.draw()

    def fill_by(self, write: Callable[[int, int], Sequence[Line]]) -> None:
        """Show what a function writes for a width and a height, as `show_by` does."""
        self.show_by(lambda width: write(width, self.size.height))

    def draw(self) -> None:
        """Write the lines as they fit `line_width`."""
        self.show(self._write(self.line_width))

    def on_mount(self) -> None:
        """Rewrite the lines when the scrollbar comes or goes."""
        self.watch(self, "show_vertical_scrollbar", self.draw, init=False)

    def on_resize(self) -> None:
        """Rewrite the lines for another width."""
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

    def move(self, rows: int) -> None:
        """Scroll down, or up where `rows` is negative."""
        self.scroll_relative(y=rows, animate=False)

    def move_to(self, row: int) -> None:
        """Scroll to a line."""
        self.scroll_to(y=row, animate=False)

    def move_to_last(self) -> None:
        """Scroll to the end."""
        self.scroll_end(animate=False)

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


class CursorView(LineView):
    """Rows of one line or more below a heading; the cursor stays on its row when others come.

    Its subclasses write them with `show_rows`.
    """

    pinned = 1

    class CursorMoved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """The row under the cursor was clicked twice."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[str] = ()
        self._ends: list[int] = []
        self._cursor = 0
        self._moved = False

    def set_keys(self, keys: Sequence[str]) -> None:
        """Name the rows; the cursor stays on the row of its name, where there still is one."""
        former, key = self._cursor, self._keys[self._cursor] if self._keys else None
        if key in keys:
            self._cursor = keys.index(key)
        self._cursor = max(min(self._cursor, len(keys) - 1), 0)
        self._moved = self._moved or self._cursor != former
        self._keys = keys

    def show_rows(self, title: Line, rows: Sequence[Sequence[Line]]) -> None:
        """Put these in the place of the earlier ones; lines that did not change are not drawn."""
        self._ends = list(accumulate(len(row) for row in rows))
        self.show([title, *chain.from_iterable(rows)] if rows else [])
        if self._moved:
            self._bring_into_view()

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, the nearest there is, and bring it into view."""
        self._cursor = max(min(row, len(self._keys) - 1), 0)
        self.draw()
        self._bring_into_view()
        self.post_message(self.CursorMoved())

    def on_resize(self) -> None:
        """Keep the cursor in sight: fewer rows may be visible now."""
        super().on_resize()
        self._bring_into_view()

    def _bring_into_view(self) -> None:
        """Scroll as little as shows the whole row under the cursor."""
        self._moved = False
        if self._ends:
            visible = self.size.height - self.pinned
            start, end = [0, *self._ends][self._cursor], self._ends[self._cursor]
            top = min(max(self.scroll_offset.y, end - visible), start)
            self.scroll_to(y=top, animate=False)

    def move(self, rows: int) -> None:
        """Move the cursor down, or up where `rows` is negative."""
        self.move_to(self._cursor + rows)

    def move_to_last(self) -> None:
        """Put the cursor on the last row."""
        self.move_to(len(self._keys) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; the second click of two chooses it."""
        line = event.y - self.pinned + self.scroll_offset.y
        if event.y >= self.pinned and self._ends and line < self._ends[-1]:
            self.move_to(bisect_right(self._ends, line))
            if event.chain == 2:
                self.post_message(self.Chosen())


Moment = tuple[int, int]
"""An event's time and id: where it stands among the others, of an earlier engine's too."""


class EventView(LineView):
    """A log that follows its end; where somebody scrolled up to read, it stays there.

    Attributes
    ----------
    following : whether the end is in view, and stays so when more comes.
    """

    _events: Sequence[Event] = ()
    _names: Mapping[str, str] = {}

    class Followed(Message):
        """The end came into view, or went out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.following = True
        self._starts: list[int] = []
        self._written: dict[Moment, list[Line]] = {}
        self._written_for: tuple[int, int] = (0, 0)

    def show_events(self, events: Sequence[Event], names: Mapping[str, str]) -> None:
        """Put these in the place of the earlier ones; does nothing where they are the same."""
        if (events, names) == (self._events, self._names):
            return
        if names != self._names:
            self._written.clear()
        place = self._place()
        self._events, self._names = events, names
        self._draw_at(place)

    def draw(self) -> None:
        """Break the lines as they fit. See `LineView.draw`."""
        self._draw_at(self._place())

    def move_to_last(self) -> None:
        """Go to the end, and stay there."""
        self._set_following(following=True)
        self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice that somebody scrolls away from the end, or back to it."""
        super().watch_scroll_y(old_value, new_value)
        self._set_following(following=self.is_vertical_scroll_end)

    def _set_following(self, *, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.Followed())

    def _place(self) -> tuple[Moment, int] | None:
        """Name the event in the first visible line, and that line of it; None at the end."""
        if self.following or not self._starts:
            return None
        line = self.scroll_offset.y
        index = bisect_right(self._starts, line) - 1
        return _moment(self._events[index]), line - self._starts[index]

    def _draw_at(self, place: tuple[Moment, int] | None) -> None:
        """Draw, with the same event in the first line, or the next one where it is not shown."""
        rows = self._rows()
        self._starts = [0, *accumulate(map(len, rows))][:-1]
        self.show(list(chain.from_iterable(rows)))
        if place is None:
            self.scroll_end(animate=False)
            return
        moment, line = place
        for event, start, row in zip(self._events, self._starts, rows, strict=True):
            if _moment(event) >= moment:
                within = min(line, len(row) - 1) if _moment(event) == moment else 0
                self.scroll_to(y=start + within, animate=False)
                return
        self.move_to_last()

    def _rows(self) -> list[list[Line]]:
        """Write each event, once as long as the width is the same."""
        shape = self.line_width, name_width(self._names)
        if shape != self._written_for:
            self._written.clear()
            self._written_for = shape
        former, self._written = self._written, {}
        for event in self._events:
            moment = _moment(event)
            written = former.get(moment)
            self._written[moment] = written or event_lines([event], self._names, self.line_width)
        return list(self._written.values())


def _moment(event: Event) -> Moment:
    return event["time"], event["id"]

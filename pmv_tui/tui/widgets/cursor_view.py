"""Rows with a cursor on one of them: the base of the tables."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain

from textual import events
from textual.message import Message

from pmv_tui.tui.lines import Line
from pmv_tui.tui.widgets.line_view import LineView


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

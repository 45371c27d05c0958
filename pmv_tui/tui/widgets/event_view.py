"""Events, newest at the bottom."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain

from textual.message import Message

from pmv_tui.control.messages import Event
from pmv_tui.tui.event_lines import event_lines, name_width
from pmv_tui.tui.lines import Line
from pmv_tui.tui.widgets.line_view import LineView

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

    def follow(self) -> None:
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
        self.follow()

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

"""Events, newest at the bottom."""

from collections.abc import Mapping, Sequence

from pmv_tui.control.messages import Event
from pmv_tui.tui.event_lines import event_lines
from pmv_tui.tui.widgets.line_view import LineView


class EventView(LineView):
    """A log that follows its end, unless somebody scrolled up to read."""

    _events: Sequence[Event] = ()
    _names: Mapping[str, str] = {}
    _at_end = True

    def show_events(self, events: Sequence[Event], names: Mapping[str, str]) -> None:
        """Put these in the place of the earlier ones; does nothing where they are the same."""
        if (events, names) == (self._events, self._names):
            return
        self._events, self._names = events, names
        self.draw()

    def draw(self) -> None:
        """Break the lines as they fit, and follow the end. See `LineView.draw`."""
        follow = self.is_vertical_scroll_end
        self.show(event_lines(self._events, self._names, self.line_width))
        if follow:
            self.scroll_end(animate=False)

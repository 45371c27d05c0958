"""A camera's screen of plots: what it did over a minute up to a day, and what happened when."""

import asyncio
from functools import partial

from textual.app import ComposeResult
from textual.widgets import Static

from pmv_tui.rates import NS_PER_S
from pmv_tui.tui.actions import PLOT_ACTIONS
from pmv_tui.tui.glyphs import leaves_ascii
from pmv_tui.tui.history import DAY, HOUR, MINUTE, Folded, Window, newest
from pmv_tui.tui.link import EngineLink, Unanswered, ask_on
from pmv_tui.tui.screens.base import RigStateScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import PLOT_HELP
from pmv_tui.tui.text.lines import Line, indented, plain, wrap
from pmv_tui.tui.text.plots import (
    QUANTITIES,
    SPANS,
    View,
    columns_of,
    own_events,
    plots_shown,
    view_lines,
)
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.line_view import LineView
from pmv_tui.wire.status import TRENDS, CameraStatus, History, full_name

LONGEST_PERIOD = 30
"""Seconds from one question to the next at most, however much time a column stands for."""


class PlotView(LineView):
    """Plots, and what stands at the cursor, in all the room there is."""


class PlotScreen(RigStateScreen[None]):
    """Follows what the engine keeps of one camera, until one goes back or it is no longer there.

    While the cursor is at the end, both go on with the time; elsewhere what is shown stays.
    """

    registry = PLOT_ACTIONS
    help_topics = PLOT_HELP

    def __init__(self, state: RigState, link: EngineLink, unique_id: str) -> None:
        super().__init__(state)
        self._link = link
        self._unique_id = unique_id
        self._span = SPANS[0]
        self._first = 0
        self._cursor: int | None = None
        """The second that is read, since the epoch; None for the newest."""
        self._end: int | None = None
        """When what is shown ends, seconds since the epoch; None for now."""
        self._history: History | None = None
        self._reason = "Waiting for the engine"
        self._drawn: object = None
        self._ask_again = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Lay out a title, trouble, the plots and the footer."""
        yield Static(classes="screen-title", markup=False)
        yield Static(id="trouble", markup=False)
        yield PlotView()
        yield KeyFooter(self.registry)

    def on_mount(self) -> None:
        """Start to ask for what was kept."""
        self.while_here(partial(ask_on, self._ask, self._ask_again))

    def draw(self) -> None:
        """Draw the plots where anything that they show is new; without the camera, go back."""
        camera = self.state.camera(self._unique_id)
        if camera is None:
            self.leave_without(self._unique_id)
            return
        last = self.state.events[-1]["id"] if self.state.events else 0
        shown = (self._history, last, self._span, self._first, self._cursor, self._end)
        if shown != self._drawn:
            self._drawn = shown
            self.query_one(PlotView).fill_by(self._lines)

    def _entitle(self, camera: CameraStatus, height: int) -> None:
        """Head the screen: whose plots these are, of when, and that there are more."""
        title = f" {plain(full_name(camera))}: {self._span.name}"
        if self._end is not None:
            title += ", not the newest: end goes there"
        count, last = len(QUANTITIES), self._first + plots_shown(self._first, height)
        if last - self._first < count:
            more = "j shows more" if last < count else "k goes back"
            title += f"; plots {self._first + 1} to {last} of {count}, {more}"
        self.entitle(title)

    def _lines(self, width: int, height: int) -> list[Line]:
        """Write the plots; without any, why there are none. How many fit, the title says."""
        camera, history = self.state.camera(self._unique_id), self._history
        if camera:
            self._entitle(camera, height)
        if camera is None or history is None or not newest(history):
            return [Line(), *indented(wrap(self._reason, width - 2), 2)]
        window = self._window(width)
        view = View(
            camera=camera,
            events=self.state.events,
            folded=Folded(history, window),
            window=window,
            cursor=self._column(window),
            first=self._first,
            live=self._end is None,
            ascii=leaves_ascii(self.get_line_filters()),
            log_path=self.state.log_path,
        )
        return view_lines(view, width, height)

    @property
    def _now(self) -> int:
        """When the newest row ends, seconds since the epoch."""
        return newest(self._history) if self._history else 0

    @property
    def _by_minutes(self) -> bool:
        """Whether minutes are shown: what lies further back than seconds are kept for."""
        end = self._now if self._end is None else self._end
        # What of the newest minute is known, only seconds say: it is not over.
        back = end - self._span.seconds < self._now - HOUR and end < self._now - MINUTE
        return self._span.seconds > HOUR or back

    def _window(self, width: int) -> Window:
        least = MINUTE if self._by_minutes else 1
        end = self._now if self._end is None else self._end
        return Window.ending(end, self._span.seconds, columns_of(width), least)

    @property
    def _shown(self) -> Window:
        """What is shown now."""
        return self._window(self.query_one(PlotView).line_width)

    def _column(self, window: Window) -> int:
        """Return the column under the cursor."""
        if self._cursor is None:
            return window.columns - 1
        return max(min(window.column(self._cursor), window.columns - 1), 0)

    async def _ask(self) -> float:
        """Ask for what is shown, and draw it. See `ask_on`."""
        if not self.is_active:
            return 1.0
        step = self._shown.seconds
        # More than is shown: it begins at a round time, and a while ago when one looks back.
        since = self._span.seconds + step
        if self._end is not None:
            since += self._now - self._end + LONGEST_PERIOD + MINUTE
        if not self._by_minutes:
            since = min(since, HOUR)
        try:
            (history,) = await self._link.histories(
                [self._unique_id], list(TRENDS), since, 60 if self._by_minutes else 1
            )
        except Unanswered as why:
            self._reason = f"No plots: {plain(str(why))}"
            return 1.0
        finally:
            self._drawn = None
        self._history = history
        self._reason = "The engine has kept nothing yet: a row comes every " + (
            "minute" if history["step"] > 1 else "second"
        )
        self.draw()
        if self._end is not None:
            return LONGEST_PERIOD
        return min(step, LONGEST_PERIOD) if self._now else 1

    def action_span(self, place: int) -> None:
        """Show another span; the cursor stays at its time, in the middle where there is as much."""
        self._span = SPANS[place]
        if self._cursor is not None:
            self._end = min(self._cursor + self._span.seconds // 2, self._now)
        self._draw_anew()

    def _draw_anew(self) -> None:
        """Draw what is known already, and ask for the rest."""
        self.draw()
        self._ask_again.set()

    def action_step(self, columns: int) -> None:
        """Move the cursor; at an end, what is shown moves with it."""
        window = self._shown
        self._read(window, self._column(window) + columns)

    def action_page_time(self, pages: int) -> None:
        """Move the cursor by a quarter of what is shown."""
        self.action_step(pages * max(self._shown.columns // 4, 1))

    def _read(self, window: Window, column: int) -> None:
        """Put the cursor on a column, which may be beyond either end; at the newest, go on."""
        if not self._now:
            return
        begin = max(window.begin(column), self._now - DAY)
        if begin + window.seconds >= self._now:
            self.action_last()
            return
        self._cursor, self._end = begin, window.end
        if begin < window.start:
            self._end = begin + window.columns * window.seconds
        elif begin >= window.end:
            self._end = begin + window.seconds
        self._draw_anew()

    def action_first(self) -> None:
        """Go to the first column."""
        self._read(self._shown, 0)

    def action_last(self) -> None:
        """Go to the newest column, and stay there."""
        self._cursor = self._end = None
        self._draw_anew()

    def action_event(self, direction: int) -> None:
        """Go to the next event that changes the column, or to the one before."""
        window = self._shown
        column = self._column(window)
        own = own_events(self.state.events, self._unique_id)
        columns = {window.column(each["time"] // NS_PER_S) for each in own}
        beyond = [each for each in columns if (each - column) * direction > 0]
        if beyond and self._now:
            self._read(window, min(beyond, key=lambda each: abs(each - column)))
        else:
            self.toast("No event later" if direction > 0 else "No event earlier")

    def action_scroll_plots(self, plots: int) -> None:
        """Show other plots."""
        self._first = max(min(self._first + plots, len(QUANTITIES) - 1), 0)
        self._draw_anew()

    def action_log(self) -> None:
        """Show the log."""
        from pmv_tui.tui.screens.lists import LogScreen

        self.app.push_screen(LogScreen(self.state, self._unique_id))

"""The main screen: the cameras of the rig, and the keys that steer them."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Spacing
from textual.screen import Screen
from textual.widgets import Static
from textual.widgets._toast import ToastRack

from pmv_tui.tui.actions import QUIT, RELOAD, RESCAN, RIG_ACTIONS
from pmv_tui.tui.glyphs import leaves_ascii
from pmv_tui.tui.link import EngineLink, Unanswered, ask_on
from pmv_tui.tui.screens.base import SearchedScreen
from pmv_tui.tui.screens.steering import RigView, SteeringScreen, is_open
from pmv_tui.tui.state import CameraFilter, RigState
from pmv_tui.tui.text.columns import Columns, columns_shown, in_trouble
from pmv_tui.tui.text.help import RIG_HELP, empty_rig
from pmv_tui.tui.text.trends import (
    BLOCKS,
    CHOICES,
    LETTERS,
    SECONDS,
    Trends,
    trend_column,
    trend_title,
)
from pmv_tui.tui.widgets.bars import HeaderLine, KeyFooter, header_lines
from pmv_tui.tui.widgets.fields import SearchField
from pmv_tui.tui.widgets.line_view import EventView
from pmv_tui.tui.widgets.pictures import PictureView
from pmv_tui.tui.widgets.tables import CameraDetails, CameraTable
from pmv_tui.wire.status import CameraStatus

RECENT_EVENTS = 40
"""Events shown below the details, in what room is left."""

TREND_PERIOD = 1.0
"""Seconds from one question for trends to the next."""


class RigScreen(SearchedScreen[None], SteeringScreen):
    """A row a camera, and below it what is known of the one under the cursor."""

    registry = RIG_ACTIONS
    help_topics = RIG_HELP
    paged = CameraDetails
    sought: ClassVar[str] = "name, id or state to look for"
    table_type: ClassVar[type[CameraTable]] = CameraTable
    details_type: ClassVar[type[CameraDetails]] = CameraDetails

    def __init__(self, state: RigState, link: EngineLink) -> None:
        super().__init__(state, link)
        self._filter = CameraFilter()
        self._offered = False
        self._ask_again = asyncio.Event()
        self._told_of: Trends | None = None

    def compose(self) -> ComposeResult:
        """Lay out header, trouble, table or its stand-in, details, events and footer."""
        yield HeaderLine()
        yield Static(id="trouble", markup=False)
        with VerticalScroll(id="empty", can_focus=False):
            yield Static(id="empty-text", markup=False)
        yield self.table_type()
        yield SearchField(self.sought)
        yield Static(id="place", markup=False)
        with Container(id="below"):
            with Vertical():
                yield self.details_type()
                yield EventView()
            yield PictureView()
        yield KeyFooter(self.registry)

    def on_mount(self) -> None:
        """Make room for the log after each layout; Textual calls the base's `on_mount` itself."""
        self.screen_layout_refresh_signal.subscribe(self, self._keep_log_in_sight)
        self.while_here(partial(ask_on, self._ask_trends, self._ask_again))

    @property
    def cameras(self) -> Sequence[CameraStatus]:
        """All cameras there are."""
        return self.state.cameras

    def target(self) -> CameraStatus | None:
        """Return the camera under the cursor. See `SteeringScreen.target`."""
        camera = self.query_one(CameraTable).camera
        if camera is None and self.state.cameras:
            self.toast(f"No camera has {self._filter.text!r}; esc shows all", severity="warning")
        elif camera is None:
            self.toast(
                f"There is no camera; {self.key_of(RESCAN)} searches for one", severity="warning"
            )
        return camera

    def targets(self) -> list[CameraStatus]:
        """Return the marked cameras, or the one under the cursor. See `SteeringScreen.targets`."""
        return self._filter.chosen(self.cameras) or super().targets()

    def draw(self) -> None:
        """Draw the rig. See `RigStateScreen.draw`."""
        state = self.state
        self.query_one(HeaderLine).show_by(partial(header_lines, state))
        self._show_empty(state)
        self._show_table()
        self._offer_reload(state)
        recent = list(islice(reversed(state.events), RECENT_EVENTS))[::-1]
        self.query_one(EventView).show_events(recent, state.names)

    def _keep_log_in_sight(self, _: Screen[object]) -> None:
        """Have toasts stand above the log, whose newest lines they would hide."""
        log, rack = self.query_one(EventView), self.query_one(ToastRack)
        rows = self.find_widget(log).visible_region.height if self.is_to_be_seen(log) else 0
        margin = Spacing(0, 0, rows + 1, 0)  # The footer stands below.
        if rack.styles.margin != margin:
            rack.styles.margin = margin

    def _show_table(self) -> None:
        """Show the cameras that the filter lets through, and say below them that it is on."""
        shown = self._filter.shown(self.state.arranged)
        columns = self.columns(answers=self.state.answers_seen)
        self.query_one(CameraTable).show_cameras(shown, self._filter.marked, columns)
        self._sum_up(len(shown))

    def columns(self, *, answers: bool) -> Columns:
        """Return the columns that there may be, with that of the trend where one is wanted."""
        trends = self.state.wishes.trends
        return columns_shown(answers=answers, trend=trend_column(trends) if trends else None)

    def _sum_up(self, shown: int) -> None:
        """Say below the table what is marked and left out, and describe what is under the cursor.

        `shown` cameras have what is looked for.
        """
        place = self.query_one("#place", Static)
        summary = self._filter.summary(shown, len(self.cameras))
        place.display = bool(summary)
        if place.content != f" {summary}":
            place.update(f" {summary}")
        self._describe()

    def _show_empty(self, state: RigState) -> None:
        """Show a text in place of the table where there is no camera."""
        self.set_class(not state.cameras, "-empty")
        if state.cameras:
            return
        text: Content | str = "Waiting for the engine"
        if state.snapshot:
            keys = self.key_of(RESCAN), self.key_of(QUIT)
            text = empty_rig(state.snapshot, state.looked_at, *keys)
        panel = self.query_one("#empty-text", Static)
        if panel.content != text:
            panel.update(text)

    def action_move(self, rows: int) -> None:
        """Move the cursor; where there is no camera, scroll what stands in place of the table."""
        if self.cameras:
            super().action_move(rows)
        else:
            self.query_one("#empty", VerticalScroll).scroll_relative(y=rows, animate=False)

    def show_only(self, text: str) -> None:
        """Show the cameras that have a text. See `SearchedScreen.show_only`."""
        self._filter.text = text
        self._show_table()

    def action_clear(self) -> None:
        """Clear the text; where there is none, the marks."""
        if not (self._filter.text or self.search.display):
            self._filter.marked.clear()
        self.clear_search()

    def action_mark(self) -> None:
        """Mark the camera under the cursor, or take its mark away; go on to the next."""
        if camera := self.target():
            self._filter.mark(camera)
            self.action_move(1)
            self._show_table()

    def action_mark_all(self) -> None:
        """Mark all cameras that are shown, or take their marks away."""
        self._filter.mark_all(self._all_shown)
        self._show_table()

    def action_next_trouble(self) -> None:
        """Go to the next camera in trouble."""
        if not self.query_one(CameraTable).move_to_next(in_trouble):
            self.toast("No camera is in trouble")

    @on(CameraTable.CursorMoved)
    def _describe(self) -> None:
        """Describe the camera under the cursor, and show its picture."""
        camera = self.query_one(CameraTable).camera
        self.query_one(CameraDetails).show_camera(camera)
        seen = (camera["unique_id"], self.state.wishes.viewport(camera)) if camera else ("",)
        if self.query_one(PictureView).follow(*seen):
            self.pictures.hurry()

    @on(CameraTable.Chosen)
    def action_open(self) -> None:
        """Open the screen of the camera under the cursor."""
        if camera := self.target():
            self.open_camera(camera)

    def action_preview_all(self) -> None:
        """Show the pictures of all cameras."""
        from pmv_tui.tui.screens.grid import GridScreen

        if camera := self.target():
            self.app.push_screen(GridScreen(self.state, self.link, camera["unique_id"]))

    @property
    def _all_shown(self) -> list[CameraStatus]:
        """The cameras that keys for all act on: those that the filter lets through."""
        return self._filter.shown(self.cameras)

    def action_plug_all(self) -> None:
        """Plug all, or unplug all where none is left to plug."""
        if shown := self._all_shown:
            self.plug(shown, ask=True)
        else:
            self.target()

    def action_trend(self) -> None:
        """Ask what the table is to show a trend of."""
        from pmv_tui.tui.screens.dialogs import TrendDialog

        trends = self.state.wishes.trends
        chosen = CHOICES.index(trends.choice) if trends else -1
        self.app.push_screen(TrendDialog(chosen), self._show_trend)

    def _show_trend(self, chosen: int | None) -> None:
        """Show a trend from now on; None leaves what is shown."""
        if chosen is None:
            return
        blocks = LETTERS if leaves_ascii(self.get_line_filters()) else BLOCKS
        self.state.wishes.trends = None if chosen < 0 else Trends(CHOICES[chosen], {}, blocks)
        self._show_table()
        self._ask_again.set()
        if self.state.wishes.trends and not self.query_one(CameraTable).shows(
            trend_title(CHOICES[chosen])
        ):
            self.toast("The terminal is too narrow for a trend", severity="warning")

    async def _ask_trends(self) -> float:
        """Ask for the trends where they are to be seen. See `ask_on`."""
        trends, cameras = self.state.wishes.trends, self._filter.shown(self.state.cameras)
        table = self.query_one(CameraTable)
        if not (trends and cameras and self.is_active and table.shows(trend_title(trends.choice))):
            return TREND_PERIOD
        from pmv_tui.tui.history import last_seconds

        unique_ids = [camera["unique_id"] for camera in cameras]
        try:
            kept = await self.link.histories(unique_ids, trends.choice.fields, SECONDS, 1)
        except Unanswered as why:
            trends.seconds.clear()
            if not (trends is self._told_of or self.state.silence):
                self._told_of = trends
                self.toast(f"No trends: {why}", severity="warning")
        else:
            trends.seconds.clear()
            trends.seconds.update((each["unique_id"], last_seconds(each)) for each in kept)
        return TREND_PERIOD

    def action_troubles_first(self) -> None:
        """Show cameras in trouble before the others, or in the order of the config file again."""
        wishes = self.state.wishes
        wishes.troubles_first = not wishes.troubles_first
        self.toast("Cameras in trouble come first" if wishes.troubles_first else "Cameras in order")
        self.draw()

    def action_window_all(self) -> None:
        """Open all windows, or close all where none is left to open."""
        if shown := self._all_shown:
            self.ask_for_window(shown, close=all(map(is_open, shown)))
        else:
            self.target()

    def _offer_reload(self, state: RigState) -> None:
        """Offer, once for each time, to take over a config file that was edited."""
        changed = bool(state.snapshot and state.snapshot["engine"].get("config_changed"))
        if changed and not self._offered:
            key = self.key_of(RELOAD)
            self.toast(f"The config file was edited; {key} applies it", severity="warning")
        self._offered = changed

    def action_reload(self) -> None:
        """Apply the config file as it is now."""
        self.go_on(partial(self._reload, RigView(self.state, self.link)))

    async def _reload(self, rig: RigView) -> None:
        results = await rig.link.command("reload")
        self.toast_failures(results, rig)
        if done := [rig.sentence(one) for one in results if one["ok"]]:
            self.toast(*done)

    def action_rescan(self) -> None:
        """Search for cameras."""
        self.command("rescan", "Searching for cameras")

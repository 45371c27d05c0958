"""The main screen of several rigs: their cameras in one table, and the keys that steer them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice

from textual import on

from pmv_tui.tui.actions import ENGINE, FLEET_ACTIONS, RELOAD, RESCAN
from pmv_tui.tui.fleet import Fleet, FleetRig
from pmv_tui.tui.link import EngineLink, Unanswered
from pmv_tui.tui.screens.rig import RECENT_EVENTS, TREND_PERIOD, RigScreen
from pmv_tui.tui.screens.steering import RigView
from pmv_tui.tui.state import CameraFilter, RigState
from pmv_tui.tui.text.columns import in_trouble
from pmv_tui.tui.text.help import FLEET_HELP
from pmv_tui.tui.text.lines import Cell, plain
from pmv_tui.tui.text.rigs import RigRow, fleet_header, waits_for_help, words_of
from pmv_tui.tui.text.trends import SECONDS, Trends, trend_title
from pmv_tui.tui.widgets.bars import HeaderLine
from pmv_tui.tui.widgets.line_view import EventView
from pmv_tui.tui.widgets.pictures import PictureFeed, PictureView
from pmv_tui.tui.widgets.rigs import FleetDetails, FleetTable
from pmv_tui.wire.status import CameraStatus, counted, key_of


class FleetFilter(CameraFilter):
    """Looks for a text in the names of a camera's rig, host and group, too."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet

    def words(self, camera: CameraStatus) -> str:
        """Return what is searched of a camera. See `CameraFilter.words`."""
        return f"{super().words(camera)} {words_of(self._fleet.rig_of(camera).row())}"

    def shows(self, row: RigRow) -> bool:
        """Whether a rig has the text, whatever its cameras have."""
        searched = f"{words_of(row)} {row.trouble.casefold()}"
        return all(word in searched for word in self.text.casefold().split())


class FleetScreen(RigScreen):
    """A row a rig, its cameras below it, and what is known of the one under the cursor.

    `state` and `link` are those of the rig under the cursor, and so are what keys open.
    """

    registry = FLEET_ACTIONS
    help_topics = FLEET_HELP
    paged = FleetDetails
    sought = "name, id, state, rig, host or group to look for"
    table_type = FleetTable
    details_type = FleetDetails

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._pictured = fleet.rigs[0]
        super().__init__(self._pictured.state, self._pictured.link)
        self._filter: FleetFilter = FleetFilter(fleet)
        self._edited: set[str] = set()
        self._asked: set[str] = set()

    @property
    def table(self) -> FleetTable:
        """The table."""
        return self.query_one(FleetTable)

    @property
    def rig(self) -> FleetRig:
        """The rig under the cursor; the first where nothing is shown."""
        name = self.table.rig if self.is_mounted else ""
        return self.fleet.named(name) if name else self.fleet.rigs[0]

    @property
    def state(self) -> RigState:
        """What the rig under the cursor reported."""
        return self.rig.state

    @state.setter
    def state(self, _: RigState) -> None: ...

    @property
    def link(self) -> EngineLink:
        """What carries commands to the rig under the cursor."""
        return self.rig.link

    @link.setter
    def link(self, _: EngineLink) -> None: ...

    @property
    def banner(self) -> str:
        """Nothing: rigs' own rows say what is wrong. See `RigStateScreen.banner`."""
        return ""

    @property
    def cameras(self) -> Sequence[CameraStatus]:
        """The cameras of all rigs. See `RigScreen.cameras`."""
        return self.fleet.cameras

    def rig_of(self, camera: CameraStatus) -> RigView:
        """Return the rig that a camera belongs to. See `SteeringScreen.rig_of`."""
        rig = self.fleet.rig_of(camera)
        return RigView(rig.state, rig.link)

    def target(self) -> CameraStatus | None:
        """Return the camera under the cursor. See `SteeringScreen.target`."""
        camera = self.table.camera
        if camera is None and not self.table.rig:
            self._say_none_found()
        elif camera is None:
            self.toast(f"{self.rig.name} is a rig: go to one of its cameras", severity="warning")
        return camera

    def _say_none_found(self) -> None:
        text = f"No camera or rig has {self._filter.text!r}; esc shows all"
        self.toast(text, severity="warning")

    def targets(self) -> list[CameraStatus]:
        """Return the marked cameras, or the one under the cursor, or those of the rig there."""
        if marked := self._filter.chosen(self.cameras):
            return marked
        if camera := self.table.camera:
            return [camera]
        cameras = self._shown_of(self.rig) if self.table.rig else []
        if not self.table.rig:
            self._say_none_found()
        elif not cameras:
            self.toast(f"{self.rig.name} shows no cameras", severity="warning")
        return cameras

    def _shown_of(self, rig: FleetRig) -> list[CameraStatus]:
        return [camera for camera in self._all_shown if camera.get("rig") == rig.name]

    def agreed(self, what: str, cameras: Sequence[CameraStatus], do: Callable[[], None]) -> None:
        """Ask first where it touches several rigs. See `SteeringScreen.agreed`.

        Also before several cameras are unplugged that nobody marked or named, as on a rig's row.
        """
        groups = self.by_rig(cameras)
        rigs = [self.fleet.named(rig.state.rig) for rig, _ in groups]
        named = (f"{rig.state.rig} ({_names(each)})" for rig, each in groups)
        unnamed = len(cameras) > 1 and not (self.table.camera or self._filter.marked)
        ask = what == "unplug" and unnamed
        heading = f"{what} {counted(len(cameras), 'camera')}".capitalize()
        self._ask_first(heading, rigs, named, do, ask=ask)

    def _ask_first(
        self,
        what: str,
        rigs: Sequence[FleetRig],
        named: Iterable[str],
        do: Callable[[], None],
        *,
        ask: bool = False,
    ) -> None:
        """Do something to rigs; where they are several, or `ask` says so, once it is agreed to."""
        if len(rigs) == 1 and not ask:
            do()
        else:
            of = f"{len(rigs)} rigs" if len(rigs) > 1 else rigs[0].name
            text = f"{'; '.join(named)}."
            self._confirm(f"{what} of {of}?", text, "do it on all of them", do)

    def _confirm(self, heading: str, text: str, meaning: str, do: Callable[[], None]) -> None:
        """Do something once it is agreed to; see `ConfirmDialog`."""
        from pmv_tui.tui.screens.dialogs import ConfirmDialog

        def answered(agreed: bool | None) -> None:
            if agreed:
                do()

        self.app.push_screen(ConfirmDialog(heading, text, meaning), answered)

    def draw(self) -> None:
        """Draw all rigs. See `RigStateScreen.draw`."""
        rows = [rig.row() for rig in self.fleet.rigs]
        self.query_one(HeaderLine).show_by(partial(fleet_header, rows))
        self._show_table()
        self._offer_reloads()

    def _show_table(self) -> None:
        """Show the rigs and cameras that the filter lets through."""
        groups = self._groups()
        columns = self.columns(answers=self.fleet.answers_seen)
        self.table.show_rigs(groups, self._filter.marked, columns)
        self._sum_up(sum(len(cameras) for _, cameras in groups))

    def _groups(self) -> list[tuple[RigRow, list[CameraStatus]]]:
        """Return each rig that is shown, with its cameras that are, in the order of their rows."""
        first, text = self.fleet.wishes.troubles_first, self._filter.text
        cameras: dict[str, list[CameraStatus]] = {rig.name: [] for rig in self.fleet.rigs}
        for camera in self._all_shown:
            cameras[camera.get("rig", "")].append(camera)
        rows = [rig.row() for rig in self.fleet.rigs]
        if first:
            rows.sort(key=lambda row: not waits_for_help(row))
            for each in cameras.values():
                each.sort(key=lambda camera: not in_trouble(camera))
        # What is looked for is shown, folded or not.
        rows = [row._replace(folded=row.folded and not text) for row in rows]
        return [
            (row, cameras[row.name]) for row in rows if cameras[row.name] or self._filter.shows(row)
        ]

    @on(FleetTable.CursorMoved)
    def _describe(self) -> None:
        """Describe what is under the cursor, and show its picture and its rig's log."""
        rig, camera = self.rig, self.table.camera
        if camera or not self.table.rig:
            self.query_one(FleetDetails).show_of_rig(rig.row() if camera else None, camera)
        else:
            self.query_one(FleetDetails).show_rig(rig.row(), self._advice(rig))
        events, names = rig.state.events, rig.state.names
        recent = list(islice(reversed(events), RECENT_EVENTS))[::-1]
        self.query_one(EventView).show_events(recent, names)
        self._show_picture(rig, camera)

    def _advice(self, rig: FleetRig) -> list[tuple[str, Cell]]:
        """Say what keys do about a rig that is not connected."""
        if not rig.connection.why:
            return []
        engine = f"{self.key_of(ENGINE)} starts one" if rig.lacks_engine else ""
        again = f"{self.key_of(RESCAN)} tries again at once"
        return [("to do", Cell("; ".join(filter(None, [engine, again]))))]

    def _show_picture(self, rig: FleetRig, camera: CameraStatus | None) -> None:
        view = self.query_one(PictureView)
        if rig is not self._pictured:
            # The question to another rig, which may hang, is given up; two may have the same id.
            self._pictured = rig
            view.follow("")
            rate = self.fleet.wishes.preview_rate
            self.pictures = PictureFeed(rig.link, rate, self._visible_pictures)
            self.ask_for_pictures()
        seen = (camera["unique_id"], self.fleet.wishes.viewport(camera)) if camera else ("",)
        if view.follow(*seen):
            self.pictures.hurry()

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.table.move(rows)

    @on(FleetTable.Chosen)
    def action_open(self) -> None:
        """Open the screen of the camera under the cursor; fold a rig, or unfold it."""
        if camera := self.table.camera:
            self.open_camera(camera)
        elif self.table.rig:
            self._fold([self.rig], folded=not self.rig.folded)

    def action_fold(self) -> None:
        """Leave out the cameras of the rig under the cursor, which goes to the rig's row."""
        if self.table.rig:
            self._fold([self.rig], folded=True)

    def action_unfold(self) -> None:
        """Show the cameras of the rig under the cursor."""
        self._fold([self.rig], folded=False)

    def action_fold_all(self) -> None:
        """Leave out the cameras of all rigs; where all are folded, show them."""
        self._fold(self.fleet.rigs, folded=not all(rig.folded for rig in self.fleet.rigs))

    def _fold(self, rigs: Sequence[FleetRig], *, folded: bool) -> None:
        if folded and self.table.rig:
            self.table.move_to_rig(self.table.rig)
        for rig in rigs:
            rig.folded = folded
        self._show_table()

    def action_mark(self) -> None:
        """Mark the camera under the cursor, or all of the rig there; or take marks away."""
        if self.table.camera:
            super().action_mark()
        elif self.table.rig:
            self._filter.mark_all(self._shown_of(self.rig))
            self._show_table()

    def action_next_trouble(self) -> None:
        """Go to the next rig or camera in trouble."""
        if not self.table.move_to_trouble():
            self.toast("No camera is in trouble, and no rig")

    def action_preview_all(self) -> None:
        """Show the pictures of all cameras of the rig under the cursor."""
        from pmv_tui.tui.screens.grid import GridScreen

        rig, camera = self.rig, self.table.camera
        cameras = [camera] if camera else rig.state.cameras
        if cameras:
            self.app.push_screen(GridScreen(rig.state, rig.link, cameras[0]["unique_id"]))
        else:
            self.toast(f"{rig.name} shows no cameras", severity="warning")

    async def _ask_trends(self) -> float:
        """Ask each rig for the trends where they are to be seen. See `ask_on`."""
        trends = self.fleet.wishes.trends
        if trends and self.is_active and self.table.shows(trend_title(trends.choice)):
            for view, cameras in self.by_rig(self._all_shown):
                rig = self.fleet.named(view.state.rig)
                if not rig.state.why_old and rig.name not in self._asked:
                    self.while_here(partial(self._ask_trend, rig, trends, cameras))
        return TREND_PERIOD

    async def _ask_trend(
        self, rig: FleetRig, trends: Trends, cameras: Sequence[CameraStatus]
    ) -> None:
        """Ask a rig for trends; it holds up no other."""
        from pmv_tui.tui.history import last_seconds

        keys = {camera["unique_id"]: key_of(camera) for camera in cameras}
        self._asked.add(rig.name)
        try:
            kept = await rig.link.histories(list(keys), trends.choice.fields, SECONDS, 1)
        except Unanswered:
            kept = []  # its row says what is wrong
        finally:
            self._asked.discard(rig.name)
        for key in keys.values():
            trends.seconds.pop(key, None)
        for each in kept:
            if each["unique_id"] in keys:
                trends.seconds[keys[each["unique_id"]]] = last_seconds(each)

    def _concerned(self) -> list[FleetRig]:
        """Return the rigs of the marked cameras, or the one under the cursor."""
        marked = {camera.get("rig") for camera in self._filter.chosen(self.cameras)}
        return [rig for rig in self.fleet.rigs if rig.name in marked] or [self.rig]

    def _offer_reloads(self) -> None:
        """Offer, once for each time, to take over config files that were edited."""
        edited = {rig.name for rig in self.fleet.rigs if rig.config_changed}
        for name in sorted(edited - self._edited):
            key = self.key_of(RELOAD)
            self.toast(f"{name}: the config file was edited; {key} applies it", severity="warning")
        self._edited = edited

    def action_reload(self) -> None:
        """Apply config files as they are now."""
        rigs = self._concerned()
        self._ask_first(
            "Apply the config files", rigs, _rigs(rigs), partial(self._reload_all, rigs)
        )

    def _reload_all(self, rigs: Sequence[FleetRig]) -> None:
        for rig in rigs:
            self.go_on(partial(self._reload, RigView(rig.state, rig.link)))

    def action_rescan(self) -> None:
        """Search for cameras; where a rig is not connected, try that at once."""
        rigs = self._concerned()
        self._ask_first("Search for cameras", rigs, _rigs(rigs), partial(self._rescan, rigs))

    def _rescan(self, rigs: Sequence[FleetRig]) -> None:
        for rig in rigs:
            if rig.connection.state == "connected":
                done = f"{rig.name}: searching for cameras"
                self.command("rescan", done, rig=RigView(rig.state, rig.link))
            else:
                rig.connection.hurry()

    def action_engine(self) -> None:
        """Start the engine of the rig under the cursor where none runs, or stop it; ask first."""
        rig = self.rig
        if self.table.camera or not self.table.rig:
            self.toast("Go to a rig's own row first: there its engine is started or stopped")
        elif rig.lacks_engine:
            text = "its cameras are unplugged"
            self._confirm(f"Start the engine of {rig.name}?", text, "start it", rig.start_engine)
        elif rig.connection.state == "connected":
            stop = partial(self._stop_engine, rig)
            self._confirm(f"Stop the engine of {rig.name}?", _use_of(rig), "stop it", stop)
        else:
            self.toast(f"{rig.name}: {rig.state.why_old}", severity="warning")

    def _stop_engine(self, rig: FleetRig) -> None:
        done = f"{rig.name}: its engine ends"
        self.command("stop", done, rig=RigView(rig.state, rig.link))


def _names(cameras: Iterable[CameraStatus]) -> str:
    return ", ".join(plain(camera["name"]) for camera in cameras)


def _rigs(rigs: Iterable[FleetRig]) -> list[str]:
    return [", ".join(rig.name for rig in rigs)]


def _use_of(rig: FleetRig) -> str:
    """Say who depends on a rig's engine."""
    plugged = _names(camera for camera in rig.state.cameras if camera["plugged"])
    clients = sum(camera["clients"] for camera in rig.state.cameras)
    others = rig.others()
    parts = [
        f"{plugged} plugged, {counted(clients, 'client')} connected"
        if plugged
        else "nothing plugged",
        f"used by others, too: {'; '.join(others)}" if others else "",
    ]
    return f"{rig.name} has {'. It is '.join(filter(None, parts))}."

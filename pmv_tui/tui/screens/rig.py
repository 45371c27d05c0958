"""The main screen: the cameras of the rig, and the keys that steer them."""

import os
from itertools import islice
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Footer, Static

from pmv_tui.control.messages import CameraStatus, Result
from pmv_tui.tui.actions import ACTIONS
from pmv_tui.tui.empty_rig import empty_rig
from pmv_tui.tui.link import EngineLink
from pmv_tui.tui.screens.addresses import AddressDialog
from pmv_tui.tui.screens.help import HelpScreen
from pmv_tui.tui.screens.log import LogScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text import plain
from pmv_tui.tui.widgets.camera_details import CameraDetails
from pmv_tui.tui.widgets.camera_table import CameraTable
from pmv_tui.tui.widgets.event_view import EventView
from pmv_tui.tui.widgets.header_line import HeaderLine

RECENT_EVENTS = 40
"""Events shown below the details, in what room is left."""

DONE = {
    "plug": "{name} publishes at {pub_address}",
    "unplug": "{name} is unplugged",
    "pause": "{name} is paused",
    "resume": "{name} publishes again",
}
"""What a toast says when a command worked."""


def is_open(camera: CameraStatus) -> bool:
    """Tell whether a camera's window is on a screen, or on its way there."""
    return camera["window"] in ("opening", "shown")


class RigScreen(Screen[None]):
    """Draws the rig's state, and sends what a key asks for to the engine.

    Parameters
    ----------
    state : what is known now.
    changed : tells when there is more.
    link : carries the commands.
    """

    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in ACTIONS]

    def __init__(self, state: RigState, changed: Signal[RigState], link: EngineLink) -> None:
        super().__init__()
        self._state = state
        self._changed = changed
        self._link = link

    def compose(self) -> ComposeResult:
        """Lay out header, trouble, table or its stand-in, details, events and footer."""
        yield HeaderLine()
        yield Static(id="trouble", markup=False)
        with VerticalScroll(id="empty", can_focus=False):
            yield Static(id="empty-text", markup=False)
        yield CameraTable()
        yield CameraDetails()
        yield EventView()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Draw what is known, and whatever comes."""
        self._changed.subscribe(self, self._show, immediate=True)
        self._show(self._state)

    def _show(self, state: RigState) -> None:
        """Draw this state of the rig."""
        self.query_one(HeaderLine).show_state(state)
        self._show_trouble(state.trouble)
        self._show_empty(state)
        table = self.query_one(CameraTable)
        table.show_cameras(state.cameras)
        self.query_one(CameraDetails).show_camera(table.camera)
        recent = list(islice(reversed(state.events), RECENT_EVENTS))[::-1]
        self.query_one(EventView).show_events(recent, state.names)

    def _show_trouble(self, trouble: str) -> None:
        """Show what is wrong with the engine as long as it is."""
        banner = self.query_one("#trouble", Static)
        if banner.display != bool(trouble) or banner.content != plain(trouble):
            banner.update(plain(trouble))
            banner.display = bool(trouble)

    def _show_empty(self, state: RigState) -> None:
        """Show a text in place of the table where there is no camera."""
        self.set_class(not state.cameras, "-empty")
        if state.cameras:
            return
        text = empty_rig(state.snapshot) if state.snapshot else "Waiting for the engine …"
        panel = self.query_one("#empty-text", Static)
        if panel.content != text:
            panel.update(text)

    @on(CameraTable.CursorMoved)
    def _describe(self) -> None:
        """Describe the camera under the cursor."""
        self.query_one(CameraDetails).show_camera(self.query_one(CameraTable).camera)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.query_one(CameraTable).move(rows)

    def action_first(self) -> None:
        """Put the cursor on the first camera."""
        self.query_one(CameraTable).move_to(0)

    def action_last(self) -> None:
        """Put the cursor on the last camera."""
        self.query_one(CameraTable).move_to_last()

    def action_plug(self) -> None:
        """Plug the camera, or unplug it."""
        if camera := self._camera():
            self._tell("unplug" if camera["plugged"] else "plug", camera)

    def action_pause(self) -> None:
        """Pause the camera, or resume it."""
        camera = self._camera()
        if camera and camera["plugged"]:
            self._tell("resume" if camera["paused"] else "pause", camera)
        elif camera:
            self._toast(f"{camera['name']} is unplugged: p plugs it", severity="warning")

    def action_plug_all(self) -> None:
        """Plug all, or unplug all where none is left to plug."""
        if self._camera():
            all_plugged = all(camera["plugged"] for camera in self._state.cameras)
            if all_plugged:
                self._tell_all("unplug", "Unplugged")
            else:
                self._tell_all("plug", "Plugged")

    def action_window(self) -> None:
        """Open the camera's window, or close it."""
        if camera := self._camera():
            self._tell_window(camera["unique_id"], close=is_open(camera))

    def action_window_all(self) -> None:
        """Open all windows, or close all where none is left to open."""
        if self._camera():
            self._tell_window("all", close=all(map(is_open, self._state.cameras)))

    def action_edit(self) -> None:
        """Edit the camera's addresses."""
        camera = self._camera()
        if camera is None:
            return
        unique_id = camera["unique_id"]

        async def save(pub: str, pull: str) -> str:
            results = await self._link.tell("addresses", camera=unique_id, pub=pub, pull=pull)
            return "; ".join(result["text"] for result in results if not result["ok"])

        def saved(done: bool | None) -> None:
            if done:
                self._toast(f"{camera['name']}: addresses saved")

        others = [other for other in self._state.cameras if other["unique_id"] != unique_id]
        self.app.push_screen(AddressDialog(camera, others, save), saved)

    @work
    async def action_rescan(self) -> None:
        """Search for cameras."""
        if not self._toast_failures(await self._link.tell("rescan")):
            self._toast("Searching for cameras")

    def action_log(self) -> None:
        """Show the log."""
        self.app.push_screen(LogScreen(self._state, self._changed))

    def action_help(self) -> None:
        """Show the help."""
        self.app.push_screen(HelpScreen())

    def _camera(self) -> CameraStatus | None:
        """Give the camera under the cursor; where there is none, say so."""
        camera = self.query_one(CameraTable).camera
        if camera is None:
            self._toast("There is no camera; r searches for one", severity="warning")
        return camera

    @work
    async def _tell(self, command: str, camera: CameraStatus) -> None:
        """Send a command for one camera and say what became of it."""
        results = await self._link.tell(command, camera=camera["unique_id"])
        if not self._toast_failures(results):
            self._toast(DONE[command].format(**camera))

    @work
    async def _tell_window(self, camera: str, *, close: bool) -> None:
        """Ask for a window on the display of this terminal's environment, or for its end."""
        where = {
            "display": os.environ.get("DISPLAY", ""),
            "xauthority": os.environ.get("XAUTHORITY", ""),
        }
        arguments = {"close": True} if close else where
        self._toast_failures(await self._link.tell("window", camera=camera, **arguments))

    @work
    async def _tell_all(self, command: str, done: str) -> None:
        """Send a command for all cameras and say what became of it."""
        results = await self._link.tell(command, camera="all")
        self._toast_failures(results)
        if names := [result["camera"] for result in results if result["ok"]]:
            self._toast(f"{done}: {', '.join(names)}")

    def _toast_failures(self, results: list[Result]) -> bool:
        """Say what failed; tell whether anything did."""
        failures = [result for result in results if not result["ok"]]
        for failure in failures:
            camera = f"{failure['camera']}: " if failure["camera"] else ""
            self._toast(f"{camera}{failure['text']}", severity="error")
        return bool(failures)

    def _toast(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say something for a moment; never read as markup."""
        self.notify(plain(text), severity=severity, markup=False)

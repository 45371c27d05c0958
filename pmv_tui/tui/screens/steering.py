"""What the rig's screen and a camera's have in common: the keys that steer one camera."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual import on
from textual.errors import NoWidget
from textual.widget import Widget

from pmv_tui.control.client import display_here
from pmv_tui.tui.actions import PICTURE, PLUG, PREVIEW
from pmv_tui.tui.link import EngineLink
from pmv_tui.tui.screens.base import RigStateScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.lines import first_few
from pmv_tui.tui.viewport import Viewport
from pmv_tui.tui.widgets.pictures import PictureFeed, PictureView
from pmv_tui.wire.status import (
    OPEN_WINDOWS,
    CameraStatus,
    Result,
    SavedImage,
    full_name,
    result_sentence,
)

MOST_FAILURES = 5
"""Toasts of what one command did not do: more have no room, and each takes its time."""

ALL_DONE = {"plug": "Plugged", "unplug": "Unplugged", "pause": "Paused", "resume": "Resumed"}
"""What stands before the names when a command worked for several."""


def _they_are(cameras: Sequence[CameraStatus]) -> str:
    """Name cameras, as the beginning of a sentence."""
    names = ", ".join(map(full_name, cameras))
    return f"{names} is" if len(cameras) == 1 else f"{names} are"


def is_open(camera: CameraStatus) -> bool:
    """Return whether a camera's window is on a screen, or on its way there."""
    return camera["window"] in OPEN_WINDOWS


def argument(cameras: Sequence[CameraStatus]) -> str | list[str]:
    """Return the argument `camera` of a command for these."""
    first, *others = [camera["unique_id"] for camera in cameras]
    return [first, *others] if others else first


class RigView(NamedTuple):
    """A rig as screens have it: what it reported, and what carries commands to it."""

    state: RigState
    link: EngineLink

    def sentence(self, result: Result) -> str:
        """Say what a command did, or why not; with the rig's name where there are several."""
        sentence, rig = result_sentence(result), self.state.rig
        return f"{rig}{'/' if result['camera'] else ': '}{sentence}" if rig else sentence


class SteeringScreen(RigStateScreen[None]):
    """Sends what a key asks for to the engine, for one camera: `target` says which.

    Parameters
    ----------
    state : the app's.
    link : carries the commands.
    unique_id : of the camera that this screen is for, if it is for one.

    Attributes
    ----------
    log_camera : unique_id of the camera whose events the log shows at first; empty for all.
    """

    log_camera = ""

    def __init__(self, state: RigState, link: EngineLink, unique_id: str = "") -> None:
        super().__init__(state)
        self.link = link
        self.unique_id = unique_id
        self.pictures = PictureFeed(link, state.wishes.preview_rate, self._visible_pictures)

    def target(self) -> CameraStatus | None:
        """Return the camera that is steered; where there is none, say so."""
        raise NotImplementedError

    def targets(self) -> list[CameraStatus]:
        """Return the cameras that are steered: the one, unless several are marked."""
        camera = self.target()
        return [camera] if camera else []

    def rig_of(self, camera: CameraStatus) -> RigView:  # noqa: ARG002 - where there are several
        """Return the rig that a camera belongs to."""
        return RigView(self.state, self.link)

    def by_rig(self, cameras: Sequence[CameraStatus]) -> list[tuple[RigView, list[CameraStatus]]]:
        """Return the cameras of each rig."""
        groups: dict[str, tuple[RigView, list[CameraStatus]]] = {}
        for camera in cameras:
            group = groups.setdefault(camera.get("rig", ""), (self.rig_of(camera), []))
            group[1].append(camera)
        return list(groups.values())

    def agreed(
        self,
        what: str,  # noqa: ARG002 - as is the next: where there are several rigs
        cameras: Sequence[CameraStatus],  # noqa: ARG002
        do: Callable[[], None],
    ) -> None:
        """Do something to cameras, where it is to be asked about once it is agreed to."""
        do()

    def on_mount(self) -> None:
        """Start to ask for pictures."""
        self.ask_for_pictures()

    def ask_for_pictures(self) -> None:
        """Ask for pictures from now on, as `pictures` does; a former one no longer does."""
        self.while_here(self.pictures.run, "pictures")

    def on_screen_resume(self) -> None:
        """Show the picture as it was left on another screen."""
        self._show_preview()

    def action_preview(self) -> None:
        """Show the picture of the camera in the terminal, or hide it."""
        self.state.wishes.preview = not self.state.wishes.preview
        self._show_preview()

    def _show_preview(self) -> None:
        self.set_class(self.state.wishes.preview, "-preview")
        self.pictures.hurry()

    def _visible_pictures(self) -> list[PictureView]:
        """Return the pictures that are to be seen; none while another screen hides this one."""
        if not (self.is_active or (self.is_current and self.app.screen.is_modal)):
            return []
        return [view for view in self.query(PictureView) if self.is_to_be_seen(view)]

    def is_to_be_seen(self, view: Widget) -> bool:
        """Whether any of a widget lies within the terminal."""
        try:
            return bool(self.find_widget(view).visible_region)
        except NoWidget:
            return False

    def action_plug(self) -> None:
        """Plug the cameras; where each is plugged, unplug them."""
        cameras = self.targets()
        self.plug(cameras, ask=len(cameras) > 1)

    def plug(self, cameras: Sequence[CameraStatus], *, ask: bool) -> None:
        """Plug cameras; where each is plugged, unplug them: `ask` first where clients read them."""
        read = [camera for camera in cameras if camera["clients"]]
        if unplugged := [camera for camera in cameras if not camera["plugged"]]:
            self._command_all("plug", unplugged)
        elif read and ask:
            from pmv_tui.tui.screens.dialogs import UnplugDialog

            self.app.push_screen(UnplugDialog(read), partial(self._unplug, cameras))
        else:
            self._command_all("unplug", cameras)

    def _unplug(self, cameras: Sequence[CameraStatus], agreed: bool | None) -> None:
        if agreed:
            self._send("unplug", cameras)

    def action_pause(self) -> None:
        """Pause the cameras; where each is paused, resume them."""
        cameras = self.targets()
        plugged = [camera for camera in cameras if camera["plugged"]]
        publishing = [camera for camera in plugged if not camera["paused"]]
        self._command_all("pause" if publishing else "resume", publishing or plugged)
        if cameras and not plugged:
            them = "it" if len(cameras) == 1 else "them"
            plug = f"{self.key_of(PLUG)} plugs {them}"
            self.toast(f"{_they_are(cameras)} unplugged: {plug}", severity="warning")

    def action_window(self) -> None:
        """Open the cameras' windows; where each is open, close them."""
        cameras = self.targets()
        closed = [camera for camera in cameras if not is_open(camera)]
        self.ask_for_window(closed or cameras, close=not closed)

    def action_edit(self) -> None:
        """Edit the camera's addresses."""
        from pmv_tui.tui.screens.dialogs import AddressDialog

        camera = self.target()
        if camera is None:
            return
        unique_id, rig = camera["unique_id"], self.rig_of(camera)

        async def save(pub: str, pull: str) -> str:
            return await self.save("addresses", rig, camera=unique_id, pub=pub, pull=pull)

        others = [other for other in rig.state.cameras if other["unique_id"] != unique_id]
        dialog = AddressDialog(camera, others, save, elsewhere=bool(rig.state.host))
        self.app.push_screen(dialog)

    def action_add(self) -> None:
        """Add the cameras to the config file."""
        cameras = self.targets()
        missing = [camera for camera in cameras if not camera["listed"]]
        if missing:
            self.agreed("add", missing, partial(self._add, missing))
        elif cameras:
            self.toast(f"{_they_are(cameras)} in the config file already")

    def _add(self, missing: Sequence[CameraStatus]) -> None:
        for rig, cameras in self.by_rig(missing):
            done = f"{_they_are(cameras)} in the config file now"
            self.command("set", done, rig=rig, camera=argument(cameras), changes={})

    def action_snapshot(self) -> None:
        """Save the cameras' newest images as files."""
        if cameras := self.targets():
            self.go_on(partial(self._snapshot, cameras))

    async def _snapshot(self, cameras: Sequence[CameraStatus]) -> None:
        from pmv_tui.tui.snapshot import save_newest

        groups = self.by_rig(cameras)
        of_rigs = await asyncio.gather(*(save_newest(rig.link, each) for rig, each in groups))
        done = list[tuple[RigView, SavedImage]]()
        for (rig, _), saved in zip(groups, of_rigs, strict=True):
            self.toast_failures(saved, rig)
            done += ((rig, each) for each in saved if each["ok"])
        if done:
            self.app.copy_to_clipboard("\n".join(each["file"] for _, each in done))
            self.toast(*(rig.sentence(each) for rig, each in done))

    def open_camera(self, camera: CameraStatus) -> None:
        """Open a camera's screen."""
        from pmv_tui.tui.screens.camera import CameraScreen

        self.app.push_screen(CameraScreen(self.state, self.link, camera["unique_id"]))

    def _picture_seen(self) -> tuple[PictureView, Viewport] | None:
        """Return the picture that is to be seen, and what is looked at; else say what shows it."""
        view = self.query_one(PictureView)
        if view.viewport and self.is_to_be_seen(view):
            return view, view.viewport
        self.toast(f"{self.key_of(PREVIEW)} shows the picture, {self.key_of(PICTURE)} a large one")
        return None

    @on(PictureView.Moved)
    def _look_there(self) -> None:
        """Ask for what is looked at now."""
        self.pictures.hurry()

    def action_zoom(self, steps: int) -> None:
        """Show less of the image, and larger; or more, where `steps` is negative."""
        if seen := self._picture_seen():
            view, viewport = seen
            before = viewport.scale
            view.zoom(steps)
            if viewport.scale == before:
                self.toast(
                    "The pixels are as large as they get" if steps > 0 else "All of it is shown"
                )

    def action_fit(self) -> None:
        """Show the whole image."""
        if seen := self._picture_seen():
            seen[1].fit()
            self.pictures.hurry()

    def action_contrast(self) -> None:
        """Stretch the greys of what is shown, or show them as they are."""
        if seen := self._picture_seen():
            view, viewport = seen
            viewport.contrast = not viewport.contrast
            view.redraw()

    def action_saturated(self) -> None:
        """Mark the pixels that are too bright, or mark none."""
        if seen := self._picture_seen():
            _, viewport = seen
            viewport.saturated = not viewport.saturated
            self.pictures.hurry()

    @on(PictureView.Chosen)
    def _choose_picture(self) -> None:
        self.action_picture()

    def action_picture(self) -> None:
        """Show the camera's picture as large as the terminal."""
        from pmv_tui.tui.screens.picture import PictureScreen

        if camera := self.target():
            self.app.push_screen(PictureScreen(self.state, self.link, camera["unique_id"]))

    def action_clients(self) -> None:
        """List the clients of the camera."""
        from pmv_tui.tui.screens.lists import ClientsScreen

        if camera := self.target():
            self.app.push_screen(ClientsScreen(self.state, camera["unique_id"]))

    def action_plots(self) -> None:
        """Plot what was kept of the camera."""
        from pmv_tui.tui.screens.plots import PlotScreen

        if camera := self.target():
            self.app.push_screen(PlotScreen(self.state, self.link, camera["unique_id"]))

    def action_log(self) -> None:
        """Show the log."""
        from pmv_tui.tui.screens.lists import LogScreen

        self.app.push_screen(LogScreen(self.state, self.log_camera))

    def _command_all(self, command: str, cameras: Sequence[CameraStatus]) -> None:
        """Send a command for cameras, if there are any, and say what became of it."""
        if cameras:
            self.agreed(command, cameras, partial(self._send, command, cameras))

    def _send(self, command: str, cameras: Sequence[CameraStatus]) -> None:
        for rig, each in self.by_rig(cameras):
            self.go_on(partial(self._command_cameras, rig, command, each))

    async def _command_cameras(
        self, rig: RigView, command: str, cameras: Sequence[CameraStatus]
    ) -> None:
        results = await rig.link.command(command, camera=argument(cameras))
        self.toast_failures(results, rig)
        if len(results) == 1 and results[0]["ok"]:
            self.toast(rig.sentence(results[0]))
        elif names := [result["camera"] for result in results if result["ok"]]:
            where = f"{rig.state.rig}: " if rig.state.rig else ""
            self.toast(f"{where}{ALL_DONE[command]}: {', '.join(first_few(names, 30))}")

    def ask_for_window(self, cameras: Sequence[CameraStatus], *, close: bool) -> None:
        """Ask for windows on the display of this terminal's environment, or for their end."""
        if cameras:
            verb = "close the windows of" if close else "open windows of"
            self.agreed(verb, cameras, partial(self._ask_for_window, cameras, close=close))

    def _ask_for_window(self, cameras: Sequence[CameraStatus], *, close: bool) -> None:
        for rig, each in self.by_rig(cameras):
            if close:
                self.command("window", rig=rig, camera=argument(each), close=True)
            elif rig.state.host:
                self.toast(
                    f"{rig.state.rig}: its windows open on its own machine, by pmv-tui there; "
                    f"{self.key_of(PREVIEW)} shows the picture here",
                    severity="warning",
                )
            else:
                self.command("window", rig=rig, camera=argument(each), **display_here())
                if PREVIEW in self.registry and not display_here()["display"]:
                    keys = f"{self.key_of(PREVIEW)} or {self.key_of(PICTURE)}"
                    self.toast(f"No display here; {keys} shows the picture in the terminal")

    def command(
        self, command: str, done: str = "", rig: RigView | None = None, **arguments: Any
    ) -> None:
        """Send a command; on whatever screen one is then, show failures, else say it is `done`."""
        rig = rig or RigView(self.state, self.link)
        self.go_on(partial(self._command, rig, command, done, arguments))

    async def _command(
        self, rig: RigView, command: str, done: str, arguments: dict[str, Any]
    ) -> None:
        failed = self.toast_failures(await rig.link.command(command, **arguments), rig)
        if done and not failed:
            self.toast(done)

    async def save(self, command: str, rig: RigView | None = None, **arguments: Any) -> str:
        """Send a command of a dialog, and say what it did; return why it failed, or nothing."""
        rig = rig or RigView(self.state, self.link)
        results = await rig.link.command(command, **arguments)
        failures = [result["text"] for result in results if not result["ok"]]
        if not failures:
            self.toast("; ".join(first_few([*map(rig.sentence, results)])))
        return "; ".join(first_few(failures))

    def toast_failures(self, results: Sequence[Result], rig: RigView) -> bool:
        """Show what failed; return whether anything did."""
        failures = [result for result in results if not result["ok"]]
        for failure in failures[:MOST_FAILURES]:
            self.toast(rig.sentence(failure), severity="error")
        if (more := len(failures) - MOST_FAILURES) > 0:
            self.toast(f"… and {more} more", severity="error")
        return bool(failures)

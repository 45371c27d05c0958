"""The rig: its cameras, and what can be done to them. Called by the main thread."""

import os
import socket
import time
from collections.abc import Callable, Iterable

import zmq

from pmv_tui import __version__
from pmv_tui.cameras.registry import SearchResult
from pmv_tui.config.addresses import Address
from pmv_tui.config.complete import found_camera
from pmv_tui.config.load import LoadedConfig
from pmv_tui.config.save import SaveError, plan_change
from pmv_tui.config.schema import CameraConfig
from pmv_tui.control.messages import (
    PROTOCOL_VERSION,
    BackendStatus,
    EngineStatus,
    Result,
    Snapshot,
)
from pmv_tui.control.rig import Rig
from pmv_tui.engine.camera import RigCamera
from pmv_tui.engine.events import Events, Level
from pmv_tui.engine.receiver import Receiver
from pmv_tui.engine.sockets import BindError
from pmv_tui.engine.watch import Watch
from pmv_tui.engine.windows import Windows
from pmv_tui.viewer.messages import Scene

STOP_TIMEOUT = 3.0
"""Seconds that all cameras together may take to close."""


class CommandError(Exception):
    """A command cannot be carried out as a whole; the text says why and what to do."""


class Engine:
    """All cameras of one config file.

    Parameters
    ----------
    rig : its files.
    loaded : its config.
    search : starts a search for cameras; `found` is called with what it found.
    """

    def __init__(self, rig: Rig, loaded: LoadedConfig, search: Callable[[], None]) -> None:
        self._rig = rig
        self._loaded = loaded
        self._search = search
        self._started = time.time_ns()
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self._receiver = Receiver(loaded.config.socket_config.pull_rate)
        display = loaded.config.display
        self._windows = Windows(
            rate=display.rate, max_size=display.max_size, scene_of=self._scene_of
        )
        self._cameras: dict[str, RigCamera] = {}
        self._backends: list[BackendStatus] = []
        self._to_plug: set[str] = set()
        self._scanning = False
        self.events = Events()
        self._watch = Watch(self.events)

    def start(self, to_plug: Iterable[str] = ()) -> None:
        """Start every listed camera, and search for others.

        Parameters
        ----------
        to_plug : names of cameras to plug as soon as they are known; `all` names each.
        """
        self._to_plug = set(to_plug)
        self._receiver.start()
        self._windows.start()
        self.events.tell(f"engine {__version__} started for {self._rig.config_path}")
        for config in self._loaded.config.cameras:
            self._add(config, listed=True)
        self.rescan()

    def stop(self) -> bool:
        """Release every socket and camera.

        Returns
        -------
        Whether all cameras closed; one that hangs in its SDK is left to the end of the process.
        """
        cameras = list(self._cameras.values())
        self._windows.stop()
        for camera in cameras:
            camera.stop()
        deadline = time.monotonic() + STOP_TIMEOUT
        hanging = [
            camera.config.label
            for camera in cameras
            if not camera.ended(max(0.0, deadline - time.monotonic()))
        ]
        self._receiver.stop()
        for name in hanging:
            self.events.tell(f"{name} does not answer; it is left behind", level="warning")
        self.events.tell("engine stopped")
        if not hanging:
            self._context.term()
        return not hanging

    def rescan(self) -> None:
        """Start a search for cameras unless one is under way."""
        if not self._scanning:
            self._scanning = True
            self._search()

    def found(self, results: list[SearchResult]) -> None:
        """Take what a search found: cameras that are not known yet join the rig."""
        self._scanning = False
        self._backends = [_backend_status(result) for result in results]
        for result in results:
            for camera in result.cameras:
                if camera.unique_id not in self._cameras:
                    self._add(self._complete(camera.unique_id), listed=False)
                    self.events.tell(
                        f"found: {camera.description}; not in the config", camera=camera.unique_id
                    )
        if not self._cameras and self._loaded.text is None:
            for unique_id in ("left-simulated", "right-simulated"):
                self._add(self._complete(unique_id), listed=False)
            self.events.tell("no config file and no camera: two simulated ones are shown")
        for name in self._to_plug - {"all"}:
            self.events.tell(f"--plug {name}: there is no such camera", level="error")
        self._to_plug.clear()

    def watch(self) -> None:
        """Record what changed since the last call; called a few times a second."""
        for camera in self._cameras.values():
            self._watch.look(camera.status())

    def snapshot(self) -> Snapshot:
        """Tell the whole rig, now."""
        sockets = self._loaded.config.socket_config
        return Snapshot(
            engine=EngineStatus(
                version=__version__,
                protocol=PROTOCOL_VERSION,
                pid=os.getpid(),
                started=self._started,
                host=socket.gethostname(),
                config_path=str(self._rig.config_path),
                config_exists=self._loaded.text is not None,
                log_path=str(self._rig.log_path),
                put_rate=sockets.put_rate,
                pull_rate=sockets.pull_rate,
                scanning=self._scanning,
                last_event=self.events.last_id,
            ),
            backends=self._backends,
            cameras=[camera.status() for camera in self._cameras.values()],
        )

    def plug(self, camera: str) -> list[Result]:
        """Bind the sockets of a camera, or of `all`."""
        return [self._plug(each) for each in self._named(camera)]

    def unplug(self, camera: str) -> list[Result]:
        """Release the sockets of a camera, or of `all`."""
        return [self._unplug(each) for each in self._named(camera)]

    def pause(self, camera: str) -> list[Result]:
        """Stop sending images; the sockets stay bound."""
        return [self._set_paused(each, paused=True) for each in self._named(camera)]

    def resume(self, camera: str) -> list[Result]:
        """Send images again."""
        return [self._set_paused(each, paused=False) for each in self._named(camera)]

    def move(self, camera: str, pub: str, pull: str) -> list[Result]:
        """Give one camera other addresses: bound at once if it is plugged, and saved.

        Nothing is changed where an address is wrong, taken in this rig, cannot be bound, or where
        the config file cannot be saved.
        """
        found = self._named(camera)
        if camera == "all":
            raise CommandError("each camera needs its own addresses: name one")
        return [self._move(found[0], pub, pull)]

    def open_window(self, camera: str, display: str, xauthority: str) -> list[Result]:
        """Show the window of a camera, or of `all`, on the display of the caller's environment.

        Whether it could be shown, the status tells a moment later.
        """
        found = self._named(camera)
        for each in found:
            each.open_window(display, xauthority)
        where = f"window opens on {display}" if display else "there is no display to open it on"
        return [self._result(each, where, ok=bool(display)) for each in found]

    def close_window(self, camera: str) -> list[Result]:
        """Close the window of a camera, or of `all`."""
        found = self._named(camera)
        for each in found:
            each.close_window()
        return [self._result(each, "window closed") for each in found]

    def _scene_of(self, unique_id: str) -> Scene:
        return self._cameras[unique_id].scene()

    def _plug(self, camera: RigCamera) -> Result:
        pub, pull = camera.addresses
        if camera.plugged:
            return self._result(camera, f"is plugged already, at {pub}")
        try:
            camera.plug()
        except BindError as error:
            self.events.tell(f"not plugged: {error}", camera=camera.config.unique_id, level="error")
            return self._result(camera, f"not plugged: {error}", ok=False)
        where = f"publishes at {pub}, receives at {pull}"
        if pub.exposed or pull.exposed:
            where += ": open to other machines, without encryption"
        return self._told(camera, where, level="warning" if pub.exposed or pull.exposed else "info")

    def _unplug(self, camera: RigCamera) -> Result:
        if not camera.plugged:
            camera.plug_error = ""
            return self._result(camera, "is not plugged")
        camera.unplug()
        return self._told(camera, "unplugged")

    def _set_paused(self, camera: RigCamera, *, paused: bool) -> Result:
        if not camera.plugged:
            return self._result(camera, "is not plugged; press p to plug it first", ok=False)
        if camera.paused == paused:
            return self._result(camera, "is paused already" if paused else "publishes already")
        camera.paused = paused
        return self._told(camera, "paused" if paused else "publishes again")

    def _move(self, camera: RigCamera, pub_text: str, pull_text: str) -> Result:
        try:
            pub, pull = Address.parse(pub_text), Address.parse(pull_text)
            self._refuse_taken(camera, pub, pull)
            change = plan_change(
                self._loaded,
                camera.config.unique_id,
                {"pub_address": pub_text, "pull_address": pull_text},
            )
        except (ValueError, SaveError) as error:
            return self._result(camera, f"not changed: {error}", ok=False)
        if camera.plugged:
            try:
                camera.move(pub, pull)
            except BindError as error:
                text = f"not changed, the old addresses stay in use: {error}"
                return self._told(camera, text, ok=False, level="error")
        camera.config = camera.config.model_copy(
            update={"pub_address": pub_text, "pull_address": pull_text}
        )
        try:
            self._loaded = change.commit()
        except SaveError as error:
            text = f"in use until the engine ends, but not saved: {error}"
            return self._told(camera, text, ok=False, level="error")
        camera.listed = True
        return self._told(camera, f"now has {pub} and {pull}; saved to {self._loaded.path.name}")

    def _refuse_taken(self, camera: RigCamera, pub: Address, pull: Address) -> None:
        if pub.collides(pull):
            raise ValueError(f"{pub} cannot be both the pub and the pull address")
        for other in self._cameras.values():
            if other is not camera:
                for address in other.addresses:
                    if pub.collides(address) or pull.collides(address):
                        raise ValueError(f"{address} belongs to {other.config.label}")

    def _named(self, name: str) -> list[RigCamera]:
        """Find the cameras that a command means."""
        if name == "all":
            return list(self._cameras.values())
        if name in self._cameras:
            return [self._cameras[name]]
        found = [camera for camera in self._cameras.values() if camera.config.label == name]
        if len(found) == 1:
            return found
        if found:
            raise CommandError(f"{len(found)} cameras are called {name!r}: use a unique_id")
        known = ", ".join(camera.config.label for camera in self._cameras.values()) or "none"
        raise CommandError(f"there is no camera {name!r}; there are: {known}")

    def _add(self, config: CameraConfig, *, listed: bool) -> None:
        camera = RigCamera(
            config,
            listed=listed,
            rig=self._loaded.config,
            receiver=self._receiver,
            windows=self._windows,
            context=self._context,
        )
        self._cameras[config.unique_id] = camera
        camera.worker.start()
        wanted = {config.label, config.unique_id} & self._to_plug
        if wanted or "all" in self._to_plug:
            self._to_plug -= wanted
            self._plug(camera)

    def _complete(self, unique_id: str) -> CameraConfig:
        """Make the config of a camera that is not listed: defaults, and ports of its own."""
        return found_camera(unique_id, [camera.config for camera in self._cameras.values()])

    def _told(
        self, camera: RigCamera, text: str, *, ok: bool = True, level: Level = "info"
    ) -> Result:
        self.events.tell(text, camera=camera.config.unique_id, level=level)
        return self._result(camera, text, ok=ok)

    @staticmethod
    def _result(camera: RigCamera, text: str, *, ok: bool = True) -> Result:
        return Result(camera=camera.config.label, ok=ok, text=text)


def _backend_status(result: SearchResult) -> BackendStatus:
    problem = result.trouble
    return BackendStatus(
        name=result.backend,
        available=problem is None,
        reason=problem.reason if problem else "",
        remedy=problem.remedy if problem else "",
    )

"""The rig: its cameras from start to stop, and its status. Called by the main thread."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from functools import partial
from math import inf
from typing import Any

import zmq

from pmv_tui import __version__
from pmv_tui.cameras.base import FoundCamera
from pmv_tui.cameras.registry import SearchResult
from pmv_tui.config.addresses import Address
from pmv_tui.config.load import LoadedConfig
from pmv_tui.config.schema import EVERY_CAMERA, CameraConfig, RigConfig, found_camera
from pmv_tui.control.rig import Rig
from pmv_tui.engine.clients.gate import Gate, Refusals
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.config_file import ConfigFile
from pmv_tui.engine.errands import Errand, Errands
from pmv_tui.engine.events import Events, Level
from pmv_tui.engine.history import Histories, Moment
from pmv_tui.engine.search import Hotplug
from pmv_tui.engine.status import Watch, condition_of, status_of
from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.engine.stream.clock import WallClock
from pmv_tui.engine.stream.local_road import LocalRoads
from pmv_tui.engine.stream.preview import MAX_THUMBNAIL
from pmv_tui.engine.stream.receiver import Receiver
from pmv_tui.engine.stream.sockets import BindError, explained, in_numbers, read_keys, release_all
from pmv_tui.keys import Keys
from pmv_tui.network import reachable
from pmv_tui.threads import InOrder
from pmv_tui.windows.manager import Windows
from pmv_tui.windows.messages import Scene
from pmv_tui.wire.status import (
    PROTOCOL_VERSION,
    BackendStatus,
    EngineStatus,
    EventKind,
    Result,
    Snapshot,
    counted,
)

log = logging.getLogger(__name__)

MOST_SOCKETS = 10_000
"""Of ZeroMQ, each without a thread or much memory; a plugged camera has six. What ends their number
before is that of open files."""

STOP_TIMEOUT = 3.0
"""Seconds that all cameras together may take to close."""


class Engine:
    """All cameras of one config file.

    Parameters
    ----------
    search : starts a search for cameras; `found` is called with what it found.
    errands : carries on with what had to wait.
    """

    def __init__(
        self, rig: Rig, loaded: LoadedConfig, search: Callable[[], None], errands: Errands
    ) -> None:
        self._rig = rig
        self.file = ConfigFile(loaded)
        self.errands = errands
        self._search = search
        started = Moment.now()
        self._started = started.wall
        self.histories = Histories(started)
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self._context.max_sockets = MOST_SOCKETS
        self.events = Events()
        failed = partial(self.events.record, level="error")
        self.guard = Guard(failed)
        self._roads = LocalRoads(failed)
        self._gate: Gate | None = None
        if loaded.config.security.curve:
            self._gate = Gate(self._context, Keys(loaded.keys_folder), failed)
        self._receiver = Receiver(loaded.config.socket_config.pull_rate, failed)
        display = loaded.config.display
        self._windows = Windows(
            rate=display.rate,
            max_size=display.max_size,
            scene_of=self._scene_of,
            printed=lambda line: self.events.record(
                f"printed by the viewer: {line}", kind="printed"
            ),
            record=failed,
        )
        self.cameras: dict[str, RigCamera] = {}
        self._backends: list[BackendStatus] = []
        self._to_plug: set[str] = set()
        self._to_pause: set[str] = set()
        self._left_alone: set[str] = set()
        self._scanning = False
        self._watch = Watch(self.events)
        self._hotplug = Hotplug()
        self._change_recorded = False
        self._leaving: list[RigCamera] = []
        """Cameras that were removed and have not closed yet."""
        self._closer = InOrder("closing")
        self._closing: Future[Any] | None = None
        self._wall_clock = WallClock()

    @property
    def loaded(self) -> LoadedConfig:
        """The config, as it was read or saved last."""
        return self.file.loaded

    @property
    def in_use(self) -> bool:
        """Whether anything is plugged, a window wanted, or a setting tried and not saved."""
        cameras = self.cameras.values()
        return any(one.plugged or one.window_wanted or one.unsaved for one in cameras)

    def start(self, to_plug: Iterable[str] = (), to_pause: Iterable[str] = ()) -> None:
        """Start every listed camera, and search for others.

        Parameters
        ----------
        to_plug : names of cameras to plug as soon as they are known; `all` names each.
        to_pause : names of those that are plugged too, but send nothing before they are resumed.
        """
        self._to_pause = set(to_pause)
        self._to_plug = set(to_plug) | self._to_pause
        if self._gate:
            self._gate.start()
        self.guard.start()
        self._roads.start()
        self._receiver.start()
        self._windows.start()
        self.events.record(f"engine {__version__} started for {self._rig.config_path}")
        for config in self.loaded.config.cameras:
            self.add(config, listed=True)
        self.rescan()

    def stop(self) -> bool:
        """Release every socket and camera; return whether all closed.

        A camera that hangs in its SDK is left to the end of the process.
        """
        cameras = [*self.cameras.values(), *self._leaving]
        for camera in cameras:
            if tried := camera.tried():
                text = f"{tried}: not saved, and gone with the engine"
                self.recorded(camera, text, level="warning", kind="settings")
        self._windows.stop()
        unreleased = [camera.config.label for camera in cameras if not self._released(camera)]
        deadline = time.monotonic() + STOP_TIMEOUT
        hanging = unreleased + [
            camera.config.label
            for camera in cameras
            if not camera.ended(max(0.0, deadline - time.monotonic()))
        ]
        if self._closing:
            wait([self._closing], STOP_TIMEOUT)
        self._receiver.stop()
        self.guard.stop()
        self._roads.stop()
        if self._gate and not self._gate.stop():
            hanging.append("the disk with the keys of clients")
        for name in hanging:
            self.events.record(f"{name} does not answer; it is left behind", level="warning")
        self.events.record("engine stopped")
        if not hanging:
            self._context.term()
        return not hanging

    def _released(self, camera: RigCamera) -> bool:
        """Release a camera's sockets, and have it close; False where a socket is left behind."""
        try:
            camera.stop()
        except Exception:
            # One camera's trouble keeps none of the others from being closed in order.
            log.exception("%s: its sockets could not be released", camera.config.label)
            return False
        return True

    def rescan(self) -> None:
        """Start a search for cameras unless one is under way."""
        if not self._scanning:
            self._search()
            self._scanning = True

    def found(self, results: list[SearchResult]) -> None:
        """Take what a search found: cameras that are not known yet join the rig."""
        self._scanning = False
        if results:
            former = {backend["name"]: backend["reason"] for backend in self._backends}
            self._backends = [_backend_status(result) for result in results]
            for backend, result in zip(self._backends, results, strict=True):
                # What is not installed is no news; an SDK that dies or is kept from it is.
                news = backend["reason"] != former.get(backend["name"])
                if news and (result.died or result.remark):
                    self.events.record(f"{backend['name']}: {backend['reason']}", level="warning")
        for result in results:
            for camera in result.cameras:
                if camera.unique_id not in self.cameras:
                    self._take_in(camera)
        if not self.cameras and self.loaded.text is None:
            for unique_id in ("left-simulated", "right-simulated"):
                self._add_found(unique_id)
            self.events.record("no config file and no camera: two simulated ones are shown")
        for name in self._to_plug - {EVERY_CAMERA}:
            self.events.record(f"--plug {name}: there is no such camera", level="error")
        self._to_plug.clear()

    def _take_in(self, found: FoundCamera) -> None:
        """Let an unlisted camera join the rig; where it is to be left alone, record that once."""
        text, unique_id = f"found: {found.description}; not in the config", found.unique_id
        namesake = self._listed_by_name(found)
        if namesake is not None:
            if namesake.config.device not in found.names and unique_id not in self._left_alone:
                self._left_alone.add(unique_id)
                self.events.record(
                    f"{text}, and not opened: it may be {namesake.config.label}, which is listed "
                    "by its user-defined name and not open yet"
                )
            return
        if self.loaded.config.engine.open_unlisted:
            self._add_found(unique_id)
            self.events.record(text, camera=unique_id)
        elif unique_id not in self._left_alone:
            self._left_alone.add(unique_id)
            self.events.record(f"{text}, and so not opened ({unique_id})")

    def _listed_by_name(self, found: FoundCamera) -> RigCamera | None:
        """Return the listed camera that this one is by name, or may be; None where there is none.

        A user-defined name is not always known before a camera is opened: then one that is not
        open yet may be any.
        """
        serial, _, backend = found.unique_id.rpartition("-")
        for camera in self.cameras.values():
            progress = camera.worker.progress
            if not camera.config.device or camera.config.backend != backend:
                continue
            if camera.config.device in found.names or progress.serial in ("", serial):
                return camera
        return None

    def watch(self) -> None:
        """Record what changed since the last call; called a few times a second."""
        moment, now = self.histories.now(), time.monotonic()
        self._leaving = [camera for camera in self._leaving if not camera.ended(0)]
        self._look_at_file(now)
        if self._gate:
            self._gate.look()
        for unique_id, camera in self.cameras.items():
            try:
                camera.look()
                condition = condition_of(camera)
                self.histories.look(camera, condition, moment)
                self._watch.look(unique_id, condition, now)
                self._cut_withdrawn(camera)
            except Exception:  # the next camera is looked at all the same
                log.exception("%s: it could not be looked at", unique_id)
        if self._hotplug.search_due(now):
            self.events.record("a device was plugged in or out: searching for cameras")
            self.rescan()
        if jump := self._wall_clock.jump():
            way = "forward" if jump > 0 else "back"
            self.events.record(
                f"this host's clock was set {way} by {abs(jump):.1f} s: the images' time stamps "
                "jump with it",
                level="warning",
            )

    def _look_at_file(self, now: float) -> None:
        """Record that somebody edited the config file, once for each time."""
        self.file.look(now)
        if self.file.changed and not self._change_recorded:
            name = self.loaded.path.name
            self.events.record(f"{name} was edited: pmv-tui reload applies it", kind="settings")
        self._change_recorded = self.file.changed

    def snapshot(self, operators: list[str], refusals: Refusals) -> Snapshot:
        """Return the whole rig, now, with who is attached and who was cut at the control socket."""
        sockets = self.loaded.config.socket_config
        return Snapshot(
            engine=EngineStatus(
                version=__version__,
                protocol=PROTOCOL_VERSION,
                pid=os.getpid(),
                started=self._started,
                host=socket.gethostname(),
                config_path=str(self._rig.config_path),
                config_exists=self.loaded.text is not None,
                config_changed=self.file.changed,
                log_path=str(self._rig.log_path),
                put_rate=sockets.put_rate,
                pull_rate=sockets.pull_rate,
                scanning=self._scanning,
                last_event=self.events.last_id,
                operators=operators,
                refused=refusals.count,
                refused_reason=refusals.reason,
                largest_thumbnail=MAX_THUMBNAIL,
            ),
            backends=self._backends,
            cameras=[status_of(camera) for camera in self.cameras.values()],
        )

    def _scene_of(self, unique_id: str) -> Scene | None:
        camera = self.cameras.get(unique_id)
        return camera.scene() if camera else None

    async def plug(self, camera: RigCamera) -> Result:
        """Bind a camera's sockets, and record that."""
        pub, pull = camera.addresses
        if camera.plugged:
            camera.sockets.error = ""  # Of an edit that was refused.
            return result(camera, f"is plugged already, at {pub}")
        try:
            await self.bind(camera, pub, pull)
        except BindError as error:
            camera.sockets.error = str(error)
            return self.recorded(camera, f"not plugged: {error}", ok=False)
        text = f"publishes at {pub}, receives at {pull}{self.access(camera)}"
        open_to_all = camera.exposed and not self._gate
        return self.recorded(camera, text, level="warning" if open_to_all else None)

    def recorded(
        self,
        camera: RigCamera,
        text: str,
        *,
        ok: bool = True,
        level: Level | None = None,
        kind: EventKind = "plug",
    ) -> Result:
        """Record what was done to a camera, or why not; return it as the result of a command."""
        level = level or ("info" if ok else "error")
        self.events.record(text, camera=camera.config.unique_id, level=level, kind=kind)
        return result(camera, text, ok=ok)

    async def release(self, camera: RigCamera) -> None:
        """Release a camera's sockets; their ports are free afterwards. See `SocketPair.release`.

        That takes a few ms, and with many cameras that are busy some tens: the main thread does
        not wait for it.
        """
        former = camera.sockets.detach()
        self._closing = self._closer.submit(partial(release_all, former))
        await Errand(self._closing, inf)

    async def bind(self, camera: RigCamera, pub: Address, pull: Address) -> None:
        """Bind a camera's sockets, or move those that are bound; all of it or nothing.

        Raises
        ------
        BindError : an address cannot be bound, or another command for the camera came meanwhile.
        """
        camera.turn += 1
        turn = camera.turn
        await read_keys(self._gate, camera.sockets.door)
        pub, pull = await in_numbers(pub), await in_numbers(pull)
        if self._closing:
            await Errand(self._closing, inf)  # One of its own sockets may still have the port.
        if turn != camera.turn:
            raise BindError("another command for this camera came meanwhile")
        try:
            if camera.plugged:
                camera.sockets.move(pub, pull)
            else:
                camera.sockets.bind(pub, pull)
        except BindError as error:
            raise await explained(error) from None

    def access(self, camera: RigCamera) -> str:
        """Return who may connect to a camera, where that is not just this machine."""
        reach = ": open to other machines, " if camera.exposed else ": "
        if self._gate:
            return f"{reach}encrypted, {counted(self._gate.listed(), 'client')} listed"
        if camera.exposed:
            return f"{reach}without encryption{_ways_in(camera.addresses[0])}"
        names = [each for each in camera.sockets.addresses or () if each.number]
        if names:
            return (
                f": for this machine alone, as {names[0].host!r} is {names[0].number} here; other "
                f"machines need an address of its network{_ways_in(names[0])}"
            )
        return ""

    def _cut_withdrawn(self, camera: RigCamera) -> None:
        """Cut the clients of a camera whose keys were taken off the list."""
        door = camera.sockets.door
        # The gate may have answered after an unplug: then there is nobody to cut.
        names = self._gate.withdrawn(door) if self._gate and door and camera.plugged else []
        if not names:
            return
        gone = f"no longer listed: {', '.join(names)}"
        record = partial(self.events.record, camera=camera.config.unique_id, kind="client")
        try:
            camera.sockets.bind_anew()
        except BindError as error:
            record(f"{gone}; unplugged: {error}", level="error")
        else:
            record(f"{gone}; the others connect again")

    def configure(self, config: RigConfig) -> None:
        """Apply the config's settings of all cameras; `[security]` waits for the next start."""
        self._receiver.set_rate(config.socket_config.pull_rate)
        self._windows.configure(rate=config.display.rate, max_size=config.display.max_size)
        for camera in self.cameras.values():
            camera.configure(config)

    async def remove(self, camera: RigCamera) -> None:
        """Let a camera that is no longer listed go.

        Raises
        ------
        ReceiverError : its sockets cannot be released; it stays.
        """
        camera.turn += 1
        if camera.plugged:
            await self.release(camera)
        camera.close_window()
        camera.worker.stop()
        self.cameras.pop(camera.config.unique_id, None)
        self._watch.forget(camera.config.unique_id)
        self.histories.forget(camera.config.unique_id)
        self._leaving.append(camera)

    def put_in_order(self, unique_ids: Sequence[str]) -> None:
        """Put the cameras in the order of the file, those that are not listed behind them."""
        cameras = self.cameras
        rest = [each for each in cameras if each not in unique_ids]
        ordered = [each for each in unique_ids if each in cameras] + rest
        self.cameras = {each: cameras[each] for each in ordered}

    def add(self, config: CameraConfig, *, listed: bool) -> None:
        """Let a camera join the rig, listed in the file or not."""
        camera = RigCamera(
            config,
            listed=listed,
            rig=self.loaded.config,
            receiver=self._receiver,
            windows=self._windows,
            record=partial(self.events.record, camera=config.unique_id, kind="settings"),
            context=self._context,
            guard=self.guard,
            roads=self._roads,
            door=self._gate.door() if self._gate else None,
        )
        self.cameras[config.unique_id] = camera
        camera.worker.start()
        wanted = {config.label, config.unique_id} & self._to_plug
        if wanted or EVERY_CAMERA in self._to_plug:
            self._to_plug -= wanted
            paused = bool((wanted | {EVERY_CAMERA}) & self._to_pause)
            plugging = self.errands.begin(self._plug_at_start(camera, paused=paused))
            plugging.add_done_callback(_log_failure)

    async def _plug_at_start(self, camera: RigCamera, *, paused: bool) -> None:
        if (await self.plug(camera))["ok"]:
            camera.paused = paused

    def _add_found(self, unique_id: str) -> None:
        """Let a camera join that is not listed: with defaults, and ports of its own."""
        others = [camera.config for camera in self.cameras.values()]
        self.add(found_camera(unique_id, others), listed=False)


def result(camera: RigCamera, text: str, *, ok: bool = True) -> Result:
    """Return what was done to a camera, or why not."""
    return Result(camera=camera.config.label, ok=ok, text=text)


def _ways_in(address: Address) -> str:
    """Return which addresses other machines may use, where it is not the one that is written."""
    ways = reachable(address)
    return f" ({', '.join(ways)})" if ways else ""


def _log_failure(outcome: "Future[None]") -> None:
    if error := outcome.exception():
        log.error("a camera could not be plugged", exc_info=error)


def _backend_status(result: SearchResult) -> BackendStatus:
    problem = result.trouble
    return BackendStatus(
        name=result.backend,
        available=problem is None,
        reason=problem.reason if problem else result.remark,
        remedy=problem.remedy if problem else "",
    )

"""The engine's side of the windows: the thread that has the viewer."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from queue import SimpleQueue

from pmv_tui.frames.pool import Pool, SharedImages
from pmv_tui.threads import LastingThread
from pmv_tui.windows.launcher import END_TIMEOUT, LinkClosed, Viewer
from pmv_tui.windows.messages import Scene, WindowStatus
from pmv_tui.wire.status import OPEN_WINDOWS

log = logging.getLogger(__name__)


FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between a viewer's death and the next start: doubled each time, up to the longest."""

HEALTHY_AFTER = 10.0
"""Seconds after which a viewer's death is not blamed on what the last one died of."""

NO_DISPLAY = (
    "DISPLAY is not set; on the rig, DISPLAY=:0 pmv-tui window NAME opens it on its own monitor"
)


LONGEST_SLEEP = 0.5
"""Seconds between two looks at the viewer."""


@dataclass(slots=True)
class _Window:
    """A window that is wanted: waiting for a viewer, opening, or shown.

    Parameters
    ----------
    pool : has the camera's images.
    shared : where the viewer reads them; None: nowhere yet.
    described : whether its last scene could be sent to the viewer.
    scene : what the viewer was asked to draw last; None: nothing yet.
    """

    title: str
    pool: Pool
    shared: SharedImages | None = None
    shown: bool = False
    described: bool = True
    scene: Scene | None = None


class Windows:
    """All windows of the rig, in one viewer, on one display.

    `open`, `close` and `state` may be called from any thread and do not wait. A viewer that dies
    takes its windows with it and nothing else; it is started again when a window is opened again.

    Parameters
    ----------
    rate : scenes, and images, a second at most.
    max_size : of a window's longer side, pixels.
    scene_of : returns what to draw on a camera's image now; None: as before. Called in this thread,
        `rate` times a second for each open window.
    printed : is given each line that the viewer prints; called in this thread.
    record : records that this thread failed, in a sentence.
    """

    def __init__(
        self,
        *,
        rate: float,
        max_size: int,
        scene_of: Callable[[str], Scene | None],
        printed: Callable[[str], object],
        record: Callable[[str], object] = log.error,
    ) -> None:
        self._printed = printed
        self._rate = rate
        self._max_size = max_size
        self._scene_of = scene_of
        self._statuses: dict[str, WindowStatus] = {}
        self._wanted: dict[str, _Window] = {}
        self._viewer: Viewer | None = None
        self._display = self._xauthority = ""
        self._started = self._not_before = 0.0
        self._pause = FIRST_PAUSE
        self._requests: SimpleQueue[tuple[str, Callable[[], None]]] = SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = LastingThread("windows", self._run, record)

    @property
    def viewer_pid(self) -> int | None:
        """The viewer's process id; None where none runs."""
        viewer = self._viewer
        return None if viewer is None else viewer.pid

    def configure(self, *, rate: float, max_size: int) -> None:
        """Apply another rate, and other sizes to windows that are opened after that."""
        self._rate, self._max_size = rate, max_size
        self._requests.put(("", self._configure_viewer))
        os.eventfd_write(self._wake, 1)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close every window and end the thread."""
        self._stopping.set()
        os.eventfd_write(self._wake, 1)
        self._thread.join(2 * END_TIMEOUT)
        os.close(self._wake)

    def open(self, camera: str, title: str, pool: Pool, *, display: str, xauthority: str) -> None:
        """Show a camera's window; `state` says what comes of it.

        Windows that are open already decide the display: there is one viewer.

        Parameters
        ----------
        camera : its unique_id.
        title : of the window; no other camera's may be the same.
        pool : of the camera's images.
        display, xauthority : as in the user's environment; empty where it has none.
        """
        if self.state(camera).state in OPEN_WINDOWS:
            return
        if not display:
            self._statuses[camera] = WindowStatus("no display", NO_DISPLAY)
        else:
            self._statuses[camera] = WindowStatus("opening")
            window = _Window(title, pool)
            self._ask(camera, partial(self._open, camera, window, display, xauthority))

    def close(self, camera: str) -> None:
        """Close a camera's window, or no longer try to open it."""
        self._statuses.pop(camera, None)
        self._ask(camera, partial(self._close, camera))

    def state(self, camera: str) -> WindowStatus:
        """Return what has become of a camera's window."""
        return self._statuses.get(camera, WindowStatus())

    def _ask(self, camera: str, request: Callable[[], None]) -> None:
        self._requests.put((camera, request))
        os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        os.eventfd_write(self._wake, 1)  # Requests may be left of a run that failed.
        next_round = 0.0
        while not self._stopping.is_set():
            self._sleep(next_round)
            while not self._requests.empty():
                self._try(*self._requests.get())
            if self._viewer is not None:
                self._hear(self._viewer)
            elif self._wanted and time.monotonic() >= self._not_before:
                self._start_viewer()
            now = time.monotonic()
            if now >= next_round and self._viewer is not None:
                self._send_scenes(self._viewer)
                next_round = max(next_round + 1 / self._rate, now)
        if self._viewer is not None:
            self._viewer.end()

    def _try(self, camera: str, step: Callable[[], None]) -> bool:
        """Do something for one camera's window, whose failure is its own; whether it worked."""
        try:
            step()
        except Exception as error:  # whatever the camera's own data, or the system, makes of it
            reason = f"{type(error).__name__}: {error}"
            if self.state(camera) != ("failed", reason):
                log.exception("%s: its window failed", camera)
            self._failed(camera, reason)
            return False
        return True

    def _failed(self, camera: str, reason: str) -> None:
        if self.state(camera).state:  # closed meanwhile: nobody waits for it
            self._statuses[camera] = WindowStatus("failed", reason)

    def _sleep(self, next_round: float) -> None:
        """Sleep until something is to be done."""
        viewer = self._viewer
        timeout = None
        sources = select.poll()  # `select` knows no descriptor above 1023
        sources.register(self._wake, select.POLLIN)
        if viewer is not None:
            sources.register(viewer.link, select.POLLIN)
            sources.register(viewer.output, select.POLLIN)
            # Looked at often, however low the rate: a look that is late shows a sleep.
            timeout = max(0.0, min(LONGEST_SLEEP, next_round - time.monotonic()))
        elif self._wanted:
            timeout = max(0.0, self._not_before - time.monotonic())
        if self._wake in dict(sources.poll(None if timeout is None else ceil(timeout * 1000))):
            os.eventfd_read(self._wake)

    def _open(self, camera: str, window: _Window, display: str, xauthority: str) -> None:
        if camera in self._wanted and self._viewer is not None:
            self._viewer.close(camera)  # one that failed: its window is made again
        self._wanted[camera] = window
        self._statuses[camera] = WindowStatus("opening")  # a closing before it has cleared that
        if self._viewer is not None:
            self._show(self._viewer, camera, window)
            return
        self._display, self._xauthority = display, xauthority
        if self._not_before > time.monotonic():
            self._statuses[camera] = WindowStatus("opening", "after a pause: the last try failed")

    @staticmethod
    def _show(viewer: Viewer, camera: str, window: _Window) -> None:
        window.pool.watched = True
        window.shared = None
        viewer.open(camera, window.title)

    def _close(self, camera: str) -> None:
        self._statuses.pop(camera, None)
        self._forget(camera)
        if self._viewer is not None:
            self._viewer.close(camera)
            self._end_unwanted_viewer()

    def _forget(self, camera: str) -> None:
        window = self._wanted.pop(camera, None)
        if window is not None:
            window.pool.watched = False

    def _start_viewer(self) -> None:
        self._started = time.monotonic()
        try:
            viewer = Viewer(
                self._display, self._xauthority, self._max_size, self._rate, self._printed
            )
        except (OSError, ValueError) as error:  # ValueError: a display with a zero byte
            self._lost(WindowStatus("viewer died", f"it cannot be started: {error}"))
            return
        self._viewer = viewer
        for camera, window in list(self._wanted.items()):
            self._try(camera, partial(self._show, viewer, camera, window))

    def _configure_viewer(self) -> None:
        if self._viewer is not None:
            self._viewer.configure(self._max_size, self._rate)

    def _end_unwanted_viewer(self) -> None:
        if self._viewer is not None and not self._wanted:
            self._viewer.end()
            self._viewer = None
            self._pause = FIRST_PAUSE

    def _hear(self, viewer: Viewer) -> None:
        """Note what the user and the display did to windows."""
        try:
            news = viewer.receive()
        except LinkClosed:
            self._viewer = None
            self._lost(viewer.end())
            return
        except Exception as error:  # this thread has the windows of all cameras
            log.exception("windows: a message of the viewer cannot be read")
            self._viewer = None
            viewer.end()
            self._lost(WindowStatus("viewer died", f"{type(error).__name__}: {error}"))
            return
        for message in news:
            match message:
                case {"shown": str(camera)} if camera in self._wanted:
                    self._wanted[camera].shown = True
                    self._statuses[camera] = WindowStatus("shown", f"on {viewer.display}")
                # One that was not shown yet: this closing is that of a window before it.
                case {"closed": str(camera)} if (
                    camera in self._wanted and self._wanted[camera].shown
                ):
                    self._forget(camera)
                    self._statuses[camera] = WindowStatus("closed by the user")
                case {"failed": str(camera), "reason": str(reason)} if camera in self._wanted:
                    self._failed(camera, reason)
                case {"drawn": str(camera)} if camera in self._wanted:
                    self._statuses[camera] = WindowStatus("shown", f"on {viewer.display}")
        self._end_unwanted_viewer()

    def _lost(self, status: WindowStatus) -> None:
        """Mark every window with what became of the viewer; the next one starts after a pause."""
        log.warning("windows: %s: %s", status.state, status.reason)
        for camera in list(self._wanted):
            self._forget(camera)
            self._statuses[camera] = status
        now = time.monotonic()
        if now - self._started > HEALTHY_AFTER:
            self._pause = FIRST_PAUSE
        self._not_before = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _send_scenes(self, viewer: Viewer) -> None:
        """Send what changed; a viewer that is behind misses this round."""
        for camera, window in self._wanted.items():
            worked = self._try(camera, partial(self._send_scene, viewer, camera, window))
            if worked and not window.described:
                self._statuses[camera] = WindowStatus("shown", f"on {viewer.display}")
            window.described = worked

    def _send_scene(self, viewer: Viewer, camera: str, window: _Window) -> None:
        shared = window.pool.shared
        if shared is not None and shared is not window.shared:
            viewer.show_images(camera, shared)
            window.shared = shared
        scene = self._scene_of(camera)
        if scene is not None and scene != window.scene and viewer.draw(camera, scene):
            window.scene = scene

"""The thread of one camera: opens it, grabs, publishes, and starts again after a loss."""

import logging
import threading
import time
from dataclasses import dataclass, field

from pmv_tui.cameras.base import Camera, CameraError, CameraLost, Frame, FrameCounts
from pmv_tui.cameras.registry import open_camera
from pmv_tui.config.schema import CameraConfig
from pmv_tui.control.messages import CameraState
from pmv_tui.engine.meter import Ring
from pmv_tui.engine.publisher import Publisher
from pmv_tui.engine.window_feed import WindowFeed

log = logging.getLogger(__name__)

GRAB_TIMEOUT = 0.2
"""Seconds that one wait for a frame takes at most, and so the time a stop may take."""

FIRST_RETRY, LAST_RETRY = 1.0, 10.0
"""Seconds to the next try after a loss: doubled each time, up to the last."""

STALLED_AFTER = 1.0
"""Seconds without a frame after which a camera is stalled, or longer: see `_patience`."""

STALLED_PERIODS = 5.0
"""Frame periods without a frame after which a slow camera is stalled."""


@dataclass(slots=True)
class Progress:
    """How far a worker is; written by it alone, read by anyone.

    Parameters
    ----------
    state, reason : as in the status; `stalled` is added by who reads, so that a grab which hangs
        is noticed too.
    retry_at : monotonic, s; None where no try is due.
    streaming_since, last_frame : monotonic, ns.
    """

    state: CameraState = "opening"
    reason: str = ""
    retry_at: float | None = None
    streaming_since: int = 0
    last_frame: int = 0
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    captured: int = 0
    earlier_counts: FrameCounts = field(default_factory=FrameCounts)


class Worker:
    """Runs one camera until told to stop.

    Parameters
    ----------
    config : the camera's.
    publisher, feed : get every frame.
    """

    def __init__(self, config: CameraConfig, publisher: Publisher, feed: WindowFeed) -> None:
        self._config = config
        self._publisher = publisher
        self._feed = feed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=config.label, daemon=True)
        self._camera: Camera | None = None
        self.progress = Progress()
        self.arrivals = Ring()
        """When frames arrived."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to close the camera and end; `join` waits for it."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end, seconds; False where its camera hangs."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def counts(self) -> FrameCounts:
        """Give what was lost before it reached the worker, since the engine started."""
        earlier, camera = self.progress.earlier_counts, self._camera
        if camera is None:
            return earlier
        return _sum(earlier, camera.counts)

    def state(self, now: int) -> tuple[CameraState, str]:
        """Give the state and its reason in words; `now` is monotonic, ns."""
        progress = self.progress
        if progress.state != "capturing":
            return progress.state, progress.reason
        silent = (now - max(progress.last_frame, progress.streaming_since)) / 1e9
        if silent <= self._patience():
            return "capturing", ""
        if self._config.external_trigger:
            return "waiting for trigger", f"no trigger for {silent:.0f} s"
        return "stalled", f"no frame for {silent:.0f} s"

    def _patience(self) -> float:
        return max(STALLED_AFTER, STALLED_PERIODS / self._config.fps)

    def _run(self) -> None:
        retry = FIRST_RETRY
        while not self._stopping.is_set():
            try:
                self._stream()
            except CameraError as error:
                self._failed(error)
            except Exception as error:
                # Whatever an SDK throws must not end the thread unseen: it is told and retried.
                log.exception("%s: unexpected error", self._config.label)
                self._failed(CameraError(f"unexpected {type(error).__name__}: {error}"))
            else:
                return
            if self.progress.streaming_since:
                retry = FIRST_RETRY
                self.progress.streaming_since = 0
            self.progress.retry_at = time.monotonic() + retry
            self._stopping.wait(retry)
            retry = min(2 * retry, LAST_RETRY)

    def _failed(self, error: CameraError) -> None:
        progress = self.progress
        # A camera that is gone stays lost until it is back, though each try to open it fails.
        lost = isinstance(error, CameraLost) or progress.state == "lost"
        progress.reason = str(error)
        progress.state = "lost" if lost else "error"

    def _stream(self) -> None:
        camera = open_camera(self._config)
        self._camera = camera
        try:
            self._started(camera)
            while not self._stopping.is_set():
                frame = camera.grab(GRAB_TIMEOUT)
                if frame is not None:
                    self._arrived(frame, camera)
        finally:
            self._camera = None
            self.progress.earlier_counts = _sum(self.progress.earlier_counts, camera.counts)
            camera.close()

    def _started(self, camera: Camera) -> None:
        progress = self.progress
        rate = camera.fps or self._config.fps
        self._publisher.set_camera_rate(rate)
        self._feed.set_camera_rate(rate)
        progress.pixel_format = camera.pixel_format
        progress.retry_at = None
        progress.streaming_since = time.monotonic_ns()
        progress.reason = ""
        progress.state = "capturing"

    def _arrived(self, frame: Frame, camera: Camera) -> None:
        now = time.monotonic_ns()
        progress = self.progress
        progress.captured += 1
        self._publisher.publish(frame, progress.captured, now, camera.pixel_format)
        self._feed.offer(frame.image, progress.captured, now)
        progress.height, progress.width = frame.image.shape
        progress.last_frame = now
        self.arrivals.add(now)


def _sum(a: FrameCounts, b: FrameCounts) -> FrameCounts:
    return FrameCounts(a.missing + b.missing, a.skipped + b.skipped, a.failed + b.failed)

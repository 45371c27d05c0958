"""The thread of one camera: opens it, grabs, publishes, and starts again after a loss."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import (
    Camera,
    CameraError,
    CameraLost,
    EndOfStream,
    Frame,
    FrameCounts,
    RestartNeeded,
    Setting,
    plain_image,
)
from pmv_tui.cameras.images import downsample, orient, oriented_format
from pmv_tui.cameras.registry import device_of, open_camera
from pmv_tui.cameras.search import searches
from pmv_tui.config.schema import CameraConfig, why_no_pixel
from pmv_tui.config.values import whole
from pmv_tui.control.claims import Claimed, claim, device_claim
from pmv_tui.control.client import called
from pmv_tui.engine.stream.clock import DeviceClock
from pmv_tui.engine.stream.preview import PreviewFeed
from pmv_tui.engine.stream.publisher import Publisher
from pmv_tui.frames.memory import Record
from pmv_tui.frames.pool import Pool
from pmv_tui.rates import Ring
from pmv_tui.system import why_no_room
from pmv_tui.threads import LastingThread
from pmv_tui.wire.status import CameraState

log = logging.getLogger(__name__)

GRAB_TIMEOUT = 0.2
"""Seconds that one wait for a frame takes at most, and so the time a stop may take."""

FIRST_RETRY, LAST_RETRY = 1.0, 10.0
"""Seconds to the next try after a loss: doubled each time, up to the last."""

STALLED_AFTER = 1.0
"""Seconds without a frame after which a camera is stalled, or longer: see `_patience`."""

STALLED_PERIODS = 5.0
"""Frame periods without a frame after which a slow camera is stalled."""

LONGEST_REASON = 1000
"""Characters of a driver's message that are shown: windows, logs and answers hold no book."""

HANGS_AFTER = 3.0
"""Seconds after which a grab that should have returned hangs."""


@dataclass(slots=True)
class Progress:
    """How far a worker is; written by it alone, read by anyone.

    Parameters
    ----------
    state, reason : as in the status; `stalled` is added by who reads, so that a grab which hangs
        is noticed too.
    retry_at : monotonic, s; None where no try is due.
    failures, last_failure : how often the camera could not be opened or was lost, and why last.
    streaming_since, last_frame, last_sign : when the stream began, a frame came, and the camera's
        driver last returned; monotonic, ns.
    serial : of the device that was opened last; empty where its back end does not say.
    raw_size : width and height of an image before downsampling, pixels; zeros before the first.
    settings : as the camera reported them after the opening or the last change.
    """

    state: CameraState = "opening"
    reason: str = ""
    retry_at: float | None = None
    failures: int = 0
    last_failure: str = ""
    streaming_since: int = 0
    last_frame: int = 0
    last_sign: int = 0
    serial: str = ""
    raw_size: tuple[int, int] = (0, 0)
    width: int = 0
    height: int = 0
    pixel_format: str = ""
    captured: int = 0
    settings: tuple[Setting, ...] = ()
    earlier_counts: FrameCounts = field(default_factory=FrameCounts)


class Worker:
    """Runs one camera until asked to stop.

    Parameters
    ----------
    config : the camera's.
    pool : has room for images.
    publisher, preview : get every frame.
    record : records what happened, in a sentence.
    """

    def __init__(
        self,
        config: CameraConfig,
        pool: Pool,
        publisher: Publisher,
        preview: PreviewFeed,
        record: Callable[[str], None],
    ) -> None:
        self._wanted = self._config = self._applied = config
        self._publisher = publisher
        self._pool = pool
        self._preview = preview
        self._record = record
        self._stopping = False
        self._wake = threading.Event()
        self._thread = LastingThread(config.label, self._run, record)
        self._camera: Camera | None = None
        self._rate = config.fps
        self.progress = Progress()
        self.arrivals = Ring()
        """When frames arrived."""
        self.clock = DeviceClock()

    def start(self) -> None:
        """Start the thread; where there can be no more of them, that is the camera's error."""
        try:
            self._thread.start()
        except RuntimeError as error:
            remedy = "raise the limit (ulimit -u, or the container's), or use fewer cameras"
            self._failed(CameraError(f"{error} for this camera", remedy))

    def stop(self) -> None:
        """Ask the thread to close the camera and end; `join` waits for it."""
        self._stopping = True
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end, seconds; False where its camera hangs."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def change(self, config: CameraConfig) -> None:
        """Have other settings of the same camera taken over, between two frames."""
        self._wanted = config
        self._wake.set()

    @property
    def change_pending(self) -> bool:
        """Whether a change has not been taken over yet."""
        return self._wanted is not self._applied

    def counts(self) -> FrameCounts:
        """Return what was lost before it reached the worker, since the engine started."""
        earlier, camera = self.progress.earlier_counts, self._camera
        return earlier if camera is None else earlier + camera.counts

    def state(self, now: int) -> tuple[CameraState, str]:
        """Return the state and its reason in words; `now` is monotonic, ns."""
        progress = self.progress
        if progress.state != "capturing":
            return progress.state, progress.reason
        hanging = (now - progress.last_sign) / 1e9
        if hanging > HANGS_AFTER:
            return "stalled", f"the camera's driver has not answered for {hanging:.0f} s"
        silent = (now - max(progress.last_frame, progress.streaming_since)) / 1e9
        if silent <= self._patience():
            return "capturing", ""
        if self._config.external_trigger:
            return "waiting for trigger", f"no trigger for {silent:.0f} s"
        return "stalled", f"no frame for {silent:.0f} s"

    def _patience(self) -> float:
        return max(STALLED_AFTER, STALLED_PERIODS / min(self._config.fps, self._rate))

    def _run(self) -> None:
        retry = FIRST_RETRY
        while not self._stopping:
            # Cleared before the config is read: a change that comes now wakes the next wait.
            self._wake.clear()
            pause = self._run_once(retry)
            if self.progress.streaming_since:
                retry = FIRST_RETRY
                self.progress.streaming_since = 0
            if pause is not None and pause <= 0:
                continue
            self.progress.retry_at = pause and time.monotonic() + pause
            if not self._stopping:
                self._wake.wait(pause)
            retry = min(2 * retry, LAST_RETRY)

    def _run_once(self, retry: float) -> float | None:
        """Open the camera and stream until that ends.

        Returns
        -------
        Seconds to wait before the next try; None: until something is changed.
        """
        progress = self.progress
        try:
            self._stream()
        except RestartNeeded as needed:
            self._record(f"{needed}: the stream restarts")
            progress.state = "opening"
            return 0.0
        except EndOfStream as end:
            progress.state, progress.reason = "ended", str(end)
            return None
        except CameraError as error:
            self._failed(error)
        except BaseException as error:
            # Whatever an SDK throws, SystemExit too, must not end the thread unseen.
            log.exception("%s: unexpected error", self._config.label)
            self._failed(
                CameraError(
                    f"unexpected {type(error).__name__}: {error}", "the log file says where"
                )
            )
        if progress.streaming_since:
            return FIRST_RETRY
        return retry

    def _failed(self, error: CameraError) -> None:
        progress = self.progress
        # A camera that is gone stays lost until it is back, though each try to open it fails.
        lost = isinstance(error, CameraLost) or progress.state == "lost"
        progress.reason = progress.last_failure = _short(str(error))
        progress.failures += 1
        progress.state = "lost" if lost else "error"

    def _stream(self) -> None:
        self._config = self._wanted
        if why := why_no_room(0):
            raise CameraError("there is no room for the camera's files", why)
        searches.require(self._config)
        with claimed(device_of(self._config)):
            self._stream_of(open_camera(self._config))

    def _stream_of(self, camera: Camera) -> None:
        self._camera = camera
        with suppress(AttributeError):  # another package's, which makes its images elsewhere
            camera.new_image = self._new_image
        try:
            self._started(camera)
            while not self._stopping:
                frame = camera.grab(GRAB_TIMEOUT)
                if frame is not None:
                    self._arrived(frame, camera)
                else:
                    self.progress.last_sign = time.monotonic_ns()
                if self._wanted is not self._config:
                    self._take_over(camera)
        finally:
            self._camera = None
            try:
                self.progress.earlier_counts += camera.counts
                camera.close()
            except Exception:
                # What ended the stream is what is reported.
                log.exception("%s: could not be closed in order", self._config.label)

    def _started(self, camera: Camera) -> None:
        progress = self.progress
        self._read_settings(camera)
        self._applied = self._config
        progress.retry_at = None
        progress.serial = str(getattr(camera, "serial", ""))
        progress.streaming_since = progress.last_sign = time.monotonic_ns()
        progress.reason = ""
        progress.state = "capturing"

    def _take_over(self, camera: Camera) -> None:
        former, wanted = self._config, self._wanted
        if _for_the_camera(former) != _for_the_camera(wanted) or _given(former) != _given(wanted):
            camera.apply(wanted)
        self._config = wanted
        self._read_settings(camera)
        self._applied = wanted
        for setting in self.progress.settings:
            changed = getattr(wanted, setting.name, None) != getattr(former, setting.name, None)
            # A note may also say where a value comes from that is as it was wanted.
            if changed and setting.note and setting.actual != setting.wanted:
                self._record(f"{setting.name} is {whole(setting.actual)}: {setting.note}")

    def _read_settings(self, camera: Camera) -> None:
        self.progress.settings = camera.settings()
        self.progress.pixel_format = str(camera.pixel_format)
        fps = float(camera.fps or 0)
        self._rate = fps if 0 < fps < math.inf else self._config.fps
        self._publisher.set_camera_rate(self._rate)

    def _arrived(self, frame: Frame, camera: Camera) -> None:
        now = time.monotonic_ns()
        progress = self.progress
        progress.last_sign = now
        factor = self._config.downsampling
        # Another package's camera may say anything here, and the status of all cameras holds it.
        pixel_format = str(camera.pixel_format)
        if trouble := _why_unusable(frame.image, factor, pixel_format):
            self._left_out(frame.image, trouble)
            return
        if progress.state == "error":
            progress.state, progress.reason = "capturing", ""
        progress.captured += 1
        progress.raw_size = frame.image.shape[1], frame.image.shape[0]
        if factor > 1:
            frame.image = downsample(
                frame.image,
                factor,
                pixel_format,
                plain_image if self._turns else self._pool.new_image,
            )
        progress.pixel_format = pixel_format = self._orient(frame, pixel_format)
        record = Record(
            sequence=progress.captured,
            timestamp=frame.timestamp,
            device_timestamp=frame.device_timestamp,
            height=frame.image.shape[0],
            width=frame.image.shape[1],
            pixel_format=pixel_format,
        )
        buffer = self._pool.finish(frame.image, record)
        self._publisher.publish(frame, buffer, progress.captured, now, pixel_format)
        self._preview.offer(frame, progress.captured, pixel_format, now)
        progress.height, progress.width = frame.image.shape
        progress.last_frame = now
        self.arrivals.add(now)
        if frame.device_timestamp is not None:
            self.clock.add(now, frame.timestamp, frame.device_timestamp)

    def _new_image(self, height: int, width: int) -> NDArray[np.uint8]:
        """Return room for the image that the camera is about to give. See `Camera.new_image`."""
        changed = self._turns or self._config.downsampling > 1
        return (plain_image if changed else self._pool.new_image)(height, width)

    @property
    def _turns(self) -> bool:
        return self._config.flip != "none" or self._config.rotate != 0

    def _orient(self, frame: Frame, pixel_format: str) -> str:
        """Flip and rotate a frame's image as the config says; return what its bytes are then."""
        if not self._turns:
            return pixel_format
        flip, rotate = self._config.flip, self._config.rotate
        height, width = frame.image.shape
        frame.image = orient(frame.image, flip, rotate, self._pool.new_image)
        return oriented_format(pixel_format, width, height, flip, rotate)

    def _left_out(self, image: NDArray[np.uint8], trouble: str) -> None:
        """Report an image that cannot be published; the stream goes on, the next may be better."""
        progress = self.progress
        if image.ndim == 2:
            progress.raw_size = image.shape[1], image.shape[0]
        if progress.reason != trouble:
            progress.failures += 1
            progress.reason = progress.last_failure = trouble
        progress.state = "error"


def _why_unusable(image: NDArray[np.uint8], factor: int, pixel_format: str) -> str:
    """Return why an image cannot be published; empty where it can.

    Parameters
    ----------
    image : as a back end gave it.
    factor : of downsampling.
    """
    if image.ndim != 2 or image.dtype != np.uint8:
        return f"the camera gives images of {image.dtype} and shape {image.shape}, not Mono8 or raw"
    height, width = image.shape
    if not image.size:
        return f"the camera gives images of {width}x{height}, which have no pixel"
    bayer = pixel_format.startswith("Bayer")
    why = why_no_pixel(width, height, factor, bayer=bayer) if factor > 1 else ""
    return why and f"downsampling = {why}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"


@contextmanager
def claimed(device: str) -> Iterator[None]:
    """Hold the name of a device, so that no other engine opens it; empty: it is none.

    Raises
    ------
    CameraError : another engine of this user has it; says which.
    """
    if not device:
        yield
        return
    try:
        holding = claim(device_claim(device))
    except Claimed as other:
        if other.pid is not None:
            raise CameraError(
                f"another engine has this camera: {called(other.pid)}",
                "stop that one, or take the camera out of one of the two configs",
            ) from None
        yield  # Another user's claim: whether the device can be had, its driver decides.
        return
    with holding:
        yield


_ENGINES_OWN = {
    **{"name": "", "pub_address": "", "pull_address": ""},
    **{"downsampling": 1, "flip": "none", "rotate": 0, "deadline": None},
}


def _for_the_camera(config: CameraConfig) -> CameraConfig:
    """Leave out what is the engine's business alone: the camera need not hear of a change of it."""
    return config.model_copy(update=_ENGINES_OWN)


def _given(config: CameraConfig) -> set[str]:
    """Name the camera's settings that the file gives: to a webcam a default is none of them."""
    return config.model_fields_set - {*_ENGINES_OWN, "unique_id", "source"}

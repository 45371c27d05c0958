"""One camera of the rig: its worker, its sockets, its overlays, and its status."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import zmq

from pmv_tui.cameras.base import Setting
from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.control.messages import (
    CameraSettings,
    CameraStatus,
    Corners,
    Drops,
    DropTimes,
    SettingStatus,
    Thumbnail,
)
from pmv_tui.engine.gate import Door, Refusals
from pmv_tui.engine.meter import percentiles_ms, rate
from pmv_tui.engine.overlays import Drawn, Overlays
from pmv_tui.engine.preview_feed import PreviewFeed
from pmv_tui.engine.publisher import Publisher
from pmv_tui.engine.receiver import Receiver
from pmv_tui.engine.scene import overlays_of
from pmv_tui.engine.sockets import BindError, BoundSocket
from pmv_tui.engine.thumbnail import thumbnail
from pmv_tui.engine.watch import Condition
from pmv_tui.engine.window_feed import WindowFeed
from pmv_tui.engine.windows import Windows
from pmv_tui.engine.worker import Worker
from pmv_tui.viewer.messages import Scene

CAPTION_PERIOD = 500_000_000
"""ns between two versions of a window's caption."""


class RigCamera:
    """A camera that captures from `start` to `stop`, plugged or not.

    Its methods are called by the main thread.

    Parameters
    ----------
    config : complete: both addresses are given.
    listed : whether it stands in the config file.
    tell : records what happened to it.
    rig : what the config says of all cameras.
    door : lets its clients in; None: whoever comes.
    """

    def __init__(
        self,
        config: CameraConfig,
        *,
        listed: bool,
        rig: RigConfig,
        receiver: Receiver,
        windows: Windows,
        tell: Callable[[str], None],
        context: zmq.Context[zmq.Socket[bytes]],
        door: Door | None,
    ) -> None:
        self.config = config
        self.listed = listed
        self.plug_error = ""
        self._context = context
        self.door = door
        self._bound: set[BoundSocket] = set()
        self._receiver = receiver
        self._publisher = Publisher(config.unique_id, rig.socket_config)
        self._overlays = Overlays(rig.overlay, self._image_size)
        self._windows = windows
        self._feed = WindowFeed(rig.display.rate)
        self._preview = PreviewFeed()
        self._captions = rig.display.captions
        self._caption = ("", 0)
        self.worker = Worker(config, self._publisher, self._feed, self._preview, tell)

    @property
    def plugged(self) -> bool:
        """Whether both sockets are bound."""
        return self._publisher.plugged

    @property
    def paused(self) -> bool:
        """Whether publishing is paused."""
        return self._publisher.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._publisher.paused = paused

    @property
    def addresses(self) -> tuple[Address, Address]:
        """Where it publishes and where it receives, bound or not."""
        return Address.parse(self.config.pub_address), Address.parse(self.config.pull_address)

    @property
    def exposed(self) -> bool:
        """Whether other machines may reach one of its addresses."""
        return any(address.exposed for address in self.addresses)

    def plug(self) -> None:
        """Bind both sockets, or none.

        Raises
        ------
        BindError : one cannot be bound; the status keeps why.
        """
        self._publisher.paused = False
        with self._keeping_why():
            self._bind(*self.addresses)

    def unplug(self) -> None:
        """Release both sockets; the ports are free when this returns."""
        self._release(self._publisher.swap(None))
        self._release(self._receiver.swap(self._overlays, None))
        if self.door is not None:
            self.door.let_in.clear()
        self._overlays.clear()
        self.plug_error = ""

    def move(self, pub: Address, pull: Address) -> None:
        """Bind a plugged camera's sockets elsewhere; one whose address stays keeps its clients.

        Raises
        ------
        BindError : a new address cannot be bound; the old sockets are bound as before.
        """
        old_pub, old_pull = self.addresses
        with self._keeping_why():
            if self._needs_own_port(pub, pull):
                self._move_over(pub, pull)
            else:
                self._bind(pub if pub != old_pub else None, pull if pull != old_pull else None)

    def bind_anew(self) -> None:
        """Cut every client of a plugged camera; those that are still listed connect again.

        ZeroMQ cannot cut a single one.

        Raises
        ------
        BindError : the addresses were taken in that moment; the camera is unplugged.
        """
        with self._keeping_why():
            self._move_over(*self.addresses)

    def _needs_own_port(self, pub: Address, pull: Address) -> bool:
        """Tell whether a new address can only be bound once an old socket is gone."""
        old_pub, old_pull = self.addresses
        return (
            (pub != old_pub and pub.collides(old_pub))
            or (pull != old_pull and pull.collides(old_pull))
            or pub.collides(old_pull)
            or pull.collides(old_pub)
        )

    def _move_over(self, pub: Address, pull: Address) -> None:
        paused = self.paused
        self.unplug()
        try:
            self._bind(pub, pull)
        except BindError:
            self._bind(*self.addresses)
            raise
        finally:
            self._publisher.paused = paused

    @contextmanager
    def _keeping_why(self) -> Iterator[None]:
        """Keep a failure's text for the status until a later try works."""
        try:
            yield
        except BindError as error:
            self.plug_error = str(error)
            raise
        self.plug_error = ""

    def _bind(self, pub: Address | None, pull: Address | None) -> None:
        """Bind what is given; only when all of it is bound do the former sockets go."""
        bound_pub = bound_pull = None
        try:
            if pub is not None:
                bound_pub = BoundSocket(self._context, zmq.XPUB, pub, self.door)
            if pull is not None:
                bound_pull = BoundSocket(self._context, zmq.PULL, pull, self.door)
        except BindError:
            self._release(bound_pub)
            raise
        self._bound |= {bound for bound in (bound_pub, bound_pull) if bound is not None}
        if bound_pull is not None:
            self._release(self._receiver.swap(self._overlays, bound_pull))
        if bound_pub is not None:
            self._release(self._publisher.swap(bound_pub))

    def _release(self, bound: BoundSocket | None) -> None:
        if bound is not None:
            self._bound.discard(bound)
            bound.release()

    def change(self, config: CameraConfig) -> None:
        """Take over other settings; what the camera makes of them, `settings` tells afterwards."""
        self.config = config
        self.worker.change(config)

    def settings(self) -> CameraSettings:
        """Tell every setting, as the camera reported it last."""
        return CameraSettings(
            camera=self.config.label,
            pending=self.worker.change_pending,
            settings=[
                cast("SettingStatus", dataclasses.asdict(setting))
                for setting in (*self.worker.progress.settings, self._downsampling())
            ],
        )

    def _downsampling(self) -> Setting:
        factor = self.config.downsampling
        return Setting("downsampling", factor, factor, choices=("1", "2", "4"), live=True)

    def open_window(self, display: str, xauthority: str) -> None:
        """Show the camera's window on a display, as the user's environment names it."""
        title = f"{self.config.label} ({self.config.unique_id})"
        self._windows.open(
            self.config.unique_id, title, self._feed, display=display, xauthority=xauthority
        )

    @property
    def window_wanted(self) -> bool:
        """Whether the camera's window is shown, or on its way."""
        return self._windows.state(self.config.unique_id).state in ("opening", "shown")

    def close_window(self) -> None:
        """Close the camera's window."""
        self._windows.close(self.config.unique_id)

    def scene(self) -> Scene:
        """Tell what is drawn over the camera's image now; called by the windows' thread."""
        now = time.monotonic_ns()
        caption = self._caption_at(now) if self._captions else ""
        overlays = overlays_of(self._overlays.drawn(now))
        return Scene(caption=caption, notice=self._notice(now), overlays=overlays)

    def thumbnail(self, known: int, max_width: int, max_height: int) -> Thumbnail:
        """Show the newest frame small, and what is drawn over it now.

        Parameters
        ----------
        known : the number of the frame that the caller has; its pixels are not sent again.
        max_width, max_height : pixels.
        """
        now = time.monotonic_ns()
        told = Thumbnail(
            unique_id=self.config.unique_id,
            sequence=0,
            timestamp=0,
            image_size=self._image_size(),
            size=(0, 0),
            pixels=None,
            notice=self._notice(now),
            overlays=overlays_of(self._overlays.drawn(now)),
        )
        newest = self._preview.newest(now)
        if newest is None:
            return told
        told["sequence"], told["timestamp"] = newest.sequence, newest.timestamp
        told["image_size"] = newest.image.shape[1], newest.image.shape[0]
        if newest.sequence != known:
            pixel_format = self.worker.progress.pixel_format
            small = thumbnail(newest.image, max_width, max_height, pixel_format)
            told["size"], told["pixels"] = (small.shape[1], small.shape[0]), small.tobytes()
        return told

    def _notice(self, now: int) -> str:
        """Say why the image is not live; empty where it is. `now` is monotonic, ns."""
        state, reason = self.worker.state(now)
        if state == "capturing":
            return ""
        return f"{state}: {reason}" if reason else state

    def _caption_at(self, now: int) -> str:
        """Write name, fps and publishing state; anew twice a second, so that it can be read."""
        text, written = self._caption
        if now - written > CAPTION_PERIOD:
            publishing = "unplugged"
            if self.plugged:
                publishing = "paused" if self.paused else "publishing"
            text = f"{self.config.label}  {rate(self.worker.arrivals, now):.1f} fps  {publishing}"
            self._caption = text, now
        return text

    def _image_size(self) -> tuple[int, int]:
        return self.worker.progress.width, self.worker.progress.height

    def stop(self) -> None:
        """Ask the worker to end, and release the sockets."""
        self.worker.stop()
        self.unplug()

    def ended(self, timeout: float) -> bool:
        """Wait for the worker's end, seconds; False where its camera hangs."""
        if not self.worker.join(timeout):
            return False
        self._feed.close()
        return True

    def count_clients(self) -> int:
        """Bring the number of clients up to date, and give it."""
        self._publisher.count_clients()
        return self._publisher.clients

    def count_strangers(self) -> None:
        """Bring the number of clients that were turned away up to date."""
        for bound in self._bound:
            bound.count_strangers()

    @property
    def _refusals(self) -> Refusals:
        return self.door.refusals if self.door else Refusals()

    def condition(self) -> Condition:
        """Tell what the watch compares: the part of the status that takes no computing."""
        now = time.monotonic_ns()
        self._preview.expire(now)
        state, reason = self.worker.state(now)
        overlays, window = self._overlays, self._windows.state(self.config.unique_id)
        self.count_strangers()
        return Condition(
            state=state,
            reason=reason,
            failures=self.worker.progress.failures,
            last_failure=self.worker.progress.last_failure,
            last_frame=self.worker.progress.last_frame,
            plugged=self.plugged,
            clients=self.count_clients(),
            subscriptions=self._publisher.subscriptions,
            drops=self._drops(),
            refused=self._refusals.count,
            refused_reason=self._refusals.reason,
            malformed=overlays.malformed,
            malformed_reason=overlays.malformed_reason,
            remarks=overlays.remarks,
            remark=overlays.remark,
            window=window.state,
            window_reason=window.reason,
        )

    def status(self) -> CameraStatus:
        """Tell everything that a snapshot says of the camera."""
        now = time.monotonic_ns()
        state, reason = self.worker.state(now)
        progress, publisher, overlays = self.worker.progress, self._publisher, self._overlays
        published_fps = rate(publisher.sent, now)
        latency = percentiles_ms(publisher.sent, now)
        drawn = overlays.drawn(now)
        window = self._windows.state(self.config.unique_id)
        retry_at = progress.retry_at
        clock = self.worker.clock.fit(now)
        return CameraStatus(
            unique_id=self.config.unique_id,
            name=self.config.label,
            listed=self.listed,
            state=state,
            reason=reason,
            retry_in=None if retry_at is None else max(0.0, retry_at - now / 1e9),
            fps=rate(self.worker.arrivals, now),
            fps_wanted=self.config.fps,
            width=progress.width,
            height=progress.height,
            pixel_format=progress.pixel_format,
            captured=progress.captured,
            published=publisher.published,
            drops=self._drops(),
            drops_at=self._drop_times(),
            clock_offset_ms=None if clock is None else clock.offset / 1e6,
            clock_drift_ppm=None if clock is None else clock.drift,
            plugged=self.plugged,
            paused=self.paused,
            plug_error=self.plug_error,
            pub_address=self.config.pub_address,
            pull_address=self.config.pull_address,
            exposed=self.exposed,
            curve=self.door is not None,
            clients=self.count_clients(),
            refused=self._refusals.count,
            refused_reason=self._refusals.reason,
            refused_at=self._refusals.time,
            published_fps=published_fps,
            published_mb_s=published_fps * publisher.image_bytes / 1e6,
            latency_p50_ms=latency and latency[0],
            latency_p99_ms=latency and latency[1],
            box=_corners(drawn),
            drawn=len(drawn.boxes) + len(drawn.points),
            messages=overlays.messages,
            malformed=overlays.malformed,
            malformed_reason=overlays.malformed_reason,
            remarks=overlays.remarks,
            remark=overlays.remark,
            window=window.state,
            window_reason=window.reason,
        )

    def _drops(self) -> Drops:
        counts = self.worker.counts()
        return Drops(
            missing=counts.missing,
            skipped=counts.skipped,
            failed=counts.failed,
            put_rate=self._publisher.over_rate,
            clients=self._publisher.missed_by_clients,
        )

    def _drop_times(self) -> DropTimes:
        counts = self.worker.counts()
        return DropTimes(
            missing=counts.last_missing,
            skipped=counts.last_skipped,
            failed=counts.last_failed,
            put_rate=self._publisher.last_over_rate,
            clients=self._publisher.last_missed_by_clients,
        )


def _corners(drawn: Drawn) -> Corners | None:
    if not drawn.boxes:
        return None
    box, _ = drawn.boxes[0]
    return Corners(top_left=box.top_left, bottom_right=box.bottom_right)

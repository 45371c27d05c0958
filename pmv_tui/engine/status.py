"""What is reported of a camera: its whole status, and the part whose changes are events."""

import time
from collections.abc import Sequence

from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.engine.watch import Condition
from pmv_tui.rates import percentiles_ms, rate
from pmv_tui.wire.drawn import Overlay
from pmv_tui.wire.status import CameraCondition, CameraStatus, Corners, Drops, DropTimes


def condition_of(camera: RigCamera) -> Condition:
    """Return the part of the status that the watch compares."""
    progress = camera.worker.progress
    condition = _condition(camera, time.monotonic_ns())
    came, condition["clients"] = camera.publisher.audience  # both at one moment
    return Condition(
        **condition,
        failures=progress.failures,
        last_failure=progress.last_failure,
        last_frame=progress.last_frame,
        subscriptions=came,
    )


def status_of(camera: RigCamera) -> CameraStatus:
    """Return everything that a snapshot says of a camera."""
    now = time.monotonic_ns()
    config, worker, publisher = camera.config, camera.worker, camera.publisher
    progress = worker.progress
    published_fps = rate(publisher.sent, now)
    latency = percentiles_ms(publisher.sent, now)
    drawn = camera.overlays.drawn(now)
    retry_at, clock = progress.retry_at, worker.clock.fit(now)
    return CameraStatus(
        **_condition(camera, now),
        unique_id=config.unique_id,
        name=config.label,
        listed=camera.listed,
        retry_in=None if retry_at is None else max(0.0, retry_at - now / 1e9),
        fps=rate(worker.arrivals, now),
        fps_wanted=config.fps,
        fps_actual=_actual_rate(camera),
        external_trigger=config.external_trigger,
        width=progress.width,
        height=progress.height,
        pixel_format=progress.pixel_format,
        captured=progress.captured,
        published=publisher.published,
        drops_at=_drop_times(camera),
        clock_offset_ms=None if clock is None else clock.offset / 1e6,
        clock_drift_ppm=None if clock is None else clock.drift,
        paused=camera.paused,
        plug_error=camera.sockets.error,
        pub_address=config.pub_address,
        pull_address=config.pull_address,
        exposed=camera.exposed,
        curve=camera.sockets.door is not None,
        refused_at=camera.sockets.refusals.time,
        limited_to=None if config.external_trigger else publisher.limited_to,
        published_fps=published_fps,
        published_mb_s=published_fps * publisher.image_bytes / 1e6,
        latency_p50_ms=latency and latency[0],
        latency_p99_ms=latency and latency[1],
        box=_corners(drawn),
        drawn=len(drawn),
        messages=camera.overlays.messages,
    )


def _condition(camera: RigCamera, now: int) -> CameraCondition:
    """Return the part common to both; `now` is monotonic, ns."""
    state, reason = camera.worker.state(now)
    overlays, refusals, window = camera.overlays, camera.sockets.refusals, camera.window
    return CameraCondition(
        state=state,
        reason=reason,
        plugged=camera.plugged,
        clients=camera.publisher.clients,
        client_list=list(camera.publisher.client_list),
        not_subscribed=camera.publisher.not_subscribed,
        drops=_drops(camera),
        refused=refusals.count,
        refused_reason=refusals.reason,
        malformed=overlays.malformed,
        malformed_reason=overlays.malformed_reason,
        remarks=overlays.remarks,
        remark=overlays.remark,
        window=window.state,
        window_reason=window.reason,
    )


def _actual_rate(camera: RigCamera) -> float | None:
    """Return the frames a second that the camera says it makes; None where it does not say."""
    for setting in camera.worker.progress.settings:
        if setting.name == "fps" and isinstance(setting.actual, int | float):
            return float(setting.actual)
    return None


def _drops(camera: RigCamera) -> Drops:
    counts = camera.worker.counts()
    return Drops(
        missing=counts.missing,
        skipped=counts.skipped,
        failed=counts.failed,
        put_rate=camera.publisher.over_rate,
        clients=camera.publisher.missed_by_clients.images,
    )


def _drop_times(camera: RigCamera) -> DropTimes:
    counts = camera.worker.counts()
    return DropTimes(
        missing=counts.last_missing,
        skipped=counts.last_skipped,
        failed=counts.last_failed,
        put_rate=camera.publisher.last_over_rate,
        clients=camera.publisher.missed_by_clients.last,
    )


def _corners(drawn: Sequence[Overlay]) -> Corners | None:
    """Return where the first box is drawn; None where none is."""
    for shape in drawn:
        if shape["kind"] == "box":
            left, top, right, bottom = shape["corners"]
            return Corners(top_left=(left, top), bottom_right=(right, bottom))
    return None

"""A rig in memory: it answers the control socket's commands without an engine."""

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pmv_tui.control.client import EngineGone
from pmv_tui.engine.stream.preview import saturated as saturated_in
from pmv_tui.engine.stream.preview import thumbnail
from pmv_tui.figures import figures
from pmv_tui.region import cut, region_in
from pmv_tui.wire.drawn import BoxOverlay, Overlay
from pmv_tui.wire.history import packed
from pmv_tui.wire.status import (
    COUNTED_TRENDS,
    PROTOCOL_VERSION,
    BackendStatus,
    CameraSettings,
    CameraStatus,
    ClientStatus,
    Drops,
    DropTimes,
    EngineStatus,
    Event,
    History,
    Image,
    Region,
    Reply,
    Result,
    SettingStatus,
    Snapshot,
    Thumbnail,
    Trend,
)

Level = Literal["info", "warning", "error"]


def a_camera(name: str = "left", port: int = 5555, **changes: Any) -> CameraStatus:
    """Describe a simulated camera that captures at 60 frames/s and is not plugged."""
    camera = CameraStatus(
        unique_id=f"{name}-simulated",
        name=name,
        listed=True,
        state="capturing",
        reason="",
        retry_in=None,
        fps=59.9,
        fps_wanted=60.0,
        external_trigger=False,
        width=640,
        height=480,
        pixel_format="Mono8",
        captured=1200,
        published=0,
        drops=Drops(missing=0, skipped=0, failed=0, put_rate=0, clients=0),
        drops_at=DropTimes(missing=None, skipped=None, failed=None, put_rate=None, clients=None),
        clock_offset_ms=None,
        clock_drift_ppm=None,
        plugged=False,
        paused=False,
        plug_error="",
        pub_address=f"tcp://localhost:{port}",
        pull_address=f"tcp://localhost:{port + 1}",
        exposed=False,
        curve=False,
        clients=0,
        refused=0,
        refused_reason="",
        refused_at=None,
        published_fps=0.0,
        published_mb_s=0.0,
        latency_p50_ms=None,
        latency_p99_ms=None,
        box=None,
        drawn=0,
        messages=0,
        answers_fps=None,
        answered=None,
        answer_p50_ms=None,
        answer_p99_ms=None,
        answer_max_ms=None,
        malformed=0,
        malformed_reason="",
        remarks=0,
        remark="",
        window="",
        window_reason="",
    )
    camera.update(changes)  # type: ignore[typeddict-item]
    return camera


ANSWERS: dict[str, Any] = {
    "answers_fps": 59.8,
    "answered": 0.99,
    "answer_p50_ms": 12.3,
    "answer_p99_ms": 18.0,
    "answer_max_ms": 44.0,
}
"""Of a camera, or of a client, whose images are answered in time."""

LATE: dict[str, Any] = {
    **ANSWERS,
    "deadline": 20.0,
    "late": "31 of 598 answers came after the deadline of 20 ms",
}
"""Of a camera of which they are not."""


def a_client(number: int = 1, **changes: Any) -> ClientStatus:
    """Describe a client on the rig's machine that gets 60 images/s and keeps up."""
    client = ClientStatus(
        id=number,
        name=f"python closed_loop.py (pid {4000 + number})",
        pid=4000 + number,
        address=f"127.0.0.1:{50000 + number}",
        key="",
        since=1_700_000_000_000_000_000,
        fps=60.0,
        mb_s=18.43,
        missed=0,
        waiting_bytes=0,
        state="keeps up",
        text="keeps up",
    )
    client.update(changes)  # type: ignore[typeddict-item]
    return client


def a_slow_client(number: int = 2, **changes: Any) -> ClientStatus:
    """Describe one that gets a sixth of the images."""
    slow: dict[str, Any] = {"fps": 9.8, "mb_s": 3.01, "missed": 706, "waiting_bytes": 524_000}
    words = {"state": "too slow", "text": "too slow: gets 10 of 60 images/s"}
    return a_client(number, **(slow | words | changes))


def a_setting(name: str, wanted: Any, **changes: Any) -> SettingStatus:
    """Describe a setting that is live and as wanted."""
    setting = SettingStatus(
        name=name,
        wanted=wanted,
        actual=wanted,
        lowest=None,
        highest=None,
        step=None,
        choices=[],
        unit="",
        live=True,
        note="",
    )
    setting.update(changes)  # type: ignore[typeddict-item]
    return setting


def a_box(*corners: int, **more: Any) -> BoxOverlay:
    """Describe a red box: x0, y0, x1, y1 in pixels of the image."""
    box = BoxOverlay(kind="box", corners=list(corners), label="", color=[255, 0, 0], opacity=1.0)
    box.update(more)  # type: ignore[typeddict-item]
    return box


def a_ramp() -> NDArray[np.uint8]:
    """Make an image of 640x480 that is dark in a corner and brighter in the opposite one."""
    return np.add.outer(np.arange(480) // 8, np.arange(640) // 8).astype(np.uint8)


HALF_BLOCK = "▀"


def rig_with_pictures() -> "RigDouble":
    """Two cameras that show a ramp of greys, a dark and a bright one."""
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.images = {"left-simulated": a_ramp(), "right-simulated": a_ramp() + 100}
    return rig


def settings_of_a_camera() -> list[SettingStatus]:
    """Describe one setting of every kind; the rate is not what was wanted."""
    return [
        a_setting(
            "fps",
            60.0,
            actual=50.0,
            lowest=1.0,
            highest=50.0,
            unit="1/s",
            note="the camera's maximum",
        ),
        a_setting("exposure_time", 15000.0, lowest=25.0, highest=20000.0, unit="µs"),
        a_setting("gain", 0.0, actual=None, unit="dB", note="this camera has none"),
        a_setting("pixel_format", "Mono", choices=["Mono", "Colour"], live=False),
        a_setting("external_trigger", False, live=False),
        a_setting("downsampling", 1, choices=["1", "2", "4"]),
        a_setting(
            "roi",
            None,
            actual=[0, 0, 640, 480],
            lowest=[0, 0, 16, 16],
            highest=[624, 464, 640, 480],
            step=[2, 2, 4, 4],
            unit="px",
            live=False,
        ),
    ]


def an_engine(**changes: Any) -> EngineStatus:
    """Describe the engine of a rig on a host of no particular name."""
    engine = EngineStatus(
        version="1.0",
        protocol=PROTOCOL_VERSION,
        pid=4321,
        started=1,
        host="rig1",
        config_path="/rigs/maze/config.toml",
        config_exists=True,
        log_path="/state/maze/engine.log",
        put_rate=60.0,
        pull_rate=30.0,
        scanning=False,
        last_event=0,
        operators=[],
    )
    engine.update(changes)  # type: ignore[typeddict-item]
    return engine


SAYS = {
    "plug": "publishes at {pub_address}",
    "unplug": "unplugged",
    "pause": "paused",
    "resume": "publishes again",
    "addresses": "now has {pub_address} and {pull_address}",
    "window": "window opens",
}
"""What the engine says that a command did."""


class RigDouble:
    """Cameras that can be plugged, paused and given addresses; it remembers what it was asked.

    Attributes
    ----------
    commands : each command and its arguments, but for those that only ask.
    refusals : why a command for a camera fails, by (command, name).
    gone : whether it behaves as an engine that has ended.
    hanging : whether it leaves every question without an answer.
    settings : of each camera, which takes numbers up to the highest it allows.
    holding_back : whether a change stays pending: nothing is applied.
    images : each camera's newest, by unique_id, uint8, shape (height, width); none at first.
    forgotten : cameras that it does not know any more when it is asked for their images.
    overlays : drawn over every image.
    cut_short : cameras of whose thumbnails a pixel is missing.
    asked_for : the cameras and the size of each question for thumbnails.
    measured : the cameras whose figures each of those was for, too.
    regions : what of each camera's image was last asked for, where it was not all of it.
    cuts_regions : whether thumbnails may be of regions; an engine of before shows all of it.
    kept : of each camera over time, by unique_id; None where the engine has no such command.
    asked_of : the arguments of each question for it.
    """

    def __init__(self, *cameras: CameraStatus, **engine: Any) -> None:
        self.cameras = list(cameras)
        self.engine = an_engine(**engine)
        self.backends: list[BackendStatus] = []
        self.events: list[Event] = []
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[tuple[str, str], str] = {}
        self.gone = self.hanging = False
        self.closed = False
        self.settings = {camera["unique_id"]: settings_of_a_camera() for camera in cameras}
        self.holding_back = False
        self.images: dict[str, NDArray[np.uint8]] = {}
        self.cut_short: set[str] = set()
        self.forgotten: set[str] = set()
        self.overlays: list[Overlay] = []
        self.asked_for: list[tuple[set[str], int, int]] = []
        self.measured: list[set[str]] = []
        self.regions: dict[str, Region] = {}
        self.cuts_regions = True
        self.kept: dict[str, Kept] | None = {}
        self.asked_of: list[dict[str, Any]] = []

    def log(self, text: str, level: Level = "info", camera: str = "") -> None:
        """Add an event."""
        number = len(self.events) + 1
        self.events.append(
            Event(id=number, time=0, level=level, kind="engine", camera=camera, text=text)
        )
        self.engine["last_event"] = number

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Answer as the engine does."""
        if self.hanging:
            await asyncio.Event().wait()
        if self.gone:
            raise EngineGone("no engine answered within 5 s")
        match command:
            case "snapshot":
                return Reply(ok=True, snapshot=copy.deepcopy(self._snapshot()))
            case "attach":
                return Reply(ok=True)
            case "events":
                since = arguments["since"]
                return Reply(ok=True, events=[one for one in self.events if one["id"] > since])
            case "settings":
                return self._settings_of(arguments["camera"])
            case "thumbnails":
                cameras, size = arguments["cameras"], (arguments["width"], arguments["height"])
                self.asked_for.append((set(cameras), *size))
                if unknown := set(cameras) - {camera["unique_id"] for camera in self.cameras}:
                    return Reply(ok=False, error=f"there is no camera {unknown}")
                self.measured.append(set(arguments.get("figures", ())))
                self.regions = arguments.get("regions", {})
                asked = partial(self._thumbnail, size, arguments if self.cuts_regions else {})
                return Reply(ok=True, thumbnails=list(map(asked, cameras)))
            case "image":
                return self._image(arguments["camera"])
            case "history" if self.kept is not None:
                return self._histories(**arguments)
            case "history":
                return Reply(ok=False, error="no command 'history'; see docs/control.md")
        self.commands.append((command, arguments))
        if "camera" not in arguments:
            return Reply(ok=True)
        chosen = arguments["camera"]
        results = [
            self._apply(command, camera, arguments)
            for camera in self.cameras
            if chosen == "all"
            or camera["unique_id"] in ([chosen] if isinstance(chosen, str) else chosen)
        ]
        return Reply(ok=all(result["ok"] for result in results), results=results)

    def _image(self, unique_id: str) -> Reply:
        """Answer with a camera's image as it is, once there is one."""
        if unique_id in self.forgotten:
            return Reply(ok=False, error=f"there is no camera {unique_id!r}")
        (camera,) = (one for one in self.cameras if one["unique_id"] == unique_id)
        image = self.images.get(unique_id)
        notice = "" if camera["state"] == "capturing" else camera["state"]
        described = Image(
            camera=camera["name"],
            unique_id=unique_id,
            sequence=0 if image is None else 7,
            timestamp=1_700_000_000_123_456_789,
            size=(0, 0) if image is None else (image.shape[1], image.shape[0]),
            pixel_format="Mono8",
            notice=notice,
            pixels=None if image is None else image.tobytes(),
        )
        return Reply(ok=True, image=described)

    def close(self) -> None:
        """Remember that the connection was closed."""
        self.closed = True

    def _snapshot(self) -> Snapshot:
        return Snapshot(engine=self.engine, backends=self.backends, cameras=self.cameras)

    def _thumbnail(
        self, size: tuple[int, int], further: Mapping[str, Any], unique_id: str
    ) -> Thumbnail:
        (camera,) = (one for one in self.cameras if one["unique_id"] == unique_id)
        state, reason = camera["state"], camera["reason"]
        image = self.images.get(unique_id)
        shown = Thumbnail(
            unique_id=unique_id,
            sequence=0 if image is None else len(self.asked_for),
            timestamp=0,
            image_size=(camera["width"], camera["height"]),
            size=(0, 0),
            pixels=None,
            notice="" if state == "capturing" else f"{state}: {reason}",
            overlays=self.overlays,
        )
        if image is None:
            return shown
        height, width = image.shape
        shown["image_size"] = width, height
        if self.cuts_regions:
            shown["region"] = region_in(width, height, self.regions.get(unique_id), "Mono8")
            image = cut(image, shown["region"])
        small = thumbnail(image, *size, "Mono8")
        shown["size"] = small.shape[1], small.shape[0]
        shown["pixels"] = small.tobytes()[unique_id in self.cut_short :]
        if unique_id in further.get("saturated", ()):
            shown["saturated"] = np.packbits(saturated_in(image, *size, "Mono8")).tobytes()
        if unique_id in further.get("figures", ()):
            shown["figures"] = figures(image, "Mono8")
        return shown

    def _histories(self, timeout: float, **asked: Any) -> Reply:  # noqa: ARG002 - as the client's
        self.asked_of.append(asked)
        chosen, fields = asked["camera"], asked["fields"]
        kept = self.kept or {}
        return Reply(
            ok=True,
            histories=[
                kept.get(one["unique_id"], Kept({})).history(
                    one, fields, asked["since"], asked["step"]
                )
                for one in self.cameras
                if one["unique_id"] in chosen
            ],
        )

    def _settings_of(self, unique_id: str) -> Reply:
        settings, pending = self.settings[unique_id], False
        for setting in settings:
            wanted, highest = setting["wanted"], setting["highest"]
            if isinstance(wanted, float) and highest is not None:
                made = min(wanted, highest)
                pending = pending or (self.holding_back and setting["actual"] != made)
                if not self.holding_back:
                    setting["actual"] = made
            elif wanted is not None and setting["actual"] is not None:
                setting["actual"] = wanted
        answer = CameraSettings(camera="", pending=pending, settings=copy.deepcopy(settings))
        return Reply(ok=True, settings=answer)

    def _apply(self, command: str, camera: CameraStatus, arguments: dict[str, Any]) -> Result:
        refusal = self.refusals.get((command, camera["name"]))
        if refusal:
            camera["plug_error"] = refusal
            return Result(camera=camera["name"], ok=False, text=refusal)
        match command:
            case "plug":
                camera["plugged"], camera["plug_error"] = True, ""
            case "unplug":
                camera["plugged"] = camera["paused"] = False
            case "pause" | "resume":
                camera["paused"] = command == "pause"
            case "window" if arguments.get("close"):
                camera["window"] = ""
            case "window" if arguments["display"]:
                camera["window"], camera["window_reason"] = "shown", f"on {arguments['display']}"
            case "window":
                camera["window"], camera["window_reason"] = "no display", "DISPLAY is not set"
                return Result(camera=camera["name"], ok=False, text="there is no display")
            case "addresses":
                camera["pub_address"] = arguments["pub"]
                camera["pull_address"] = arguments["pull"]
            case "try":
                self._try_out(camera, arguments["changes"])
                return Result(camera=camera["name"], ok=True, text="not saved")
            case "set":
                self._set(camera, arguments["changes"])
                changes = ", ".join(
                    f"{key} = {value}" for key, value in arguments["changes"].items()
                )
                return Result(
                    camera=camera["name"], ok=True, text=f"{changes}; saved to config.toml"
                )
        return Result(camera=camera["name"], ok=True, text=SAYS[command].format(**camera))

    def _set(self, camera: CameraStatus, changes: dict[str, Any]) -> None:
        camera["listed"] = True
        camera["name"] = changes.get("name", camera["name"])
        for setting in self.settings[camera["unique_id"]]:
            if setting["name"] in changes:
                setting["wanted"] = changes[setting["name"]]
                setting.pop("saved", None)

    def _try_out(self, camera: CameraStatus, changes: dict[str, Any]) -> None:
        for setting in self.settings[camera["unique_id"]]:
            if setting["name"] in changes:
                saved = setting.get("saved", setting["wanted"])
                setting["wanted"] = changes[setting["name"]]
                setting["saved"] = saved
                if setting["wanted"] == saved:
                    del setting["saved"]


NS_PER_S = 1_000_000_000


@dataclass
class Kept:
    """What the double's engine keeps of a camera: seconds, of which the last ends at `end`.

    Parameters
    ----------
    values : of a field, one a second, oldest first; all of the same length. The other fields are
        NaN.
    end, started : ns since the epoch; whole seconds, and the end a whole minute.
    """

    values: dict[Trend, list[float]]
    end: int = 1_700_000_040 * NS_PER_S
    started: int = 1_600_000_000 * NS_PER_S

    def history(
        self, camera: CameraStatus, fields: Sequence[Trend], since: int, step: int
    ) -> History:
        """Answer as the engine does."""
        kept = len(next(iter(self.values.values()), []))
        rows = min(ceil(since / step), kept // step)
        seconds = {
            field: np.array(self.values.get(field, [nan] * kept), np.float32)[kept - rows * step :]
            for field in fields
        }
        history = History(
            camera=camera["name"],
            unique_id=camera["unique_id"],
            started=self.started,
            step=step,
            times=packed(self.end - np.arange(rows - 1, -1, -1) * step * NS_PER_S),
            values={field: packed(_of_rows(each, step)) for field, each in seconds.items()},
            known=packed(np.full(rows, step, np.float32)),
        )
        if step > 1:
            history["totals"] = {
                field: packed(each.reshape(-1, step).sum(axis=1))
                for field, each in seconds.items()
                if field in COUNTED_TRENDS
            }
        return history


def _of_rows(seconds: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    if step == 1:
        return seconds.reshape(-1, 1)
    rows = seconds.reshape(-1, step)
    return np.stack([rows.min(axis=1), np.median(rows, axis=1), rows.max(axis=1)], axis=1)


class ProcessDouble:
    """An engine's process in memory.

    Attributes
    ----------
    running : whether it runs.
    how : how it ended, when it does.
    started : with what an engine was started anew: cameras to plug, and to plug paused.
    failing : why the engine that was started fails.
    """

    def __init__(self) -> None:
        self.running = True
        self.how = "has died"
        self.started: list[tuple[list[str], list[str]]] = []
        self.failing = ""

    def runs(self) -> bool:
        """Return whether it runs."""
        return self.running

    def ending(self) -> str:
        """Return how it ended."""
        return self.how

    def last_lines(self) -> list[str]:
        """Return the end of a log."""
        return ["INFO left: capturing", "Fatal Python error: Segmentation fault"]

    def start(self, plugged: Sequence[str], paused: Sequence[str]) -> Callable[[], str]:
        """Remember with what it was started."""
        self.started.append((list(plugged), list(paused)))
        return lambda: self.failing

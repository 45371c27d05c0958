"""One camera of the rig: its worker, its sockets, its overlays, its window."""

import dataclasses
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
import zmq
from pydantic import BaseModel

from pmv_tui.cameras.base import Setting
from pmv_tui.cameras.images import FLIPS
from pmv_tui.cameras.readback import absent
from pmv_tui.config.addresses import Address
from pmv_tui.config.load import changed_camera
from pmv_tui.config.schema import SECTION_OF, CameraConfig, RigConfig, why_no_pixel
from pmv_tui.config.values import unknown_key, whole
from pmv_tui.engine.clients.gate import Door
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.stream.answers import Answers
from pmv_tui.engine.stream.local_road import LocalRoads
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.engine.stream.preview import (
    Newest,
    PreviewFeed,
    Question,
    saturated,
    thumbnail,
)
from pmv_tui.engine.stream.publisher import Publisher
from pmv_tui.engine.stream.receiver import Receiver
from pmv_tui.engine.stream.socket_pair import SocketPair
from pmv_tui.engine.stream.worker import Worker
from pmv_tui.figures import figures
from pmv_tui.frames.pool import Pool
from pmv_tui.rates import rate
from pmv_tui.region import cut, region_in
from pmv_tui.untrusted import without_passwords
from pmv_tui.windows.manager import Windows
from pmv_tui.windows.messages import Scene, WindowStatus
from pmv_tui.wire.status import OPEN_WINDOWS, CameraSettings, Image, SettingStatus, Thumbnail

COUPLED = frozenset({"fps", "exposure_time", "roi", "pixel_format", "external_trigger"})
"""Settings on whose values the ranges of the others may depend."""


def why_not_taken(
    reported: Sequence[Setting], changes: Mapping[str, Any], *, pending: bool = False
) -> str:
    """Return why the camera will not take new values, with what it allows; empty where it may.

    Parameters
    ----------
    reported : the value in effect, and the ranges that the other settings leave.
    changes : new values by the config's keys.
    pending : whether the camera has not applied an earlier change yet: ranges may be old.
    """
    reasons = []
    for setting in reported:
        value = changes.get(setting.name)
        others = COUPLED & changes.keys() - {setting.name}
        if setting.name in COUPLED and (others or pending):
            continue  # Together they may well be allowed.
        if value is not None and setting.actual is not None:
            reasons += [f"{setting.name}: {reason}" for reason in _reasons(setting, value)]
    return "; ".join(reasons)


def _reasons(setting: Setting, value: Any) -> Iterator[str]:
    if setting.choices and str(value) not in setting.choices:
        yield f"{whole(value)} is not offered by the camera; it has {', '.join(setting.choices)}"
    match value, setting.lowest, setting.highest:
        case bool(), _, _:
            return
        case list() | tuple(), tuple() as lowest, tuple() as highest:
            yield from _region_reasons(setting, value, lowest, highest)
        case int() | float(), lowest, highest if (
            isinstance(lowest, int | float) and value < lowest
        ) or (isinstance(highest, int | float) and value > highest):
            yield (
                f"{whole(value)} is out of the camera's range; it takes "
                f"{_range(lowest, highest)}{setting.unit and f' {setting.unit}'} now"
            )


def _region_reasons(
    setting: Setting, region: Sequence[int], lowest: Sequence[int], highest: Sequence[int]
) -> Iterator[str]:
    """Compare with the sensor: the largest size reported is what the offset in use leaves of it."""
    is_one = len(region) == 4 and all(isinstance(each, int) for each in region)
    if not (is_one and isinstance(setting.actual, tuple)):
        return  # What is no region at all is refused when it is saved.
    for start, size, offset, largest, smallest in zip(
        region[:2], region[2:], setting.actual[:2], highest[2:], lowest[2:], strict=True
    ):
        sensor = offset + largest
        if size < smallest or start + size > sensor:
            yield (
                f"{whole(region)} does not fit: of the {sensor} pixels of the sensor that way, "
                f"{start} + {size} are wanted, and {smallest} at least"
            )


def _range(lowest: object, highest: object) -> str:
    match lowest, highest:
        case None, _:
            return f"up to {whole(highest)}"
        case _, None:
            return f"{whole(lowest)} and more"
        case _:
            return f"{whole(lowest)} to {whole(highest)}"


CAPTION_PERIOD = 500_000_000
"""ns between two versions of a window's caption."""


class Shown:
    """Puts together image, overlays, and why the image is not live.

    Parameters
    ----------
    unique_id : the camera's.
    worker : the camera's.
    overlays : what clients sent.
    preview : has the newest frames, for terminals.
    pool : has those for windows.
    captions : whether windows have one.
    """

    def __init__(
        self,
        unique_id: str,
        worker: Worker,
        overlays: Overlays,
        preview: PreviewFeed,
        pool: Pool,
        *,
        captions: bool,
    ) -> None:
        self._unique_id = unique_id
        self._worker = worker
        self._overlays = overlays
        self._preview = preview
        self.captions = captions
        self._pool = pool
        self._captions = "", "", 0

    def scene(self, label: str, publishing: str, asked: float) -> Scene:
        """Return what is drawn over the image in the window now; called by the windows' thread.

        Parameters
        ----------
        label : what people call the camera.
        publishing : whether it does, in a word.
        asked : images a second that are asked of it.
        """
        now = time.monotonic_ns()
        short, full = self._captions_at(now, label, publishing, asked)
        caption = short if self.captions else ""
        overlays, answered = self._overlays.drawn_over(now)
        captured = self._pool.recent.find(answered)
        scene = Scene(caption=caption, details=full, notice=self._notice(now), overlays=overlays)
        if captured is not None:
            scene["image"] = captured
        return scene

    def thumbnail(self, question: Question) -> Thumbnail:
        """Show the newest frame small, or that which is answered, and what is drawn over it now."""
        now = time.monotonic_ns()
        shown = self.no_thumbnail(self._notice(now))
        shown["overlays"], answered = self._overlays.drawn_over(now)
        newest = self._preview.newest(now, answered)
        if newest is None:
            return shown
        shown["sequence"], shown["timestamp"] = newest.sequence, newest.timestamp
        width, height = shown["image_size"] = newest.image.shape[1], newest.image.shape[0]
        region = region_in(width, height, question.region, newest.pixel_format)
        shown["region"] = region
        if newest.sequence != question.known:
            self._look_at(newest._replace(image=cut(newest.image, region)), question, shown)
        elif question.figures or question.saturated:
            shown["figures"] = shown["saturated"] = None
        return shown

    @staticmethod
    def _look_at(part: Newest, question: Question, shown: Thumbnail) -> None:
        """Scale a part of an image down, and compute what is asked for."""
        fitted = part.image, question.width, question.height, part.pixel_format
        small = thumbnail(*fitted)
        shown["size"], shown["pixels"] = (small.shape[1], small.shape[0]), small.tobytes()
        if question.saturated:
            shown["saturated"] = np.packbits(saturated(*fitted)).tobytes()
        if question.figures:
            shown["figures"] = figures(part.image, part.pixel_format)

    def no_thumbnail(self, notice: str) -> Thumbnail:
        """Show no frame, and why."""
        progress = self._worker.progress
        return Thumbnail(
            unique_id=self._unique_id,
            sequence=0,
            timestamp=0,
            image_size=(progress.width, progress.height),
            region=(0, 0, 0, 0),
            size=(0, 0),
            pixels=None,
            notice=notice,
            overlays=[],
        )

    def image(self, label: str) -> Image:
        """Return the newest frame as it is; its pixels are the frame's own array.

        Parameters
        ----------
        label : what people call the camera.
        """
        now = time.monotonic_ns()
        newest = self._preview.newest(now)
        height, width = newest.image.shape if newest else (0, 0)
        return Image(
            camera=label,
            unique_id=self._unique_id,
            sequence=newest.sequence if newest else 0,
            timestamp=newest.timestamp if newest else 0,
            size=(width, height),
            pixel_format=newest.pixel_format if newest else "",
            notice=self._notice(now),
            pixels=cast("bytes", newest.image) if newest else None,  # the server copies it
        )

    def _notice(self, now: int) -> str:
        """Return why the image is not live; empty where it is. `now` is monotonic, ns."""
        state, reason = self._worker.state(now)
        if state == "capturing":
            return ""
        return f"{state}: {reason}" if reason else state

    def _captions_at(self, now: int, label: str, publishing: str, asked: float) -> tuple[str, str]:
        """Return name, fps and publishing state, and the same with the fps that are asked for.

        Renewed twice a second, so that they can be read.
        """
        short, full, written = self._captions
        if now - written > CAPTION_PERIOD:
            fps = f"{rate(self._worker.arrivals, now):.1f}"
            short = f"{label}  {fps} fps  {publishing}"
            full = f"{label}  {fps} of {asked:g} fps  {publishing}"
            self._captions = short, full, now
        return short, full


def _limits(section: type[BaseModel], name: str) -> tuple[Any, Any]:
    """Return the lowest and the highest value that the config takes; None where there is none."""
    limits = section.model_fields[name].metadata
    lowest = next((each.ge for each in limits if hasattr(each, "ge")), None)
    return lowest, next((each.le for each in limits if hasattr(each, "le")), None)


_OF_THE_SIZE = ("roi", "source", "width", "height")
"""Settings that decide how large a camera's images are."""


class RigCamera:
    """A camera that captures from `start` to `stop`, plugged or not.

    Its methods are called by the main thread.

    Parameters
    ----------
    config : complete: both addresses are given.
    listed : whether it stands in the config file.
    record : records what happened to it.
    rig : what the config says of all cameras.
    guard : watches its clients.
    roads : lets its local readers in.
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
        record: Callable[..., None],
        context: zmq.Context[zmq.Socket[bytes]],
        guard: Guard,
        roads: LocalRoads,
        door: Door | None,
    ) -> None:
        self.config = config
        self.unsaved: dict[str, Any] = {}
        """Of settings that are tried, applied and not saved, what they are without that."""
        self._rig = rig
        self.listed = listed
        self.turn = 0
        """Counts the commands that plug, unplug or move it; one that waited sees that another
        came."""
        self._windows = windows
        self.pool = Pool()
        self._preview = PreviewFeed()
        self._roads = roads
        local = roads.add(config.unique_id, self.pool, partial(record, level="warning"))
        self.publisher = Publisher(config.unique_id, rig.socket_config, local)
        self.worker = Worker(config, self.pool, self.publisher, self._preview, record)
        self.answers = Answers(self.publisher.images)
        self.answers.configure(self.deadline)
        self.overlays = Overlays(rig.overlay, self._image_size, self.answers)
        self.sockets = SocketPair(
            context, self.publisher, receiver, self.overlays, guard=guard, door=door
        )
        self.shown = Shown(
            config.unique_id,
            self.worker,
            self.overlays,
            self._preview,
            self.pool,
            captions=rig.display.captions,
        )
        self._match(rig)

    @property
    def plugged(self) -> bool:
        """Whether both sockets are bound."""
        return self.sockets.bound

    @property
    def paused(self) -> bool:
        """Whether publishing is paused."""
        return self.publisher.paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self.publisher.paused = paused

    @property
    def deadline(self) -> float:
        """ms after its image from which an answer is late; 0: none is."""
        own = self.config.deadline
        return self._rig.overlay.deadline if own is None else own

    @property
    def addresses(self) -> tuple[Address, Address]:
        """Where it publishes and where it receives, bound or not."""
        return Address.parse(self.config.pub_address), Address.parse(self.config.pull_address)

    @property
    def exposed(self) -> bool:
        """Whether other machines may reach one of its addresses."""
        return any(address.exposed for address in self.sockets.addresses or self.addresses)

    def configure(self, rig: RigConfig) -> None:
        """Apply what the config says of all cameras."""
        self._rig = rig
        self.publisher.configure(rig.socket_config)
        self.overlays.configure(rig.overlay)
        self.answers.configure(self.deadline)
        self.shown.captions = rig.display.captions
        self._match(rig)

    def _match(self, rig: RigConfig) -> None:
        """Have the image shown that boxes belong to, or the newest."""
        self.pool.matching = self._preview.matching = rig.overlay.match

    def change(self, config: CameraConfig, saved: Collection[str] | None = None) -> None:
        """Apply settings that are saved; `settings` reports what the camera makes of them.

        Parameters
        ----------
        saved : those of them that were saved now: others that are tried go on. None: all.
        """
        trying = () if saved is None else self.unsaved.keys() - saved
        tried = {key: getattr(self.config, key) for key in trying}
        self.unsaved = {key: getattr(config, key) for key in tried}
        self._apply(config.model_copy(update=tried))

    def try_out(self, changes: Mapping[str, Any]) -> None:
        """Apply settings that are not saved.

        Raises
        ------
        ValueError : a value is wrong; nothing has been changed.
        """
        config = changed_camera(self.config, changes)
        had = {key: getattr(self.config, key) for key in changes} | self.unsaved
        self.unsaved = {key: was for key, was in had.items() if getattr(config, key) != was}
        self._apply(config)

    def tried(self) -> str:
        """Return what is tried, and what was saved, in words; empty where nothing is."""
        values = ((key, getattr(self.config, key), was) for key, was in self.unsaved.items())
        return ", ".join(f"{key} = {whole(now)} (saved: {whole(was)})" for key, now, was in values)

    def discard(self) -> None:
        """Set what is tried as it was saved."""
        config = self.config.model_copy(update=self.unsaved)
        self.unsaved = {}
        self._apply(config)

    def _apply(self, config: CameraConfig) -> None:
        self.config = config
        self.answers.configure(self.deadline)
        self.worker.change(config)

    def why_not_taken(self, changes: Mapping[str, Any]) -> str:
        """Return why the camera will not take new values of its settings; empty where it may."""
        reported = self.worker.progress.settings
        return why_not_taken(reported, changes, pending=self.worker.change_pending)

    def why_not_tried(self, changes: Mapping[str, Any]) -> str:
        """Return why settings cannot be applied without being saved; empty where they can.

        Only what is changed while the camera streams can: what opens it again is no try.
        """
        settings = {setting.name: setting for setting in self.worker.progress.settings}
        if not settings:
            return "the camera has not reported its settings yet"
        for key in changes:
            setting = settings.get(key)
            if setting is None and key not in CameraConfig.model_fields | SECTION_OF:
                return unknown_key(key, settings)
            if setting is None:
                return f"{key} cannot be tried, only saved"
            if setting.actual is None:
                return f"{key}: {setting.note}"
            if not setting.live:
                return f"{key} cannot be tried, only saved: a change restarts the stream"
        return self.why_not_taken(changes)

    def why_no_effect(self, changes: Mapping[str, Any]) -> str:
        """Return which of the changes the camera does nothing with, and why; empty where it may."""
        if changes.keys() & {"source", "device"}:
            return ""  # With another source it may be another kind of camera.
        return "".join(
            f"; {setting.name} has no effect: {setting.note}"
            for setting in self.worker.progress.settings
            if setting.name in changes and setting.actual is None and setting.note
        )

    def settings(self) -> CameraSettings:
        """Return every setting, as the camera reported it last."""
        pending, config = self.worker.change_pending, self.config
        settings = []
        for setting in self.worker.progress.settings:
            newer = pending and setting.name in config.model_fields_set
            wanted = getattr(config, setting.name) if newer else setting.wanted
            settings.append(dataclasses.replace(setting, wanted=wanted))
        settings += [self._downsampling(), *self._orientation(), self._deadline()]
        settings += [*self._source(), *self._of_all()]
        statuses = [cast("SettingStatus", dataclasses.asdict(setting)) for setting in settings]
        for status in statuses:
            if status["name"] in self.unsaved:
                status["saved"] = self.unsaved[status["name"]]
        return CameraSettings(camera=config.label, pending=pending, settings=statuses)

    def _downsampling(self) -> Setting:
        factor = self.config.downsampling
        bayer = self.worker.progress.pixel_format.startswith("Bayer")
        choices = [one for one in (1, 2, 4) if not self._why_no_pixel(one, bayer=bayer)]
        return Setting("downsampling", factor, factor, choices=tuple(map(str, choices)), live=True)

    def _deadline(self) -> Setting:
        own = self.config.deadline
        lowest, highest = _limits(CameraConfig, "deadline")
        return Setting(
            "deadline",
            own,
            self.deadline,
            lowest=lowest,
            highest=highest,
            unit="ms",
            live=True,
            note="as for all cameras" if own is None else "",
        )

    def _source(self) -> Iterator[Setting]:
        """Report the source of a camera that has one; a password in it is hidden."""
        source = self.config.source
        if self.config.backend in ("opencv", "simulated"):
            shown = without_passwords(source) if isinstance(source, str) else source
            if shown == source:
                yield Setting("source", source, "" if source is None else source)
            else:
                yield absent("source", shown, "holds a password: change it in the config file")

    def _of_all(self) -> Iterator[Setting]:
        """Report what can be changed here and holds for all cameras."""
        for name, section in SECTION_OF.items():
            values = getattr(self._rig, section)
            value = getattr(values, name)
            lowest, highest = _limits(type(values), name)
            yield Setting(
                name,
                value,
                value,
                lowest=lowest,
                highest=highest,
                unit={"put_rate": "1/s", "extended_metadata": ""}.get(name, "s"),
                live=True,
                note="for all cameras",
            )

    def _orientation(self) -> Iterator[Setting]:
        for name, choices in (("flip", tuple(FLIPS)), ("rotate", ("0", "90", "180", "270"))):
            value = getattr(self.config, name)
            yield Setting(name, value, value, choices=choices, live=True)

    def why_refused(self, config: CameraConfig) -> str:
        """Return why settings would leave nothing of the images that come; empty where they do not.

        Images of another size may come after a change of some settings: those are not judged here.
        """
        former = self.config
        same = all(getattr(config, key) == getattr(former, key) for key in _OF_THE_SIZE)
        recoloured = config.pixel_format != former.pixel_format
        if not same or not (recoloured or config.downsampling != former.downsampling):
            return ""
        bayer = self.worker.progress.pixel_format.startswith("Bayer")
        if recoloured:
            bayer = config.pixel_format == "Colour"
        why = self._why_no_pixel(config.downsampling, bayer=bayer)
        return why and f"downsampling = {why}"

    def _why_no_pixel(self, factor: int, *, bayer: bool) -> str:
        width, height = self.worker.progress.raw_size
        return why_no_pixel(width, height, factor, bayer=bayer) if width and height else ""

    @property
    def window(self) -> WindowStatus:
        """What has become of the camera's window."""
        return self._windows.state(self.config.unique_id)

    @property
    def window_wanted(self) -> bool:
        """Whether the camera's window is shown, or on its way."""
        return self.window.state in OPEN_WINDOWS

    def open_window(self, display: str, xauthority: str) -> None:
        """Show the camera's window on a display, as the user's environment names it."""
        title = f"{self.config.label} ({self.config.unique_id})"
        self._windows.open(
            self.config.unique_id, title, self.pool, display=display, xauthority=xauthority
        )

    def close_window(self) -> None:
        """Close the camera's window."""
        self._windows.close(self.config.unique_id)

    def scene(self) -> Scene:
        """Return what is drawn over the camera's image now; called by the windows' thread."""
        publishing = "unplugged"
        if self.plugged:
            publishing = "paused" if self.paused else "publishing"
        return self.shown.scene(self.config.label, publishing, self.config.fps)

    def look(self) -> None:
        """Bring up to date what nobody else would: clients, whether they may answer, a refused
        edit, frames not needed.
        """
        now = time.monotonic_ns()
        self.sockets.look()
        self.publisher.count_clients()
        listeners = self.plugged and self.publisher.clients > 0
        self.answers.await_them(now, listeners=listeners, published=not self.paused)
        self._preview.expire(now)

    def stop(self) -> None:
        """Ask the worker to end, and release the sockets."""
        self.worker.stop()
        self.sockets.release()

    def ended(self, timeout: float) -> bool:
        """Wait for the worker's end, seconds; False where its camera hangs."""
        if not self.worker.join(timeout):
            return False
        self._roads.remove(self.publisher.local)
        return True

    def _image_size(self) -> tuple[int, int]:
        return self.worker.progress.width, self.worker.progress.height

"""What can be done to the cameras by name, and what is said of it. Called by the main thread."""

import logging
from collections.abc import Sequence
from math import inf
from typing import Any, Literal

from pmv_tui.config import is_left_out
from pmv_tui.config.addresses import Address, taken_by
from pmv_tui.config.locate import ConfigError
from pmv_tui.config.save import SaveError
from pmv_tui.config.schema import EVERY_CAMERA, SECTION_OF
from pmv_tui.config.values import whole
from pmv_tui.engine.config_file import Prepared
from pmv_tui.engine.engine import Engine, result
from pmv_tui.engine.errands import Errand, Steps
from pmv_tui.engine.history import A_MINUTE, SECONDS
from pmv_tui.engine.reload import Reload
from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.engine.stream.preview import MAX_THUMBNAIL, Question
from pmv_tui.engine.stream.receiver import ReceiverError
from pmv_tui.engine.stream.sockets import BindError
from pmv_tui.wire.history import size_of
from pmv_tui.wire.status import (
    TRENDS,
    CameraSettings,
    History,
    Image,
    Region,
    Result,
    Thumbnail,
    Trend,
)

log = logging.getLogger(__name__)

NOT_SETTINGS = {
    "unique_id": "it names the device and cannot be changed",
    "pub_address": "use the command addresses",
    "pull_address": "use the command addresses",
}
"""Keys of a camera's config that are no settings of the camera, and what to do instead."""

MAX_HISTORY_BYTES = 8_000_000
"""Of an answer: some 30 cameras with all that is kept of each. The main thread packs it."""


class CommandError(Exception):
    """A command cannot be carried out as a whole; the text says why and what to do."""


_Asked = tuple[list[Trend], float, Literal[1, 60]]
"""Trends, seconds back from now, and seconds a row."""

Cameras = str | list[Any]
"""Which cameras a command is for: a unique_id, a name, `all`, or a list of such."""


class Commands:
    """Carries out commands on an engine's cameras.

    Where a `camera` is asked for, it is a unique_id or a name that only one camera has; where
    `Cameras` are, it may be `all` too, or a list of unique_ids and names.
    What is a coroutine may have to wait for a name server or a disk; see `errands.py`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def plug(self, cameras: Cameras) -> list[Result]:
        """Bind the sockets."""
        return await self._at_once([self._plug(each) for each in self._named(cameras)])

    async def unplug(self, cameras: Cameras) -> list[Result]:
        """Release the sockets."""
        return [await self._unplug(each) for each in self._named(cameras)]

    def pause(self, cameras: Cameras) -> list[Result]:
        """Stop sending images; the sockets stay bound."""
        return [self._set_paused(each, paused=True) for each in self._named(cameras)]

    def resume(self, cameras: Cameras) -> list[Result]:
        """Send images again."""
        return [self._set_paused(each, paused=False) for each in self._named(cameras)]

    def open_window(self, cameras: Cameras, display: str, xauthority: str) -> list[Result]:
        """Show the window on the display of the caller's environment.

        Whether it could be shown, the status says a moment later.
        """
        chosen = self._named(cameras)
        for each in chosen:
            each.open_window(display, xauthority)
        text = "window opens" if display else "there is no display to open it on"
        return [result(each, text, ok=bool(display)) for each in chosen]

    def close_window(self, cameras: Cameras) -> list[Result]:
        """Close the window."""
        chosen = self._named(cameras)
        for each in chosen:
            each.close_window()
        return [result(each, "window closed") for each in chosen]

    def settings(self, camera: str) -> CameraSettings:
        """Return the settings of one camera."""
        return self._one(camera).settings()

    def history(
        self, cameras: Cameras, trends: object, since: object, step: object
    ) -> list[History]:
        """Return what was kept of cameras over time; None where the caller says nothing of it.

        Parameters
        ----------
        trends : a list of those that are asked for; None: all.
        since : seconds back from now; None: an hour.
        step : seconds a row, 1 or 60; None: 1 within the last hour.
        """
        trends, since, step = _asked(trends, since, step)
        histories, size = [], 0
        for camera in self._named(cameras):
            history = self._engine.histories.of(camera, trends, since, step)
            size += size_of(history)
            if size > MAX_HISTORY_BYTES:
                raise CommandError(
                    f"that is more than {MAX_HISTORY_BYTES // 10**6} MB: ask for fewer cameras at "
                    "once, fewer fields, or a shorter time"
                )
            histories.append(history)
        return histories

    def thumbnails(
        self, cameras: dict[Any, Any], width: int, height: int, *further: object
    ) -> list[Thumbnail]:
        """Show the newest images small, or regions of them.

        Parameters
        ----------
        cameras : by unique_id or name, the number of the frame that the caller has; 0: none.
        width, height : pixels at most.
        further : regions by the same names, and the names of those whose figures and whose
            saturated pixels are wanted; None where the caller says nothing of it.
        """
        questions = _questions(cameras, (width, height), *further)
        return [self._thumbnail(self._one(name), each) for name, each in questions.items()]

    @staticmethod
    def _thumbnail(camera: RigCamera, question: Question) -> Thumbnail:
        """Show a camera's newest image small; where that fails, the others are shown still."""
        try:
            return camera.shown.thumbnail(question)
        except Exception as error:
            log.exception("%s: no thumbnail can be made", camera.config.label)
            return camera.shown.no_thumbnail(f"no picture: {type(error).__name__}: {error}")

    def image(self, camera: str) -> Image:
        """Return a camera's newest image as it is."""
        named = self._one(camera)
        return named.shown.image(named.config.label)

    async def set(self, cameras: Cameras, changes: dict[str, Any]) -> list[Result]:
        """Change settings of cameras: saved, and applied between two frames.

        Nothing of a camera is changed where a value is wrong or the config file cannot be saved.
        """
        if not all(isinstance(key, str) for key in changes):
            raise CommandError("changes must map keys of the config, as text, to values")
        chosen = self._named(cameras)
        if len(chosen) > 1 and "name" in changes:
            raise CommandError("name: cameras cannot share a name; set it for one at a time")
        return [await self._set(camera, changes) for camera in chosen]

    def try_out(self, cameras: Cameras, changes: dict[str, Any]) -> list[Result]:
        """Change settings of cameras between two frames, without saving them.

        They are in use until they are discarded or others saved, at the latest until the engine
        ends or the file is read again. Nothing of a camera is changed where a value is wrong.
        """
        if not all(isinstance(key, str) for key in changes):
            raise CommandError("changes must map keys of the config, as text, to values")
        return [self._try_out(camera, changes) for camera in self._named(cameras)]

    def discard(self, cameras: Cameras) -> list[Result]:
        """Set what is tried as it was saved."""
        return [self._discard(camera) for camera in self._named(cameras)]

    async def move(self, camera: str, pub: str, pull: str) -> list[Result]:
        """Change one camera's addresses: bound at once if it is plugged, and saved.

        Nothing is changed where an address is wrong, taken in this rig, cannot be bound, or where
        the config file cannot be saved.
        """
        return [await self._move(self._one(camera), pub, pull)]

    async def reload(self) -> list[Result]:
        """Apply the config file as it is now; a camera that did not change is not touched."""
        before = self._engine.loaded
        try:
            after = await self._engine.file.read_again()
        except (ConfigError, SaveError) as error:
            raise CommandError(f"the file is not applied: {error}") from None
        return await Reload(self._engine, before, after).carry_out()

    async def _plug(self, camera: RigCamera) -> Result:
        await self._engine.errands.turn()
        return await self._engine.plug(camera)

    async def _unplug(self, camera: RigCamera) -> Result:
        camera.turn += 1
        if not camera.plugged:
            camera.sockets.error = ""
            return result(camera, "is not plugged")
        try:
            await self._engine.release(camera)
        except ReceiverError as error:
            return self._engine.recorded(camera, f"not unplugged: {error}", ok=False)
        return self._engine.recorded(camera, "unplugged")

    def _set_paused(self, camera: RigCamera, *, paused: bool) -> Result:
        if not camera.plugged:
            return result(camera, "is not plugged; plug it first", ok=False)
        if camera.paused == paused:
            return result(camera, "is paused already" if paused else "publishes already")
        camera.paused = paused
        return self._engine.recorded(camera, "paused" if paused else "publishes again")

    async def _move(self, camera: RigCamera, pub_text: str, pull_text: str) -> Result:
        changes = {"pub_address": pub_text, "pull_address": pull_text}
        try:
            pub, pull = Address.parse(pub_text), Address.parse(pull_text)
            self._refuse_taken(camera, pub, pull)
            async with self._engine.file.prepared(camera.config.unique_id, changes) as change:
                return await self._moved(camera, (pub, pull), changes, change)
        except (ValueError, SaveError) as error:
            return result(camera, f"not changed: {error}", ok=False)

    async def _moved(
        self,
        camera: RigCamera,
        to: tuple[Address, Address],
        changes: dict[str, str],
        change: Prepared,
    ) -> Result:
        """Move the sockets of a camera that is plugged, then save where they are now."""
        pub, pull = to
        if camera.plugged:
            try:
                await self._engine.bind(camera, pub, pull)
            except BindError as error:
                stay = "the old addresses stay in use" if camera.plugged else "unplugged"
                text = f"not changed, {stay}: {error}"
                return self._engine.recorded(camera, text, ok=False)
        had_pub, had_pull = camera.addresses
        camera.config = camera.config.model_copy(update=changes)
        try:
            loaded = await change.commit()
        except SaveError as error:
            text = f"in use until the engine ends, but not saved: {error}"
            return self._engine.recorded(camera, text, ok=False)
        camera.listed = True
        access = self._engine.access(camera) if camera.plugged else ""
        had = "as before" if to == (had_pub, had_pull) else f"had {had_pub} and {had_pull}"
        text = f"now has {pub} and {pull}{access} ({had}); saved to {loaded.path.name}"
        return self._engine.recorded(camera, text)

    def _refuse_taken(self, camera: RigCamera, pub: Address, pull: Address) -> None:
        if pub.collides(pull):
            raise ValueError(f"{pub} cannot be both the pub and the pull address")
        others = [each for each in self._engine.cameras.values() if each is not camera]
        taken = [(address, each) for each in others for address in each.addresses]
        for address in (pub, pull):
            if owner := taken_by(address, taken):
                raise ValueError(f"{address} belongs to {owner.config.label}")

    async def _set(self, camera: RigCamera, changes: dict[str, Any]) -> Result:
        if camera.listed and not changes:
            return result(camera, f"is in {self._engine.loaded.path.name} already")
        changed = ", ".join(self._change(camera, key, value) for key, value in changes.items())
        for key in changes:
            if key in NOT_SETTINGS:
                return result(camera, f"not changed: {key}: {NOT_SETTINGS[key]}", ok=False)
        if why := camera.why_not_taken(changes):
            return result(camera, f"not changed: {why}", ok=False)
        without_effect = camera.why_no_effect(changes)
        pub, pull = camera.config.pub_address, camera.config.pull_address
        own = changes.keys() - SECTION_OF.keys()
        if not camera.listed and (own or not changes):
            # Once it is listed, its addresses must stay those it has now.
            changes = {"pub_address": pub, "pull_address": pull, **changes}
        unique_id = camera.config.unique_id
        try:
            async with self._engine.file.prepared(unique_id, changes) as change:
                cameras = change.after.config.cameras
                config = next((each for each in cameras if each.unique_id == unique_id), None)
                if config and (why := camera.why_refused(config)):
                    return result(camera, f"not changed: {why}", ok=False)
                loaded = await change.commit()
        except SaveError as error:
            return result(camera, f"not changed: {error}", ok=False)
        if config and (own or not camera.listed):
            camera.listed = True
            # Where the sockets are, even if that could not be saved.
            config = config.model_copy(update={"pub_address": pub, "pull_address": pull})
            camera.change(config, saved=own)
        if SECTION_OF.keys() & changes.keys():
            self._engine.configure(loaded.config)
        text = f"{changed or 'added'}; saved to {loaded.path.name}{without_effect}"
        return self._engine.recorded(camera, text, kind="settings")

    def _try_out(self, camera: RigCamera, changes: dict[str, Any]) -> Result:
        if why := camera.why_not_tried(changes):
            return result(camera, f"not changed: {why}", ok=False)
        before = camera.unsaved.keys()
        now = camera.config
        changed = ", ".join(
            _change(key, value, getattr(now, key, None)) for key, value in changes.items()
        )
        try:
            camera.try_out(changes)
        except ValueError as error:
            return result(camera, f"not changed: {error}", ok=False)
        if new := sorted(camera.unsaved.keys() - before):
            # Not each step to a value that suits: the one that is saved is recorded.
            self._engine.recorded(camera, f"{', '.join(new)}: tried, not saved", kind="settings")
        return result(camera, f"{changed}; {'not saved' if camera.unsaved else 'as it was saved'}")

    def _discard(self, camera: RigCamera) -> Result:
        if not camera.unsaved:
            return result(camera, "nothing is tried")
        now = camera.config
        again = ", ".join(
            _change(key, was, getattr(now, key)) for key, was in camera.unsaved.items()
        )
        camera.discard()
        return self._engine.recorded(camera, f"{again}; as it was saved", kind="settings")

    def _change(self, camera: RigCamera, key: str, value: object) -> str:
        """Return what a setting becomes in the file, and what it was there."""
        rig = self._engine.loaded.config
        before = getattr(rig, SECTION_OF[key]) if key in SECTION_OF else camera.config
        was = camera.unsaved.get(key, getattr(before, key, None))
        return _change(key, value, was)

    async def _at_once(self, commands: Sequence[Steps[Result]]) -> list[Result]:
        """Carry out all of them, each waiting for what it needs beside the others."""
        begun = [self._engine.errands.begin(each) for each in commands]
        return [await Errand(each, inf) for each in begun]

    def _one(self, name: str) -> RigCamera:
        """Find the one camera that a command means."""
        if name == EVERY_CAMERA:
            raise CommandError("this is for one camera at a time: name it")
        return self._named(name)[0]

    def _named(self, name: Cameras) -> list[RigCamera]:
        """Find the cameras that a command means, each once."""
        cameras = self._engine.cameras
        if name == EVERY_CAMERA:
            return list(cameras.values())
        if not isinstance(name, str):
            found = [camera for one in name for camera in self._named(str(one))]
            return list({camera.config.unique_id: camera for camera in found}.values())
        if name in cameras:
            return [cameras[name]]
        found = [camera for camera in cameras.values() if camera.config.label == name]
        if len(found) == 1:
            return found
        if found:
            raise CommandError(f"{len(found)} cameras are called {name!r}: use a unique_id")
        known = ", ".join(camera.config.label for camera in cameras.values()) or "none"
        raise CommandError(f"there is no camera {name!r}; there are: {known}")


def _change(key: str, value: object, was: object) -> str:
    """Return what a setting becomes, and what it was."""
    becomes = "left out" if is_left_out(key, value) else f"= {whole(value)}"
    return f"{key} {becomes}" + ("" if was is None else f" (was {whole(was)})")


def _asked(trends: object, since: object, step: object) -> _Asked:
    """Check what is asked of histories, and complete it."""
    trends = list(TRENDS) if trends is None else trends
    if not isinstance(trends, list):
        raise CommandError("fields must be a list of names")
    for trend in trends:
        if trend not in list(TRENDS):
            raise CommandError(f"no field {whole(trend)} is kept; there are: {', '.join(TRENDS)}")
    since = SECONDS if since is None else since
    if isinstance(since, bool) or not isinstance(since, int | float) or not since >= 0:
        raise CommandError("since must be a number of seconds, from 0 on: so far back from now")
    step = (1 if since <= SECONDS else A_MINUTE) if step is None else step
    if isinstance(step, bool) or step not in (1, A_MINUTE):
        raise CommandError(f"step must be 1 or {A_MINUTE} seconds")
    return trends, since, 1 if step == 1 else 60


def _questions(
    cameras: dict[Any, Any],
    size: tuple[int, int],
    regions: object,
    figures: object,
    saturated: object,
) -> dict[str, Question]:
    """Check what is asked of thumbnails; return it by the names of the cameras."""
    for side, most in zip(size, MAX_THUMBNAIL, strict=True):
        if not 1 <= side <= most:
            raise CommandError(
                f"a thumbnail of {size[0]}x{size[1]} is not made; at least 1x1, at most "
                f"{MAX_THUMBNAIL[0]}x{MAX_THUMBNAIL[1]}"
            )
    for name, known in cameras.items():
        if not (isinstance(name, str) and isinstance(known, int)):
            raise CommandError("cameras must map names to the numbers of frames, or 0")
    if not isinstance(regions, dict | None):
        raise CommandError("regions must map names to [x, y, width, height]")
    parts = {name: _region(whole(name), part) for name, part in (regions or {}).items()}
    wanted = {"figures": _names(figures, "figures"), "saturated": _names(saturated, "saturated")}
    for key, names in {"regions": parts, **wanted}.items():
        for name in names:
            if name not in cameras:
                raise CommandError(f"{key}: {whole(name)} is not among the cameras asked for")
    return {
        name: Question(
            known, *size, parts.get(name), **{key: name in wanted[key] for key in wanted}
        )
        for name, known in cameras.items()
    }


def _region(name: str, part: object) -> Region:
    """Check a region that is asked for."""
    match part:
        case [int(x), int(y), int(width), int(height)] if width > 0 and height > 0:
            return x, y, width, height
    raise CommandError(
        f"the region of {name} must be [x, y, width, height] in whole pixels of the image, at "
        "least 1 wide and 1 high"
    )


def _names(names: object, key: str) -> list[str]:
    """Check a list of cameras."""
    if names is None:
        return []
    if not (isinstance(names, list) and all(isinstance(each, str) for each in names)):
        raise CommandError(f"{key} must be a list of names")
    return names

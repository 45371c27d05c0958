"""Takes over a config file that was edited by hand, without stopping what did not change."""

from collections.abc import Iterable, Iterator

from pmv_tui.config.addresses import taken_by
from pmv_tui.config.load import LoadedConfig
from pmv_tui.config.schema import ADDRESS_KEYS, CameraConfig, RigConfig, addresses
from pmv_tui.config.toml_text import parse_toml
from pmv_tui.config.values import whole
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.stream.camera import RigCamera
from pmv_tui.engine.stream.receiver import ReceiverError
from pmv_tui.engine.stream.sockets import BindError
from pmv_tui.wire.status import Result

THE_RIG = "rig"
"""Named in place of a camera where a result is about all of them."""

LATER = {
    "security": "takes effect when the engine is restarted",
    "display": "applies to windows that are opened from now on",
    "engine": "applied; linger takes effect when the engine is restarted",
    "tui": "takes effect when a TUI is started",
}
"""Sections that do not take effect at once, or not as a whole."""


class Reload:
    """One reload of an engine's file, from what it said before to what it says now.

    Its methods are called by the main thread.
    """

    def __init__(self, engine: Engine, before: LoadedConfig, after: LoadedConfig) -> None:
        self._engine = engine
        self._before, self._after = before.config, after.config
        tables = parse_toml(after.path, after.text or "").get("cameras", [])
        self._written = {table["unique_id"]: set(table) for table in tables}

    async def carry_out(self) -> list[Result]:
        """Apply every difference.

        A camera that does not differ is not touched: it loses no image, and no client.
        """
        results = list(self._sections())
        self._engine.configure(self._after)
        listed = {config.unique_id: self._staying(config) for config in self._after.cameras}
        for config in self._before.cameras:
            camera = self._engine.cameras.get(config.unique_id)
            if camera is not None and config.unique_id not in listed:
                results.append(await self._remove(camera))
        known = self._engine.cameras
        moving = [known[name] for name in listed if name in known and self._moves(listed[name])]
        plugged = [camera for camera in moving if camera.plugged]
        for camera in plugged:
            # All of them first: one may be given a port that another has.
            await self._engine.release(camera)
        for config in listed.values():
            results += await self._take_over(config, plugged)
        self._engine.put_in_order(list(listed))
        return results or [Result(camera=THE_RIG, ok=True, text="nothing has changed")]

    def _sections(self) -> Iterator[Result]:
        """Yield for each section that differs what is different and when it takes effect."""
        for name in RigConfig.model_fields:
            before, after = getattr(self._before, name), getattr(self._after, name)
            if name == "cameras" or before == after:
                continue
            keys = sorted(before.model_fields_set | after.model_fields_set)
            changed = ", ".join(f"{name}.{one}" for one in _differences(before, after, keys))
            yield self._record(f"{changed}: {LATER.get(name, 'applied')}")

    def _staying(self, config: CameraConfig) -> CameraConfig:
        """Leave a camera at addresses that the file does not name, unless another has them now."""
        camera = self._engine.cameras.get(config.unique_id)
        if camera is None or self._written.get(config.unique_id, set()) & set(ADDRESS_KEYS):
            return config
        others = [each for each in self._after.cameras if each.unique_id != config.unique_id]
        taken = [(address, True) for address in addresses(others)]
        if any(taken_by(address, taken) for address in camera.addresses):
            return config
        return config.model_copy(update={key: getattr(camera.config, key) for key in ADDRESS_KEYS})

    async def _remove(self, camera: RigCamera) -> Result:
        try:
            await self._engine.remove(camera)
        except ReceiverError as error:
            return self._record(f"not removed: {error}", camera, ok=False)
        dropped = f"; {tried}: not saved, and gone with it" if (tried := camera.tried()) else ""
        return self._record(f"no longer in the file: removed{dropped}", camera)

    def _moves(self, config: CameraConfig) -> bool:
        camera = self._engine.cameras[config.unique_id]
        return any(getattr(config, key) != getattr(camera.config, key) for key in ADDRESS_KEYS)

    async def _take_over(self, config: CameraConfig, plugged: list[RigCamera]) -> list[Result]:
        """Add a camera, or give it what is different now."""
        camera = self._engine.cameras.get(config.unique_id)
        if camera is None:
            self._engine.add(config, listed=True)
            return [self._record("added", self._engine.cameras[config.unique_id])]
        changed = ", ".join(_differences(camera.config, config, CameraConfig.model_fields))
        if not changed and camera.listed:
            camera.unsaved = {}  # What was tried is what the file says now.
            return []
        camera.listed = True
        camera.change(config)
        results = [self._record(f"{changed or 'in the file'}: applied", camera)]
        if camera in plugged:
            results += await self._plug_again(camera)
        return results

    async def _plug_again(self, camera: RigCamera) -> list[Result]:
        """Plug a camera at its new addresses."""
        try:
            await self._engine.bind(camera, *camera.addresses)
        except BindError as error:
            camera.sockets.error = str(error)
            return [self._record(f"unplugged: {error}", camera, ok=False)]
        return []

    def _record(self, text: str, camera: RigCamera | None = None, *, ok: bool = True) -> Result:
        self._engine.events.record(
            f"the file was read again: {text}",
            camera=camera.config.unique_id if camera else "",
            level="info" if ok else "error",
            kind="settings",
        )
        return Result(camera=camera.config.label if camera else THE_RIG, ok=ok, text=text)


def _differences(before: object, after: object, keys: Iterable[str]) -> list[str]:
    """Write every key that differs, with its new value."""
    return [
        f"{key} = {whole(getattr(after, key))}"
        for key in keys
        if getattr(before, key) != getattr(after, key)
    ]

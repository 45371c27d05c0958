"""Reads and checks a config file: every problem at once, each with its line, in words."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pmv_tui.config.addresses import Address, taken_by
from pmv_tui.config.locate import ConfigError, Problem, real_path
from pmv_tui.config.schema import (
    ADDRESS_KEYS,
    EVERY_CAMERA,
    LONGEST_ID,
    WITHOUT_REGION,
    CameraConfig,
    RigConfig,
    complete,
    whole_path,
    why_no_pixel,
)
from pmv_tui.config.toml_text import KeyPath, line_of, parse_toml, read_text, scan
from pmv_tui.config.values import unknown_key, whole

__all__ = ["ConfigError", "LoadedConfig", "Problem", "load_config"]


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A config as it was read.

    Parameters
    ----------
    path : absolute.
    config : complete: every camera has both addresses, every source its whole path.
    text : the file as it was, UTF-8 decoded and otherwise untouched; None where there is none.
    """

    path: Path
    config: RigConfig
    text: str | None

    @property
    def keys_folder(self) -> Path:
        """Where the keys of `[security]` lie, absolute; nothing need be there."""
        return Path(str(whole_path(self.config.security.keys, real_path(self.path).parent)))


Check = Callable[[dict[str, Any]], Iterable[tuple[KeyPath, str]]]
"""Is given a file's data as written; gives the path of each setting to blame, and why."""


def load_config(path: Path, *further: Check) -> LoadedConfig:
    """Read and check a config file; where there is none, the rig lists no camera.

    Parameters
    ----------
    further : checks of what only another part of the program knows.

    Raises
    ------
    ConfigError : it cannot be read or has mistakes; all of them are reported.
    """
    path = path.absolute()
    return check_text(path, read_text(path), *further)


def check_text(path: Path, text: str | None, *further: Check) -> LoadedConfig:
    """Check a config's text, whether or not it is on disk yet; see `load_config`."""
    if text is None:
        return LoadedConfig(path, RigConfig(), None)
    data = parse_toml(path, text)
    cameras = _camera_tables(data)
    found: dict[tuple[KeyPath, str], None] = {}
    config = RigConfig()
    try:
        config = RigConfig.model_validate(data)
    except ValidationError as error:
        # A value that fits no member of a union is reported once a member: kept once.
        found |= dict.fromkeys(_explained(detail) for detail in error.errors())
    found |= dict.fromkeys(_conflicts(cameras))
    for check in further:
        found |= dict.fromkeys(check(data))
    if found:
        places = scan(text)
        raise ConfigError(
            path,
            [Problem(_named(at, cameras), line_of(text, places, at), why) for at, why in found],
        )
    return LoadedConfig(path, complete(config, real_path(path).parent), text)


def changed_camera(config: CameraConfig, changes: Mapping[str, Any]) -> CameraConfig:
    """Return a camera's settings with some of them changed, checked as in a file.

    Raises
    ------
    ValueError : a value is wrong; says of each which, and what is allowed.
    """
    try:
        return CameraConfig.model_validate({**config.model_dump(), **changes})
    except ValidationError as error:
        details = (
            ErrorDetails(**{**detail, "loc": ("cameras", 0, *detail["loc"])})
            for detail in error.errors()
        )
        reasons = dict.fromkeys(_explained(detail) for detail in details)
        raise ValueError("; ".join(f"{path[-1]}: {why}" for path, why in reasons)) from None


def camera_blocks(path: Path) -> int:
    """Count the cameras that a file lists, whatever else is wrong with it.

    Raises
    ------
    ConfigError : it cannot be read, or is not TOML.
    """
    text = read_text(path)
    return len(_camera_tables(parse_toml(path, text))) if text else 0


def _camera_tables(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cameras as written; an entry that is no table counts, so that places keep."""
    cameras = data.get("cameras")
    if not isinstance(cameras, list):
        return []
    return [camera if isinstance(camera, dict) else {} for camera in cameras]


def _named(path: KeyPath, cameras: list[dict[str, Any]]) -> str:
    """Write a path for people: a camera by its id, or counted from 1 where that names none."""
    match path:
        case ["cameras", int(index), *keys]:
            ids = [_text(camera, "unique_id") for camera in cameras]
            once = ids.count(ids[index]) == 1 and 0 < len(ids[index]) <= LONGEST_ID
            camera = f"cameras[{ids[index] if once else index + 1}]"
            return ".".join([camera, *map(str, keys)])
        case _:
            return ".".join(map(str, path))


_KINDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text in quotes",
}

_FIELDS: dict[str, dict[str, FieldInfo]] = {
    "": RigConfig.model_fields,
    **{
        name: field.annotation.model_fields
        for name, field in RigConfig.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    },
    "cameras": CameraConfig.model_fields,
}
_HEADERS = {name: f"[{name}]" for name in _FIELDS}
_HEADERS |= {"": "the top level", "cameras": "[[cameras]]"}

_KEY_MAP = ("tui", "keys")
_KEY_MAP_ENTRY = 'it must be keys in quotes, such as "x" or "x,f2"'


def _explained(error: ErrorDetails) -> tuple[KeyPath, str]:
    """Return the setting to blame, and what is wrong, what is allowed, and in which unit."""
    path = _setting(error["loc"])
    section = str(path[0]) if len(path) > 1 else ""
    key = str(path[-1])
    match error["type"]:
        case "extra_forbidden":
            return path, _unknown(section, key)
        case "missing" if key == "unique_id":
            return path, "is missing; every camera needs one, such as left-simulated"
        case "value_error":
            return path, str(error["ctx"]["error"])
    field = _FIELDS[section].get(key)
    if path[:2] == _KEY_MAP:
        needed = (
            _KEY_MAP_ENTRY if len(path) > len(_KEY_MAP) else "it must be a block headed [tui.keys]"
        )
    elif section and field:
        needed = _wanted(field)
    elif path == ("cameras",) and isinstance(error["input"], dict):
        return path, "write [[cameras]], in double brackets, above each camera"
    else:
        needed = f"it must be a block headed {_HEADERS[str(path[0])]}"
    given = "an array" if isinstance(error["input"], list) else whole(error["input"])
    return path, f"{given} is not allowed; {needed}"


def _wanted(field: FieldInfo) -> str:
    """Return what a setting may be, such as "it must be a number above 0, in µs"."""
    needed = f"it must be {_kind(field.annotation)}"
    if limits := [text for constraint in field.metadata if (text := _limit(constraint))]:
        needed += f" {' and '.join(limits)}"
    if isinstance(field.json_schema_extra, dict):
        needed += f", in {field.json_schema_extra['unit']}"
    return needed


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(whole(choice) for choice in get_args(annotation))
    if origin is tuple:
        return f"a list of {len(get_args(annotation))} whole numbers"
    if origin in (Union, UnionType):
        return " or ".join(_kind(one) for one in get_args(annotation) if one is not NoneType)
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    return _KINDS[annotation]


def _limit(constraint: object) -> str:
    match constraint:
        case Gt(gt=bound):
            return f"above {bound}"
        case Ge(ge=bound):
            return f"of at least {bound}"
        case Le(le=bound):
            return f"at most {bound}"
        case MaxLen(max_length=bound):
            return f"of at most {bound} characters"
        case _:
            return ""


def _setting(location: tuple[str | int, ...]) -> KeyPath:
    """Cut what is below a setting: which member of a union was tried."""
    deep = location[0] == "cameras" or location[:2] == _KEY_MAP
    return location[:3] if deep else location[:2]


def _unknown(section: str, key: str) -> str:
    for other, fields in _FIELDS.items():
        if key in fields and other != section:
            return f"unknown key {key} here; it belongs to {_HEADERS[other]}"
    return unknown_key(key, _FIELDS[section])


def _conflicts(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    """Find ids, names and addresses that stand twice, the one name that is taken, empty images.

    The cameras are those of the file as written, so that one wrong value hides no conflict.

    Yields
    ------
    The path of the setting to blame, which is the later one, and what is wrong.
    """
    yield from _same_id(cameras)
    yield from _same_name(cameras)
    yield from _same_address(cameras)
    yield from _no_pixel(cameras)


def absent_sources(config: Path) -> Check:
    """Make the check of a config file that finds sources which are not there.

    It is no mistake for an engine: the camera's row says so, and the file may come. Devices may
    be plugged in later, and URLs are not asked.
    """
    folder = real_path(config).parent

    def check(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
        for index, camera in enumerate(_camera_tables(data)):
            source = _text(camera, "source")
            path = str(whole_path(source, folder))
            if not source or "://" in source or source.isdecimal() or path.startswith("/dev/"):
                continue
            if not os.path.exists(path):  # noqa: PTH110 - also of what can be no path at all
                yield ("cameras", index, "source"), f"there is no {path}"

    return check


def _same_id(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    seen = set()
    for index, camera in enumerate(cameras):
        unique_id = _text(camera, "unique_id")
        if unique_id in seen:
            yield ("cameras", index, "unique_id"), f"{unique_id} is listed more than once"
        elif unique_id:
            seen.add(unique_id)


def _same_name(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    """Check names, which commands use: also the serial that stands in for a missing one."""
    owners: dict[str, int] = {}
    ids = {_text(camera, "unique_id") for camera in cameras}
    for index, camera in enumerate(cameras):
        unique_id = _text(camera, "unique_id")
        name = _text(camera, "name") or unique_id.rpartition("-")[0]
        path = ("cameras", index, "name")
        if name == EVERY_CAMERA:
            yield path, f"{name} stands for every camera; give this one another name"
        elif name in ids and name != unique_id:
            yield path, f"{name} is the unique_id of another camera; give this one another name"
        elif name in owners:
            other = _text(cameras[owners[name]], "unique_id")
            if other != unique_id or not unique_id:
                whose = other or f"camera {owners[name] + 1}"
                yield path, f"{name} is also what {whose} is called; give this one another name"
        elif name:
            owners[name] = index


def _same_address(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    taken: list[tuple[Address, tuple[int, str]]] = []
    for index, camera in enumerate(cameras):
        for key in ADDRESS_KEYS:
            try:
                address = Address.parse(_text(camera, key))
            except ValueError:
                continue  # None is written, or the schema has a word to say about it.
            if (found := taken_by(address, taken)) is not None:
                owner, other_key = found
                whose = "this camera" if owner == index else _called(cameras[owner], owner)
                yield (
                    ("cameras", index, key),
                    f"{address} is also the {other_key} of {whose}; choose another "
                    f"{address.distinct_by}",
                )
            taken.append((address, (index, key)))


def _no_pixel(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    """Find regions of interest of which downsampling leaves nothing."""
    for index, camera in enumerate(cameras):
        match camera:
            case {"roi": [_, _, int(width), int(height)], "downsampling": 2 | 4 as factor}:
                bayer = camera.get("pixel_format") == "Colour"
                backend = _text(camera, "unique_id").rpartition("-")[2]
                why = why_no_pixel(width, height, factor, bayer=bayer)
                # A side of 0 is a mistake of its own.
                if why and min(width, height) > 0 and backend not in WITHOUT_REGION:
                    yield ("cameras", index, "downsampling"), f"{why}; see roi"


def _called(camera: dict[str, Any], index: int) -> str:
    return _text(camera, "name") or _text(camera, "unique_id") or f"camera {index + 1}"


def _text(camera: dict[str, Any], key: str) -> str:
    value = camera.get(key)
    return value if isinstance(value, str) else ""

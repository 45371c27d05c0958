"""What no setting shows alone: cameras, and settings, that get in each other's way."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pmv_tui.config.addresses import Address
from pmv_tui.config.complete import whole_path
from pmv_tui.config.downsampling import why_no_pixel
from pmv_tui.config.layout import KeyPath
from pmv_tui.config.locate import real_path

EVERY_CAMERA = "all"
"""What commands say for every camera; so none can have it for a name."""

WITHOUT_REGION = ("simulated", "opencv")
"""Back ends whose cameras have no region of interest."""

_ADDRESS_KEYS = ("pub_address", "pull_address")


def conflicts(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
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


def absent_sources(
    config: Path,
) -> Callable[[dict[str, Any]], Iterator[tuple[KeyPath, str]]]:
    """Make the check of a config file that finds sources which are not there.

    It is no mistake for an engine: the camera's row tells it, and the file may come. Devices may
    be plugged in later, and URLs are not asked.
    """
    folder = real_path(config).parent

    def check(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
        cameras = data.get("cameras")
        for index, camera in enumerate(cameras if isinstance(cameras, list) else []):
            source = _text(camera, "source") if isinstance(camera, dict) else ""
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
    owners: list[tuple[Address, int, str]] = []
    for index, camera in enumerate(cameras):
        for key in _ADDRESS_KEYS:
            try:
                address = Address.parse(_text(camera, key))
            except ValueError:
                continue  # None is written, or the schema has a word to say about it.
            for other, owner, other_key in owners:
                if address.collides(other):
                    whose = "this camera" if owner == index else _called(cameras[owner], owner)
                    yield (
                        ("cameras", index, key),
                        f"{address} is also the {other_key} of {whose}; choose another port",
                    )
                    break
            owners.append((address, index, key))


def _no_pixel(cameras: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    """Find regions of interest of which downsampling leaves nothing."""
    for index, camera in enumerate(cameras):
        match camera:
            case {"roi": [_, _, int(width), int(height)], "downsampling": 2 | 4 as factor}:
                bayer = camera.get("pixel_format") == "Colour"
                backend = _text(camera, "unique_id").rpartition("-")[2]
                why = why_no_pixel(width, height, factor, bayer=bayer)
                # A side of 0 has its own mistake told.
                if why and min(width, height) > 0 and backend not in WITHOUT_REGION:
                    yield ("cameras", index, "downsampling"), f"{why}; see roi"


def _called(camera: dict[str, Any], index: int) -> str:
    return _text(camera, "name") or _text(camera, "unique_id") or f"camera {index + 1}"


def _text(camera: dict[str, Any], key: str) -> str:
    value = camera.get(key)
    return value if isinstance(value, str) else ""

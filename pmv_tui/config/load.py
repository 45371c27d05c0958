"""Checks a config file: every problem at once, each with its key and line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pmv_tui.config.check import complete, conflicts, explain, whole_path
from pmv_tui.config.locate import ConfigError, Problem, real_path
from pmv_tui.config.schema import LONGEST_ID, RigConfig
from pmv_tui.config.toml_text import KeyPath, line_of, parse_toml, read_text, scan

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
    """Check a config's text, whether or not it is on disk yet.

    Parameters
    ----------
    further : see `load_config`.

    Raises
    ------
    ConfigError : it has mistakes; all of them are reported.
    """
    if text is None:
        return LoadedConfig(path, RigConfig(), None)
    data = parse_toml(path, text)
    found: dict[tuple[KeyPath, str], None] = {}
    config = RigConfig()
    try:
        config = RigConfig.model_validate(data)
    except ValidationError as error:
        # A value that fits no member of a union is reported once a member: kept once.
        found |= dict.fromkeys(explain(detail) for detail in error.errors())
    found |= dict.fromkeys(conflicts(_camera_tables(data)))
    for check in further:
        found |= dict.fromkeys(check(data))
    if found:
        raise ConfigError(path, _with_lines(found, text, data))
    return LoadedConfig(path, complete(config, real_path(path).parent), text)


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


def _with_lines(
    found: dict[tuple[KeyPath, str], None], text: str, data: dict[str, Any]
) -> list[Problem]:
    places = scan(text)
    cameras = _camera_tables(data)
    return [
        Problem(_named(path, cameras), line_of(text, places, path), words) for path, words in found
    ]


def _named(path: KeyPath, cameras: list[dict[str, Any]]) -> str:
    """Write a path for people: a camera by its id, or counted from 1 where that names none."""
    match path:
        case ["cameras", int(index), *keys]:
            ids = [camera.get("unique_id") for camera in cameras]
            unique_id = ids[index]
            text = unique_id if isinstance(unique_id, str) and len(unique_id) <= LONGEST_ID else ""
            camera = f"cameras[{text if ids.count(text) == 1 else index + 1}]"
            return ".".join([camera, *map(str, keys)])
        case _:
            return ".".join(map(str, path))

"""What the doctor looks at: the machine, the rig's config, its engine; and what a check reports."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pmv_tui.cameras.search import as_map, searches
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.control.rig import Rig
from pmv_tui.system import user_name
from pmv_tui.wire.status import Snapshot

Level = Literal["ok", "note", "warning", "error"]
"""`ok`: all is well. `note`: good to know. `warning`: may cause trouble. `error`: breaks a run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    found : what is so, in words.
    remedy : what to do about it; empty where nothing need be done.
    check : the name of the check that found it.
    """

    level: Level
    found: str
    remedy: str = ""
    check: str = ""


Check = Callable[["Examined"], Iterable[Finding]]
"""Looks at one topic; it is called what its module is."""


def ok(found: str) -> Finding:
    """Return a finding that all is well."""
    return Finding("ok", found)


def note(found: str, remedy: str = "") -> Finding:
    """Return a finding that is good to know."""
    return Finding("note", found, remedy)


def warning(found: str, remedy: str) -> Finding:
    """Return a finding that may cause trouble, and what to do about it."""
    return Finding("warning", found, remedy)


def error(found: str, remedy: str) -> Finding:
    """Return a finding that breaks a run, and what to do about it."""
    return Finding("error", found, remedy)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for cameras gave.

    Parameters
    ----------
    backends : a map for each back end, as `pmv-tui cameras --json` prints it.
    """

    backends: tuple[dict[str, Any], ...] = ()

    @property
    def links(self) -> dict[str, str]:
        """The link of each camera that was found, by its unique_id; empty where it is not known."""
        return {
            camera["unique_id"]: camera["link"]
            for backend in self.backends
            for camera in backend["cameras"]
        }


def search_cameras(seconds: int) -> Search:
    """Search for cameras; it takes `seconds` at most."""
    return Search(tuple(map(as_map, searches.search(seconds))))


SDK_BACKENDS = ("basler", "aravis")
"""Back ends whose cameras are connected by USB3 or the network."""


@dataclass(frozen=True)
class Examined:
    """One rig on one machine, as it is now.

    Parameters
    ----------
    rig : where its engine would be.
    config : what the config file says; the empty one where it cannot be read.
    problems : why it cannot be read, a line each.
    search : the search for cameras, which may be under way.
    snapshot : what the rig's engine reports; None where none runs or answers, or one answers that
        is not understood.
    foreign : why it is not understood, after the words "the engine"; empty where it is.
    engine_pid : of the rig's engine; None where none runs.
    terminal : columns and lines; None where output goes elsewhere.
    environment, user : the caller's.
    root : where `/proc`, `/sys`, `/etc`, `/dev` and `/var` are.
    """

    rig: Rig
    config: RigConfig
    problems: tuple[str, ...]
    search: "Future[Search]"
    snapshot: Snapshot | None = None
    foreign: str = ""
    engine_pid: int | None = None
    terminal: os.terminal_size | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    user: str = field(default_factory=lambda: user_name(os.getuid()))
    root: Path = Path("/")

    def read(self, path: str) -> str | None:
        """Read a file of the machine's, such as `proc/cpuinfo`; None where there is none."""
        try:
            return (self.root / path).read_text(errors="replace").strip()
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """Read a file that holds a number; None where there is none."""
        text = self.read(path)
        try:
            return int(text) if text else None
        except ValueError:
            return None

    def on_link(self, link: str) -> list[CameraConfig]:
        """Return the config's cameras on a link: `USB3` or `GigE`, of those that were found."""
        links = self.search.result().links
        return [each for each in self.config.cameras if links.get(each.unique_id) == link]

    def image_size(self, camera: CameraConfig) -> tuple[int, int] | None:
        """Return width and height of a camera's images in pixels; None while they are unknown."""
        if camera.backend == "simulated":
            return camera.width, camera.height
        for status in self.snapshot["cameras"] if self.snapshot else ():
            if status["unique_id"] == camera.unique_id and status["width"]:
                factor = camera.downsampling
                return status["width"] * factor, status["height"] * factor
        return camera.roi[2:] if camera.roi else None

"""`pmv-tui doctor`: looks for what goes wrong on rigs, and says what to do. Changes nothing."""

import os
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from pmv_tui.cameras.registry import SearchResult
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.control.rig import Rig
from pmv_tui.system import user_name
from pmv_tui.wire.status import Snapshot


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    level : `ok`: all is well. `note`: good to know. `warning`: may cause trouble. `error`: breaks a
        run.
    found : what is so, in words.
    remedy : what to do about it; empty where nothing need be done.
    check : the name of the check that found it.
    """

    level: Literal["ok", "note", "warning", "error"]
    found: str
    remedy: str = ""
    check: str = ""


ok = partial(Finding, "ok")
note = partial(Finding, "note")
warning = partial(Finding, "warning")
error = partial(Finding, "error")


def graded(found: str, remedy: str, *, error: bool = False, warning: bool = False) -> Finding:
    """Return an error or a warning where it is one, else that all is well."""
    if error or warning:
        return Finding("error" if error else "warning", found, remedy)
    return Finding("ok", found)


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
    problems: list[str]
    search: "Future[list[SearchResult]]"
    snapshot: Snapshot | None = None
    foreign: str = ""
    engine_pid: int | None = None
    terminal: os.terminal_size | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    user: str = field(default_factory=lambda: user_name(os.getuid()))
    root: Path = Path("/")

    def folders(self, path: str, names: str) -> list[Path]:
        """List what lies in a folder of the machine's and has names of a pattern."""
        return sorted((self.root / path).glob(names))

    def read(self, path: str | Path) -> str:
        """Read a file of the machine's, such as `proc/meminfo`; empty where there is none."""
        try:
            return (self.root / path).read_text(errors="replace").strip()
        except OSError:
            return ""

    def number(self, path: str) -> int | None:
        """Read a file that holds a number; None where there is none."""
        try:
            return int(self.read(path))
        except ValueError:
            return None

    def links(self) -> dict[str, str]:
        """Return the link of each camera that was found, by its unique_id; empty: not known."""
        found = [camera for result in self.search.result() for camera in result.cameras]
        return {camera.unique_id: camera.link for camera in found}

    def on_link(self, link: str) -> list[CameraConfig]:
        """Return the config's cameras on a link, `USB3` or `GigE`, of those that were found."""
        links = self.links()
        return [each for each in self.config.cameras if links.get(each.unique_id) == link]


SDK_BACKENDS = ("basler", "aravis")
"""Back ends whose cameras are connected by USB3 or the network."""

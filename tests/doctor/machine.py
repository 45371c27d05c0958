"""A machine of files, for what no test can have of a real one."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pmv_tui.cameras.base import FoundCamera
from pmv_tui.cameras.registry import SearchResult
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.control.rig import Rig
from pmv_tui.doctor import Examined, Finding


class Machine:
    """Files below a folder, and what else a check looks at.

    Parameters
    ----------
    folder : empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cameras: list[CameraConfig] = []
        self.found: dict[str, str] = {}
        self.more: dict[str, Any] = {"environment": {}, "user": "me"}

    def write(self, **files: str) -> None:
        """Write files by their path, with `__` for `/`."""
        for path, text in files.items():
            self.write_file(path.replace("__", "/"), text)

    def write_file(self, path: str, text: str) -> None:
        """Write one file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def add(self, unique_id: str, link: str, **settings: Any) -> None:
        """Put a camera into the config that a search finds on a link."""
        self.cameras.append(CameraConfig(unique_id=unique_id, **settings))
        self.found[unique_id] = link

    def examined(self) -> Examined:
        """Return what the checks look at."""
        search: Future[list[SearchResult]] = Future()
        found = tuple(FoundCamera(name, "", link=link) for name, link in self.found.items())
        search.set_result([SearchResult("basler", found)])
        return Examined(
            Rig(self.folder / "config.toml", self.folder / "state"),
            RigConfig(cameras=tuple(self.cameras)),
            [],
            search,
            root=self.folder,
            **self.more,
        )

    def ask(self, look: Callable[[Examined], Any]) -> "Report":
        """Run a check."""
        return Report(list(look(self.examined())))


class Report:
    """What a check reported."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings

    def at(self, level: str) -> str:
        """Return all that was reported at a level."""
        return "\n".join(
            f"{each.found} -> {each.remedy}" for each in self.findings if each.level == level
        )

    @property
    def levels(self) -> set[str]:
        """Return the levels there are."""
        return {each.level for each in self.findings}

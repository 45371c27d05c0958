"""Keeps the programs that tests run to the cameras that tests bring.

Python imports it at its start where this folder is on its path. An engine opens what it finds:
without this, somebody's webcam, or the network camera of another rig.
"""

import os
import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

NETWORK_CAMERA = "OWN_NETWORK_CAMERA"
"""The environment variable that holds the serial number of the tests' fake network camera."""


SEARCHED = "SEARCHED_BACK_ENDS"
"""The environment variable that names those which are searched, with commas; unset: all of them.

A search starts a process for each back end, which loads its SDK: more than all the rest of an
engine's start. Most tests have listed what they need.
"""


class OwnCameras:
    """Imports what searches for cameras so that it leaves out what is not the tests'."""

    @staticmethod
    def find_spec(name: str, path: Any, _target: Any = None) -> ModuleSpec | None:
        """Find the modules that search; others are found as ever."""
        limit = LIMITS.get(name)
        if limit is None:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_limit(module: Any) -> None:
            execute(module)
            limit(module)

        loader.exec_module = execute_and_limit
        return spec


def _limit_cameras(registry: Any) -> None:
    """Have somebody else's cameras left out."""
    search_with = registry.search_with
    registry.search_with = lambda name: _own(search_with(name))


def _limit_back_ends(search: Any) -> None:
    """Have back ends that are not to be searched find nothing, at once."""
    search.Searches._search_with = limited(search)


def limited(search: Any) -> Any:
    """Return what searches with one back end, for `Searches._search_with`."""
    search_with = search.Searches._search_with

    def search_if_wanted(self: Any, name: str, terms: Any) -> Any:
        searched = os.environ.get(SEARCHED)
        wanted = searched is None or name in searched.split(",")
        return search_with(self, name, terms) if wanted else search.SearchResult(name)

    return search_if_wanted


LIMITS = {
    "pmv_tui.cameras.registry": _limit_cameras,
    "pmv_tui.cameras.search": _limit_back_ends,
}


def _own(result: Any) -> Any:
    """Take what is not the tests' out of what one back end found."""
    return replace(result, cameras=tuple(each for each in result.cameras if _is_own(each)))


def _is_own(camera: Any) -> bool:
    """Return whether a camera is emulated, fake or simulated."""
    serial, _, backend = camera.unique_id.rpartition("-")
    match backend:
        case "opencv":
            return False  # a webcam: video files are not found, but listed
        case "basler":
            return bool(serial.startswith("0815-"))
        case "aravis":
            return bool(serial == os.environ.get(NETWORK_CAMERA))
        case _:
            return True


def _execute_the_next() -> None:
    """Execute the sitecustomize that Python would have imported without this one."""
    here = str(Path(__file__).parent)
    spec = PathFinder.find_spec("sitecustomize", [each for each in sys.path if each != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


if __name__ == "sitecustomize":  # and not imported by the tests, for `limited`
    sys.meta_path.insert(0, OwnCameras())
    _execute_the_next()

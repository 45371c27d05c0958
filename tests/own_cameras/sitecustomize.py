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


class OwnCameras:
    """Imports the registry of back ends with a search that leaves out what is not the tests'."""

    @staticmethod
    def find_spec(name: str, path: Any, _target: Any = None) -> ModuleSpec | None:
        """Find the registry; other modules are found as ever."""
        if name != "pmv_tui.cameras.registry":
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_limit(module: Any) -> None:
            execute(module)
            search_with = module.search_with
            module.search_with = lambda name: _own(search_with(name))

        loader.exec_module = execute_and_limit
        return spec


def _own(result: Any) -> Any:
    """Take what is not the tests' out of what one back end found."""
    return replace(result, cameras=tuple(each for each in result.cameras if _is_own(each)))


def _is_own(camera: Any) -> bool:
    """Tell whether a camera is emulated, fake or simulated."""
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


sys.meta_path.insert(0, OwnCameras())


def _execute_the_next() -> None:
    """Execute the sitecustomize that Python would have imported without this one."""
    here = str(Path(__file__).parent)
    spec = PathFinder.find_spec("sitecustomize", [each for each in sys.path if each != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_execute_the_next()

"""The camera back ends by name: the built-in ones, and those that other packages bring.

Another package's are found by its entry points in the group `pmv_tui.cameras`: docs/cameras.md.
Each is imported only when it is asked for.
"""

import functools
import logging
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from pmv_tui.cameras.base import Backend, BackendUnavailable, Camera, CameraError, FoundCamera
from pmv_tui.config.schema import CameraConfig

log = logging.getLogger(__name__)

GROUP = "pmv_tui.cameras"
"""Of entry points, whose names are those of the back ends."""

_BUILT_IN = (
    EntryPoint("simulated", "pmv_tui.cameras.simulated:SimulatedBackend", GROUP),
    EntryPoint("opencv", "pmv_tui.cameras.opencv:OpenCVBackend", GROUP),
    EntryPoint("basler", "pmv_tui.cameras.genicam.basler:BaslerBackend", GROUP),
    EntryPoint("aravis", "pmv_tui.cameras.genicam.aravis:AravisBackend", GROUP),
)


EMULATED = "0815-"
"""Begins the serial numbers of pylon's emulator: each process has emulated cameras of its own."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search for the cameras of one back end gave.

    Parameters
    ----------
    backend : the back end's name.
    cameras : what it found.
    trouble : why it cannot be used here and what to do about it; None where it can.
    remark : what was left out for it to be used; empty where nothing was.
    died : whether the search ended its process, or had to be ended: see `search.Searches`.
    """

    backend: str
    cameras: tuple[FoundCamera, ...] = ()
    trouble: BackendUnavailable | None = None
    remark: str = ""
    died: bool = False


def backend_names() -> tuple[str, ...]:
    """Name the back ends there are, usable on this machine or not."""
    return tuple(_by_name())


def get_backend(name: str) -> Backend:
    """Return the back end that a `unique_id` ends in.

    Raises
    ------
    CameraError : there is none of that name.
    BackendUnavailable : another package's cannot be imported.
    """
    known = _by_name()
    if name not in known:
        raise CameraError(
            f"there is no camera back end {name!r}",
            f"end the unique_id in one of {', '.join(f'-{each}' for each in known)}",
        )
    entry = known[name]
    try:
        backend: Backend = entry.load()()
    except Exception as error:
        # Another package's code, which may raise anything; what it is, is reported.
        raise BackendUnavailable(
            f"the back end {name!r} cannot be loaded: {type(error).__name__}: {error}",
            f"update or remove the package that brings {entry.value}",
        ) from error
    return backend


def open_camera(config: CameraConfig) -> Camera:
    """Open a camera with the back end that its `unique_id` names, and start its stream.

    Raises
    ------
    BackendUnavailable : what the back end needs is missing.
    CameraError : there is no such back end or camera, it is in use, or it refuses.
    """
    return get_backend(config.backend).open(config)


def device_of(config: CameraConfig) -> str:
    """Name the device that a config's camera is, whichever back end opens it; empty: it is none.

    Of the same device there is one only; a simulated camera, a file or an emulator is none.
    """
    match config.backend:
        case "basler" | "aravis" if not config.serial.startswith(EMULATED):
            return f"serial {config.serial}"
        case "opencv":
            from pmv_tui.cameras.opencv import video_device  # noqa: PLC0415 - where it is needed

            with suppress(OSError, CameraError):
                if (path := video_device(config)) and path.is_char_device():
                    return f"device {path.stat().st_rdev}"
    return ""


def search_with(name: str) -> SearchResult:
    """Search for cameras with one back end, in this process, which its SDK may end."""
    try:
        backend = get_backend(name)
        found = tuple(each for each in backend.discover() if _can_be_named(each))
        return SearchResult(name, found, remark=getattr(backend, "remark", ""))
    except BackendUnavailable as trouble:
        return SearchResult(name, trouble=trouble)
    except Exception as error:
        # Another package's code, which may raise anything; what it is, is reported.
        log.exception("%s: the search for cameras failed", name)
        why = f"the search failed: {type(error).__name__}: {error}"
        return SearchResult(name, trouble=BackendUnavailable(why))


def _can_be_named(camera: FoundCamera) -> bool:
    """Return whether a config can list a camera: some devices have no usable serial number."""
    try:
        CameraConfig(unique_id=camera.unique_id)
    except ValueError:
        log.warning(
            "%.200s is left out: %.80r is not a unique_id; give the device a serial number",
            camera.description,
            camera.unique_id,
        )
        return False
    return True


@functools.cache
def _by_name() -> dict[str, EntryPoint]:
    """Collect the back ends; a name that is taken, or no unique_id can end in, is left out."""
    known = {entry.name: entry for entry in _BUILT_IN}
    for entry in entry_points(group=GROUP):
        if entry.name in known:
            log.warning("%s: there is a back end %r already; ignored", entry.value, entry.name)
        elif "-" in entry.name:
            log.warning("%s: a name with a dash, %r, is ignored", entry.value, entry.name)
        else:
            known[entry.name] = entry
    return known

"""The camera back ends by name: imported only when one is asked for."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint

from pmv_tui.cameras.base import Backend, BackendUnavailable, Camera, CameraError, FoundCamera
from pmv_tui.config.schema import CameraConfig

# In the form of entry points, so that a third party's back ends, announced in the group below,
# need only be added to this list.
_GROUP = "pmv_tui.cameras"
_BUILT_IN = (
    EntryPoint("simulated", "pmv_tui.cameras.simulated:SimulatedBackend", _GROUP),
    EntryPoint("opencv", "pmv_tui.cameras.opencv:OpenCVBackend", _GROUP),
    EntryPoint("basler", "pmv_tui.cameras.basler:BaslerBackend", _GROUP),
)
_BY_NAME = {entry.name: entry for entry in _BUILT_IN}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search for the cameras of one back end gave.

    Parameters
    ----------
    backend : the back end's name.
    cameras : what it found.
    trouble : why it cannot be used here and what to do about it; None where it can.
    """

    backend: str
    cameras: tuple[FoundCamera, ...] = ()
    trouble: BackendUnavailable | None = None


def backend_names() -> tuple[str, ...]:
    """Name the back ends there are, usable on this machine or not."""
    return tuple(_BY_NAME)


def get_backend(name: str) -> Backend:
    """Give the back end that a `unique_id` ends in.

    Raises
    ------
    CameraError : there is none of that name.
    """
    if name not in _BY_NAME:
        raise CameraError(
            f"there is no camera back end {name!r}",
            f"end the unique_id in one of {', '.join(f'-{known}' for known in _BY_NAME)}",
        )
    backend: Backend = _BY_NAME[name].load()()
    return backend


def open_camera(config: CameraConfig) -> Camera:
    """Open a camera with the back end that its `unique_id` names, and start its stream.

    Raises
    ------
    BackendUnavailable : what the back end needs is missing.
    CameraError : there is no such back end or camera, it is in use, or it refuses.
    """
    return get_backend(config.backend).open(config)


def search() -> list[SearchResult]:
    """Search for cameras with every back end; the trouble of one hides nothing of the others."""
    return [_search_with(name) for name in backend_names()]


def _search_with(name: str) -> SearchResult:
    try:
        return SearchResult(name, tuple(get_backend(name).discover()))
    except BackendUnavailable as trouble:
        return SearchResult(name, trouble=trouble)

"""Fills in what a config leaves open: addresses, and where a relative source starts."""

from collections.abc import Iterable
from pathlib import Path

from pmv_tui.config.addresses import FIRST_PORT, Address, free_pair
from pmv_tui.config.schema import CameraConfig, RigConfig


def complete(config: RigConfig, folder: Path) -> RigConfig:
    """Give every camera both addresses, and every source its whole path.

    An address that is written is never changed. The first camera is given the pair 5555 and 5556
    where they are free, the second 5557 and 5558, and so on, whatever the cameras before it have:
    so an edit of one camera's address does not move another's.

    Parameters
    ----------
    config : as it was read.
    folder : where relative sources start, absolute.
    """
    taken = addresses(config.cameras)
    cameras = []
    for index, camera in enumerate(config.cameras):
        given = _with_addresses(camera, taken, FIRST_PORT + 2 * index)
        taken += addresses([given])
        source = whole_path(given.source, folder)
        cameras.append(given.model_copy(update={"source": source}))
    return config.model_copy(update={"cameras": tuple(cameras)})


def found_camera(unique_id: str, others: Iterable[CameraConfig]) -> CameraConfig:
    """Give the config of a camera that is connected but not listed.

    Parameters
    ----------
    unique_id : `<serial>-<backend>`.
    others : the rig's other cameras, whose addresses it must not have.
    """
    return _with_addresses(CameraConfig(unique_id=unique_id), addresses(others), FIRST_PORT)


def addresses(cameras: Iterable[CameraConfig]) -> list[Address]:
    """Give the addresses that cameras have; one that is still to be chosen is left out."""
    return [
        Address.parse(text)
        for camera in cameras
        for text in (camera.pub_address, camera.pull_address)
        if text
    ]


def _with_addresses(camera: CameraConfig, taken: list[Address], first_port: int) -> CameraConfig:
    if camera.pub_address and camera.pull_address:
        return camera
    pub, pull = free_pair(taken, first_port)
    return camera.model_copy(
        update={
            "pub_address": camera.pub_address or str(pub),
            "pull_address": camera.pull_address or str(pull),
        }
    )


def whole_path(source: str | int | None, folder: Path) -> str | int | None:
    """Make a file's path absolute; an index and a URL stay as they are."""
    if not isinstance(source, str) or "://" in source:
        return source
    try:
        return str(folder / Path(source).expanduser())
    except RuntimeError:
        return source  # No such user: the back end says that there is no such file.

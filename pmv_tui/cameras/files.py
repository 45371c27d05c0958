"""Checks of a picture or video file before a library that says less is asked to read it."""

import os
from pathlib import Path

from pmv_tui.cameras.base import CameraError


def readable_file(source: str) -> Path:
    """Give the path of a file that the config names.

    Parameters
    ----------
    source : `~` is the user's home; what is relative in the config file has become a whole path
        when that was read.

    Raises
    ------
    CameraError : there is no such file, or it may not be read.
    """
    if "://" in source:
        raise CameraError(
            f"{source} is a stream, and no file", "make it the `source` of a camera of opencv's"
        )
    try:
        path = Path(source).expanduser()
    except RuntimeError:
        user = source.partition("/")[0]
        raise CameraError(
            f"{user} has no home folder here", "write the whole path of `source` in the config"
        ) from None
    if not path.exists():
        raise CameraError(f"there is no file {path.absolute()}", "correct `source` in the config")
    if not path.is_file():
        raise CameraError(f"{path} is not a file", "correct `source` in the config")
    if not os.access(path, os.R_OK):
        raise CameraError(f"{path} may not be read by this user", f"try: chmod +r {path}")
    return path

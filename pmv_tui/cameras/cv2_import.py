"""Imports OpenCV: late, quietly, and with the cure where it does not work."""

import os
import sys
import threading
from pathlib import Path

from pmv_tui.cameras.base import BackendUnavailable, CameraError

APT_LINE = "apt-get install libgl1 libglib2.0-0 libsm6"
"""Installs the shared libraries that OpenCV needs and a small Debian lacks."""

PIP_LINE = "pip install --force-reinstall opencv-python"
"""Installs OpenCV where it is missing or broken."""

READ_TIMEOUT = 1
"""Seconds after which a webcam that sends nothing counts as gone."""

# OpenCV and the libraries in it read these once, when they are loaded. A user's own value stays.
_ENVIRONMENT = {
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": str(READ_TIMEOUT),
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}

# OpenCV's loader takes itself out of sys.modules for a moment: two threads must not meet in it.
_one_at_a_time = threading.Lock()


def require_cv2() -> None:
    """Make sure that `import cv2` works, once this has returned.

    Raises
    ------
    BackendUnavailable : it does not; says what to install. Asked again, it is tried again.
    """
    with _one_at_a_time:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        search_path = sys.path.copy()
        try:
            import cv2  # noqa: PLC0415 - takes 0.4 s: only where it is needed
        except ImportError as error:
            # The loader leaves a mark and a changed search path behind when it fails, and takes
            # the next try for a recursion.
            sys.path[:] = search_path
            vars(sys).pop("OpenCV_LOADER", None)
            library_missing = "cannot open shared object file" in str(error)
            raise BackendUnavailable(
                f"OpenCV cannot be loaded ({error})",
                f"try: {APT_LINE if library_missing else PIP_LINE}",
            ) from error
        # Every error is raised, or found out by what is missing: nothing need be printed.
        if "OPENCV_LOG_LEVEL" not in os.environ:
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def readable_file(source: str) -> Path:
    """Return the path of a file that the config names.

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

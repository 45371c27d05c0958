"""Folders that are to be one user's alone."""

import os
import stat
from pathlib import Path

PRIVATE = 0o700
"""The mode of a folder that its user alone may look into."""


def why_not_private(folder: Path) -> str:
    """Say why a folder, or the link that leads to it, is not to be trusted; empty: it is.

    Raises
    ------
    OSError : it cannot be looked at.
    """
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode) or {status.st_uid, folder.lstat().st_uid} != {os.getuid()}:
        return f"{folder} is not a folder of this user; remove it"
    if stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{folder} can be written to by others; see what is in it, then chmod go-w {folder}"
    return ""

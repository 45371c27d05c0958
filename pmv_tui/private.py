"""Folders that are to be one user's alone."""

import os
import pwd
import stat
from pathlib import Path

PRIVATE = 0o700
"""The mode of a folder that its user alone may look into."""


def why_not_private(folder: Path, instead: str = "") -> str:
    """Say why a folder, or the link that leads to it, is not to be trusted; empty: it is.

    Parameters
    ----------
    instead : how to have another one, after the word "or".

    Raises
    ------
    OSError : it cannot be looked at.
    """
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        return f"{folder} is not a folder; move it away"
    strangers = {status.st_uid, folder.lstat().st_uid} - {os.getuid()}
    if strangers:
        # Not to be removed: it may well be in use.
        owner = user_name(strangers.pop())
        me = user_name(os.getuid())
        remedy = f"run this as {owner}{' (without sudo)' if os.getuid() == 0 else ''}"
        if owner == "root":
            remedy = f"where sudo has left it so: sudo chown -R {me} {folder}"
        return f"{folder} belongs to {owner}, not to {me}; {remedy}{instead and f', or {instead}'}"
    if stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{folder} can be written to by others; see what is in it, then chmod go-w {folder}"
    return ""


def user_name(uid: int) -> str:
    """Name a user; some have no name here."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"

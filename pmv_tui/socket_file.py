"""The file of an `ipc://` address: whether a socket may be there; made for one user, removed."""

import os
import socket
import stat
from contextlib import suppress
from typing import NamedTuple

from pmv_tui.control.claims import Claimed, claim, listen, place_claim
from pmv_tui.system import user_name

OWNERS_ALONE = 0o600
"""The mode of the file: who may write to it may connect."""


class Obstacle(NamedTuple):
    """Why a socket cannot be at a path.

    Parameters
    ----------
    text : what is in the way.
    remedy : what to do.
    in_use : whether somebody listens there.
    """

    text: str
    remedy: str
    in_use: bool = False

    def __str__(self) -> str:
        """Say both."""
        return f"{self.text}; {self.remedy}"


IN_USE = Obstacle("it is in use", "end what listens there, or choose another path", in_use=True)


class NoSocketFile(Exception):  # noqa: N818 - what it says
    """No socket can be made at a path."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(str(obstacle))
        self.obstacle = obstacle


def obstacle(path: str) -> Obstacle | None:
    """Return why no socket can be made at a path; None where one can.

    A file that a killed process left behind, at which nobody listens, is no obstacle.
    """
    try:
        return _of_folder(os.path.dirname(path)) or _of_file(path)  # noqa: PTH120 - text, as given
    except OSError as error:
        return Obstacle(f"it cannot be looked at: {error.strerror}", "choose another path")


class SocketFile:
    """A unix socket that listens, and its file, which only this user may connect to.

    Raises
    ------
    NoSocketFile : no socket can be made at the path; what is there is left as it is.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            # Of two engines that find a file left behind, one would remove the other's new one.
            with claim(place_claim(path)):
                self.listening = _replace(path)
            self._status = os.lstat(path)
        except Claimed:
            raise NoSocketFile(IN_USE) from None
        except OSError as error:
            why = Obstacle(f"it cannot be made: {error.strerror}", "choose another path")
            raise NoSocketFile(obstacle(path) or why) from None

    @property
    def lost(self) -> bool:
        """Whether the file is gone, or another: nobody new can connect."""
        try:
            return not os.path.samestat(os.lstat(self._path), self._status)
        except OSError:
            return True

    def remove(self) -> None:
        """Remove the file, unless it is another one by now."""
        with suppress(OSError):
            if not self.lost:
                os.unlink(self._path)  # noqa: PTH108 - text, as given


def _replace(path: str) -> socket.socket:
    """Listen at a path, in place of a file at which nobody does.

    Raises
    ------
    NoSocketFile, OSError : it cannot be done.
    """
    if found := obstacle(path):
        raise NoSocketFile(found)
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - text, as given
    return listen(path, OWNERS_ALONE)


def _of_folder(folder: str) -> Obstacle | None:
    try:
        status = os.stat(folder)  # noqa: PTH116 - text, as given
    except FileNotFoundError:
        return Obstacle(f"there is no folder {folder}", "make it, or choose another path")
    if not stat.S_ISDIR(status.st_mode):
        return Obstacle(f"{folder} is not a folder", "choose another path")
    sticky, mode = status.st_mode & stat.S_ISVTX, stat.S_IMODE(status.st_mode)
    if not sticky and mode & (stat.S_IWGRP | stat.S_IWOTH):
        # Where it is, files are only their owner's to replace.
        return Obstacle(
            f"others can write to {folder}, and put a socket of theirs in its place",
            f"chmod go-w {folder}, or choose another path",
        )
    if not sticky and status.st_uid not in (0, os.geteuid()):
        return Obstacle(f"{folder} belongs to {user_name(status.st_uid)}", "choose another path")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Obstacle(f"{folder} cannot be written to", "choose another path")
    return None


def _of_file(path: str) -> Obstacle | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISSOCK(status.st_mode):
        return Obstacle(
            "there is a file that is no socket, and is left as it is",
            "move it away, or choose another path",
        )
    if status.st_uid != os.geteuid():
        owner = user_name(status.st_uid)
        return Obstacle(f"there is a socket that belongs to {owner}", "choose another path")
    with socket.socket(socket.AF_UNIX) as caller:
        caller.setblocking(False)
        try:
            caller.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except OSError:
            return IN_USE  # its queue is full, or it is of another type
    return IN_USE

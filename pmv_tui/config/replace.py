"""Puts a config file in place of the one that was read: whole, and never over somebody else's."""

import ctypes
import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

NO_REPLACE, EXCHANGE = 1, 2
"""Flags of renameat2(2)."""

_AT_FDCWD = -100

_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""What file systems and kernels answer that cannot exchange two files; NFS is one."""


class ChangedMeanwhileError(Exception):
    """Somebody else saved, made or removed the file; what they did stands."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A file at `path`, beside the target, with all of the new text; made by `replacement`."""

    target: Path
    path: Path
    data: bytes

    def put_in_place(self, expected: bytes | None) -> None:
        """Replace the target in one step, if it still is what was expected.

        A look beforehand would miss whoever saves right after it. So the two files are exchanged,
        and what came out is looked at: anything but what was expected goes back.

        Parameters
        ----------
        expected : what the target holds; None: there is none.

        Raises
        ------
        ChangedMeanwhileError : it is something else.
        OSError : the file system refuses.
        """
        try:
            if expected is None:
                _rename(self.path, self.target, NO_REPLACE)
                return
            placed, wanted = self.data, expected
            while (came_out := self._exchanged()) != wanted:
                placed, wanted = came_out, placed
        except (FileExistsError, FileNotFoundError) as error:
            raise ChangedMeanwhileError from error
        except OSError as error:
            if error.errno not in _NO_EXCHANGE:
                raise
            self._put_in_place_unwatched(expected)
            return
        if placed is not self.data:
            raise ChangedMeanwhileError

    def _exchanged(self) -> bytes:
        """Exchange the two; return what the target held."""
        _rename(self.path, self.target, EXCHANGE)
        return self.path.read_bytes()

    def _put_in_place_unwatched(self, expected: bytes | None) -> None:
        """Replace the target where files cannot be exchanged: a save within 0.1 ms is lost."""
        found = self.target.read_bytes() if self.target.exists() else None
        if found != expected:
            raise ChangedMeanwhileError
        self.path.replace(self.target)


@contextmanager
def replacement(target: Path, data: bytes) -> Iterator[Replacement]:
    """Write a file beside the target; after the block it has taken its place, or is removed.

    Raises
    ------
    OSError : there is no room for it, or it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with path.open("xb") as file:
            # As long as it is locked, it is not one that was left behind.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.write(data)
            file.flush()
            _keep_attributes(target, file.fileno())
            os.fsync(file.fileno())
            yield Replacement(target, path, data)
    finally:
        path.unlink(missing_ok=True)
    # The file is in place; some network file systems cannot do more for it.
    with suppress(OSError):
        _sync_folder(target.parent)


class Obstacle(NamedTuple):
    """What keeps a file from being replaced, and what to do about it."""

    found: str
    remedy: str


def obstacle(target: Path) -> Obstacle | None:
    """Return what keeps a file from being replaced; None where nothing is known to.

    A file that cannot be replaced is not written in place instead: whoever pulls the plug meanwhile
    would be left with half a config, which no engine starts with.

    Parameters
    ----------
    target : links resolved; need not exist.

    Raises
    ------
    OSError : it cannot be looked at.
    """
    folder = target.parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return Obstacle(f"{folder} cannot be written", "change its permissions")
    if not target.exists():
        return None
    if not os.access(target, os.W_OK, effective_ids=True):
        return Obstacle(f"{target} cannot be written", "change its permissions")
    # On another mount than its folder, as a container may bind it.
    if _mount(target) != _mount(target.parent):
        return Obstacle(
            f"{target} is mounted as a single file, which cannot be replaced in one step",
            "mount its folder instead",
        )
    if (links := target.stat().st_nlink) > 1:
        return Obstacle(
            f"{target} is one of {links} hard links to one file, and saving would part them",
            "make it a file of its own (cp and mv), or use a symbolic link",
        )
    return _unremovable(target)


def clear_leftovers(target: Path) -> list[Path]:
    """Remove what processes that were killed while they saved left beside the target; return it."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{32}}")
    try:
        candidates = [each for each in target.parent.iterdir() if ours.fullmatch(each.name)]
    except OSError:
        return []  # Whoever reads the config says what is wrong with its folder.
    return [each for each in candidates if _removed_leftover(each)]


def _removed_leftover(path: Path) -> bool:
    """Remove a file unless it is another user's, or somebody is about to put it in place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _unremovable(target: Path) -> Obstacle | None:
    """Ask the kernel whether the file may be replaced, without doing it.

    It checks whether a name may be removed before it checks whether that is a folder: so `rmdir` of
    a file removes nothing, and reveals sticky folders and of files that may not change.
    """
    try:
        os.rmdir(target)  # noqa: PTH106 - a question about a file, not the end of a folder
    except PermissionError:
        if target.parent.stat().st_mode & stat.S_ISVTX:
            return Obstacle(
                f"{target} is another user's, and in a sticky folder only its owner replaces it",
                "move it to a folder of your own",
            )
        return Obstacle(
            f"{target} may not be replaced", "lsattr shows whether chattr made it immutable"
        )
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EBUSY):
            return Obstacle(f"{target} cannot be replaced: {error.strerror}", "move it elsewhere")
    return None


def _mount(path: Path) -> str:
    """Return the kernel's number of the mount that something lies on; empty where it gives none."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return next((line for line in text.splitlines() if line.startswith("mnt_id:")), "")


def _keep_attributes(target: Path, descriptor: int) -> None:
    """Give a file the owner, the mode and the access list of the one that it replaces."""
    try:
        status, names = target.stat(), os.listxattr(target)
    except FileNotFoundError:
        return
    # Another's file in a folder of ours: it becomes ours, as with any editor.
    with suppress(PermissionError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    with suppress(PermissionError):  # file systems without modes
        os.fchmod(descriptor, status.st_mode & 0o7777)
    for name in names:
        with suppress(OSError):
            os.setxattr(descriptor, name, os.getxattr(target, name))


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(old: Path, new: Path, flags: int) -> None:
    """Rename as renameat2(2) does; Python has no call for it."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(new))

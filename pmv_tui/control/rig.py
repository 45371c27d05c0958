"""Where a rig's engine is found: its folder, its lock, its control socket and its log."""

import errno
import fcntl
import hashlib
import os
import re
import socket
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pmv_tui.config.locate import NO_HOME, real_path
from pmv_tui.control.claims import config_claims, endpoint_of, listener, peer
from pmv_tui.system import PRIVATE, user_name, why_not_private

MAX_SOCKET_PATH = 107
"""Bytes of a unix socket's path on Linux, less the closing zero (unix(7))."""

LOCK = "lock"
"""The name of the file in the folder of a rig."""

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What file systems without locks answer; some of NFS are."""

LOCK_PATIENCE = 0.5
"""Seconds in which a lock is tried again: who asks whether an engine runs holds it for a moment."""


DIED = "has died"
"""How an engine ended that was killed or crashed, after the words "the engine"."""

_ENDED = "ended: "
"""Stands before the reason, in a lock file whose engine has ended in order."""


class RigError(Exception):
    """The rig's folder cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rig:
    """The files of one rig: one config file on one host has one engine.

    The folder lies in the user's state folder and not in `$XDG_RUNTIME_DIR`: that one is removed
    when the user's last session ends, and an engine must outlive the SSH session that started it.

    Parameters
    ----------
    config_path : the config file, absolute, links resolved. It need not exist.
    folder : mode 0700, this user's own.
    """

    config_path: Path
    folder: Path

    @classmethod
    def of(cls, config_path: Path) -> "Rig":
        """Name the rig of a config file. Nothing is made on disk.

        Raises
        ------
        RigError : this user has no folder that it could lie in.
        """
        config_path = real_path(config_path.expanduser())
        # The folder of an engine that runs is where that engine has it: the host may have been
        # renamed meanwhile, the config be reached by another link, the environment be another one.
        if (pid := _holder(config_path)) and (folder := engine_folder(pid)):
            return cls(config_path, folder)
        host = socket.gethostname()
        digest = hashlib.sha256(f"{host}\n".encode() + os.fsencode(config_path)).hexdigest()[:10]
        stem = re.sub(r"[^\w-]", "_", config_path.parent.name)[:16]
        try:
            state = platformdirs.user_state_path("pmv-tui")
        except RuntimeError:
            raise RigError(
                f"{NO_HOME}; set XDG_STATE_HOME to a folder of its own, for an engine needs it"
            ) from None
        return cls(config_path, state / f"{stem}-{digest}")

    @property
    def socket_path(self) -> Path:
        """The control socket."""
        return self.folder / "control"

    @property
    def file_endpoint(self) -> str:
        """The control socket as ZeroMQ names it."""
        return f"ipc://{self.socket_path}"

    @property
    def endpoint(self) -> str:
        """Where the engine is asked: at its control socket, or by a name where that is gone."""
        if self._listener() is None:
            for name in config_claims(self.config_path):
                if listener(name):
                    return endpoint_of(name)
        return self.file_endpoint

    @property
    def lock_path(self) -> Path:
        """Locked by the engine as long as it lives, however it ends."""
        return self.folder / LOCK

    @property
    def log_path(self) -> Path:
        """The engine's log; older ones beside it end in .1 and so on."""
        return self.folder / "engine.log"

    @property
    def output_path(self) -> Path:
        """What libraries print in the engine; the one before it ends in .1."""
        return self.folder / "engine.out"

    @property
    def tui_output_path(self) -> Path:
        """What libraries print in the processes of the TUIs."""
        return self.folder / "tui.out"

    def make_folder(self) -> None:
        """Make the folder, mode 0700, or see that the one there is this user's alone.

        Raises
        ------
        RigError : it cannot be made, belongs to somebody else, or is too deep for a socket.
        """
        if len(os.fsencode(self.socket_path)) > MAX_SOCKET_PATH:
            raise RigError(
                f"{self.socket_path} is longer than the {MAX_SOCKET_PATH} bytes a socket may have; "
                "set XDG_STATE_HOME to a folder with a shorter path"
            )
        for folder in (self.folder.parent, self.folder):
            try:
                _refuse_sudo(folder)
                folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
                _refuse_foreign(folder)
                if stat.S_IMODE(folder.stat().st_mode) != PRIVATE:
                    folder.chmod(PRIVATE)
            except OSError as error:
                raise RigError(
                    f"{folder}: {error.strerror}; make it writable, for an engine needs it"
                ) from error

    def lock(self) -> int | None:
        """Take the engine's lock for as long as this process lives.

        The kernel releases it with the process, so one left by a killed engine is no obstacle.

        Returns
        -------
        The descriptor that holds the lock; None where another engine holds it, or one still
        answers whose lock file was removed.

        Raises
        ------
        RigError : the lock file cannot be opened or written.
        """
        end = time.monotonic() + LOCK_PATIENCE
        while (descriptor := self.try_to_lock()) is None:
            if time.monotonic() > end:
                return None
            time.sleep(0.02)
        if self._listener() is not None or _holder(self.config_path) is not None:
            os.close(descriptor)
            return None
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(descriptor)
            raise RigError(f"{self.lock_path}: {error.strerror}; an engine needs it") from error
        return descriptor

    def unlock(self, descriptor: int, ending: str) -> None:
        """Release the lock at an orderly end, and leave a word of why it came.

        Parameters
        ----------
        descriptor : as `lock` gave it.
        """
        # On a full disk the word is missing: then it looks like a death, but ends in order.
        with suppress(OSError):
            # Over the process id, which is no longer: at no moment does the file say nothing.
            os.ftruncate(descriptor, os.pwrite(descriptor, f"{_ENDED}{ending}\n".encode(), 0))
        os.close(descriptor)

    def ending(self) -> str:
        """Return how the last engine ended, after the words "the engine"."""
        try:
            text = self.lock_path.read_text(errors="replace")
        except OSError:
            return "has ended"
        if text.startswith(_ENDED):
            return f"was stopped: {text.removeprefix(_ENDED).strip()}"
        return DIED

    def try_to_lock(self) -> int | None:
        """Take the lock, without more; None where another process holds it.

        Raises
        ------
        RigError : the lock file cannot be opened.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.lock_path, flags, 0o600)
        except OSError as error:
            in_the_way = error.errno in (errno.ELOOP, errno.EISDIR)
            remedy = "remove it" if in_the_way else "an engine needs it"
            raise RigError(f"{self.lock_path}: {error.strerror}; {remedy}") from error
        try:
            flock(descriptor, TRY_TO_LOCK)
            # One that was removed since it was opened locks nobody out.
            if os.path.samestat(os.fstat(descriptor), self.lock_path.stat()):
                return descriptor
        except (BlockingIOError, FileNotFoundError):
            pass  # another's, or gone: both may have changed at the next try
        os.close(descriptor)
        return None

    def engine_runs(self) -> bool:
        """Return whether an engine holds the lock or the config's name now, or answers without.

        Raises
        ------
        RigError : the rig's folder is not this user's: whoever answers there is not to be trusted.
        """
        if _holder(self.config_path) is not None:
            return True
        try:
            for folder in (self.folder.parent, self.folder):
                _refuse_foreign(folder)
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return self._listener() is not None
        try:
            flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return self._listener() is not None

    def _listener(self) -> int | None:
        """Return the process id of who listens at the control socket; None where nobody does."""
        return peer(os.fsencode(self.socket_path))

    def wait_for_end(self, timeout: float) -> bool:
        """Wait until no engine runs, seconds; False where one still does."""
        deadline = time.monotonic() + timeout
        while self.engine_runs():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def engine_pid(self) -> int | None:
        """Return the engine's process id, from its lock or its socket; None where neither says."""
        if pid := _holder(self.config_path):
            return pid
        try:
            return int(self.lock_path.read_text())
        except (OSError, ValueError):
            return self._listener()


TRY_TO_LOCK = fcntl.LOCK_EX | fcntl.LOCK_NB


def flock(descriptor: int, operation: int) -> bool:
    """Lock a file; False where its file system has no locks: the names of the config hold there.

    Raises
    ------
    BlockingIOError : another process has locked it.
    """
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    return True


def why_silent(pid: int | None) -> str:
    """Return what may keep an engine from answering, and what to do about it."""
    import psutil  # noqa: PLC0415 - every command imports this module, and few get here

    with suppress(psutil.Error):
        match psutil.Process(pid).status() if pid else psutil.STATUS_ZOMBIE:
            case psutil.STATUS_ZOMBIE:
                pass
            case psutil.STATUS_STOPPED | psutil.STATUS_TRACING_STOP:
                return f"it was stopped; kill -CONT {pid} lets it go on"
            case psutil.STATUS_DISK_SLEEP:
                return (
                    f"it waits for a disk or a device (pid {pid}); see that file servers run and "
                    "cables are in"
                )
            case _:
                return f"it may be busy: try again; kill -9 {pid} ends it by force"
    return "it has just ended; try again"


def engine_folder(pid: int) -> Path | None:
    """Return the folder of an engine: the one whose lock it holds; None where that is not seen."""
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                path = Path(str(each.readlink()).removesuffix(" (deleted)"))
                if path.name == LOCK and path.parent.parent.name == "pmv-tui":
                    return path.parent
    return None


def _holder(config_path: Path) -> int | None:
    """Return the process id of the engine that holds a config's name; None where none does."""
    for name in config_claims(config_path):
        if pid := listener(name):
            return pid
    return None


def _refuse_sudo(folder: Path) -> None:
    """Raise a `RigError` where root, by sudo, would make a folder that its user could not use."""
    caller = os.environ.get("SUDO_UID", "")
    if os.getuid() != 0 or caller in {"", "0"} or folder.exists():
        return
    there = next(each for each in folder.parents if each.exists())
    if str(there.stat().st_uid) == caller:
        raise RigError(
            f"{there} belongs to {user_name(int(caller))}, not to root; run this without sudo, or "
            "set XDG_STATE_HOME to a folder of root's"
        )


def _refuse_foreign(folder: Path) -> None:
    """Raise a `RigError` where a folder is somebody else's, or others may put files into it."""
    if problem := why_not_private(folder, "set XDG_STATE_HOME to a folder of your own"):
        raise RigError(problem)

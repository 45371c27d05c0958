"""Where a rig's engine is found: its folder, its lock, its control socket and its log."""

import fcntl
import hashlib
import os
import re
import socket
import stat
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pmv_tui.config.locate import NO_HOME, real_path
from pmv_tui.private import PRIVATE, why_not_private

MAX_SOCKET_PATH = 107
"""Bytes of a unix socket's path on Linux, less the closing zero (unix(7))."""

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
    def endpoint(self) -> str:
        """The control socket as ZeroMQ names it."""
        return f"ipc://{self.socket_path}"

    @property
    def lock_path(self) -> Path:
        """Locked by the engine as long as it lives, however it ends."""
        return self.folder / "lock"

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
        while (descriptor := self._try_to_lock()) is None:
            if time.monotonic() > end:
                return None
            time.sleep(0.02)
        if self._listener() is not None:
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
            # Over the process id, which is no longer: there is no moment at which nothing is told.
            os.ftruncate(descriptor, os.pwrite(descriptor, f"{_ENDED}{ending}\n".encode(), 0))
        os.close(descriptor)

    def ending(self) -> str:
        """Tell how the last engine ended, after the words "the engine"."""
        try:
            text = self.lock_path.read_text(errors="replace")
        except OSError:
            return "has ended"
        if text.startswith(_ENDED):
            return f"was stopped: {text.removeprefix(_ENDED).strip()}"
        return DIED

    def _try_to_lock(self) -> int | None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.lock_path, flags, 0o600)
        except OSError as error:
            raise RigError(f"{self.lock_path}: {error.strerror}; remove it") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that was removed since it was opened locks nobody out.
            if os.path.samestat(os.fstat(descriptor), self.lock_path.stat()):
                return descriptor
        except (BlockingIOError, FileNotFoundError):
            pass  # another's, or gone: both may have changed at the next try
        os.close(descriptor)
        return None

    def engine_runs(self) -> bool:
        """Tell whether an engine holds the lock now, or answers without one.

        Raises
        ------
        RigError : the rig's folder is not this user's: whoever answers there is not to be trusted.
        """
        try:
            for folder in (self.folder.parent, self.folder):
                _refuse_foreign(folder)
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return self._listener() is not None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return self._listener() is not None

    def _listener(self) -> int | None:
        """Give the process id of who listens at the control socket; None where nobody does.

        A socket that a killed engine left behind refuses the connection.
        """
        with socket.socket(socket.AF_UNIX) as caller:
            caller.setblocking(False)
            try:
                caller.connect(os.fsencode(self.socket_path))
            except OSError:
                return None
            size = struct.calcsize("3i")
            credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            pid: int = struct.unpack("3i", credentials)[0]
            return pid

    def wait_for_end(self, timeout: float) -> bool:
        """Wait until no engine runs, seconds; False where one still does."""
        deadline = time.monotonic() + timeout
        while self.engine_runs():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def engine_pid(self) -> int | None:
        """Give the engine's process id, from its lock or its socket; None where neither tells."""
        try:
            return int(self.lock_path.read_text())
        except (OSError, ValueError):
            return self._listener()


def _refuse_foreign(folder: Path) -> None:
    """See that a folder is this user's alone.

    Raises
    ------
    RigError : it is somebody else's, or others may put files into it.
    """
    if problem := why_not_private(folder):
        raise RigError(problem)

"""What a running engine holds, so that it is found and is the only one: restored when it is gone.

Its folder may be removed by somebody who tidies up, its config be replaced by an editor.
"""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field

from pmv_tui.control.claims import Claimed, claim, config_claims, endpoint_of, listen
from pmv_tui.control.rig import TRY_TO_LOCK, Rig, RigError, flock


@dataclass(slots=True)
class Renewal:
    """What has to be done after a look at what is held.

    Parameters
    ----------
    listen : sockets to listen at, by ZeroMQ's name.
    leave : ZeroMQ's names of those that are needed no longer.
    events : what happened, in sentences.
    trouble : why something cannot be restored; empty where nothing is missing.
    """

    listen: dict[str, socket.socket] = field(default_factory=dict)
    leave: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    trouble: str = ""


class Hold:
    """The lock, the control socket and the names of a rig's engine, from its start to its end.

    Parameters
    ----------
    rig : whose lock is held; its folder is not looked for again.
    lock : the lock's descriptor.
    """

    def __init__(self, rig: Rig, lock: int) -> None:
        self._rig = rig
        self._lock = lock
        self._control: os.stat_result | None = None
        self._claims: set[str] = set()
        self._socketless = False

    @classmethod
    def take(cls, rig: Rig) -> "tuple[Hold, Renewal]":
        """Become the engine of a rig.

        Raises
        ------
        RigError : another one runs, or the rig's folder cannot be used.
        """
        rig.make_folder()
        lock = rig.lock()
        if lock is None:
            raise RigError(_already_runs(rig, rig.engine_pid()))
        hold, renewal = cls(rig, lock), Renewal()
        try:
            for name in config_claims(rig.config_path):
                hold._take_claim(name, renewal)
            hold._listen_if_possible(renewal)
        except Claimed as claimed:
            # Started at the same moment, by another link.
            os.close(lock)
            raise RigError(_already_runs(rig, claimed.pid)) from None
        return hold, renewal

    def _listen_if_possible(self, renewal: Renewal) -> None:
        """Begin on a file system that may have neither locks nor sockets: the names do without."""
        folder, local = self._rig.folder, "set XDG_STATE_HOME to a folder on a local disk"
        if not flock(self._lock, TRY_TO_LOCK):
            renewal.events.append(
                f"{folder} lies on a file system without locks: only on this machine is it seen "
                f"that this engine is the only one; {local}"
            )
        try:
            self._listen(renewal)
        except OSError as error:
            self._socketless = True
            renewal.events.append(
                f"{folder} takes no sockets ({error.strerror}): this engine answers on this "
                f"machine alone, and in no container; {local}"
            )

    def renew(self) -> Renewal:
        """Check whether everything is there, and restore what is not. Waits for the disk."""
        renewal = Renewal()
        try:
            self._restore(renewal)
            self._follow(renewal)
        except (RigError, OSError) as error:
            renewal.trouble = f"not to be found by others: {error}"
        except Claimed as claimed:
            renewal.trouble = f"{self._rig.config_path} is now also the config of an engine with "
            renewal.trouble += f"pid {claimed.pid}; stop one of them"
        return renewal

    def release(self, ending: str) -> None:
        """Release all of it at an orderly end, and leave a word of why it came."""
        with suppress(OSError):
            if _is_there(self._rig.socket_path, self._control):
                self._rig.socket_path.unlink()
        self._rig.unlock(self._lock, ending)

    def _restore(self, renewal: Renewal) -> None:
        """Make good the lock and the control socket."""
        if not _is_there(self._rig.lock_path, os.fstat(self._lock)):
            self._rig.make_folder()
            lock = self._rig.try_to_lock()
            if lock is None:
                raise RigError(f"another process has locked {self._rig.lock_path}")
            os.write(lock, f"{os.getpid()}\n".encode())
            os.close(self._lock)
            self._lock = lock
            renewal.events.append(f"{self._rig.lock_path} was gone, and is restored")
        if not self._socketless and not _is_there(self._rig.socket_path, self._control):
            renewal.leave.append(self._rig.file_endpoint)
            self._listen(renewal)
            renewal.events.append(f"{self._rig.socket_path} was gone, and is restored")

    def _follow(self, renewal: Renewal) -> None:
        """Take the names of the config as it is now: an editor makes it another file."""
        claims = config_claims(self._rig.config_path)
        for name in claims - self._claims:
            self._take_claim(name, renewal)
        renewal.leave += map(endpoint_of, self._claims - claims)
        self._claims &= claims

    def _take_claim(self, name: str, renewal: Renewal) -> None:
        try:
            renewal.listen[endpoint_of(name)] = claim(name)
        except Claimed as claimed:
            if claimed.pid is not None:
                raise
            # Another user's process: no engine of this user, which is found by its folder as well.
        self._claims.add(name)

    def _listen(self, renewal: Renewal) -> None:
        """Put a control socket in place, whole, where one that nobody listens at may be."""
        new = self._rig.socket_path.with_name("socket~")  # no longer than its final name
        new.unlink(missing_ok=True)
        listening = listen(os.fsencode(new))
        new.replace(self._rig.socket_path)
        self._control = self._rig.socket_path.stat()
        renewal.listen[self._rig.file_endpoint] = listening


def _is_there(path: os.PathLike[str], status: os.stat_result | None) -> bool:
    """Whether a file is the one that it was."""
    try:
        return status is not None and os.path.samestat(os.stat(path), status)  # noqa: PTH116
    except FileNotFoundError:
        return False


def _already_runs(rig: Rig, pid: int | None) -> str:
    return (
        f"an engine for {rig.config_path} already runs (pid {pid}); pmv-tui attaches to it, "
        "pmv-tui stop ends it"
    )

"""Names that a process holds as long as it lives, so that it is found and is the only one.

They are those of abstract unix sockets (unix(7)): no file stands for them, so none can be removed,
renamed or left behind; the kernel lets go of them with the process. They hold in one network
namespace, for one user.
"""

import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path

from pmv_tui.untrusted import peer_of

BACKLOG = 100


class Claimed(Exception):  # noqa: N818 - a state, reported as it is
    """Another process holds a name.

    Parameters
    ----------
    pid : of this user's process that holds it; None where it is another user's, whose claim is
        none of ours.
    """

    def __init__(self, name: str, pid: int | None) -> None:
        super().__init__(f"{name} is held by process {pid}")
        self.pid = pid


def config_claims(config_path: Path) -> set[str]:
    """Name a config file: by what it is, however one gets there, and by its path.

    Parameters
    ----------
    config_path : absolute, links resolved. It need not exist.
    """
    root = os.stat("/")  # noqa: PTH116 - as cheap as can be: read twice a second
    place = f"{_mount_namespace()} {root.st_dev} {root.st_ino} {config_path}"
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    claims = {f"{_prefix()}path/{digest}"}
    with suppress(OSError):  # none there, or none that this user may look at
        status = config_path.stat()
        # The number of a file that was replaced is soon another file's: of another rig, perhaps.
        # That one was changed at another time. (An edit in place also makes another name of it;
        # until the engine holds that, it is found by its path.)
        known = f"{status.st_dev}-{status.st_ino}-{status.st_ctime_ns}"
        claims.add(f"{_prefix()}file/{known}")
    return claims


def device_claim(device: str) -> str:
    """Name a camera, by what distinguishes it from all others on this machine."""
    return f"{_prefix()}device/{hashlib.sha256(device.encode()).hexdigest()[:16]}"


def place_claim(path: str) -> str:
    """Name the place of a socket's file, by whatever links one gets there.

    Raises
    ------
    OSError : its folder cannot be looked at.
    """
    folder, name = os.path.split(path)
    status = os.stat(folder)  # noqa: PTH116 - as cheap as can be: the main thread asks
    place = f"{status.st_dev} {status.st_ino} {name}"
    return f"{_prefix()}place/{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def endpoint_of(claim: str) -> str:
    """Return what ZeroMQ calls the socket of a claim."""
    return f"ipc://@{claim}"


def paths_claimed() -> list[str]:
    """List the names of configs, by their paths, that this user's processes hold."""
    prefix = f"@{_prefix()}path/"
    try:
        lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return []
    words = (line.rpartition(" ")[2] for line in lines)
    return sorted({word.removeprefix("@") for word in words if word.startswith(prefix)})


def claim(name: str) -> socket.socket:
    """Hold a name until the socket that is given is closed; it listens.

    Raises
    ------
    Claimed : another process holds it.
    """
    try:
        return listen(f"\0{name}")
    except OSError:
        raise Claimed(name, _process_with(name)) from None


def listen(address: str | bytes, mode: int | None = None) -> socket.socket:
    """Listen at a unix socket; an OSError tells why it cannot be bound.

    Parameters
    ----------
    mode : its file has this from the beginning; None: as the process makes files.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        if mode is not None:
            os.fchmod(listening.fileno(), mode)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def listener(name: str) -> int | None:
    """Return the pid of this user's process that listens at a name; None where there is none."""
    return peer(f"\0{name}")


def peer(address: str | bytes) -> int | None:
    """Return the pid of this user's process that listens at a unix socket; None: there is none.

    A socket that a killed process left behind refuses the connection.
    """
    with socket.socket(socket.AF_UNIX) as caller:
        caller.setblocking(False)
        try:
            caller.connect(address)
            listening = peer_of(caller)
        except OSError:
            return None
    return listening.pid if listening.uid == os.getuid() else None


def _process_with(name: str) -> int | None:
    """Find this user's process that holds a name; asking it would fill its queue."""
    import psutil  # noqa: PLC0415 - every command imports this module, and few get here

    with suppress(psutil.Error, OSError):
        for each in psutil.net_connections("unix"):
            if str(each.laddr) == f"@{name}" and each.pid is not None:
                return each.pid
    return None


def _prefix() -> str:
    return f"pmv-tui/{os.getuid()}/"


def _mount_namespace() -> str:
    """Name the namespace in which paths are looked up: in a container they lead elsewhere."""
    try:
        return str(Path("/proc/self/ns/mnt").readlink())
    except OSError:
        return ""

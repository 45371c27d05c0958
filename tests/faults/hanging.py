"""What never answers: a name server, a disk. Both need root; `Unavailable` says so."""

import ctypes
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.rig import Unavailable

DETACH = 2
"""MNT_DETACH of umount2(2)."""


@contextmanager
def silent_name_server(folder: Path) -> Iterator[list[str]]:
    """Run a name server that never answers; what is given runs a command that asks it alone.

    Without it the system gives up after ten seconds; here it waits until a test would fail.

    Parameters
    ----------
    folder : takes a file.
    """
    if os.getuid() != 0 or shutil.which("unshare") is None:
        raise Unavailable("another name server for one program needs root, and unshare")
    number = os.getpid()
    host = f"127.{1 + number // 65025 % 254}.{number // 255 % 255}.{number % 255}"
    settings = folder / "resolv.conf"
    settings.write_text(f"nameserver {host}\noptions timeout:30 attempts:5\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, 53))
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        yield ["unshare", "--mount", "sh", "-c", mount, str(settings)]


@contextmanager
def hanging_disk(folder: Path) -> Iterator[None]:
    """Let everything in a folder hang, as a file server that is gone does.

    A file system is mounted there whose server, this process, never answers.
    """
    try:
        server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(f"a disk that hangs needs FUSE: {error}") from None
    libc = ctypes.CDLL(None, use_errno=True)
    place, options = os.fsencode(folder), f"fd={server},rootmode=40000,user_id=0,group_id=0"
    try:
        if libc.mount(b"hanging", place, b"fuse", 0, options.encode()):
            why = os.strerror(ctypes.get_errno())
            raise Unavailable(f"a disk that hangs needs root, to mount it: {why}")
        try:
            yield
        finally:
            # What waits for it is let go first: it would hold up the unmounting.
            os.close(server)
            server = -1
            libc.umount2(place, DETACH)
    finally:
        if server >= 0:
            os.close(server)

"""Names the program that listens on a tcp port, or that is at the other end of a connection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a socket.

    Parameters
    ----------
    command : its command line, or its name; cut to 60 characters.
    """

    pid: int
    command: str

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.command} (pid {self.pid})"


def holder(pid: int) -> Holder:
    """Describe a process."""
    try:
        process = psutil.Process(pid)
        words = " ".join(process.cmdline()).split()
        return Holder(pid, " ".join(words)[:60] or process.name())
    except psutil.Error:
        return Holder(pid, "a process")


def port_holder(port: int) -> Holder | None:
    """Find who listens on a port; None where nobody does or the system does not tell."""
    return _having(lambda each: each.status == psutil.CONN_LISTEN and each.laddr[1:] == (port,))


def peer_holder(peer: tuple[Any, ...], ours: tuple[Any, ...]) -> Holder | None:
    """Find who is at the other end of a connection; None where that is not on this machine.

    Parameters
    ----------
    peer, ours : host and port of both ends, as `getpeername` and `getsockname` return them.
    """
    ends = (tuple(peer[:2]), tuple(ours[:2]))
    return _having(lambda each: (tuple(each.laddr), tuple(each.raddr)) == ends)


def _having(wanted: Callable[[Any], bool]) -> Holder | None:
    """Find the process whose socket is wanted."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.pid is not None and wanted(connection):
                return holder(connection.pid)
    except (psutil.Error, OSError):
        return None
    return None

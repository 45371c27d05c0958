"""Names the program that listens on a tcp port, or that is at the other end of a connection."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a socket.

    Parameters
    ----------
    command : its command line, or its name; cut to 60 characters.
    program : its name, and that of the script that it runs; without folders, cut to 40 characters.
    """

    pid: int
    command: str
    program: str

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.command} (pid {self.pid})"


def holder(pid: int) -> Holder:
    """Describe a process."""
    try:
        process = psutil.Process(pid)
        line = process.cmdline()
        words = " ".join(line).split()
        if not words:
            return Holder(pid, process.name(), process.name())
        return Holder(pid, " ".join(words)[:60], _program(line)[:40])
    except psutil.Error:
        return Holder(pid, "a process", "a process")


def _program(line: list[str]) -> str:
    """Name a program and its first argument that is no option: `python closed_loop.py`."""
    command, *arguments = line
    words = [command, *(word for word in arguments if word and not word.startswith("-"))][:2]
    return " ".join(" ".join(Path(word).name.split()) for word in words)


def port_holder(port: int) -> Holder | None:
    """Find who listens on a port; None where nobody does or the system does not tell."""
    for each in _connections():
        if each.status == psutil.CONN_LISTEN and each.laddr[1:] == (port,):
            return holder(each.pid)
    return None


Ends = tuple[tuple[str, int], tuple[str, int]]
"""Host and port of a connection's other end, and of ours."""


def ends_of(peer: tuple[Any, ...], ours: tuple[Any, ...]) -> Ends:
    """Return both ends of a connection, as `getpeername` and `getsockname` tell them."""
    return (_plain(peer[0]), peer[1]), (_plain(ours[0]), ours[1])


def peer_holders(connections: Collection[Ends]) -> dict[Ends, Holder]:
    """Find who is at the other end of each; those that are not on this machine are left out.

    It takes a tenth of a second, however many they are.
    """
    found: dict[Ends, Holder] = {}
    for each in _connections():
        if each.raddr and (ends := ends_of(each.laddr, each.raddr)) in connections:
            found[ends] = holder(each.pid)
    return found


def _plain(host: str) -> str:
    """Return an IPv4 address as such where a socket of IPv6 wraps it."""
    return host.removeprefix("::ffff:")


def _connections() -> Iterator[Any]:
    """Yield the tcp sockets of processes that can be seen."""
    with suppress(psutil.Error, OSError):
        for each in psutil.net_connections("tcp"):
            if each.pid is not None:
                yield each

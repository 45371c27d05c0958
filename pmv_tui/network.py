"""What this machine knows of the network: a host's addresses, and which program has a port."""

import errno
import re
import socket
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import psutil

from pmv_tui.config.addresses import Address
from pmv_tui.control.claims import peer
from pmv_tui.socket_file import IN_USE, Obstacle
from pmv_tui.threads import in_background

LIMIT = 2.5
"""Seconds that a name server is given; the system itself would wait ten and more."""


LOCAL = ("127.", "169.254.")
"""Begin addresses that no other machine can use: loopback, and those that nobody has assigned."""


class NameTrouble(Exception):  # noqa: N818 - what happened, as it reads
    """A name cannot be made an address in numbers; the text says why and what to do."""


_under_way: dict[str, "Future[str]"] = {}
_lock = Lock()


def look_up(host: str) -> "Future[str]":
    """Look up a host's IPv4 address; a name that is being looked up already is not twice.

    The future raises `NameTrouble` where there is none.
    """
    with _lock:
        future = _under_way.get(host)
        if future is None:
            future = _under_way[host] = in_background(lambda: _numeric(host), "name lookup")
            future.add_done_callback(lambda _: _under_way.pop(host, None))
    return future


def in_numbers(address: Address, limit: float = LIMIT) -> Address:
    """Look up an address's host, where that is a name.

    Parameters
    ----------
    limit : seconds that it may take.

    Raises
    ------
    NameTrouble : it has no address, or the name server does not answer in time.
    """
    if not address.needs_look_up:
        return address
    try:
        return replace(address, number=look_up(address.host).result(limit))
    except TimeoutError:
        raise NameTrouble(silent(address)) from None
    except NameTrouble as trouble:
        raise NameTrouble(f"{address}: {trouble}") from None


def reachable(address: Address) -> list[str]:
    """Return the addresses by which other machines may reach a port that every interface has.

    Also what to write in place of a name that leads to this machine alone; empty where the address
    says it itself.
    """
    if address.interface != "*" and not address.number:
        return []
    found = psutil.net_if_addrs().values()
    numbers = [
        each.address for several in found for each in several if each.family == socket.AF_INET
    ]
    return [f"tcp://{each}:{address.port}" for each in numbers if not each.startswith(LOCAL)]


def silent(address: Address) -> str:
    """Say that the name server does not answer, and what to do."""
    return (
        f"{address}: the name server did not answer within {LIMIT:g} s for {address.host!r}; "
        "write the host's address in numbers, or its name into /etc/hosts"
    )


def _numeric(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameTrouble(_why(host, error)) from None
    except UnicodeError:
        raise NameTrouble(f"{host!r} cannot be a host's name; write another one") from None
    return str(found[0][4][0])


def _why(host: str, error: socket.gaierror) -> str:
    if error.errno == socket.EAI_AGAIN:
        return (
            f"the name server did not answer for {host!r}; write the host's address in numbers, or "
            "its name into /etc/hosts"
        )
    return f"no address is known for {host!r}; write localhost, or an address in numbers"


FIRST_FREE_PORT = 1024
"""Those below are root's."""


def why_not_bound(address: Address, error: int | None, said: str | None) -> Obstacle:
    """Return why nothing can listen at an address, whose host is in numbers.

    Parameters
    ----------
    error, said : the system's number of it, such as `errno.EACCES`, and its words.
    """
    match error:
        case errno.EADDRINUSE:
            return IN_USE
        case errno.EADDRNOTAVAIL | errno.ENODEV:
            host = f"{address.host!r}{address.number and f' ({address.number})'}"
            text = f"this machine has no interface {host}"
            return Obstacle(text, "write localhost, or an address that `ip address` lists")
        case errno.EACCES if address.port < FIRST_FREE_PORT:
            return Obstacle("ports below 1024 need root", "choose one from 1024 up")
        case _:
            return Obstacle(f"it cannot be bound: {said}", "choose another address")


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


_PYTHON = re.compile(r"(python|pypy)[\d.]*[a-z]?")
_CODE = {"sh": "-c", "bash": "-c", "dash": "-c", "zsh": "-c"}
_CODE |= {"perl": "-e", "ruby": "-e", "julia": "-e", "node": "-e", "Rscript": "-e"}
"""The options of other programs that are followed by code."""


def _program(line: list[str]) -> str:
    """Name a program and the script or module that it runs: `python closed_loop.py`."""
    command, *arguments = line
    name = Path(command).name
    if _PYTHON.fullmatch(name):
        words = _run_by_python(arguments)
    elif (code := _CODE.get(name.rstrip(".0123456789"))) and arguments[:1] == [code]:
        words = [code]
    else:
        words = [word for word in arguments if word and not word.startswith("-")][:1]
    return " ".join(" ".join(Path(word).name.split()) for word in [command, *words])


def _run_by_python(arguments: list[str]) -> list[str]:
    """Return what Python runs: a script, `-m` and a module, `-c` without the code, or nothing.

    An option may be joined to others before it, and to its value: `-uc`, `-Wignore`, `-mmodule`.
    """
    rest = iter(arguments)
    for word in rest:
        if word == "--check-hash-based-pycs":
            next(rest, "")
        elif word == "-" or not word.startswith("-"):
            return [word] if word else []
        elif not word.startswith("--") and (found := re.search("[cmWX]", word)):
            option, value = found.group(), word[found.end() :]
            if option == "c":
                return ["-c"]
            value = value or next(rest, "")
            if option == "m":
                return ["-m", value]
    return []


def holder_of(address: Address) -> Holder | None:
    """Find who listens at an address; None where nobody does or the system does not say."""
    if address.path:
        pid = peer(address.path)
        return None if pid is None else holder(pid)
    for each in _connections():
        if each.status == psutil.CONN_LISTEN and each.laddr[1:] == (address.port,):
            return holder(each.pid)
    return None


Ends = tuple[tuple[str, int], tuple[str, int]]
"""Host and port of a connection's other end, and of ours."""


def ends_of(peer: tuple[Any, ...], ours: tuple[Any, ...]) -> Ends:
    """Return both ends of a connection, as `getpeername` and `getsockname` report them."""
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

"""Looks up the names of hosts: in limited time, for a name server may never answer."""

import socket
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock

from pmv_tui.background import in_background
from pmv_tui.config.addresses import Address

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
    import psutil  # noqa: PLC0415 - the TUI starts with this module, and few dialogs get here

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

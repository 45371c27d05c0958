"""The addresses that sockets are bound to: their form, which collide, who can reach them."""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

Owner = TypeVar("Owner")

MAX_PORT = 65535

FIRST_PORT = 5555
"""Where the choice of ports starts for a camera whose addresses are not written."""

# ASCII only: other digits and letters are numbers to Python and nothing to ZeroMQ.
_FORM = re.compile(r"tcp://(?P<host>\[[^\]]*\]|\*|[A-Za-z0-9._-]+):(?P<port>[0-9]+)")


IPC = "ipc://"

LONGEST_PATH = 107
"""Bytes of the path of a unix socket; the kernel has no room for more."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a socket is bound, `tcp://host:port` or `ipc:///path`.

    Parameters
    ----------
    host : a name, an IPv4 address, an IPv6 address in brackets, or `*` for every interface.
    port : 1 to 65535.
    number : the host's IP address, where the host is a name that was looked up; else empty.
    path : of the socket's file, for ipc; then there is no host, and the port is 0.
    real_path : the path without links, where it was looked up; else empty.
    """

    host: str
    port: int
    number: str = field(default="", compare=False)
    path: str = ""
    real_path: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address as it stands in the config.

        ZeroMQ binds some other port when the one given is 0 or above 65535, so ports are checked
        here and not left to it.

        Raises
        ------
        ValueError : the text is no such address; the message says what one looks like.
        """
        if text.startswith(IPC):
            return cls("", 0, path=_checked_path(text.removeprefix(IPC)))
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an address; one looks like tcp://localhost:5555")
        port = int(match["port"]) if len(match["port"]) <= len(str(MAX_PORT)) else MAX_PORT + 1
        if not 1 <= port <= MAX_PORT:
            raise ValueError(f"port {match['port']} is not between 1 and {MAX_PORT}")
        host = match["host"]
        if host.startswith("["):
            try:
                ipaddress.IPv6Address(host[1:-1])
            except ValueError:
                raise ValueError(f"{host} is not an IPv6 address") from None
        return cls(host, port)

    def __str__(self) -> str:
        """Return the form that is written."""
        return f"{IPC}{self.path}" if self.path else f"tcp://{self.host}:{self.port}"

    @property
    def endpoint(self) -> str:
        """What ZeroMQ is to bind: loopback where localhost is written, whatever that name means."""
        if self.path:
            return str(self)
        host = "127.0.0.1" if self.host.lower() == "localhost" else self.number or self.host
        return f"tcp://{host}:{self.port}"

    @property
    def needs_look_up(self) -> bool:
        """Whether the host is a name that only the system's resolver knows, and `number` is empty.

        ZeroMQ would look it up itself, and stop every thread of the process meanwhile.
        """
        if self.path or self.number or self.interface == "*":
            return False
        try:
            ipaddress.ip_address(self.interface)
        except ValueError:
            return self.host not in {name for _, name in socket.if_nameindex()}
        return False

    @property
    def exposed(self) -> bool:
        """Whether other machines may reach it: anything but loopback, and files."""
        if self.path:
            return False
        try:
            return not ipaddress.ip_address(self.interface).is_loopback
        except ValueError:
            return True

    def collides(self, other: "Address") -> bool:
        """Whether both cannot be bound at once: one path, or a port on one interface."""
        if self.path and other.path:
            return self._place == other._place
        return self.port == other.port and (
            self.interface == other.interface or "*" in (self.interface, other.interface)
        )

    @property
    def interface(self) -> str:
        """The host in the one spelling that names its interface."""
        host = self.number or self.host.strip("[]").lower()
        if host == "localhost":
            return "127.0.0.1"
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host
        return "*" if address.is_unspecified else str(address)

    @property
    def distinct_by(self) -> Literal["port", "path"]:
        """What another address is to differ in."""
        return "path" if self.path else "port"

    @property
    def ending(self) -> str:
        """What every spelling of it ends with: colon and port, or the path as far as written."""
        return self.path or f":{self.port}"

    def looked_up(self) -> "Address":
        """Return it with the path that links lead to; waits for the disk."""
        folder, name = os.path.split(self.path)
        return replace(self, real_path=f"{os.path.realpath(folder)}/{name}") if self.path else self

    @property
    def _place(self) -> str:
        return os.path.normpath(self.real_path or self.path).lstrip("/")


def _checked_path(path: str) -> str:
    """Return the path of an ipc address.

    Clients connect to it as it is written, in whatever language and folder: so it is whole.

    Raises
    ------
    ValueError : no socket can be there; the message says why.
    """
    if not path.startswith("/"):
        raise ValueError(
            f"{IPC}{path} is not the whole path of a file; write one such as "
            "ipc:///run/user/1000/left, as clients connect to it from any folder"
        )
    if not path.isprintable():
        raise ValueError(f"the path {path!r} has characters that cannot be shown")
    if os.path.basename(path) in ("", ".", ".."):  # noqa: PTH119 - as it is written
        raise ValueError(f"{path} is a folder; add the name of a file to it, such as left")
    if (length := len(path.encode())) > LONGEST_PATH:
        raise ValueError(
            f"{path} has {length} bytes; the path of a socket has {LONGEST_PATH} at most"
        )
    return path


def taken_by(address: Address, taken: Iterable[tuple[Address, Owner]]) -> Owner | None:
    """Return whose address collides with this one: the first one's; None where nobody's does."""
    return next((owner for other, owner in taken if address.collides(other)), None)


def free_pair(taken: list[Address], first_port: int = FIRST_PORT) -> tuple[Address, Address]:
    """Choose the next pair of loopback ports, from 5555 up, that no address in `taken` has."""
    used = {address.port for address in taken}
    port = first_port
    while {port, port + 1} & used:
        port += 2
    return Address("localhost", port), Address("localhost", port + 1)

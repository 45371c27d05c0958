"""The tcp addresses that sockets are bound to: their form, which collide, who can reach them."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

Owner = TypeVar("Owner")

MAX_PORT = 65535

FIRST_PORT = 5555
"""Where the choice of ports starts for a camera whose addresses are not written."""

# ASCII only: other digits and letters are numbers to Python and nothing to ZeroMQ.
_FORM = re.compile(r"tcp://(?P<host>\[[^\]]*\]|\*|[A-Za-z0-9._-]+):(?P<port>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a socket is bound, `tcp://host:port`.

    Parameters
    ----------
    host : a name, an IPv4 address, an IPv6 address in brackets, or `*` for every interface.
    port : 1 to 65535.
    number : the host's IP address, where the host is a name that was looked up; else empty.
    """

    host: str
    port: int
    number: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address as it stands in the config.

        ZeroMQ binds some other port when the one given is 0 or above 65535, so ports are checked
        here and not left to it.

        Raises
        ------
        ValueError : the text is no such address; the message says what one looks like.
        """
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
        return f"tcp://{self.host}:{self.port}"

    @property
    def endpoint(self) -> str:
        """What ZeroMQ is to bind: loopback where localhost is written, whatever that name means."""
        host = "127.0.0.1" if self.host.lower() == "localhost" else self.number or self.host
        return f"tcp://{host}:{self.port}"

    @property
    def needs_look_up(self) -> bool:
        """Whether the host is a name that only the system's resolver knows, and `number` is empty.

        ZeroMQ would look it up itself, and stop every thread of the process meanwhile.
        """
        if self.number or self.interface == "*":
            return False
        try:
            ipaddress.ip_address(self.interface)
        except ValueError:
            return self.host not in {name for _, name in socket.if_nameindex()}
        return False

    @property
    def exposed(self) -> bool:
        """Whether other machines may reach it: anything but loopback."""
        try:
            return not ipaddress.ip_address(self.interface).is_loopback
        except ValueError:
            return True

    def collides(self, other: "Address") -> bool:
        """Whether both cannot be bound at once: the same port on what may be the same interface."""
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

"""From where a camera's sockets can be reached, and that an open one is reported."""

import ipaddress
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.support import DEADLINE, RigOnDisk, free_ports, has_ipv6, simulated, steady


def listening(pid: int, ports: tuple[int, int]) -> set[str]:
    """Return the addresses that a process listens at, on these ports."""
    return {
        connection.laddr.ip
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
    }


def pairs(ports: list[int]) -> list[tuple[int, int]]:
    """Make pairs."""
    return list(zip(ports[::2], ports[1::2], strict=True))


def other_addresses() -> Iterator[str]:
    """Yield this machine's IPv4 addresses that are not loopback."""
    for addresses in psutil.net_if_addrs().values():
        for each in addresses:
            if each.family == socket.AF_INET and not ipaddress.ip_address(each.address).is_loopback:
                yield each.address


def reachable(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), DEADLINE).close()
    except ConnectionRefusedError:
        return False
    return True


HOSTS = {
    "localhost": ("127.0.0.1", False),
    "LOCALHOST": ("127.0.0.1", False),
    "127.0.0.9": ("127.0.0.9", False),
    "[::1]": ("::1", False),
    "*": ("0.0.0.0", True),  # noqa: S104 - that is what is tested
    "0.0.0.0": ("0.0.0.0", True),  # noqa: S104
    "[::]": ("::", True),
    "lo": ("127.0.0.1", True),  # a name whose reach only the system knows is marked, too
}
"""What may stand in an address: where it is bound, and whether that counts as open to others."""


def test_sockets_listen_where_their_addresses_say_and_open_ones_are_reported(
    rig: RigOnDisk,
) -> None:
    hosts = {host: place for host, place in HOSTS.items() if has_ipv6() or "[" not in host}
    ports = dict(zip(hosts, pairs(free_ports(2 * len(hosts))), strict=True))
    rig.write_config(
        "".join(
            steady(f"camera{number}", *pair).replace("localhost", host)
            for number, (host, pair) in enumerate(ports.items())
        )
    )
    with rig.serve("--plug-all") as engine:
        cameras = dict(zip(hosts, rig.status()["cameras"], strict=True))
        for host, (bound, exposed) in hosts.items():
            camera = cameras[host]
            assert camera["plugged"], camera["plug_error"]
            assert listening(engine.pid, ports[host]) == {bound}
            assert camera["exposed"] is exposed
            rig.run_here("unplug", camera["name"])
            answer = rig.run_here("plug", camera["name"]).stdout
            assert ("open to other machines, without encryption" in answer) is exposed
    logged = rig.said().count("open to other machines, without encryption")
    assert logged == 2 * sum(exposed for _, exposed in hosts.values())


def test_a_loopback_address_cannot_be_reached_by_another_one(rig: RigOnDisk) -> None:
    address = next(other_addresses(), None)
    if address is None:
        pytest.skip("this machine has no address but loopback")
    ports = free_ports(4)
    rig.write_config(
        simulated("left", *ports[:2]) + simulated("open", *ports[2:]).replace("localhost", "*")
    )
    with rig.serve("--plug-all"):
        assert [reachable(address, port) for port in ports] == [False, False, True, True]

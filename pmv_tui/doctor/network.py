"""The network: what GigE cameras need of it, and the buffers of sockets."""

from collections.abc import Iterator
from dataclasses import dataclass

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, note, ok, warning

RECEIVE_BUFFER = 8_000_000
"""Bytes that a GigE camera's stream should be allowed: some images of it."""

SEND_BUFFER = 256 * 1024
"""Bytes that the engine asks for a client."""

JUMBO = 8000
"""Bytes of a packet from which on it counts as a jumbo frame."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A wired interface that is up.

    Parameters
    ----------
    mtu : bytes of its longest packet.
    speed : Mbit/s.
    """

    name: str
    mtu: int
    speed: int


def interfaces(examined: Examined) -> list[Interface]:
    """List the wired interfaces that are up; virtual ones carry no camera."""
    found = []
    for folder in sorted((examined.root / "sys/class/net").glob("*")):
        path = f"sys/class/net/{folder.name}"
        wired = (folder / "device").exists() and not (folder / "wireless").exists()
        if wired and examined.read(f"{path}/operstate") == "up":
            mtu, speed = examined.number(f"{path}/mtu"), examined.number(f"{path}/speed")
            found.append(Interface(folder.name, mtu or 0, max(0, speed or 0)))
    return found


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what makes GigE cameras lose packets, and clients' images late."""
    send = examined.number("proc/sys/net/core/wmem_max")
    if send is not None and send < SEND_BUFFER:
        yield note(
            f"the kernel allows send buffers of {send // 1024} kB; {SEND_BUFFER // 1024} are "
            "asked for, with which latency was lowest",
            f"as root: sysctl -w net.core.wmem_max={SEND_BUFFER}",
        )
    if not examined.on_link("GigE") and "GigE" not in examined.search.result().links.values():
        yield ok("no GigE camera was found")
        return
    receive = examined.number("proc/sys/net/core/rmem_max")
    if receive is not None and receive < RECEIVE_BUFFER:
        yield warning(
            f"the kernel allows receive buffers of {receive // 1024} kB: GigE cameras lose packets",
            f"as root: sysctl -w net.core.rmem_max={4 * RECEIVE_BUFFER}, and write it into "
            "/etc/sysctl.d/ to keep it",
        )
    for each in interfaces(examined):
        if each.speed and each.speed < 1000:
            yield warning(
                f"{each.name} runs at {each.speed} Mbit/s; a GigE camera needs 1000",
                "check the cable and the switch of the cameras",
            )
        if each.mtu < JUMBO:
            yield warning(
                f"{each.name} sends packets of {each.mtu} bytes: no jumbo frames",
                f"for an interface with cameras, as root: ip link set {each.name} mtu 9000",
            )
        else:
            yield ok(f"{each.name}: {each.speed} Mbit/s, packets of {each.mtu} bytes")

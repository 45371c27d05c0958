"""The links of cameras: USB3, the network, and what their images need of them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pmv_tui.config.schema import CameraConfig
from pmv_tui.doctor.examined import SDK_BACKENDS, Examined, Finding, error, note, ok, warning

USBFS_MEMORY = "sys/module/usbcore/parameters/usbfs_memory_mb"

BUFFERS = 10
"""Images that an SDK has on order at a time."""

ADVISED = 1000
"""MB that makers advise, for several cameras."""

SUPER_SPEED = 5000
"""Mbit/s of USB 3."""


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """A device that says it is a USB3 Vision camera.

    Parameters
    ----------
    speed : Mbit/s of the connection.
    bus : number of the bus; one controller has one for USB 3.
    node : the file by which it is opened.
    """

    name: str
    speed: int
    bus: int
    node: Path


def usb_cameras(examined: Examined) -> list[UsbCamera]:
    """List them as the kernel reports them, whatever SDK is there.

    The class codes EF, 05 are those of USB3 Vision: https://www.usb.org/defined-class-codes.
    """
    found = {}
    for interface in (examined.root / "sys/bus/usb/devices").glob("*:*"):
        path = f"sys/bus/usb/devices/{interface.name}"
        codes = [examined.read(f"{path}/bInterface{each}") for each in ("Class", "SubClass")]
        if codes == ["ef", "05"]:
            device = f"sys/bus/usb/devices/{interface.name.partition(':')[0]}"
            bus, number = examined.number(f"{device}/busnum"), examined.number(f"{device}/devnum")
            found[device] = UsbCamera(
                examined.read(f"{device}/product") or device.rpartition("/")[2],
                examined.number(f"{device}/speed") or 0,
                bus or 0,
                examined.root / f"dev/bus/usb/{bus or 0:03}/{number or 0:03}",
            )
    return list(found.values())


def check_usb(examined: Examined) -> Iterator[Finding]:
    """Yield what keeps USB3 cameras from their full speed, or from being opened."""
    cameras = usb_cameras(examined)
    if not cameras:
        yield ok("no USB3 camera is connected")
        return
    for camera in cameras:
        if not os.access(camera.node, os.R_OK | os.W_OK):
            yield error(
                f"{camera.name}: this user may not open {camera.node}",
                "install the udev rules of its maker, then unplug it and plug it in again",
            )
        if camera.speed < SUPER_SPEED:
            yield warning(
                f"{camera.name} is connected with {camera.speed} Mbit/s, which is USB 2",
                "use a USB 3 port and a USB 3 cable, with no hub between",
            )
    yield _memory(examined, len(cameras))


def _memory(examined: Examined, count: int) -> Finding:
    """Compare the kernel's limit with what the images on order take; 0 is no limit."""
    limit = examined.number(USBFS_MEMORY)
    if limit is None:
        return note(f"/{USBFS_MEMORY} cannot be read, so the memory for USB is not known")
    if limit == 0 or limit >= ADVISED:
        return ok(f"USB memory: {limit or 'no limit,'} MB for {count} camera(s)")
    remedy = (
        f"as root: echo {ADVISED} > /{USBFS_MEMORY}; to keep it, boot the kernel with "
        f"usbcore.usbfs_memory_mb={ADVISED}"
    )
    sizes = [examined.image_size(camera) for camera in examined.on_link("USB3")]
    known = [size for size in sizes if size is not None]
    if len(known) < max(count, len(sizes)):
        text = f"USB memory is {limit} MB for {count} camera(s) whose image size is not known yet"
        return warning(text, remedy) if limit < ADVISED // 5 else note(text, remedy)
    need = sum(width * height for width, height in known) * BUFFERS / 1e6
    text = f"USB memory: {limit} MB, of which {need:.0f} MB are needed"
    return ok(text) if need < 0.8 * limit else warning(text, remedy)


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


def check_network(examined: Examined) -> Iterator[Finding]:
    """Yield what makes GigE cameras lose packets, and clients' images late."""
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


USB3_MB_S = 380
"""10^6 bytes a second that a USB3 controller carries."""

GIGE_MB_S = 115
"""10^6 bytes a second that a gigabit of Ethernet carries."""

NEAR = 0.85
"""Of a link, above which there is no room for what else it carries."""


def check_bandwidth(examined: Examined) -> Iterator[Finding]:
    """Sum up fps x width x height of the config's cameras, a link at a time."""
    controllers = max(1, len({camera.bus for camera in usb_cameras(examined)}))
    gigabits = sum(each.speed for each in interfaces(examined)) / 1000 or 1.0
    for link, capacity, where in (
        ("USB3", USB3_MB_S * controllers, f"{controllers} USB3 controller(s)"),
        ("GigE", GIGE_MB_S * gigabits, f"{gigabits:g} Gbit/s of Ethernet"),
    ):
        cameras = examined.on_link(link)
        if cameras:
            yield from _compare(examined, cameras, capacity, where)
    configured = [each for each in examined.config.cameras if each.backend in SDK_BACKENDS]
    if not configured:
        yield ok("no camera of the config needs a link")


def _compare(
    examined: Examined, cameras: list[CameraConfig], capacity: float, where: str
) -> Iterator[Finding]:
    """Compare cameras with what their link carries, 10^6 bytes a second."""
    needed = 0.0
    for camera in cameras:
        size = examined.image_size(camera)
        if size is None:
            yield note(
                f"{camera.label}: its image size is not known while no engine runs",
                "run pmv-tui doctor again when it captures, or set its roi",
            )
        else:
            needed += camera.fps * size[0] * size[1] / 1e6
    names = ", ".join(camera.label for camera in cameras)
    text = f"{names}: {needed:.0f} MB/s of the {capacity:.0f} MB/s that {where} carry"
    remedy = "lower fps, set a roi, or spread the cameras over more controllers or interfaces"
    if needed > capacity:
        yield error(text, remedy)
    elif needed > NEAR * capacity:
        yield warning(text, remedy)
    elif needed:
        yield ok(text)

"""The links of cameras: USB3, the network, and what their images need of them."""

import os
from collections.abc import Iterator

from pmv_tui.config.schema import CameraConfig
from pmv_tui.doctor import SDK_BACKENDS, Examined, Finding, error, graded, note, ok, warning

USBFS_MEMORY = "sys/module/usbcore/parameters/usbfs_memory_mb"

ADVISED = 1000
"""MB that makers advise, for several cameras."""


def usb_cameras(examined: Examined) -> list[str]:
    """List the folders of USB3 Vision cameras as the kernel reports them, whatever SDK is there.

    The class codes EF, 05 are those of USB3 Vision: https://www.usb.org/defined-class-codes.
    """
    interfaces = [f"{each}/bInterface" for each in examined.folders("sys/bus/usb/devices", "*:*")]
    return sorted(
        {
            each.rpartition(":")[0]
            for each in interfaces
            if (examined.read(f"{each}Class"), examined.read(f"{each}SubClass")) == ("ef", "05")
        }
    )


def check_usb(examined: Examined) -> Iterator[Finding]:
    """Yield what keeps USB3 cameras from their full speed, or from being opened."""
    cameras = usb_cameras(examined)
    if not cameras:
        yield ok("no USB3 camera is connected")
        return
    for camera in cameras:
        name = examined.read(f"{camera}/product") or camera.rpartition("/")[2]
        bus, number, speed = (
            examined.number(f"{camera}/{each}") or 0 for each in ("busnum", "devnum", "speed")
        )
        node = examined.root / f"dev/bus/usb/{bus:03}/{number:03}"
        if not os.access(node, os.R_OK | os.W_OK):
            yield error(
                f"{name}: this user may not open {node}",
                "install the udev rules of its maker, then unplug it and plug it in again",
            )
        if speed < 5000:
            yield warning(
                f"{name} is connected with {speed} Mbit/s, which is USB 2",
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
    pixels = [_pixels(examined, camera) for camera in examined.on_link("USB3")]
    if None in pixels or len(pixels) < count:
        text = f"USB memory is {limit} MB for {count} camera(s) whose image size is not known yet"
        return (warning if limit < ADVISED // 5 else note)(text, remedy)
    need = 10 * sum(filter(None, pixels)) / 1e6  # an SDK has ten images on order
    text = f"USB memory: {limit} MB, of which {need:.0f} MB are needed"
    return graded(text, remedy, warning=need >= 0.8 * limit)


def _pixels(examined: Examined, camera: CameraConfig) -> int | None:
    """Return how many pixels an image has on its way from a camera; None while that is unknown."""
    for status in examined.snapshot["cameras"] if examined.snapshot else ():
        if status["unique_id"] == camera.unique_id and (width := status["width"]):
            return width * status["height"] * camera.downsampling**2
    return camera.roi[2] * camera.roi[3] if camera.roi else None


RECEIVE_BUFFER, SEND_BUFFER = 8_000_000, 256 * 1024
"""Bytes that a GigE camera's stream should be allowed, some images of it; and that the engine asks
for a client."""


def interfaces(examined: Examined) -> dict[str, int]:
    """Return the Mbit/s of each wired interface that is up; virtual ones carry no camera."""
    return {
        each.name: max(0, examined.number(f"{each}/speed") or 0)
        for each in examined.folders("sys/class/net", "*")
        if (each / "device").exists()
        and not (each / "wireless").exists()
        and examined.read(f"{each}/operstate") == "up"
    }


def check_network(examined: Examined) -> Iterator[Finding]:
    """Yield what makes GigE cameras lose packets, and clients' images late."""
    send, receive = (examined.number(f"proc/sys/net/core/{each}mem_max") for each in "wr")
    if send is not None and send < SEND_BUFFER:
        yield note(
            f"the kernel allows send buffers of {send // 1024} kB; {SEND_BUFFER // 1024} are "
            "asked for, with which latency was lowest",
            f"as root: sysctl -w net.core.wmem_max={SEND_BUFFER}",
        )
    if "GigE" not in examined.links().values():
        yield ok("no GigE camera was found")
        return
    if receive is not None and receive < RECEIVE_BUFFER:
        yield warning(
            f"the kernel allows receive buffers of {receive // 1024} kB: GigE cameras lose packets",
            f"as root: sysctl -w net.core.rmem_max={4 * RECEIVE_BUFFER}, and write it into "
            "/etc/sysctl.d/ to keep it",
        )
    for name, speed in interfaces(examined).items():
        if 0 < speed < 1000:
            yield warning(
                f"{name} runs at {speed} Mbit/s; a GigE camera needs 1000",
                "check the cable and the switch of the cameras",
            )
        bytes_a_packet = examined.number(f"sys/class/net/{name}/mtu") or 0
        if bytes_a_packet < 8000:
            yield warning(
                f"{name} sends packets of {bytes_a_packet} bytes: no jumbo frames",
                f"for an interface with cameras, as root: ip link set {name} mtu 9000",
            )
        else:
            yield ok(f"{name}: {speed} Mbit/s, packets of {bytes_a_packet} bytes")


USB3_MB_S, GIGE_MB_S = 380, 115
"""10^6 bytes a second that a USB3 controller carries, and a gigabit of Ethernet."""


def check_bandwidth(examined: Examined) -> Iterator[Finding]:
    """Sum up fps x width x height of the config's cameras, a link at a time."""
    # A controller has one bus for USB 3.
    buses = {examined.number(f"{camera}/busnum") for camera in usb_cameras(examined)}
    controllers = max(1, len(buses))
    gigabits = sum(interfaces(examined).values()) / 1000 or 1.0
    for link, capacity, where in (
        ("USB3", USB3_MB_S * controllers, f"{controllers} USB3 controller(s)"),
        ("GigE", GIGE_MB_S * gigabits, f"{gigabits:g} Gbit/s of Ethernet"),
    ):
        yield from _compare(examined, examined.on_link(link), capacity, where)
    if not any(each.backend in SDK_BACKENDS for each in examined.config.cameras):
        yield ok("no camera of the config needs a link")


def _compare(
    examined: Examined, cameras: list[CameraConfig], capacity: float, where: str
) -> Iterator[Finding]:
    """Compare cameras with what their link carries, 10^6 bytes a second."""
    needed = 0.0
    for camera in cameras:
        pixels = _pixels(examined, camera)
        needed += camera.fps * (pixels or 0) / 1e6
        if pixels is None:
            yield note(
                f"{camera.label}: its image size is not known while no engine runs",
                "run pmv-tui doctor again when it captures, or set its roi",
            )
    if needed:
        names = ", ".join(camera.label for camera in cameras)
        yield graded(
            f"{names}: {needed:.0f} MB/s of the {capacity:.0f} MB/s that {where} carry",
            "lower fps, set a roi, or spread the cameras over more controllers or interfaces",
            error=needed > capacity,
            warning=needed > 0.85 * capacity,
        )

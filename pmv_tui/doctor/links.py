"""The links of cameras: USB3, the network, and what their images need of them."""

import os
from collections.abc import Iterator

from pmv_tui.config.schema import CameraConfig
from pmv_tui.doctor import SDK_BACKENDS, Examined, Finding, error, graded, note, ok, warning

USBFS_MEMORY = "sys/module/usbcore/parameters/usbfs_memory_mb"

BUFFERS = 10
"""Images that an SDK has on order at a time."""

ADVISED = 1000
"""MB that makers advise, for several cameras."""

SUPER_SPEED = 5000
"""Mbit/s of USB 3."""


def usb_cameras(examined: Examined) -> list[str]:
    """List the folders of USB3 Vision cameras as the kernel reports them, whatever SDK is there.

    The class codes EF, 05 are those of USB3 Vision: https://www.usb.org/defined-class-codes.
    """
    found = set()
    for each in (examined.root / "sys/bus/usb/devices").glob("*:*"):
        interface = f"sys/bus/usb/devices/{each.name}/bInterface"
        codes = [examined.read(f"{interface}{code}") for code in ("Class", "SubClass")]
        if codes == ["ef", "05"]:
            found.add(interface.partition(":")[0])
    return sorted(found)


def check_usb(examined: Examined) -> Iterator[Finding]:
    """Yield what keeps USB3 cameras from their full speed, or from being opened."""
    cameras = usb_cameras(examined)
    if not cameras:
        yield ok("no USB3 camera is connected")
        return
    for camera in cameras:
        name = examined.read(f"{camera}/product") or camera.rpartition("/")[2]
        bus, number = (examined.number(f"{camera}/{each}num") or 0 for each in ("bus", "dev"))
        node = examined.root / f"dev/bus/usb/{bus:03}/{number:03}"
        if not os.access(node, os.R_OK | os.W_OK):
            yield error(
                f"{name}: this user may not open {node}",
                "install the udev rules of its maker, then unplug it and plug it in again",
            )
        speed = examined.number(f"{camera}/speed") or 0
        if speed < SUPER_SPEED:
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
    sizes = [_image_size(examined, camera) for camera in examined.on_link("USB3")]
    if None in sizes or len(sizes) < count:
        text = f"USB memory is {limit} MB for {count} camera(s) whose image size is not known yet"
        return Finding("warning" if limit < ADVISED // 5 else "note", text, remedy)
    need = sum(size[0] * size[1] for size in sizes if size) * BUFFERS / 1e6
    text = f"USB memory: {limit} MB, of which {need:.0f} MB are needed"
    return graded(text, remedy, warning=need >= 0.8 * limit)


def _image_size(examined: Examined, camera: CameraConfig) -> tuple[int, int] | None:
    """Return width and height of a camera's images in pixels; None while they are unknown."""
    if camera.backend == "simulated":
        return camera.width, camera.height
    for status in examined.snapshot["cameras"] if examined.snapshot else ():
        if status["unique_id"] == camera.unique_id and status["width"]:
            factor = camera.downsampling
            return status["width"] * factor, status["height"] * factor
    return camera.roi[2:] if camera.roi else None


RECEIVE_BUFFER = 8_000_000
"""Bytes that a GigE camera's stream should be allowed: some images of it."""

SEND_BUFFER = 256 * 1024
"""Bytes that the engine asks for a client."""

JUMBO = 8000
"""Bytes of a packet from which on it counts as a jumbo frame."""


def interfaces(examined: Examined) -> dict[str, int]:
    """Return the Mbit/s of each wired interface that is up; virtual ones carry no camera."""
    speeds = {}
    for folder in sorted((examined.root / "sys/class/net").glob("*")):
        wired = (folder / "device").exists() and not (folder / "wireless").exists()
        if wired and examined.read(f"sys/class/net/{folder.name}/operstate") == "up":
            speed = examined.number(f"sys/class/net/{folder.name}/speed") or 0
            speeds[folder.name] = max(0, speed)
    return speeds


def check_network(examined: Examined) -> Iterator[Finding]:
    """Yield what makes GigE cameras lose packets, and clients' images late."""
    send = examined.number("proc/sys/net/core/wmem_max")
    if send is not None and send < SEND_BUFFER:
        yield note(
            f"the kernel allows send buffers of {send // 1024} kB; {SEND_BUFFER // 1024} are "
            "asked for, with which latency was lowest",
            f"as root: sysctl -w net.core.wmem_max={SEND_BUFFER}",
        )
    if "GigE" not in examined.links().values():
        yield ok("no GigE camera was found")
        return
    receive = examined.number("proc/sys/net/core/rmem_max")
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
        if bytes_a_packet < JUMBO:
            yield warning(
                f"{name} sends packets of {bytes_a_packet} bytes: no jumbo frames",
                f"for an interface with cameras, as root: ip link set {name} mtu 9000",
            )
        else:
            yield ok(f"{name}: {speed} Mbit/s, packets of {bytes_a_packet} bytes")


USB3_MB_S = 380
"""10^6 bytes a second that a USB3 controller carries."""

GIGE_MB_S = 115
"""10^6 bytes a second that a gigabit of Ethernet carries."""

NEAR = 0.85
"""Of a link, above which there is no room for what else it carries."""


def check_bandwidth(examined: Examined) -> Iterator[Finding]:
    """Sum up fps x width x height of the config's cameras, a link at a time."""
    # A controller has one bus for USB 3.
    buses = {examined.number(f"{camera}/busnum") for camera in usb_cameras(examined)}
    controllers = max(1, len(buses))
    gigabits = sum(interfaces(examined).values()) / 1000 or 1.0
    yield from _compare(
        examined, "USB3", USB3_MB_S * controllers, f"{controllers} USB3 controller(s)"
    )
    yield from _compare(examined, "GigE", GIGE_MB_S * gigabits, f"{gigabits:g} Gbit/s of Ethernet")
    if not any(each.backend in SDK_BACKENDS for each in examined.config.cameras):
        yield ok("no camera of the config needs a link")


def _compare(examined: Examined, link: str, capacity: float, where: str) -> Iterator[Finding]:
    """Compare cameras with what their link carries, 10^6 bytes a second."""
    cameras, needed = examined.on_link(link), 0.0
    for camera in cameras:
        size = _image_size(examined, camera)
        if size is None:
            yield note(
                f"{camera.label}: its image size is not known while no engine runs",
                "run pmv-tui doctor again when it captures, or set its roi",
            )
        else:
            needed += camera.fps * size[0] * size[1] / 1e6
    if needed:
        names = ", ".join(camera.label for camera in cameras)
        yield graded(
            f"{names}: {needed:.0f} MB/s of the {capacity:.0f} MB/s that {where} carry",
            "lower fps, set a roi, or spread the cameras over more controllers or interfaces",
            error=needed > capacity,
            warning=needed > NEAR * capacity,
        )

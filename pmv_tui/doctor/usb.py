"""USB3 cameras: the kernel's memory for them, the speed of their ports, the right to open them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, note, ok, warning

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
    """List them from what the kernel tells, whatever SDK is there.

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


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what keeps USB3 cameras from their full speed, or from being opened."""
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

"""The video devices that Linux lists: which of them are cameras, and which cannot be reached."""

import fcntl
import os
import re
import struct
from pathlib import Path
from typing import NamedTuple

V4L_FOLDER = Path("/sys/class/video4linux")
"""Where the kernel lists its video devices."""

DEVICES = Path("/dev")
"""Where their nodes are; in a container only those that it was given."""

_NO_CAMERAS = re.compile(
    r"bcm2835-(codec|isp)|rpivid|rpi-hevc|pispbe|rp1-cfe-(fe|embedded)|"
    r".*(codec|decoder|encoder|[-_](dec|enc))\b"
)
"""Names of what scales, encodes or decodes images, as a Raspberry Pi has a dozen of them."""

_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32sIII12x")
_CAPTURE = 0x1 | 0x1000
_OUTPUT_OR_MEMORY_TO_MEMORY = 0x2 | 0x2000 | 0x4000 | 0x8000
"""Of Linux' videodev2.h: VIDIOC_QUERYCAP, struct v4l2_capability, V4L2_CAP_VIDEO_…."""


class Device(NamedTuple):
    """A video device that is a camera, as far as can be known.

    Parameters
    ----------
    number : of `/dev/video0`.
    name : as its driver calls it.
    reachable : whether it has a node.
    """

    number: int
    name: str
    reachable: bool


def list_devices(folder: Path = V4L_FOLDER, devices: Path = DEVICES) -> list[Device]:
    """List the capture devices.

    A camera may have several nodes, `video0`, `video1`, …; the first of them, with index 0, is the
    one for images, the others carry metadata.

    Parameters
    ----------
    folder, devices : folders like V4L_FOLDER and DEVICES.
    """
    nodes = sorted(
        (int(entry.name.removeprefix("video")), entry)
        for entry in folder.glob("video*")
        if entry.name.removeprefix("video").isdecimal()
    )
    return [
        Device(number, name, (devices / entry.name).exists())
        for number, entry in nodes
        if _read(entry / "index") == "0"
        and _is_camera(name := _read(entry / "name"), devices / entry.name)
    ]


def without_node(device: Path) -> str:
    """Return the name of the device that the kernel has, where its node is missing; else empty."""
    known = V4L_FOLDER / device.name
    return "" if device.exists() or not known.exists() else _read(known / "name")


def _is_camera(name: str, node: Path) -> bool:
    """Return whether a device captures; by its name, where it cannot be asked."""
    if _NO_CAMERAS.match(name):
        return False
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        *_, all_nodes, this_node = _CAPABILITY.unpack(
            fcntl.ioctl(descriptor, _QUERYCAP, bytes(_CAPABILITY.size))
        )
    except OSError:
        return True
    finally:
        os.close(descriptor)
    capabilities = this_node or all_nodes
    return bool(capabilities & _CAPTURE) and not capabilities & _OUTPUT_OR_MEMORY_TO_MEMORY


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:  # it was unplugged meanwhile
        return ""

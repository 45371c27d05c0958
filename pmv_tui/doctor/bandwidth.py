"""The cameras' images against the links that carry them."""

from collections.abc import Iterator

from pmv_tui.config.schema import CameraConfig
from pmv_tui.doctor.examined import SDK_BACKENDS, Examined
from pmv_tui.doctor.finding import Finding, error, note, ok, warning
from pmv_tui.doctor.network import interfaces
from pmv_tui.doctor.usb import usb_cameras

USB3_MB_S = 380
"""10^6 bytes a second that a USB3 controller carries."""

GIGE_MB_S = 115
"""10^6 bytes a second that a gigabit of Ethernet carries."""

NEAR = 0.85
"""Of a link, above which there is no room for what else it carries."""


def look(examined: Examined) -> Iterator[Finding]:
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

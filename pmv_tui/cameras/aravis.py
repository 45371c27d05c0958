"""GigE Vision and USB3 Vision cameras of any maker, through Aravis: no maker's SDK is needed."""

from pmv_tui.cameras.aravis_import import require_aravis
from pmv_tui.cameras.base import Camera, FoundCamera
from pmv_tui.config.schema import CameraConfig


class AravisBackend:
    """FLIR, Allied Vision, Hikrobot, …: whatever speaks GigE Vision or USB3 Vision."""

    name = "aravis"

    def discover(self) -> list[FoundCamera]:
        """List the connected cameras; takes a second. See `Backend.discover`."""
        require_aravis()
        from pmv_tui.cameras.aravis_devices import devices  # noqa: PLC0415 - imports gi

        return devices.search()

    def open(self, config: CameraConfig) -> Camera:
        """Open a camera by its serial number. See `Backend.open`."""
        require_aravis()
        from pmv_tui.cameras.aravis_camera import open_camera  # noqa: PLC0415 - imports gi

        return open_camera(config)

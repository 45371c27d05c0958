"""GigE Vision and USB3 Vision cameras of any maker, through Aravis: no maker's SDK is needed."""

from pmv_tui.cameras.base import BackendUnavailable, Camera, FoundCamera
from pmv_tui.config.schema import CameraConfig

APT_LINE = "apt-get install gir1.2-aravis-0.8"
"""Installs the library itself."""

PYGOBJECT_LINE = (
    "apt-get install libgirepository1.0-dev libcairo2-dev pkg-config gcc python3-dev "
    "&& pip install 'PyGObject>=3.42,<3.52'"
)
"""Installs what lets Python reach it, which is built from its source."""


def require_aravis() -> None:
    """Make sure that `from gi.repository import Aravis` works, once this has returned.

    Raises
    ------
    BackendUnavailable : it does not; says what to install.
    """
    try:
        import gi  # noqa: PLC0415 - an optional library
    except ImportError as error:
        raise BackendUnavailable(
            f"PyGObject cannot be loaded ({error})", f"try: {APT_LINE} && {PYGOBJECT_LINE}"
        ) from error
    try:
        gi.require_version("Aravis", "0.8")
        from gi.repository import Aravis  # noqa: F401, PLC0415 - an optional library
    except (ImportError, ValueError) as error:
        raise BackendUnavailable(
            f"Aravis cannot be loaded ({error})", f"try: {APT_LINE}"
        ) from error


class AravisBackend:
    """FLIR, Allied Vision, Hikrobot, …: whatever speaks GigE Vision or USB3 Vision."""

    name = "aravis"

    def discover(self) -> list[FoundCamera]:
        """List the connected cameras; takes a second. See `Backend.discover`."""
        require_aravis()
        from pmv_tui.cameras.genicam.aravis_camera import devices  # noqa: PLC0415 - imports gi

        return devices.search()

    def open(self, config: CameraConfig) -> Camera:
        """Open a camera by its serial number. See `Backend.open`."""
        require_aravis()
        from pmv_tui.cameras.genicam.aravis_camera import open_camera  # noqa: PLC0415 - imports gi

        return open_camera(config)

"""Basler cameras, and Basler's camera emulator, through pylon."""

import warnings

from pmv_tui.cameras.base import BackendUnavailable, Camera, FoundCamera
from pmv_tui.config.schema import CameraConfig


class BaslerBackend:
    """GigE and USB3 cameras of Basler's; with `PYLON_CAMEMU=2` set, two emulated ones."""

    name = "basler"

    def discover(self) -> list[FoundCamera]:
        """List the connected cameras. See `Backend.discover`."""
        _require_pypylon()
        from pmv_tui.cameras.genicam.basler_camera import list_cameras  # noqa: PLC0415 - imports pypylon

        return list_cameras()

    def open(self, config: CameraConfig) -> Camera:
        """Open a camera by its serial number. See `Backend.open`."""
        _require_pypylon()
        from pmv_tui.cameras.genicam.basler_camera import open_camera  # noqa: PLC0415 - imports pypylon

        return open_camera(config)


def _require_pypylon() -> None:
    """Make sure that `import pypylon` works, once this has returned.

    Raises
    ------
    BackendUnavailable : it does not; says what to install.
    """
    # Its compiled part warns when it is loaded, and crashes the process where warnings are errors.
    warnings.filterwarnings(
        "ignore", "builtin type .* has no __module__ attribute", DeprecationWarning
    )
    try:
        from pypylon import pylon  # noqa: F401, PLC0415 - takes up to 0.8 s: only where needed
    except ImportError as error:
        raise BackendUnavailable(
            f"Basler's pylon cannot be loaded ({error})",
            "try: pip install --force-reinstall pypylon",
        ) from error

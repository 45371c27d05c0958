"""Simulated cameras: no hardware, the same images every time."""

import time

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera, Frame, FrameCounts
from pmv_tui.cameras.cv2_import import require_cv2
from pmv_tui.cameras.files import readable_file
from pmv_tui.cameras.pacing import ImageSource, PacedCamera
from pmv_tui.cameras.scene import BlobScene
from pmv_tui.config.schema import CameraConfig

MAX_FPS = 1000.0
"""Frames a second; sleeping is not exact enough for more."""


class SimulatedBackend:
    """Cameras that exist in the config alone."""

    name = "simulated"

    def discover(self) -> list[FoundCamera]:
        """Find nothing: a simulated camera is made by listing it in the config."""
        return []

    def open(self, config: CameraConfig) -> Camera:
        """Make a camera. See `Backend.open`."""
        if config.fps > MAX_FPS:
            raise CameraError(
                f"a simulated camera makes at most {MAX_FPS:g} frames a second, not {config.fps:g}",
                "lower `fps` in the config",
            )
        if config.external_trigger:
            return UntriggeredCamera()
        return PacedCamera(_scene(config), config.fps)


class UntriggeredCamera:
    """A simulated camera set to an external trigger: nothing ever triggers it."""

    pixel_format = "Mono8"
    fps: float | None = None

    def __init__(self) -> None:
        self.counts = FrameCounts()

    def grab(self, timeout: float) -> Frame | None:
        """Wait in vain. See `Camera.grab`."""
        time.sleep(timeout)
        return None

    def close(self) -> None:
        """Nothing is held."""


def _scene(config: CameraConfig) -> ImageSource:
    """Choose what the camera sees."""
    if config.source is None:
        return BlobScene(config.width, config.height)
    if isinstance(config.source, int):
        raise CameraError(
            f"a simulated camera's `source` is a picture or video file, not {config.source}",
            "correct it in the config, or leave it out for the built-in scene",
        )
    path = readable_file(config.source)
    size = (config.width, config.height) if _size_given(config) else None
    require_cv2()
    from pmv_tui.cameras.picture import Picture, is_picture  # noqa: PLC0415 - imports cv2
    from pmv_tui.cameras.video_file import VideoFile  # noqa: PLC0415 - imports cv2

    return Picture(path, size) if is_picture(path) else VideoFile(path, size)


def _size_given(config: CameraConfig) -> bool:
    """Tell whether the config asks for a size; a picture or video keeps its own otherwise."""
    return not config.model_fields_set.isdisjoint({"width", "height"})

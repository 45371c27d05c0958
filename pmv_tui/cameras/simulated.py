"""Simulated cameras: no hardware, the same images every time."""

import time

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera, Frame, FrameCounts, Setting
from pmv_tui.cameras.cv2_import import require_cv2
from pmv_tui.cameras.files import readable_file
from pmv_tui.cameras.pacing import ImageSource, PacedCamera
from pmv_tui.cameras.readback import absent, choice, number, require_no_restart
from pmv_tui.cameras.scene import BlobScene
from pmv_tui.config.schema import CameraConfig

MAX_FPS = 1000.0
"""Frames a second; sleeping is not exact enough for more."""

NORMAL_EXPOSURE = 15_000.0
"""µs of exposure time that show the scene as it is drawn, at a gain of 0 dB."""

MIN_EXPOSURE, MAX_EXPOSURE = 10.0, 1_000_000.0
"""µs."""

MIN_GAIN, MAX_GAIN = -24.0, 24.0
"""dB."""


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
        if config.source is None:
            return SimulatedCamera(config, BlobScene(config.width, config.height))
        return SimulatedCamera(config, _recorded_scene(config))


class SimulatedCamera(PacedCamera):
    """A simulated camera that looks at the built-in scene, or at a picture or a video.

    Of these only the built-in scene gets brighter and darker with the exposure.
    """

    def __init__(self, config: CameraConfig, scene: ImageSource) -> None:
        super().__init__(scene, config.fps)
        self._config = config
        self._blobs = scene if isinstance(scene, BlobScene) else None
        self._expose()

    def settings(self) -> tuple[Setting, ...]:
        """Tell what holds. See `Camera.settings`."""
        config = self._config
        return (
            number("fps", config.fps, config.fps, highest=MAX_FPS),
            *self._exposure_settings(),
            choice("pixel_format", config.pixel_format, "Mono", ("Mono",), "it has no colours"),
            choice("external_trigger", config.external_trigger, config.external_trigger, ()),
            absent("roi", config.roi),
        )

    def apply(self, config: CameraConfig) -> None:
        """Take over rate and exposure. See `Camera.apply`."""
        require_no_restart(
            self._config, config, "source", "loop", "width", "height", "external_trigger"
        )
        if config.fps > MAX_FPS:
            config = config.model_copy(update={"fps": self._config.fps})
        if config.fps != self._config.fps:
            self.change_rate(config.fps)
        self._config = config
        self._expose()

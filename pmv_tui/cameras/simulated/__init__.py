"""Simulated cameras: no hardware, the same images every time."""

import time

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera, Frame, Setting
from pmv_tui.cameras.cv2_import import readable_file, require_cv2
from pmv_tui.cameras.pacing import ImageSource, PacedCamera
from pmv_tui.cameras.readback import absent, choice, clamp, number, require_no_restart
from pmv_tui.cameras.simulated.scene import BlobScene
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
        if config.source is None:
            return SimulatedCamera(config, BlobScene(config.width, config.height))
        return SimulatedCamera(config, _recorded_scene(config))


class SimulatedCamera(PacedCamera):
    """A simulated camera that looks at the built-in scene, or at a picture or a video.

    Only the built-in scene gets brighter and darker with the exposure.
    """

    def __init__(self, config: CameraConfig, scene: ImageSource) -> None:
        super().__init__(scene, min(config.fps, MAX_FPS))
        self._config = config
        self._blobs = scene if isinstance(scene, BlobScene) else None
        self._expose()
        if config.external_trigger:
            self.fps = None

    def grab(self, timeout: float) -> Frame | None:
        """Wait for the next frame; in vain for a triggered one. See `Camera.grab`."""
        if self._config.external_trigger:
            time.sleep(timeout)
            return None
        return super().grab(timeout)

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings in effect. See `Camera.settings`."""
        config = self._config
        return (
            self._rate(),
            *self._exposure(),
            choice("pixel_format", config.pixel_format, "Mono", ("Mono",), "it has no colours"),
            choice("external_trigger", config.external_trigger, config.external_trigger),
            absent("roi", config.roi),
        )

    def apply(self, config: CameraConfig) -> None:
        """Apply rate and exposure. See `Camera.apply`."""
        scene = ("source", "loop", "width", "height")
        require_no_restart(self._config, config, *scene, "external_trigger")
        rate_changed = config.fps != self._config.fps
        self._config = config
        if rate_changed and not config.external_trigger:
            self.change_rate(min(config.fps, MAX_FPS))
        self._expose()

    def _rate(self) -> Setting:
        if self.fps is None:
            return absent("fps", self._config.fps, "the trigger sets the rate")
        return number("fps", self._config.fps, self.fps, highest=MAX_FPS)

    def _exposure(self) -> tuple[Setting, Setting]:
        config = self._config
        if self._blobs is None:
            return (
                absent("exposure_time", config.exposure_time, "a file has no exposure time"),
                absent("gain", config.gain, "a file has no gain"),
            )
        exposure_time = clamp(config.exposure_time, MIN_EXPOSURE, MAX_EXPOSURE)
        gain = clamp(config.gain, MIN_GAIN, MAX_GAIN)
        return (
            number(
                "exposure_time",
                config.exposure_time,
                exposure_time,
                lowest=MIN_EXPOSURE,
                highest=MAX_EXPOSURE,
            ),
            number("gain", config.gain, gain, lowest=MIN_GAIN, highest=MAX_GAIN),
        )

    def _expose(self) -> None:
        """Show the scene as bright as its exposure makes it."""
        if self._blobs is not None:
            exposure_time = clamp(self._config.exposure_time, MIN_EXPOSURE, MAX_EXPOSURE)
            gain = clamp(self._config.gain, MIN_GAIN, MAX_GAIN)
            self._blobs.expose(exposure_time / NORMAL_EXPOSURE * 10 ** (gain / 20))


def _recorded_scene(config: CameraConfig) -> ImageSource:
    """Open the picture or video that the config names."""
    if isinstance(config.source, int):
        raise CameraError(
            f"a simulated camera's `source` is a picture or video file, not {config.source}",
            "correct it in the config, or leave it out for the built-in scene",
        )
    path = readable_file(str(config.source))
    size = (config.width, config.height) if _size_given(config) else None
    require_cv2()
    from pmv_tui.cameras.opencv.recording import open_recording  # noqa: PLC0415 - imports cv2

    return open_recording(path, loop=config.loop, size=size).source


def _size_given(config: CameraConfig) -> bool:
    """Return whether the config asks for a size; a picture or video keeps its own otherwise."""
    return not config.model_fields_set.isdisjoint({"width", "height"})

"""Webcams, network streams and video files, through OpenCV."""

from dataclasses import replace
from pathlib import Path

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera, Setting
from pmv_tui.cameras.cv2_import import readable_file, require_cv2
from pmv_tui.cameras.opencv.v4l import list_devices, without_node
from pmv_tui.cameras.pacing import ImageSource, PacedCamera
from pmv_tui.cameras.readback import absent, grey_only, number, require_no_restart
from pmv_tui.config.schema import CameraConfig

GIVE_IT = "a container must be given the device, as with docker run --device"


class OpenCVBackend:
    """Whatever Video4Linux has a driver for, network streams, and files in place of a camera."""

    name = "opencv"
    remark = ""

    def discover(self) -> list[FoundCamera]:
        """List the webcams without streaming from them. See `Backend.discover`."""
        require_cv2()
        found = list_devices()
        missing = ", ".join(
            f"/dev/video{each.number} ({each.name})" for each in found if not each.reachable
        )
        if missing:
            self.remark = f"the kernel has {missing}, but there is no such file: {GIVE_IT}"
        return [FoundCamera(f"{each.number}-opencv", each.name) for each in found if each.reachable]

    def open(self, config: CameraConfig) -> Camera:
        """Open a webcam or a video file. See `Backend.open`."""
        if config.external_trigger:
            raise CameraError(
                "the opencv back end knows no external trigger",
                "set external_trigger = false in the config",
            )
        if isinstance(config.source, str) and "://" in config.source:
            require_cv2()
            from pmv_tui.cameras.opencv.stream import open_stream  # noqa: PLC0415 - imports cv2

            return open_stream(config.source, config)
        device = video_device(config)
        if device is None:
            return _open_video(readable_file(str(config.source)), config)
        if name := without_node(device):
            raise CameraError(f"the kernel has {device} ({name}), but no such file", GIVE_IT)
        require_cv2()
        from pmv_tui.cameras.opencv.webcam import open_webcam  # noqa: PLC0415 - imports cv2

        return open_webcam(device, config)


def video_device(config: CameraConfig) -> Path | None:
    """Return the video device that the config names; None where it names a file."""
    source = config.serial if config.source is None else config.source
    if isinstance(source, int) or source.isdecimal():
        return Path(f"/dev/video{source}")
    if config.source is None:
        raise CameraError(
            f"{config.unique_id} names no camera: {source!r} is not an index",
            "give the index, as in 0-opencv, or set `source` to a device, a URL or a video file",
        )
    return Path(source) if source.startswith("/dev/") else None


class VideoCamera(PacedCamera):
    """A video file in place of a camera: nothing can be set but the rate, where it has none.

    Parameters
    ----------
    rate : images a second, as the file says; None where it does not.
    """

    def __init__(self, config: CameraConfig, video: ImageSource, rate: float | None) -> None:
        super().__init__(video, rate or config.fps)
        self._config = config
        self._rate = rate

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings in effect. See `Camera.settings`."""
        config = self._config
        return (
            self._rate_setting(),
            absent("exposure_time", config.exposure_time, "a video file has no exposure time"),
            absent("gain", config.gain, "a video file has no gain"),
            grey_only(config),
            absent("external_trigger", config.external_trigger, "a video file has no trigger"),
            absent("roi", config.roi, "a video file has no region of interest"),
        )

    def _rate_setting(self) -> Setting:
        """Return the rate, with a note of where it comes from."""
        wanted, own = self._config.fps, self._rate
        rate = number("fps", wanted, own or wanted, live=own is None)
        return replace(rate, note="the file's own rate" if own else "the file has no frame rate")

    def apply(self, config: CameraConfig) -> None:
        """Apply the rate, where the file has none. See `Camera.apply`."""
        require_no_restart(self._config, config, "source", "loop", "external_trigger")
        rate_changed = config.fps != self._config.fps
        self._config = config
        if rate_changed and self._rate is None:
            self.change_rate(config.fps)


def _open_video(path: Path, config: CameraConfig) -> Camera:
    """Play a file at its own rate, or at the config's where it has none."""
    require_cv2()
    from pmv_tui.cameras.opencv.recording import open_recording  # noqa: PLC0415 - imports cv2

    recording = open_recording(path, loop=config.loop)
    return VideoCamera(config, recording.source, recording.rate)

"""Webcams and video files, through OpenCV."""

from dataclasses import replace
from pathlib import Path

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera, Setting
from pmv_tui.cameras.cv2_import import require_cv2
from pmv_tui.cameras.files import readable_file
from pmv_tui.cameras.pacing import ImageSource, PacedCamera
from pmv_tui.cameras.readback import absent, choice, number, require_no_restart
from pmv_tui.config.schema import CameraConfig

V4L_FOLDER = Path("/sys/class/video4linux")
"""Where the kernel lists its video devices."""


class OpenCVBackend:
    """Whatever Video4Linux has a driver for, and video files in place of a camera."""

    name = "opencv"

    def discover(self) -> list[FoundCamera]:
        """List the webcams without opening them. See `Backend.discover`."""
        require_cv2()
        return list_webcams(V4L_FOLDER)

    def open(self, config: CameraConfig) -> Camera:
        """Open a webcam or a video file. See `Backend.open`."""
        if config.external_trigger:
            raise CameraError(
                "the opencv back end knows no external trigger",
                "set external_trigger = false in the config",
            )
        device = _device(config)
        if device is None:
            return _open_video(readable_file(str(config.source)), config)
        require_cv2()
        from pmv_tui.cameras.webcam import open_webcam  # noqa: PLC0415 - imports cv2

        return open_webcam(device, config)


def list_webcams(folder: Path) -> list[FoundCamera]:
    """List the capture devices of a folder like V4L_FOLDER.

    A camera may have several nodes, `video0`, `video1`, …; the first of them, with index 0, is the
    one for images, the others carry metadata.
    """
    nodes = sorted(
        (int(entry.name.removeprefix("video")), entry)
        for entry in folder.glob("video*")
        if entry.name.removeprefix("video").isdecimal()
    )
    return [
        FoundCamera(f"{number}-opencv", (entry / "name").read_text().strip())
        for number, entry in nodes
        if (entry / "index").read_text().strip() == "0"
    ]


def _device(config: CameraConfig) -> Path | None:
    """Give the video device that the config names; None where it names a file."""
    source = config.serial if config.source is None else config.source
    if isinstance(source, int) or source.isdecimal():
        return Path(f"/dev/video{source}")
    if config.source is None:
        raise CameraError(
            f"{config.unique_id} names no camera: {source!r} is not an index",
            "give the index, as in 0-opencv, or set `source` to a device path or a video file",
        )
    return Path(source) if source.startswith("/dev/") else None


class VideoCamera(PacedCamera):
    """A video file in place of a camera: nothing can be set but the rate, where it tells none.

    Parameters
    ----------
    rate : images a second, as the file says; None where it does not.
    """

    def __init__(self, config: CameraConfig, video: ImageSource, rate: float | None) -> None:
        super().__init__(video, rate or config.fps)
        self._config = config
        self._rate = rate

    def settings(self) -> tuple[Setting, ...]:
        """Tell what holds. See `Camera.settings`."""
        config = self._config
        return (
            self._rate_setting(),
            absent("exposure_time", config.exposure_time, "a video file has no exposure time"),
            absent("gain", config.gain, "a video file has no gain"),
            choice(
                "pixel_format",
                config.pixel_format,
                "Mono",
                ("Mono",),
                "colour is converted to grey",
            ),
            absent("external_trigger", config.external_trigger, "a video file has no trigger"),
            absent("roi", config.roi, "a video file has no region of interest"),
        )

    def _rate_setting(self) -> Setting:
        """Tell the rate, and always where it comes from."""
        wanted, own = self._config.fps, self._rate
        told = number("fps", wanted, own or wanted, live=own is None)
        return replace(told, note="the file's own rate" if own else "the file tells no rate")

    def apply(self, config: CameraConfig) -> None:
        """Take over the rate, where the file tells none. See `Camera.apply`."""
        require_no_restart(self._config, config, "source", "loop", "external_trigger")
        rate_changed = config.fps != self._config.fps
        self._config = config
        if rate_changed and self._rate is None:
            self.change_rate(config.fps)


def _open_video(path: Path, config: CameraConfig) -> Camera:
    """Play a file at its own rate, or at the config's where it tells none."""
    require_cv2()
    from pmv_tui.cameras.recording import open_recording  # noqa: PLC0415 - imports cv2

    recording = open_recording(path, loop=config.loop)
    return VideoCamera(config, recording.source, recording.rate)

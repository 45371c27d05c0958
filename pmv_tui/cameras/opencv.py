"""Webcams and video files, through OpenCV."""

from pathlib import Path

from pmv_tui.cameras.base import Camera, CameraError, FoundCamera
from pmv_tui.cameras.cv2_import import require_cv2
from pmv_tui.cameras.files import readable_file
from pmv_tui.cameras.pacing import PacedCamera
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
            return _open_video(readable_file(str(config.source)), config.fps)
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


def _open_video(path: Path, fps: float) -> Camera:
    """Play a file at its own rate, or at `fps` where it tells none."""
    require_cv2()
    from pmv_tui.cameras.video_file import VideoFile  # noqa: PLC0415 - imports cv2

    video = VideoFile(path)
    return PacedCamera(video, video.rate or fps)

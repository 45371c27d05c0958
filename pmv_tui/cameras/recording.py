"""Whatever a file holds, as a source of images: a picture, pages, an animation or a video.

Needs OpenCV: see cv2_import.
"""

from pathlib import Path
from typing import NamedTuple

import cv2

from pmv_tui.cameras.own_rate import own_rate
from pmv_tui.cameras.pacing import ImageSource
from pmv_tui.cameras.pages import Pages, animation, count_pages, tiff_pages
from pmv_tui.cameras.picture import Picture
from pmv_tui.cameras.video_file import VideoFile

RAW_SUFFIXES = {".mjpeg", ".mjpg"}
"""Of files that begin as a picture does, and are a video."""


class Recording(NamedTuple):
    """An open file.

    Parameters
    ----------
    source : of its images.
    rate : images a second, as the file says; None where it does not.
    """

    source: ImageSource
    rate: float | None


def open_recording(path: Path, *, loop: bool, size: tuple[int, int] | None = None) -> Recording:
    """Open a file.

    Parameters
    ----------
    loop : whether the first image comes after the last one; otherwise that is the end.
    size : (width, height) in pixels that images are resized to; None leaves them as they are.

    Raises
    ------
    CameraError : nothing in the file can be decoded, or it is too large.
    """
    if cv2.haveImageReader(str(path)) and path.suffix.lower() not in RAW_SUFFIXES:
        count = count_pages(path)
        if count == 1:
            return Recording(Picture(path, size), None)
        if _is_tiff(path):
            return Recording(Pages(path, count, tiff_pages(path), loop=loop, size=size), None)
        if _is_webp(path):
            frames, rate = animation(path, count)
            return Recording(Pages(path, count, frames, loop=loop, size=size), rate)
    return Recording(VideoFile(path, loop=loop, size=size), own_rate(path))


def _is_tiff(path: Path) -> bool:
    return _first_bytes(path)[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _is_webp(path: Path) -> bool:
    start = _first_bytes(path)
    return start[:4] == b"RIFF" and start[8:12] == b"WEBP"


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(12)

"""Whatever a file holds, as a source of images: a picture, pages, an animation or a video.

Needs OpenCV: see cv2_import.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import CameraError, EndOfStream, NewImage
from pmv_tui.cameras.opencv.mono import as_mono
from pmv_tui.cameras.opencv.video_file import VideoFile, own_rate
from pmv_tui.cameras.pacing import ImageSource


class Picture:
    """One picture, again and again.

    Parameters
    ----------
    path : the file.
    size : (width, height) in pixels that it is resized to; None leaves it as it is.

    Raises
    ------
    CameraError : the file is broken.
    """

    def __init__(self, path: Path, size: tuple[int, int] | None = None) -> None:
        image = decoded(path, lambda: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
        if size is not None:
            image = as_mono(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        self._image = image

    def read(self, number: int, new_image: NewImage) -> NDArray[np.uint8]:  # noqa: ARG002
        """Return the picture, which does not move. See `ImageSource.read`."""
        return self._image

    def close(self) -> None:
        """Nothing is held."""


def decoded(path: Path, decode: Callable[[], Any]) -> NDArray[np.uint8]:
    """Decode a picture, grey.

    Parameters
    ----------
    decode : gives the image; None where there is none.

    Raises
    ------
    CameraError : it is broken, or too large.
    """
    try:
        image = decode()
    except (cv2.error, MemoryError) as error:
        if isinstance(error, MemoryError) or "CV_IO_MAX_IMAGE" in str(error):
            raise CameraError(
                f"the picture {path} is too large", "make it smaller: 2^30 pixels at most"
            ) from error
        image = None
    if image is None:
        raise CameraError(
            f"the picture {path} cannot be decoded", "check that an image viewer shows it"
        )
    return as_mono(image)


KEPT = 256 * 2**20
"""Bytes of pages that are kept in memory: of more, each is read from the file when it is due."""

MAX_ANIMATION = 2**30
"""Bytes of an animation's images in colour, all of which OpenCV decodes at once."""

ReadPage = Callable[[int], NDArray[np.uint8]]
"""Is given a page's place, from 0; returns its image, grey."""


class Pages:
    """A file's pages, one after another. See `ImageSource`.

    Parameters
    ----------
    path : the file, for people.
    count : of its pages.
    read_page : decodes one.
    loop, size : see `open_recording`.
    """

    def __init__(
        self,
        path: Path,
        count: int,
        read_page: ReadPage,
        *,
        loop: bool,
        size: tuple[int, int] | None,
    ) -> None:
        self._path = path
        self._count = count
        self._read_page = read_page
        self._loop = loop
        self._size = size
        self._shown = 0
        self._pages: dict[int, NDArray[np.uint8]] = {}
        self._fit = self._page(0).nbytes * count <= KEPT

    def read(self, number: int, new_image: NewImage) -> NDArray[np.uint8]:  # noqa: ARG002
        """Return the next page, for every one is shown. See `ImageSource.read`."""
        if self._shown == self._count and not self._loop:
            raise EndOfStream(f"{self._path} has been played to its end")
        place = self._shown % self._count
        self._shown = place + 1
        image = self._pages.pop(place, None)
        image = self._page(place) if image is None else image
        if self._fit:
            self._pages[place] = image
        return image

    def close(self) -> None:
        """Release the pages."""
        self._pages.clear()

    def _page(self, place: int) -> NDArray[np.uint8]:
        image = self._read_page(place)
        if self._size is not None:
            image = as_mono(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA))
        return image


def count_pages(path: Path) -> int:
    """Return how many images a picture file holds; 1 where OpenCV cannot say."""
    try:
        return max(1, cv2.imcount(str(path)))
    except cv2.error:
        return 1


def tiff_pages(path: Path) -> ReadPage:
    """Return what reads one page of a TIFF stack."""

    def read(place: int) -> NDArray[np.uint8]:
        flags = cv2.IMREAD_GRAYSCALE
        return decoded(path, lambda: _first(cv2.imreadmulti(str(path), place, 1, flags=flags)[1]))

    return read


def animation(path: Path, count: int) -> tuple[ReadPage, float | None]:
    """Decode an animation.

    Returns
    -------
    What gives one of its images, and its images a second; None where it states none.

    Raises
    ------
    CameraError : it is too large, or this OpenCV is too old.
    """
    if not hasattr(cv2, "imreadanimation"):
        raise CameraError(f"OpenCV {cv2.__version__} plays no animation", _MAKE_A_VIDEO)
    height, width = decoded(path, lambda: cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).shape
    if 4 * height * width * count > MAX_ANIMATION:
        raise CameraError(
            f"{path} is too large: {count} images of {width}x{height} at once", _MAKE_A_VIDEO
        )
    _, moving = cv2.imreadanimation(str(path))
    images = [as_mono(np.asarray(frame)) for frame in moving.frames]
    seconds = sum(moving.durations) / 1000
    return images.__getitem__, len(images) / seconds if seconds > 0 else None


_MAKE_A_VIDEO = "make a video of it, for instance with: ffmpeg -i FILE film.mp4"


def _first(images: object) -> object:
    return images[0] if isinstance(images, list | tuple) and images else None


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

"""The pages of a TIFF stack and the images of an animation, as a source. Needs OpenCV."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import CameraError, EndOfStream
from pmv_tui.cameras.mono import as_mono
from pmv_tui.cameras.picture import decoded

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

    def read(self, number: int) -> NDArray[np.uint8]:  # noqa: ARG002 - every page is shown
        """Give the next page. See `ImageSource.read`."""
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
        """Let go of the pages."""
        self._pages.clear()

    def _page(self, place: int) -> NDArray[np.uint8]:
        image = self._read_page(place)
        if self._size is not None:
            image = as_mono(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA))
        return image


def count_pages(path: Path) -> int:
    """Return how many images a picture file holds; 1 where OpenCV cannot tell."""
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
    What gives one of its images, and its images a second; None where it tells none.

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

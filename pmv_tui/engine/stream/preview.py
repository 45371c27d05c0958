"""A camera's way to terminals: its newest frames while somebody asks for them, made small."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmv_tui.cameras.base import Frame
from pmv_tui.figures import SATURATED
from pmv_tui.frames.recent import Recent
from pmv_tui.region import unit_of
from pmv_tui.wire.status import Region

KEPT_FOR = 3_000_000_000
"""ns after the last question in which frames are kept."""


class Newest(NamedTuple):
    """The newest frame, or one of the newest.

    Parameters
    ----------
    image : uint8, shape (height, width); nobody writes to it any more.
    timestamp : ns since the epoch, when it arrived.
    sequence : its number.
    pixel_format : what its bytes are, `Mono8` or `BayerRG8` and the like.
    """

    image: NDArray[np.uint8]
    timestamp: int
    sequence: int
    pixel_format: str


class PreviewFeed:
    """Keeps references to one camera's newest frame, never a copy: frames are the receiver's own.

    The worker offers each frame; the main thread asks. No lock: each only ever puts a whole tuple,
    or None, in the other's place, and at worst a frame is kept, or missing, until the next one.

    Attributes
    ----------
    matching : whether frames before the newest are kept too, for boxes that belong to them.
    """

    def __init__(self) -> None:
        self.matching = False
        self._newest: Newest | None = None
        self._recent: Recent[Newest] = Recent()
        self._until = 0

    def offer(self, frame: Frame, sequence: int, pixel_format: str, now: int) -> None:
        """Keep a frame if somebody looks; called by the worker.

        Parameters
        ----------
        sequence : the frame's number, above those before it.
        pixel_format : what its bytes are.
        now : monotonic, ns.
        """
        if now < self._until:
            newest = Newest(frame.image, frame.timestamp, sequence, pixel_format)
            self._newest = newest
            if self.matching:
                self._recent.add(newest, frame.timestamp, frame.image.nbytes)
            elif self._recent:
                self._recent.clear()
        elif self._newest is not None:
            self._let_go()

    def newest(self, now: int, timestamp: int | None = None) -> Newest | None:
        """Return the newest frame, and keep those that come; None where none came since.

        Parameters
        ----------
        now : monotonic, ns.
        timestamp : of the frame that is wanted rather, where it is kept; ns since the epoch.
        """
        self._until = now + KEPT_FOR
        return self._recent.find(timestamp) or self._newest

    def expire(self, now: int) -> None:
        """Release the last frame of a camera that sends no more, once nobody asks."""
        if now >= self._until:
            self._let_go()

    def _let_go(self) -> None:
        self._newest = None
        self._recent.clear()


MAX_THUMBNAIL = 800, 600
"""Width and height, pixels: terminals that show real ones have no more for a picture, mostly."""


class Question(NamedTuple):
    """What is asked of a camera's newest image.

    Parameters
    ----------
    known : the number of the frame that the caller has; its pixels are not sent again.
    width, height : of the thumbnail, pixels at most.
    region : of the image; None: all of it.
    figures, saturated : whether they are wanted too.
    """

    known: int
    width: int
    height: int
    region: Region | None = None
    figures: bool = False
    saturated: bool = False


SAMPLES = 4
"""Rows that are averaged for one of the thumbnail, at most: more look no better and cost more."""


def fit_inside(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the largest size of the same shape that fits, never above the image's own.

    Parameters
    ----------
    width, height : of the image, pixels.
    max_width, max_height : of where it is shown, pixels.

    Returns
    -------
    Width and height, pixels; at least 1.
    """
    scale = min(max_width / width, max_height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail(
    image: NDArray[np.uint8], max_width: int, max_height: int, pixel_format: str
) -> NDArray[np.uint8]:
    """Scale an image down to fit, each pixel the mean of those it stands for.

    Of these all columns count, but only some rows, spread evenly. A raw Bayer image is taken by
    squares of two pixels on a side, one of each colour: their mean is a grey.

    Parameters
    ----------
    image : uint8, shape (height, width).
    max_width, max_height : pixels.
    pixel_format : what the bytes are: `Mono8`, `BayerRG8`, ….

    Returns
    -------
    uint8, C-contiguous, of the image's shape as nearly as whole pixels allow; an array of its own.
    """
    rows, columns, unit = _shares(image, max_width, max_height, pixel_format)
    if (len(rows) - 1, len(columns) - 1) == image.shape:
        return np.array(image, order="C")
    sums, summed = _summed_rows(image, rows, unit)
    columns *= unit
    totals = np.add.reduceat(sums[:, : columns[-1]], columns[:-1], axis=1, dtype=np.uint32)
    counts = (np.diff(columns) * summed).astype(np.uint32)
    means: NDArray[np.uint32] = (totals + counts // 2) // counts
    return means.astype(np.uint8)


def saturated(
    image: NDArray[np.uint8], max_width: int, max_height: int, pixel_format: str
) -> NDArray[np.bool_]:
    """Return of each pixel of an image's thumbnail whether any that it stands for is saturated.

    Here every row counts, so that a single pixel is seen. The parameters are those of `thumbnail`.
    """
    rows, columns, unit = _shares(image, max_width, max_height, pixel_format)
    if image.max() < SATURATED:
        return np.zeros((len(rows) - 1, len(columns) - 1), np.bool_)
    rows, columns = rows * unit, columns * unit
    # Row by row: `reduceat` along the first axis takes seven times as long.
    edges = itertools.pairwise(rows.tolist())
    highest = np.stack([image[first:end].max(axis=0) for first, end in edges])
    squared = np.maximum.reduceat(highest[:, : columns[-1]], columns[:-1], axis=1)
    return np.equal(squared, SATURATED)


def _shares(
    image: NDArray[np.uint8], max_width: int, max_height: int, pixel_format: str
) -> tuple[NDArray[np.int_], NDArray[np.int_], int]:
    """Share an image out among the pixels of its thumbnail.

    Returns
    -------
    The edges between its rows and those between its columns, in units; and the unit, pixels: of a
    raw Bayer image it is 2.
    """
    unit = unit_of(image.shape[1], image.shape[0], pixel_format)
    height, width = (size // unit for size in image.shape)
    small_width, small_height = fit_inside(width, height, max_width, max_height)
    rows = np.arange(small_height + 1) * height // small_height
    return rows, np.arange(small_width + 1) * width // small_width, unit


def _summed_rows(
    image: NDArray[np.uint8], edges: NDArray[np.int_], unit: int
) -> tuple[NDArray[np.uint16], int]:
    """Add up some of the rows between each edge and the next.

    Parameters
    ----------
    edges : in units of `unit` rows, which are taken together.

    Returns
    -------
    The sums, and how many rows are in each.
    """
    lengths = np.diff(edges)
    picks = min(SAMPLES // unit, int(lengths.min()))
    sums = np.zeros((len(lengths), image.shape[1]), np.uint16)
    for pick in range(picks):
        first = (edges[:-1] + (2 * pick + 1) * lengths // (2 * picks)) * unit
        for row in range(unit):
            sums += image[first + row]
    return sums, picks * unit

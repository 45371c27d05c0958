"""Images as a worker captures them."""

import numpy as np
from numpy.typing import NDArray

from pmv_tui.frames.memory import Record
from pmv_tui.frames.pool import Pool


def watched_pool() -> Pool:
    """Return a pool that somebody reads from: only then images are put there."""
    pool = Pool()
    pool.watched = True
    return pool


def capture(
    pool: Pool, image: NDArray[np.uint8], sequence: int, timestamp: int | None = None
) -> int | None:
    """Write an image into a pool as a camera does while somebody looks; return its buffer."""
    room = pool.new_image(*image.shape)
    room[:] = image
    height, width = image.shape
    stamp = sequence if timestamp is None else timestamp
    return pool.finish(room, Record(sequence, stamp, None, height, width, "Mono8"))


def plain(height: int, width: int, value: int) -> NDArray[np.uint8]:
    """Return an image of one grey."""
    return np.full((height, width), value, np.uint8)


def copied(image: NDArray[np.uint8], _record: Record) -> NDArray[np.uint8]:
    """Make a copy of an image that is looked at."""
    return image.copy()

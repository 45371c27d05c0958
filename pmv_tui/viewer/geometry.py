"""Where things lie on an image and in its window. Needs no OpenCV, so the engine may ask too."""

from collections.abc import Sequence

STEP, STEPS = 40, 10
"""Pixels from one window of a cascade to the next, and windows until it begins at the top again."""


def cascaded(place: int) -> tuple[int, int]:
    """Return where a window of a cascade lies: its top left corner, pixels of the screen.

    Parameters
    ----------
    place : of the window in the cascade, from 0.
    """
    row, column = place % STEPS, place // STEPS
    return STEP * (row + column), STEP * row


def visible(corners: Sequence[int], width: int, height: int) -> bool:
    """Tell whether any of a box lies on the image.

    Parameters
    ----------
    corners : x0, y0, x1, y1: two opposite corners, pixels of the image.
    width, height : of the image, pixels.
    """
    x0, y0, x1, y1 = corners
    return max(x0, x1) >= 0 and max(y0, y1) >= 0 and min(x0, x1) < width and min(y0, y1) < height


def fit(width: int, height: int, max_size: int) -> tuple[int, int]:
    """Give the size of an image's window: no side above `max_size`, and never enlarged.

    Parameters
    ----------
    width, height, max_size : pixels.

    Returns
    -------
    Width and height, pixels.
    """
    longest = max(width, height)
    if longest <= max_size:
        return width, height
    return max(1, round(width * max_size / longest)), max(1, round(height * max_size / longest))

"""Rounds the greys of a picture to those that a terminal has."""

import numpy as np
from numpy.typing import NDArray

from pmv_tui.tui.picture.look import Look

STICKINESS = 0.8
"""How far a pixel may be from the grey that it was shown in, in steps from one grey to the next, to
stay in it: so the noise of a camera does not have every cell sent anew."""

ORDER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
"""The order in which the pixels of a square of 4x4 turn bright as the grey of all of them does."""


class Greys:
    """Rounds one image after the other.

    Parameters
    ----------
    look : of the terminal.
    """

    def __init__(self, look: Look) -> None:
        self._greys = np.array(look.greys, np.int16)
        self._middles = (self._greys[1:] + self._greys[:-1]) // 2
        self._step = 255 / (len(look.greys) - 1)
        self._dithered = look.dithered
        self._chosen: NDArray[np.intp] | None = None

    def round(self, pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Give each pixel the nearest grey, or the one it had where that is near enough.

        Parameters
        ----------
        pixels : uint8, shape (height, width).

        Returns
        -------
        Greys, 0 to 255, of the same shape.
        """
        values = pixels.astype(np.int16)
        if self._dithered:
            values += self._pattern(*pixels.shape)
        chosen = np.searchsorted(self._middles, values)
        former = self._chosen
        if former is not None and former.shape == chosen.shape:
            near = np.abs(values - self._greys[former]) <= STICKINESS * self._step
            chosen = np.where(near, former, chosen)
        self._chosen = chosen
        return self._greys[chosen].astype(np.int32)

    def _pattern(self, height: int, width: int) -> NDArray[np.int16]:
        """Give what is added to each pixel, so that a grey between two becomes some of both.

        The pattern stays where it is from image to image.
        """
        offsets = ((ORDER + 0.5) / ORDER.size - 0.5) * self._step
        tiled = np.tile(offsets.astype(np.int16), (height // 4 + 1, width // 4 + 1))
        return tiled[:height, :width]

"""Which part of a camera's image is looked at, in panes of any size: zoomed, moved, kept on it."""

from dataclasses import dataclass
from math import ceil, floor, log2

from pmv_tui.wire.status import Region

Pane = tuple[int, int]
"""Width and height of where a picture is shown, pixels of it: in half blocks two a cell."""

LARGEST = 8
"""Pixels of a pane, each way, that one of the image takes at most: eight columns and four rows."""

STEP = 1 / 8
"""How far a key moves on, in parts of what is shown."""


@dataclass(slots=True)
class Viewport:
    """What somebody looks at of one camera's image; whatever the pane, that much of it is shown.

    Parameters
    ----------
    image : width and height of the image as it was last reported, pixels; zeros while unknown.
    unit : sides of what the image is made of, pixels: 2 where it is a raw Bayer image.
    scale : pixels of the image, each way, that one of `pane` shows; 1/2 where each of the image
        takes two; None: the whole image is shown.
    pane : for which that was chosen.
    x, y : the middle, pixels of the image.
    contrast : whether the greys that are seen are stretched from black to white.
    saturated : whether pixels are marked that are too bright.
    """

    image: tuple[int, int] = (0, 0)
    unit: int = 1
    scale: float | None = None
    pane: Pane = (1, 1)
    x: float = 0.0
    y: float = 0.0
    contrast: bool = False
    saturated: bool = False

    @property
    def is_used(self) -> bool:
        """Whether something else than the whole image as it is is asked for."""
        return self.scale is not None or self.contrast or self.saturated

    def fitting(self, pane: Pane) -> float:
        """Return the scale at which the whole image fits in; the engine enlarges none."""
        return max(1.0, *(whole / room for whole, room in zip(self.image, pane, strict=True)))

    def scale_in(self, pane: Pane) -> float | None:
        """Return the scale in a pane; in another one than it was chosen for no less is seen."""
        if self.scale is None or not (all(self.image) and all(pane)):
            return None
        scale = self.scale
        if pane != self.pane:
            ratio = max(was / room for was, room in zip(self.pane, pane, strict=True))
            scale = max(_rounded_up(scale * ratio), 1 / LARGEST)
        return scale if scale < self.fitting(pane) else None

    def region(self, pane: Pane) -> Region | None:
        """Return what is to be seen in a pane, pixels of the image; None: all of it."""
        scale = self.scale_in(pane)
        if scale is None:
            return None
        (left, width), (top, height) = (
            self._extent(middle, whole, room * scale)
            for middle, whole, room in zip((self.x, self.y), self.image, pane, strict=True)
        )
        return left, top, width, height

    def _extent(self, middle: float, whole: int, seen: float) -> tuple[int, int]:
        """Return the first pixel along one side, and how many there are to be seen."""
        count = min(whole, max(self.unit, int(seen) // self.unit * self.unit))
        # Not `round`, which goes to even numbers: a step by one pixel would be none.
        first = floor((middle - count / 2) / self.unit + 0.5) * self.unit
        return max(0, min(first, (whole - count) // self.unit * self.unit)), count

    def fit(self) -> None:
        """Show the whole image."""
        self.scale = None

    def zoom(self, steps: int, pane: Pane, at: tuple[float, float] | None = None) -> None:
        """Show half of it each way for each step, or twice as much where `steps` is negative.

        Parameters
        ----------
        at : where of the pane the image stays as it is; None: in the middle.
        """
        if not (all(self.image) and all(pane)):
            return
        seen = self.scale_in(pane)
        before = self.fitting(pane) if seen is None else seen
        scale = _rounded_up(before) * 2.0**-steps
        if seen is None:
            self.x, self.y = (side / 2 for side in self.image)
        at = at or (pane[0] / 2, pane[1] / 2)
        held = [self._under(axis, at[axis], pane[axis], before) for axis in (0, 1)]
        self.scale, self.pane = max(scale, 1 / LARGEST), pane
        if self.scale >= self.fitting(pane):
            self.fit()
            return
        self.x, self.y = (held[axis] + (pane[axis] / 2 - at[axis]) * self.scale for axis in (0, 1))
        self._keep_on_image(pane)

    def _under(self, axis: int, place: float, room: int, scale: float) -> float:
        """Return which position on the image lies at a place of a pane, or is nearest to it."""
        whole, middle = self.image[axis], (self.x, self.y)[axis]
        return max(0.0, min(middle + (place - room / 2) * scale, float(whole)))

    def move(self, across: float, down: float, pane: Pane) -> None:
        """Look further to the right and down, by so many pixels of the pane; not over an edge."""
        scale = self.scale_in(pane)
        if scale is not None:
            self._keep_on_image(pane)
            self.x += across * scale
            self.y += down * scale
            self._keep_on_image(pane)

    def step(self, across: int, down: int, pane: Pane) -> None:
        """Look further to the right and down, by so many of the steps of a key."""
        least = self.unit / (self.scale_in(pane) or 1.0)
        width, height = (max(least, STEP * room) for room in pane)
        self.move(across * width, down * height, pane)

    def _keep_on_image(self, pane: Pane) -> None:
        """Bring the middle to where the region that is seen lies on the image."""
        scale = self.scale_in(pane) or 1.0
        width, height = (min(s, room * scale) for s, room in zip(self.image, pane, strict=True))
        self.x = max(width / 2, min(self.x, self.image[0] - width / 2))
        self.y = max(height / 2, min(self.y, self.image[1] - height / 2))


def _rounded_up(scale: float) -> float:
    """Return the power of two that is not below a scale."""
    return float(2.0 ** ceil(log2(scale) - 1e-9))

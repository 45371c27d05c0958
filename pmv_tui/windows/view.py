"""Which part of an image a window shows, and how large. Arithmetic alone."""

from typing import NamedTuple

from pmv_tui.wire.status import Region

SCALES = (
    *(1 / part for part in (16, 12, 8, 6, 4, 3, 2)),
    *(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64),
)
"""Pixels of the window for one of the image: whole ones of either for one of the other."""

STEP = 1 / 8
"""Of what is shown, by which a key moves it."""

Size = tuple[int, int]
"""Width and height, pixels."""


class Part(NamedTuple):
    """What is shown of an image, and where.

    Parameters
    ----------
    image_size : of the whole image.
    region : of the image, whole pixels of it.
    scale : pixels of the window for one of the image.
    size : of the region when it is scaled, pixels of the window; what does not fit is cut off.
    left, top : where it begins in the window.
    """

    image_size: Size
    region: Region
    scale: float
    size: Size
    left: int
    top: int

    @property
    def whole(self) -> bool:
        """Whether all of the image is shown."""
        return self.region[2:] == self.image_size


class View:
    """What a user has chosen to see: all of the image, as large as it fits, or a part of it."""

    def __init__(self) -> None:
        self._scale: float | None = None
        self._centre = 0.0, 0.0
        self._room: Size = (1, 1)
        self._image_size: Size = (1, 1)

    def part(self, image_size: Size, room: Size) -> Part:
        """Return what a window shows.

        Parameters
        ----------
        image_size : of the whole image.
        room : what there is in the window.
        """
        if image_size != self._image_size:
            # The same place in the scene, as far as one can tell.
            x, y = self._centre
            (width, height), (former_width, former_height) = image_size, self._image_size
            self._centre = x * width / former_width, y * height / former_height
        self._image_size, self._room = image_size, room
        return self._part()

    def fit(self) -> None:
        """Show all of the image."""
        self._scale = None

    def zoom(self, steps: int, at: tuple[int, int] | None = None) -> None:
        """Show the image larger, or smaller, down to where all of it fits.

        Parameters
        ----------
        steps : below 0 makes it smaller.
        at : the pixel of the window at which the image stays in place; None: the middle.
        """
        before = self._part()
        fitted = self._fitted().scale
        scales = [fitted, *(scale for scale in SCALES if scale > 1.001 * fitted)]
        here = sum(scale <= 1.001 * before.scale for scale in scales) - 1
        place = max(0, min(here + steps, len(scales) - 1))
        scale = scales[place]
        if self._scale is None:
            self._centre = self._image_size[0] / 2, self._image_size[1] / 2
        # What lies at that pixel is as far from the middle afterwards, in pixels of the window.
        nearer = 1 / before.scale - 1 / scale
        right, down = (
            (place - side / 2 for place, side in zip(at, self._room, strict=True)) if at else (0, 0)
        )
        self._centre = self._centre[0] + right * nearer, self._centre[1] + down * nearer
        self._scale = scale if place else None
        self._stay_inside()

    def pan(self, right: float, down: float) -> None:
        """Show what lies beside, by some pixels of the window, as far as there is an image."""
        if self._scale is not None:
            x, y = self._centre
            self._centre = x + right / self._scale, y + down / self._scale
            self._stay_inside()

    def step(self, right: int, down: int) -> None:
        """Show what lies beside, by an eighth of the window, at least a pixel of the image."""
        least = self._scale or 1
        width, height = (max(STEP * size, least) for size in self._room)
        self.pan(right * width, down * height)

    def _part(self) -> Part:
        fitted = self._fitted()
        if self._scale is None or self._scale <= fitted.scale:
            self._scale = None
            return fitted
        across = _span(self._centre[0], self._image_size[0], self._room[0], self._scale)
        down = _span(self._centre[1], self._image_size[1], self._room[1], self._scale)
        region = across[0], down[0], across[1], down[1]
        size = _scaled(region[2], self._scale), _scaled(region[3], self._scale)
        return self._placed(region, self._scale, size)

    def _fitted(self) -> Part:
        (width, height), (most_across, most_down) = self._image_size, self._room
        by_width = most_across, _scaled(height, most_across / width)
        by_height = _scaled(width, most_down / height), most_down
        fitting = [
            size
            for size in (by_width, by_height)
            if size[0] <= most_across and size[1] <= most_down
        ]
        size = max(fitting, key=lambda size: size[0] * size[1], default=self._room)
        scale = max(size[0] / width, size[1] / height)
        return self._placed((0, 0, width, height), scale, size)

    def _placed(self, region: Region, scale: float, size: Size) -> Part:
        left, top = (max(0, room - side) // 2 for room, side in zip(self._room, size, strict=True))
        return Part(self._image_size, region, scale, size, left, top)

    def _stay_inside(self) -> None:
        if self._scale is not None:
            x, y = (
                min(max(at, room / 2 / self._scale), whole - room / 2 / self._scale)
                if room < whole * self._scale
                else whole / 2
                for at, whole, room in zip(self._centre, self._image_size, self._room, strict=True)
            )
            self._centre = x, y


def _span(middle: float, whole: int, room: int, scale: float) -> tuple[int, int]:
    """Return where what is shown begins, that way, and how many pixels of the image it has."""
    shown = min(whole, -int(-room // scale))
    return max(0, min(round(middle - room / 2 / scale), whole - shown)), shown


def _scaled(side: int, scale: float) -> int:
    return max(1, round(side * scale))

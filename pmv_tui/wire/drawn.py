"""What is drawn over an image: clients' shapes as they fade, and where they lie on a canvas.

Windows and terminals draw it alike. No pixels here.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:  # whoever only draws needs no decoder
    from pmv_tui.wire.overlay import Box, Points


class BoxOverlay(TypedDict):
    """A rectangle on an image."""

    kind: Literal["box"]
    corners: list[int]
    """x0, y0, x1, y1: two opposite corners, pixels of the image."""
    label: str
    color: list[int]
    """Red, green, blue: 0 to 255."""
    opacity: float
    """0, invisible, to 1, solid."""


class PointsOverlay(TypedDict):
    """Key points on an image."""

    kind: Literal["points"]
    points: list[list[int]]
    """[x, y] each, pixels of the image."""
    label: str
    color: list[int]
    """Red, green, blue: 0 to 255."""
    opacity: float
    """0, invisible, to 1, solid."""


Overlay = BoxOverlay | PointsOverlay
"""A shape that is drawn, as windows and terminals get it."""


def opacity(age: float, hold: float, fade: float) -> float:
    """Return how solid a shape is: 1 while it is held, then less and less, then 0.

    Parameters
    ----------
    age, hold, fade : since it came, until it fades, while it does; one unit of time for all.
    """
    if age <= hold:
        return 1.0
    return 0.0 if age >= hold + fade else 1.0 - (age - hold) / fade


def drawn_box(box: "Box", opacity: float) -> BoxOverlay:
    """Return how a client's box is drawn."""
    return BoxOverlay(
        kind="box",
        corners=[*box.top_left, *box.bottom_right],
        label=box.label,
        color=list(box.color),
        opacity=opacity,
    )


def drawn_points(group: "Points", opacity: float) -> PointsOverlay:
    """Return how a client's points are drawn: on whole pixels."""
    return PointsOverlay(
        kind="points",
        points=[[round(x), round(y)] for x, y in group.points],
        label=group.label,
        color=list(group.color),
        opacity=opacity,
    )


def visible(corners: Sequence[int], width: int, height: int) -> bool:
    """Return whether any of a box lies on the image.

    Parameters
    ----------
    corners : x0, y0, x1, y1: two opposite corners, pixels of the image.
    width, height : of the image, pixels.
    """
    x0, y0, x1, y1 = corners
    return max(x0, x1) >= 0 and max(y0, y1) >= 0 and min(x0, x1) < width and min(y0, y1) < height


def inside(points: Iterable[Sequence[float]], width: int, height: int) -> list[tuple[int, int]]:
    """Return those of some points that lie on the image, on whole pixels."""
    whole = ((round(x), round(y)) for x, y in points)
    return [(x, y) for x, y in whole if 0 <= x < width and 0 <= y < height]


class Placement:
    """Carries positions on an image over to a canvas that shows it, or a region of it.

    Parameters
    ----------
    canvas_size, image_size : width and height, pixels.
    region : what of the image the canvas shows: x and y of its top left corner, width, height;
        pixels of the image. None: all of it.
    """

    def __init__(
        self,
        canvas_size: Sequence[int],
        image_size: Sequence[int],
        region: Sequence[int] | None = None,
    ) -> None:
        self._left, self._top, *size = region or (0, 0, *image_size)
        self._size = size
        self._across = canvas_size[0] / max(size[0], 1)
        self._down = canvas_size[1] / max(size[1], 1)

    def box(self, box: BoxOverlay) -> tuple[int, int, int, int] | None:
        """Return a box's left, top, right and bottom on the canvas; None where none of it is seen.

        Far outside is no further than just outside: a drawing routine may take 16 bits.
        """
        (x0, y0), (x1, y1) = (self._from_corner(box["corners"][at : at + 2]) for at in (0, 2))
        width, height = self._size
        if not visible((x0, y0, x1, y1), width, height):
            return None
        left, right = sorted(min(max(x, -2 * width), 2 * width) for x in (x0, x1))
        top, bottom = sorted(min(max(y, -2 * height), 2 * height) for y in (y0, y1))
        return *self._place(left, top), *self._place(right, bottom)

    def points(self, group: PointsOverlay) -> list[tuple[int, int]]:
        """Return where on the canvas those points of a group lie that are on what it shows."""
        points = (self._from_corner(point) for point in group["points"])
        return [self._place(x, y) for x, y in inside(points, *self._size)]

    def _from_corner(self, position: Sequence[int]) -> tuple[int, int]:
        """Return a position on the image as one on what is shown of it."""
        x, y = position
        return x - self._left, y - self._top

    def _place(self, x: int, y: int) -> tuple[int, int]:
        """Return the pixel of the canvas in which the middle of an image's pixel lies."""
        return int((x + 0.5) * self._across // 1), int((y + 0.5) * self._down // 1)

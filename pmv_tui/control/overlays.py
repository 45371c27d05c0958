"""What is drawn over an image, as the engine tells it to those who show the image."""

from typing import Literal, TypedDict


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

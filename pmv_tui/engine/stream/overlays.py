"""What clients said of one camera's image: what is drawn now, and what could not be read."""

from collections.abc import Callable
from dataclasses import dataclass

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.control.overlays import BoxOverlay, Overlay, PointsOverlay
from pmv_tui.protocol import Box, MessageError, Points, parse_overlay
from pmv_tui.windows.messages import visible

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn now.

    Parameters
    ----------
    boxes, points : each with its opacity, 0 to 1.
    """

    boxes: tuple[tuple[Box, float], ...]
    points: tuple[tuple[Points, float], ...]


class Overlays:
    """The newest boxes and points of one camera. Written by the receiver's thread only.

    Parameters
    ----------
    config : how long they are drawn.
    image_size : gives width and height of the camera's images, pixels; zeros before the first.
    """

    def __init__(self, config: OverlayConfig, image_size: Callable[[], tuple[int, int]]) -> None:
        self.configure(config)
        self._image_size = image_size
        self._boxes: tuple[tuple[Box, ...], int] = ((), 0)
        self._points: tuple[tuple[Points, ...], int] = ((), 0)
        self.messages = 0
        """Messages that were read."""
        self.malformed = 0
        self.malformed_reason = ""
        self.unread = 0
        """Messages that were passed over, as newer ones were more than could be read."""
        self.remarks = 0
        """What came and was not used: shapes outside the image, unknown keys, unread messages."""
        self.remark = ""

    def configure(self, config: OverlayConfig) -> None:
        """Take over for how long what clients send is drawn; of what is drawn now, too."""
        self._hold = int(config.hold * NS_PER_S)
        self._fade = int(config.fade * NS_PER_S)

    def take(self, message: bytes, now: int) -> None:
        """Read one message; `now` is monotonic, ns."""
        try:
            overlay = parse_overlay(message)
        except MessageError as error:
            self.refuse(str(error))
            return
        self.messages += 1
        for key in overlay.unknown_keys:
            self._remark(f"unknown key {key}")
        if overlay.boxes is not None:
            self._boxes = tuple(filter(self._inside, overlay.boxes)), now
        if overlay.points is not None:
            self._points = tuple(filter(self._any_inside, overlay.points)), now

    def refuse(self, reason: str) -> None:
        """Count a message that cannot be read."""
        self.malformed += 1
        self.malformed_reason = reason

    def pass_over(self, messages: int) -> None:
        """Count messages that are left unread for the newer ones that came with them."""
        self.unread += messages
        self.remarks += messages
        self.remark = f"{self.unread} messages left unread: they come faster than they can be read"

    def drawn(self, now: int) -> Drawn:
        """Give what is drawn at `now` (monotonic, ns): solid, fading, then gone."""
        boxes, points = self._boxes, self._points
        box_opacity, points_opacity = self._opacity(boxes[1], now), self._opacity(points[1], now)
        return Drawn(
            tuple((box, box_opacity) for box in boxes[0] if box_opacity),
            tuple((group, points_opacity) for group in points[0] if points_opacity),
        )

    def clear(self) -> None:
        """Delete everything drawn: the camera was unplugged."""
        self._boxes = self._points = ((), 0)

    def _opacity(self, received: int, now: int) -> float:
        age = now - received
        if age <= self._hold:
            return 1.0
        if age >= self._hold + self._fade:
            return 0.0
        return 1.0 - (age - self._hold) / self._fade

    def _inside(self, box: Box) -> bool:
        width, height = self._image_size()
        if not width or visible((*box.top_left, *box.bottom_right), width, height):
            return True
        corners = f"{list(box.top_left)}, {list(box.bottom_right)}"
        self._remark(f"box {corners} lies outside the image of {width}x{height}")
        return False

    def _any_inside(self, group: Points) -> bool:
        width, height = self._image_size()
        if not width or any(
            0 <= round(x) < width and 0 <= round(y) < height for x, y in group.points
        ):
            return True
        if group.points:
            first, count = list(group.points[0]), len(group.points)
            self._remark(f"{count} point(s), {first} first, lie outside the image")
        return False

    def _remark(self, remark: str) -> None:
        self.remarks += 1
        self.remark = remark


def overlays_of(drawn: Drawn) -> list[Overlay]:
    """Make the list of what is drawn on a camera's window."""
    boxes: list[Overlay] = [
        BoxOverlay(
            kind="box",
            corners=[*box.top_left, *box.bottom_right],
            label=box.label,
            color=list(box.color),
            opacity=opacity,
        )
        for box, opacity in drawn.boxes
    ]
    return boxes + [
        PointsOverlay(
            kind="points",
            points=[[round(x), round(y)] for x, y in group.points],
            label=group.label,
            color=list(group.color),
            opacity=opacity,
        )
        for group, opacity in drawn.points
    ]

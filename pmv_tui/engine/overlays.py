"""What clients said of one camera's image: what is drawn now, and what could not be read."""

from collections.abc import Callable
from dataclasses import dataclass

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.protocol import Box, MessageError, Points, parse_overlay
from pmv_tui.viewer.geometry import visible

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
        self._hold = int(config.hold * NS_PER_S)
        self._fade = int(config.fade * NS_PER_S)
        self._image_size = image_size
        self._boxes: tuple[tuple[Box, ...], int] = ((), 0)
        self._points: tuple[tuple[Points, ...], int] = ((), 0)
        self.messages = 0
        """Messages that were read."""
        self.malformed = 0
        self.malformed_reason = ""
        self.remarks = 0
        """What was read and not used: boxes outside the image, unknown keys."""
        self.remark = ""

    def take(self, parts: list[bytes], now: int) -> None:
        """Read one message; `now` is monotonic, ns."""
        if len(parts) != 1:
            self._refuse(f"{len(parts)} parts; an overlay message is one part")
            return
        try:
            overlay = parse_overlay(parts[0])
        except MessageError as error:
            self._refuse(str(error))
            return
        self.messages += 1
        for key in overlay.unknown_keys:
            self._remark(f"unknown key {key}")
        if overlay.boxes is not None:
            self._boxes = tuple(filter(self._inside, overlay.boxes)), now
        if overlay.points is not None:
            self._points = overlay.points, now

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

    def _refuse(self, reason: str) -> None:
        self.malformed += 1
        self.malformed_reason = reason

    def _remark(self, remark: str) -> None:
        self.remarks += 1
        self.remark = remark

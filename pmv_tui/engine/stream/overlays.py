"""What clients said of one camera's image: what is drawn now, and what could not be read."""

from collections.abc import Callable

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.stream.answers import Answers, Arrival, Images
from pmv_tui.rates import NS_PER_S
from pmv_tui.wire.drawn import Overlay, drawn_box, drawn_points, inside, opacity, visible
from pmv_tui.wire.overlay import Box, MessageError, Points, parse_overlay


class Overlays:
    """The newest boxes and points of one camera. Written by the receiver's thread only.

    Parameters
    ----------
    config : how long they are drawn.
    image_size : gives width and height of the camera's images, pixels; zeros before the first.
    answers : takes those messages that answer an image.
    """

    def __init__(
        self,
        config: OverlayConfig,
        image_size: Callable[[], tuple[int, int]],
        answers: Answers | None = None,
    ) -> None:
        self.configure(config)
        self._image_size = image_size
        self._answers = answers or Answers(Images())
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
        """Set for how long what clients send is drawn; what is drawn now is included."""
        self._hold = int(config.hold * NS_PER_S)
        self._fade = int(config.fade * NS_PER_S)

    def take(self, message: bytes, now: int, arrival: Arrival | None = None) -> None:
        """Read one message.

        Parameters
        ----------
        now : monotonic, ns.
        arrival : when it was there, and who sent it; None: now, and it is not known.
        """
        remark = ""
        try:
            overlay = parse_overlay(message)
            if overlay.timestamp is not None:
                remark = self._answers.take(overlay.timestamp, arrival or Arrival(now))
        except MessageError as error:
            self.refuse(str(error))
            return
        self.messages += 1
        if remark:
            self._remark(remark)
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

    def drawn(self, now: int) -> list[Overlay]:
        """Return what is drawn at `now` (monotonic, ns): solid, fading, then gone."""
        boxes, points = self._boxes, self._points  # each is written whole, by another thread
        box_opacity, points_opacity = self._opacity(boxes[1], now), self._opacity(points[1], now)
        shapes: list[Overlay] = []
        if box_opacity:
            shapes += [drawn_box(box, box_opacity) for box in boxes[0]]
        if points_opacity:
            shapes += [drawn_points(group, points_opacity) for group in points[0]]
        return shapes

    def clear(self) -> None:
        """Delete everything drawn: the camera was unplugged."""
        self._boxes = self._points = ((), 0)

    def _opacity(self, received: int, now: int) -> float:
        return opacity(now - received, self._hold, self._fade)

    def _inside(self, box: Box) -> bool:
        width, height = self._image_size()
        if not width or visible((*box.top_left, *box.bottom_right), width, height):
            return True
        corners = f"{list(box.top_left)}, {list(box.bottom_right)}"
        self._remark(f"box {corners} lies outside the image of {width}x{height}")
        return False

    def _any_inside(self, group: Points) -> bool:
        width, height = self._image_size()
        if not width or inside(group.points, width, height):
            return True
        if group.points:
            first, count = list(group.points[0]), len(group.points)
            self._remark(f"{count} point(s), {first} first, lie outside the image")
        return False

    def _remark(self, remark: str) -> None:
        self.remarks += 1
        self.remark = remark

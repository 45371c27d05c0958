"""What clients said of one camera's image: what is drawn now, and what could not be read."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from pmv_tui.config.schema import OverlayConfig
from pmv_tui.engine.clients.connections import NAMELESS
from pmv_tui.engine.stream.answers import Answers, Arrival, Images
from pmv_tui.frames.recent import SPAN
from pmv_tui.rates import NS_PER_S
from pmv_tui.wire.drawn import Overlay, drawn_box, drawn_points, inside, opacity, visible
from pmv_tui.wire.overlay import Box, MessageError, Points, parse_overlay

Shape = TypeVar("Shape", Box, Points)


class _Given(NamedTuple, Generic[Shape]):
    """What one message gave of one kind: written whole, by another thread than reads it.

    Parameters
    ----------
    received : monotonic, ns.
    sender : descriptor of the connection that it came by.
    image : time stamp of the image that it belongs to, ns since the epoch; None: not known.
    """

    shapes: tuple[Shape, ...] = ()
    received: int = 0
    sender: int = NAMELESS
    image: int | None = None

    def followed_by(
        self, shapes: Iterable[Shape] | None, now: int, sender: int, image: int | None
    ) -> "_Given[Shape]":
        """Return what holds after a newer message.

        Parameters
        ----------
        shapes : None: it says nothing of this kind. If the same script answers a newer image,
            what it gave before belongs to that by now.
        now : monotonic, ns.
        sender, image : of that message.
        """
        if shapes is None and (image is None or sender != self.sender or self.image is None):
            return self
        if image is not None and self.image is not None and image < self.image < image + SPAN:
            # Answers overtook one another. A larger step is the clock's, which was set back.
            image = self.image
        if shapes is None:
            return self._replace(image=image)
        return _Given(tuple(shapes), now, sender, image)


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
        self._boxes: _Given[Box] = _Given()
        self._points: _Given[Points] = _Given()
        self.messages = 0
        """Messages that were read."""
        self.malformed = 0
        self.malformed_reason = ""
        self.unread = 0
        """Messages that were passed over, as newer ones were more than could be read."""
        self.remarks = 0
        """What of messages was not used while the rest was: shapes outside the image, unknown keys,
        timestamps of no published image; and unread messages."""
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
        boxes, points = overlay.boxes, overlay.points
        if boxes is not None:
            boxes = tuple(filter(self._inside, boxes))
        if points is not None:
            points = tuple(filter(self._any_inside, points))
        source = (now, NAMELESS if arrival is None else arrival.descriptor, overlay.timestamp)
        self._boxes = self._boxes.followed_by(boxes, *source)
        self._points = self._points.followed_by(points, *source)

    def refuse(self, reason: str) -> None:
        """Count a message that cannot be read."""
        self.malformed += 1
        self.malformed_reason = reason

    def pass_over(self, messages: int) -> None:
        """Count messages that are left unread for the newer ones that came with them."""
        self.unread += messages
        self.remarks += messages
        self.remark = f"{self.unread} messages left unread: they come faster than they can be read"

    def crowded(self) -> None:
        """Note that messages wait, as more come than may be read."""
        self._remark("messages come faster than they can be read: what they say is late")

    def drawn(self, now: int) -> list[Overlay]:
        """Return what is drawn at `now` (monotonic, ns): solid, fading, then gone."""
        return self.drawn_over(now)[0]

    def drawn_over(self, now: int) -> tuple[list[Overlay], int | None]:
        """Return what is drawn at `now` (monotonic, ns), and which image it belongs to.

        Returns
        -------
        The shapes; and the image's time stamp, as clients sent it, ns since the epoch: the newest,
        where they belong to several; None where it is not known, or nothing came for so long that
        nothing would be drawn.
        """
        boxes, points = self._boxes, self._points
        shapes: list[Overlay] = []
        images: list[int | None] = []
        if box_opacity := self._opacity(boxes.received, now):
            shapes += [drawn_box(box, box_opacity) for box in boxes.shapes]
            images.append(boxes.image)
        if points_opacity := self._opacity(points.received, now):
            shapes += [drawn_points(group, points_opacity) for group in points.shapes]
            images.append(points.image)
        return shapes, max((each for each in images if each is not None), default=None)

    def clear(self) -> None:
        """Delete everything drawn: the camera was unplugged."""
        self._boxes, self._points = _Given(), _Given()

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

"""The way back: boxes and key points to be drawn over a camera's image, and answers to it."""

import operator
from collections.abc import Iterable, Mapping
from contextlib import suppress
from math import isnan
from typing import Any, Self, SupportsIndex, cast

import numpy as np
import zmq
from numpy.typing import ArrayLike

from pmv_tui.client.connection import Connection
from pmv_tui.client.stream import Frame
from pmv_tui.curve import AnyKey
from pmv_tui.wire.overlay import (
    GREEN,
    MAX_COORDINATE,
    MAX_SHAPES,
    Box,
    Color,
    Points,
    pack_answer,
    pack_boxes,
    pack_nothing,
    pack_points,
)

BOX_FORM = "a box is ((left, top), (right, bottom))"
POINTS_FORM = "points are (x, y) each"
TIMESTAMP_BITS = 63
"""Of a time stamp, ns since the epoch: until the year 2262."""

FRAME_FORM = "frame is what the subscription gave, or its timestamp, a whole number of ns"

QUEUE = 8
"""Messages that wait to be sent: room for an image's boxes and points, right after each other."""


def boxes(address: str, *, key: AnyKey | None = None) -> "Boxes":
    """Send boxes to a camera: `boxes("tcp://rig:5556").send(((10, 20), (90, 80)))`.

    Parameters
    ----------
    address : where the camera receives, its `pull_address`.
    key : the secret file of this client, or a `Key`, where the rig lets in listed clients only.

    Raises
    ------
    ValueError : the address is none, or the key's file cannot be used.
    """
    return Boxes(address, key=key)


class Boxes:
    """Sends what is to be drawn over one camera's image; made by `boxes`. For one thread.

    It never waits: while the camera is not plugged, or does not keep up, messages are dropped.
    What was sent is drawn for a moment only: send it with every image, also when it has not moved.

    With `frame`, a message says which image it answers, so that the rig knows how late the script
    is: the `Frame` itself, or its `timestamp` where that is all that the script has left of it.
    """

    def __init__(self, address: str, *, key: AnyKey | None = None) -> None:
        # IMMEDIATE: nothing is kept for a camera that is not there, to be drawn when it is.
        options: dict[int, int] = {zmq.SNDHWM: QUEUE, zmq.LINGER: 0, zmq.IMMEDIATE: 1}
        self._connection = Connection(zmq.PUSH, address, options, key)
        self.dropped = 0
        """Messages that could not be sent."""

    def send(
        self,
        boxes: Box | ArrayLike | Iterable[Box | ArrayLike],
        *,
        label: str = "",
        color: Color = GREEN,
        frame: Frame | SupportsIndex | None = None,
    ) -> bool:
        """Send one box, or several; they take the place of those sent before.

        Parameters
        ----------
        boxes : each a `Box`, with a label and a colour of its own, or its corners
            `((left, top), (right, bottom))` in pixels, which are rounded. One with a NaN was not
            seen, and is left out.
        label, color : of those that are given by their corners; red, green, blue, 0 to 255.
        frame : in which they were found; None: the message answers no image.

        Returns
        -------
        Whether it was sent, and not dropped.

        Raises
        ------
        ValueError : a box, a label, a colour or the frame has another form, or there are too many.
        RuntimeError : this process was forked from the one that called `boxes`.
        """
        seen = filter(None, map(_checked_box, _boxes(boxes, label, color)))
        return self._send(pack_boxes(seen, _answered(frame)))

    def send_points(
        self,
        points: Points | ArrayLike | Iterable[Points],
        *,
        label: str = "",
        color: Color = GREEN,
        frame: Frame | SupportsIndex | None = None,
    ) -> bool:
        """Send key points; they take the place of those sent before, and leave boxes as they are.

        Parameters
        ----------
        points : (x, y) each, in pixels, shape (n, 2); or one or several `Points`, each a group with
            a label and a colour of its own. Those with a NaN were not seen, and are left out.
        label, color : of those that are given by their coordinates; red, green, blue, 0 to 255.
        frame : in which they were found; None: the message answers no image.

        Returns
        -------
        Whether it was sent, and not dropped.

        Raises
        ------
        ValueError : the points, a label, a colour or the frame have another form, or there are too
            many.
        """
        groups = map(_checked_points, _groups(points, label, color))
        return self._send(pack_points(groups, _answered(frame)))

    def clear(self, *, frame: Frame | SupportsIndex | None = None) -> bool:
        """Take away the boxes and points that were sent; return whether that was sent.

        Parameters
        ----------
        frame : in which nothing was found; None: the message answers no image.
        """
        return self._send(pack_nothing(_answered(frame)))

    def answer(self, frame: Frame | SupportsIndex) -> bool:
        """Say that the script is done with an image; what is drawn stays as it is.

        Not needed for an image whose boxes, points or clearing were sent with `frame`.

        Returns
        -------
        Whether it was sent, and not dropped.

        Raises
        ------
        ValueError : this is no frame.
        """
        timestamp = _answered(frame)
        if timestamp is None:
            raise ValueError(f"{FRAME_FORM}, not None")
        return self._send(pack_answer(timestamp))

    def close(self) -> None:
        """Close the socket; again is no error."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Close it at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _send(self, message: bytes) -> bool:
        if self._connection.closed:
            raise ValueError(f"the way to {self._connection.address} is closed")
        self._connection.refuse_fork("boxes()")
        socket = self._connection.socket
        # Asked for first, as ZeroMQ notes the room that has come about meanwhile only then, or
        # every millisecond.
        if not cast("int", socket.get(zmq.EVENTS)) & zmq.POLLOUT:
            self.dropped += 1
            return False
        socket.send(message, zmq.NOBLOCK)
        return True


def _answered(frame: Any) -> int | None:
    """Return the time stamp of the image that is answered.

    Raises
    ------
    ValueError : it is none, but several cameras' frames, or something else.
    """
    if isinstance(frame, Mapping):
        cameras = ", ".join(map(repr, frame))
        ours = "of several cameras' it is the frame of the one that this is sent to"
        raise ValueError(f"{FRAME_FORM}; {ours}, not all of {cameras}")  # noqa: TRY004 - as others
    timestamp = frame.timestamp if isinstance(frame, Frame) else frame
    if timestamp is None:
        return None
    if not isinstance(timestamp, bool):
        with suppress(TypeError):
            whole = operator.index(timestamp)
            if whole.bit_length() <= TIMESTAMP_BITS and whole >= 0:
                return whole
            raise ValueError(f"{FRAME_FORM}; that number is none")
    raise ValueError(f"{FRAME_FORM}, not {frame!r}")


def _boxes(given: Any, label: str, color: Color) -> list[Box]:
    """Return the boxes, whether one was given or several; their corners are not checked yet."""
    if isinstance(given, Box):
        return [given]
    several = _several(given, BOX_FORM)
    if len(several) == 2 and all(np.ndim(each) == 1 for each in several):
        several = [several]
    _check_number(len(several), "boxes")
    return [each if isinstance(each, Box) else _box(each, label, color) for each in several]


def _box(corners: ArrayLike, label: str, color: Color) -> Box:
    top_left, bottom_right = _pairs(corners, BOX_FORM, 2)
    return Box(top_left, bottom_right, label, color)


def _groups(given: Any, label: str, color: Color) -> list[Points]:
    """Return groups of points, whether groups or plain coordinates were given."""
    if isinstance(given, Points):
        return [given]
    several = _several(given, POINTS_FORM)
    if several and all(isinstance(each, Points) for each in several):
        return several
    return [Points(tuple(_pairs(several, POINTS_FORM)), label, color)]


def _several(given: Any, form: str) -> list[Any]:
    """Return what there are several of as a list.

    Raises
    ------
    ValueError : it is none, or a text; the message says what was given, and the form needed.
    """
    if not isinstance(given, str | bytes | Mapping):
        with suppress(TypeError):
            return list(given)
    raise ValueError(f"{form}, in pixels, not {given!r}; clear() takes away what was sent")


def _pairs(given: ArrayLike, form: str, count: int | None = None) -> list[Any]:
    """Read (x, y) pairs, `count` of them where it matters; one that was not seen holds NaN.

    Raises
    ------
    ValueError : they are none; the message says what was given, and the form that is needed.
    """
    try:
        array = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{form}, in pixels, not {given!r}") from None
    array = array if array.size else array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2 or count not in (None, len(array)):
        raise ValueError(f"{form}, in pixels, not numbers of shape {array.shape}")
    if (np.abs(array) > MAX_COORDINATE).any():
        raise ValueError(f"{form}, in pixels; a coordinate is too large: {given!r}")
    return [(x, y) for x, y in array.tolist()]


def _checked_box(box: Box) -> Box | None:
    """Return a box on whole pixels; None where it was not seen."""
    corners, style = _pairs((box.top_left, box.bottom_right), BOX_FORM, 2), _style(box)
    if not all(map(_seen, corners)):
        return None
    (left, top), (right, bottom) = corners
    return Box((round(left), round(top)), (round(right), round(bottom)), *style)


def _checked_points(points: Points) -> Points:
    """Return those points of a group that were seen."""
    pairs = tuple(filter(_seen, _pairs(points.points, POINTS_FORM)))
    _check_number(len(pairs), "points")
    return Points(pairs, *_style(points))


def _seen(pair: tuple[float, float]) -> bool:
    """Whether a point was seen: pose estimators give NaN for one that was not."""
    return not (isnan(pair[0]) or isnan(pair[1]))


def _style(shape: Box | Points) -> tuple[str, Color]:
    """Return a shape's label and colour.

    Raises
    ------
    ValueError : they are none.
    """
    if not isinstance(shape.label, str):
        raise ValueError(f"a label is text, not {shape.label!r}")  # noqa: TRY004 - as all others
    try:
        color = [operator.index(each) for each in shape.color]
    except TypeError:
        color = []
    if len(color) != 3 or not all(0 <= each <= 255 for each in color):
        raise ValueError(
            f"a colour is (red, green, blue), whole numbers from 0 to 255, not {shape.color!r}"
        )
    red, green, blue = color
    return shape.label, (red, green, blue)


def _check_number(count: int, what: str) -> None:
    """Refuse what the camera's side would not draw."""
    if count > MAX_SHAPES:
        raise ValueError(f"{count} {what}; at most {MAX_SHAPES} are drawn")

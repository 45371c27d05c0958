"""Overlay messages, which clients send to a camera: packed and parsed. No sockets.

The format is described in docs/protocol.md. Client scripts in the field depend on it word for word.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import Any

import msgpack

from pmv_tui.untrusted import printable

MAX_MESSAGE_BYTES = 64 * 1024
"""An overlay message longer than this is refused before it is decoded."""

MAX_SHAPES = 1000
"""Boxes, groups of points, or points of a group in one message."""

MAX_POINTS = 10_000
"""Points in one message, of all its groups."""

MAX_LABEL = 64
"""Characters of a label that are drawn."""

MAX_COORDINATE = 2**31 - 1
"""The largest magnitude of a coordinate, pixels: what a drawing routine's int holds."""


LAST_TIMESTAMP = 2**63 - 1
"""ns since the epoch, in the year 2262."""


class MessageError(ValueError):
    """A message that is not of the documented form; its text is the reason."""


Color = tuple[int, int, int]
"""Red, green, blue: 0 to 255."""

GREEN: Color = (0, 255, 0)
"""What is drawn without a colour of its own is green."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in image coordinates, as a client sent it.

    Parameters
    ----------
    top_left, bottom_right : (x, y) in pixels; x to the right, y down, (0, 0) the first pixel.
    label : what is written beside it; printable.
    """

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    label: str = ""
    color: Color = GREEN


@dataclass(frozen=True, slots=True)
class Points:
    """Key points in image coordinates, as a client sent them.

    Parameters
    ----------
    points : (x, y) each, in pixels, whole or not.
    label : what is written beside the first; printable.
    """

    points: tuple[tuple[float, float], ...]
    label: str = ""
    color: Color = GREEN


@dataclass(frozen=True, slots=True)
class OverlayMessage:
    """What one message asks to be drawn, and which image it answers.

    Parameters
    ----------
    boxes, points : None where the message says nothing of that kind; empty where it clears it.
    unknown_keys : keys that mean nothing here, as they are to be reported, and what was
        probably meant.
    timestamp : the `timestamp` of the image that it answers, ns since the epoch; None where it does
        not say.
    """

    boxes: tuple[Box, ...] | None
    points: tuple[Points, ...] | None
    unknown_keys: tuple[str, ...] = ()
    timestamp: int | None = None


def parse_overlay(data: bytes) -> OverlayMessage:
    """Read what a client sent to a PULL socket: JSON, or the same map in msgpack.

    Parameters
    ----------
    data : one message, whole.

    Raises
    ------
    MessageError : whatever else the bytes are; the text says what is wrong with them.

    Format: docs/protocol.md, "Overlay messages".
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageError(f"{len(data)} bytes long; at most {MAX_MESSAGE_BYTES} are read")
    message = _decode(data)
    if not isinstance(message, dict):
        raise MessageError(f"a map with the key DRAW_BOX is needed, not {_kind(message)}")
    if not (_KEYS & message.keys()):
        raise MessageError(f"none of DRAW_BOX, DRAW_POINTS, TIMESTAMP; found {_keys(message)}")
    unknown = _unknown(message, _KEYS)
    boxes = points = None
    if "DRAW_BOX" in message:
        maps = _maps(message["DRAW_BOX"], "DRAW_BOX")
        boxes = tuple(_box(each) for each in maps if not _unseen_box(each))
        unknown += [key for each in maps for key in _unknown(each, _BOX_KEYS)]
    if "DRAW_POINTS" in message:
        maps = _maps(message["DRAW_POINTS"], "DRAW_POINTS")
        points = tuple(_points(each) for each in maps)
        if (total := sum(len(group.points) for group in points)) > MAX_POINTS:
            raise MessageError(f"DRAW_POINTS: {total} points; at most {MAX_POINTS} are drawn")
        unknown += [key for each in maps for key in _unknown(each, _POINTS_KEYS)]
    timestamp = _timestamp(message["TIMESTAMP"]) if "TIMESTAMP" in message else None
    return OverlayMessage(boxes, points, tuple(unknown), timestamp)


def _timestamp(value: object) -> int:
    """Read which image is answered; whether there was one, the camera's side knows."""
    match value:
        case bool():
            pass
        case int() | float() if 0 <= value <= LAST_TIMESTAMP and value == int(value):
            return int(value)  # in some languages every number is a float
        case float():
            raise MessageError("TIMESTAMP must be a whole number: the image's timestamp as it came")
        case int():
            raise MessageError("TIMESTAMP must be ns since 1970: the image's timestamp as it came")
    raise MessageError(f"TIMESTAMP must be the image's timestamp, not {_kind(value)}")


_KEYS = {"DRAW_BOX", "DRAW_POINTS", "TIMESTAMP"}
_BOX_KEYS = {"TOP_LEFT", "BOTTOM_RIGHT", "LABEL", "COLOR"}
_POINTS_KEYS = {"POINTS", "LABEL", "COLOR"}


def _maps(value: Any, key: str) -> list[dict[Any, Any]]:
    """Take one map, or a list of maps."""
    maps = value if isinstance(value, list) else [value]
    if len(maps) > MAX_SHAPES:
        raise MessageError(f"{key}: {len(maps)} of them; at most {MAX_SHAPES} are drawn")
    for each in maps:
        if not isinstance(each, dict):
            raise MessageError(f"{key} must be a map or a list of maps, not {_kind(each)}")
    return maps


def _box(box: dict[Any, Any]) -> Box:
    return Box(_corner(box, "TOP_LEFT"), _corner(box, "BOTTOM_RIGHT"), _label(box), _color(box))


def _points(points: dict[Any, Any]) -> Points:
    match points.get("POINTS"):
        case list(pairs):
            if len(pairs) > MAX_SHAPES:
                raise MessageError(f"POINTS: {len(pairs)} of them; at most {MAX_SHAPES} are drawn")
            seen = tuple(_point(pair) for pair in pairs if not _unseen(pair))
            return Points(seen, _label(points), _color(points))
        case None:
            raise MessageError(f"DRAW_POINTS has no POINTS; found {_keys(points)}")
        case other:
            raise MessageError(f"POINTS must be a list of [x, y], not {_kind(other)}")


def _unseen(pair: object) -> bool:
    """Whether a pair stands for what was not found: pose estimators send NaN there, or null."""
    match pair:
        case None:
            return True
        case [x, y]:
            return any(each is None or (isinstance(each, float) and isnan(each)) for each in (x, y))
    return False


def _unseen_box(box: dict[Any, Any]) -> bool:
    """Whether a box has both corners, and one of them was not found."""
    match box:
        case {"TOP_LEFT": top_left, "BOTTOM_RIGHT": bottom_right}:
            return _unseen(top_left) or _unseen(bottom_right)
    return False


def _point(pair: object) -> tuple[float, float]:
    """Read one key point, [x, y] in pixels, whole or not."""
    match pair:
        case [int() | float() as x, int() | float() as y] if not (
            isinstance(x, bool) or isinstance(y, bool)
        ):
            if not (abs(x) <= MAX_COORDINATE and abs(y) <= MAX_COORDINATE):
                raise MessageError(f"POINTS: a coordinate is beyond ±{MAX_COORDINATE}")
            return float(x), float(y)
        case other:
            raise MessageError(f"POINTS: each must be [x, y], two numbers; one is {_kind(other)}")


def _label(shape: dict[Any, Any]) -> str:
    """Read a label; what could steer a terminal or a window is replaced."""
    label = shape.get("LABEL", "")
    if not isinstance(label, str):
        raise MessageError(f"LABEL must be a string, not {_kind(label)}")
    return printable(label[:MAX_LABEL])


def _color(shape: dict[Any, Any]) -> Color:
    match shape.get("COLOR", list(GREEN)):
        case [int(red), int(green), int(blue)] if all(
            0 <= each <= 255 and not isinstance(each, bool) for each in (red, green, blue)
        ):
            return red, green, blue
        case _:
            raise MessageError("COLOR must be [red, green, blue], whole numbers from 0 to 255")


def _unknown(message: dict[Any, Any], known: set[str]) -> list[str]:
    """Name the keys that mean nothing here, and which known one was probably meant."""
    return [
        repr(key)[:MAX_LABEL] + (f"; {key.upper()} is meant?" if _in_capitals(key, known) else "")
        for key in message
        if key not in known
    ]


def _in_capitals(key: object, known: set[str]) -> bool:
    return isinstance(key, str) and key.upper() in known


def _decode(data: bytes) -> Any:
    """Decode JSON or msgpack; the first byte distinguishes them.

    A msgpack map starts with 0x80-0x8f, 0xde or 0xdf: bytes with which no JSON text can start.
    Source: https://github.com/msgpack/msgpack/blob/master/spec.md, "map format family".
    """
    if not data:
        raise MessageError("empty")
    if data[0] >= 0x80:
        try:
            return msgpack.unpackb(data)
        except (ValueError, msgpack.UnpackException, RecursionError) as error:
            raise MessageError(_foreign(data) or f"not msgpack: {_first_line(error)}") from None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageError(_foreign(data) or f"not JSON: {_first_line(error)}") from None


_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_PICKLE = re.compile(rb"\x80[\x02-\x05]|\([dl]p|[}\]]q|c[\w.]+\n")
_NUMPY_TEXT = re.compile(rb"\[+ *[0-9.+-]+ +[0-9.+-]|[^\"]*(?:array\(|np\.)")


def _foreign(data: bytes) -> str:
    """Name what is neither JSON nor msgpack, but is often taken for it, and say what to send."""
    if data.startswith((_UTF8_MARK, *_UTF16_MARKS)):
        kind = "JSON with a byte order mark" if data.startswith(_UTF8_MARK) else "UTF-16 text"
        return f'{kind}: send it as plain UTF-8, json.dumps(message).encode("utf-8")'
    if data.startswith(b"\x93NUMPY"):
        return "a numpy file: send JSON or msgpack, arrays as lists: array.tolist()"
    if data.endswith(b".") and _PICKLE.match(data):
        return "a pickle: send JSON or msgpack, such as json.dumps(message).encode()"
    if _NUMPY_TEXT.match(data):
        return "the text of a numpy array: send arrays as lists, json.dumps(array.tolist())"
    if re.match(rb"\{ *'", data):
        return "the text of a Python dict: send json.dumps(message), not str(message)"
    return ""


def _corner(box: dict[Any, Any], key: str) -> tuple[int, int]:
    """Read one corner, [x, y] in whole pixels."""
    match box.get(key):
        case [int(x), int(y)] if not isinstance(x, bool) and not isinstance(y, bool):
            if max(abs(x), abs(y)) > MAX_COORDINATE:
                raise MessageError(f"{key}: a coordinate is beyond ±{MAX_COORDINATE}")
            return x, y
        case None:
            raise MessageError(f"DRAW_BOX has no {key}; found {_keys(box)}")
        case [float(), _] | [_, float()]:
            raise MessageError(f"{key}: whole numbers are needed; send [int(x), int(y)]")
        case other:
            raise MessageError(f"{key} must be [x, y], not {_kind(other)}")


def _kind(value: object) -> str:
    """Name a decoded value's type in the words of JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case bytes():
            return "bytes"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "a map"
        case _:
            return type(value).__name__


def _keys(message: dict[Any, Any]) -> str:
    """Name a map's first keys, printable and short enough for a line of a table."""
    names = [repr(key)[:24] for key in list(message)[:3]]
    return ", ".join(names) + (", …" if len(message) > len(names) else "") if names else "no keys"


def _first_line(error: BaseException) -> str:
    """Take what a decoder said, without the input that it may quote."""
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:80]


def pack_boxes(boxes: Iterable[Box], timestamp: int | None = None) -> bytes:
    """Build the message that draws boxes in place of those before.

    Parameters
    ----------
    timestamp : of the image that they answer, ns since the epoch; None: of none.

    Raises
    ------
    ValueError : it is too long.

    Format: docs/protocol.md, "Overlay messages".
    """
    maps = [
        {"TOP_LEFT": box.top_left, "BOTTOM_RIGHT": box.bottom_right, **_style(box)} for box in boxes
    ]
    return _encode(timestamp, DRAW_BOX=maps)


def pack_points(groups: Iterable[Points], timestamp: int | None = None) -> bytes:
    """Build the message that draws key points in place of those before, and leaves boxes.

    Parameters
    ----------
    timestamp : of the image that they answer, ns since the epoch; None: of none.

    Raises
    ------
    ValueError : it is too long.

    Format: docs/protocol.md, "Overlay messages".
    """
    maps = [{"POINTS": group.points, **_style(group)} for group in groups]
    return _encode(timestamp, DRAW_POINTS=maps)


def pack_nothing(timestamp: int | None = None) -> bytes:
    """Build the message that takes away all boxes and points.

    Parameters
    ----------
    timestamp : of the image that it answers, ns since the epoch; None: of none.
    """
    return _encode(timestamp, DRAW_BOX=[], DRAW_POINTS=[])


def pack_answer(timestamp: int) -> bytes:
    """Build the message that answers an image, and leaves what is drawn as it is.

    Parameters
    ----------
    timestamp : of that image, ns since the epoch.

    Format: docs/protocol.md, "Answers".
    """
    return _encode(timestamp)


def _style(shape: Box | Points) -> dict[str, Any]:
    return {"LABEL": shape.label, "COLOR": shape.color}


def _encode(timestamp: int | None, **message: Any) -> bytes:
    if timestamp is not None:
        message["TIMESTAMP"] = timestamp
    data = json.dumps(message).encode()
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"too much at once: {len(data)} bytes; {MAX_MESSAGE_BYTES} are read")
    return data

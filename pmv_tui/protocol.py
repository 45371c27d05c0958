"""The wire format: image messages out, overlay messages in. Pure functions, no sockets.

The format is described in docs/protocol.md. Client scripts in the field depend on it word for word.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

TOPIC_IMAGE = b"image"
"""The first part of every image message."""

MAX_MESSAGE_BYTES = 64 * 1024
"""An overlay message longer than this is refused before it is decoded."""

MAX_COORDINATE = 2**31 - 1
"""The largest magnitude of a coordinate, pixels: what a drawing routine's int holds."""


class MessageError(ValueError):
    """A message that is not of the documented form; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in image coordinates, as a client sent it.

    Parameters
    ----------
    top_left, bottom_right : (x, y) in pixels; x to the right, y down, (0, 0) the first pixel.
    """

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]


def pack_image(
    unique_id: str,
    timestamp: int,
    image: NDArray[np.uint8],
    extended: Mapping[str, Any] | None = None,
) -> tuple[bytes, bytes, memoryview]:
    """Build the three parts of an image message.

    Parameters
    ----------
    unique_id : the camera's id, `<serial>-<backend>`.
    timestamp : ns since the epoch on this host's clock, when the frame arrived.
    image : uint8, shape (height, width), C-contiguous; the third part is a view of it, no copy.
    extended : further metadata, sent only where the config asks for it.

    Raises
    ------
    ValueError : the image is not two-dimensional contiguous uint8.

    Format: docs/protocol.md, "Image messages".
    """
    if image.ndim != 2 or image.dtype != np.uint8 or not image.flags.c_contiguous:
        raise ValueError(
            f"an image must be contiguous uint8 of shape (height, width), "
            f"not {image.dtype} of shape {image.shape}"
        )
    height, width = image.shape
    metadata: dict[str, Any] = {
        "unique_id": unique_id,
        "timestamp": timestamp,
        "height": height,
        "width": width,
    }
    if extended:
        metadata.update(extended)
    return TOPIC_IMAGE, msgpack.packb(metadata), image.data


def parse_overlay(data: bytes) -> Box:
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
    if "DRAW_BOX" not in message:
        raise MessageError(f"no key DRAW_BOX; found {_keys(message)}")
    box = message["DRAW_BOX"]
    if not isinstance(box, dict):
        raise MessageError(f"DRAW_BOX must be a map, not {_kind(box)}")
    return Box(_corner(box, "TOP_LEFT"), _corner(box, "BOTTOM_RIGHT"))


def _decode(data: bytes) -> Any:
    """Decode JSON or msgpack; the first byte tells them apart.

    A msgpack map starts with 0x80-0x8f, 0xde or 0xdf: bytes with which no JSON text can start.
    Source: https://github.com/msgpack/msgpack/blob/master/spec.md, "map format family".
    """
    if not data:
        raise MessageError("empty")
    if data[0] >= 0x80:
        try:
            return msgpack.unpackb(data)
        except (ValueError, msgpack.UnpackException, RecursionError) as error:
            raise MessageError(f"not msgpack: {_first_line(error)}") from None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {_first_line(error)}") from None


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

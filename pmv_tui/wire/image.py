"""Image messages, which a camera sends to its clients: packed and parsed. No sockets.

The format is described in docs/protocol.md. Client scripts in the field depend on it word for word.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

TOPIC_IMAGE = b"image"
"""The first part of every image message."""

MAX_INTEGER = 2**63 - 1
"""The largest time stamp or number of an image: what arrays of them hold."""


def pack_image(
    unique_id: str,
    timestamp: int,
    image: NDArray[np.uint8],
    extended: Mapping[str, Any] | None = None,
    pack: Callable[[Mapping[str, Any]], bytes] = msgpack.packb,
) -> tuple[bytes, bytes, memoryview]:
    """Build the three parts of an image message.

    Parameters
    ----------
    unique_id : the camera's id, `<serial>-<backend>`.
    timestamp : ns since the epoch on this host's clock, when the frame arrived.
    image : uint8, shape (height, width), C-contiguous; the third part is a view of it, no copy.
    extended : further metadata, sent only where the config asks for it.
    pack : encodes msgpack; one thread that packs many takes half the time with its own
        `msgpack.Packer().pack`.

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
    return TOPIC_IMAGE, pack(metadata), image.data


def parse_image(
    parts: "Sequence[bytes | memoryview]",
) -> tuple[Image, dict[str, Any]] | None:
    """Read an image message; None where it does not have the documented form.

    Parameters
    ----------
    parts : of one message. Any program may be listened to: they may be anything.

    Returns
    -------
    The image, uint8 of shape (height, width), read-only and without a copy; and its metadata, whose
    documented keys are checked.

    Format: docs/protocol.md, "Image messages".
    """
    if len(parts) != 3 or bytes(parts[0][: len(TOPIC_IMAGE) + 1]) != TOPIC_IMAGE:
        return None
    metadata = _parse_metadata(parts[1], len(parts[2]))
    if metadata is None:
        return None
    image = np.frombuffer(parts[2], np.uint8).reshape(metadata["height"], metadata["width"])
    image.flags.writeable = False
    return image, metadata


def _parse_metadata(packed: bytes | memoryview, image_bytes: int) -> dict[str, Any] | None:
    """Read the metadata; `image_bytes` must be what it says of the image."""
    try:
        metadata = msgpack.unpackb(packed)
    except (ValueError, msgpack.UnpackException, RecursionError):
        return None
    match metadata:
        case {
            "unique_id": str(),
            "timestamp": timestamp,
            "height": height,
            "width": width,
        } if _whole(timestamp, 0) and _whole(height, 1) and _whole(width, 1):
            extended = all(
                metadata.get(key) is None or fits(metadata[key]) for key, fits in _EXTENDED.items()
            )
            return metadata if extended and height * width == image_bytes else None
    return None


def _whole(value: object, lowest: int) -> bool:
    """Whether a value is a whole number from `lowest` on; true and false are none."""
    return type(value) is int and lowest <= value <= MAX_INTEGER


_EXTENDED: Mapping[str, Callable[[Any], bool]] = {
    "sequence": lambda value: _whole(value, 0),
    "device_timestamp": lambda value: _whole(value, -MAX_INTEGER),
    "pixel_format": lambda value: isinstance(value, str),
}
"""What the metadata may have beyond its four keys."""

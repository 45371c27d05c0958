"""What engine and viewer send each other: msgpack maps over a socket pair, one map a packet.

The engine sends
    {"settings": {"max_size": pixels, "rate": times a second}}     first, and when it is another
    {"open": id, "title": text}                                    show a camera
    {"images": id}, with the descriptor of an image memory         where its images are
    {"close": id}                                                  close its window
    {"scene": {id: Scene}}                                         what to draw, when it changed
and the viewer
    {"alive": true}                                 twice a second, while the display answers
    {"shown": id}                                   its window is on the screen
    {"closed": id}                                  the user closed it
    {"failed": id, "reason": text}                  its image cannot be drawn, or its window opened
    {"drawn": id}                                   it can again
    {"trouble": WindowState, "reason": text}        why the viewer ends, where it can say
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import msgpack

from pmv_tui.wire.drawn import Overlay

STEP, STEPS = 40, 10
"""Pixels from one window of a cascade to the next, and windows until it begins at the top again."""


def cascaded(place: int) -> tuple[int, int]:
    """Return where a window of a cascade lies: its top left corner, pixels of the screen.

    Parameters
    ----------
    place : of the window in the cascade, from 0.
    """
    row, column = place % STEPS, place // STEPS
    return STEP * (row + column), STEP * row


def fit(width: int, height: int, max_size: int) -> tuple[int, int]:
    """Return the size of an image's window: no side above `max_size`, and never enlarged.

    Parameters
    ----------
    width, height, max_size : pixels.

    Returns
    -------
    Width and height, pixels.
    """
    longest = max(width, height)
    if longest <= max_size:
        return width, height
    return max(1, round(width * max_size / longest)), max(1, round(height * max_size / longest))


MAX_MESSAGE_BYTES = 128 * 1024
"""A packet must fit in a socket's buffer, which holds 208 kB unless the system says otherwise."""

WindowState = Literal[
    "",
    "opening",
    "shown",
    "closed by the user",
    "no display",
    "libraries missing",
    "display lost",
    "viewer died",
    "failed",
]
"""What became of a camera's window; empty where none is wanted."""


class WindowStatus(NamedTuple):
    """A window's state, and why it is so, in words with what to do; the reason may be empty."""

    state: WindowState = ""
    reason: str = ""


class Scene(TypedDict):
    """What is drawn over a camera's image."""

    caption: str
    """Small, in a corner; empty for none."""
    details: NotRequired[str]
    """What the caption says where the user wants more."""
    notice: str
    """Why the image is not live, big, over a dimmed image; empty for none."""
    overlays: list[Overlay]
    image: NotRequired[Sequence[int]]
    """The image that it belongs to: ticket and time stamp, see `Captured`; without it the newest
    is shown."""


def empty_scene() -> Scene:
    """Return the scene of which nothing is drawn."""
    return Scene(caption="", notice="", overlays=[])


def pack(message: dict[str, Any]) -> bytes:
    """Encode a message."""
    data: bytes = msgpack.packb(message)
    return data


def unpack(data: bytes) -> dict[str, Any]:
    """Decode a message of the other side's."""
    message: dict[str, Any] = msgpack.unpackb(data)
    return message

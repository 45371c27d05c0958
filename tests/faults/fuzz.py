"""Overlay messages that are almost right: mutations of valid ones, and plain nonsense."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import msgpack

SEED = 7
"""The same messages each time: what one broke can be sent again."""

VALID: tuple[dict[str, Any], ...] = (
    {"DRAW_BOX": {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [30, 40]}},
    {"DRAW_BOX": [{"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4], "LABEL": "a", "COLOR": [1, 2, 3]}]},
    {"DRAW_POINTS": {"POINTS": [[1.5, 2], [3, 4.5]], "LABEL": "nose", "COLOR": [255, 0, 0]}},
    {"DRAW_BOX": [], "DRAW_POINTS": []},
    {"TIMESTAMP": 1_764_306_000_000_000_123},
)

ODD: tuple[Any, ...] = (
    *(None, True, -1, 2**31, 2**63, 10**400, 1e308, float("nan"), float("-inf")),
    *("", "\x1b]0;title\x07", "\u202e", "x" * 5000, b"\xff\xfe", [], {}, [[[]]], {"": {"": {}}}),
)
"""Values that stand where others are expected."""

Message = list[bytes]
"""The parts of one message."""


def fuzzed(count: int) -> Iterator[Message]:
    """Make messages, as a seed decides.

    Parameters
    ----------
    count : of messages.
    """
    dice = random.Random(SEED)  # noqa: S311 - no secret
    ways: tuple[Callable[[random.Random], Message], ...] = (
        *(_other_value, _other_value, _other_bytes, _other_bytes, _cut, _noise, _nested, _parts),
    )
    for _ in range(count):
        yield dice.choice(ways)(dice)


def _encoded(message: Any, dice: random.Random) -> bytes:
    """Write a message as JSON or msgpack, whichever holds it."""
    if dice.random() < 0.5:
        try:
            packed: bytes = msgpack.packb(message)
        except (ValueError, OverflowError, TypeError):
            pass  # a number too large for msgpack is none too large for JSON
        else:
            return packed
    return json.dumps(message, default=repr).encode()


def _valid(dice: random.Random) -> bytes:
    return _encoded(dice.choice(VALID), dice)


def _other_value(dice: random.Random) -> Message:
    """Put an odd value somewhere into a valid message."""
    return [_encoded(replaced(dice.choice(VALID), dice), dice)]


def replaced(value: Any, dice: random.Random) -> Any:
    match value:
        case dict() if value and dice.random() < 0.9:
            key = dice.choice(list(value))
            return {**value, key: replaced(value[key], dice)}
        case list() if value and dice.random() < 0.9:
            place = dice.randrange(len(value))
            return [*value[:place], replaced(value[place], dice), *value[place + 1 :]]
        case _:
            return dice.choice(ODD)


def _other_bytes(dice: random.Random) -> Message:
    """Change some bytes of a valid message."""
    data = bytearray(_valid(dice))
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return [bytes(data)]


def _cut(dice: random.Random) -> Message:
    """Break a valid message off, or send another behind it."""
    data = _valid(dice)
    return [data[: dice.randrange(len(data))] if dice.random() < 0.5 else data + _valid(dice)]


def _noise(dice: random.Random) -> Message:
    return [dice.randbytes(dice.randrange(200))]


def _nested(dice: random.Random) -> Message:
    """Nest as deep as a decoder's stack, and deeper."""
    depth = dice.choice((10, 10, 500, 500, 2_000, 10_000))
    opening = dice.choice((b"[", b'{"DRAW_BOX":', b"\x91", b"\x81\xa1a"))
    return [opening * depth]


def _parts(dice: random.Random) -> Message:
    """Send several parts, or empty ones."""
    return [b"" if dice.random() < 0.5 else _valid(dice) for _ in range(dice.randint(2, 40))]

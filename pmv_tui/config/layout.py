"""Where each key of a TOML text stands: for line numbers, and for edits that leave the rest alone.

The standard library's parser keeps no positions, and libraries that rewrite a text move comments
and tables that were written out of order. So this reads positions only, from a text that the
parser has accepted; what a value means is never decided here.
"""

import re
import tomllib
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""The road to a value: keys, and places in arrays counted from 0; `("cameras", 1, "fps")`."""

BYTE_ORDER_MARK = "\ufeff"

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
# A string of several lines may end in up to two quotes of its own before the closing three.
_SCALAR = re.compile(
    r'''
    """ (?: \\[\s\S] | [^\\] )*? "{3,5} (?!")
    | \'\'\' [\s\S]*? '{3,5} (?!')
    | " (?: \\. | [^"\\] )* "
    | ' [^']* '
    | [^,\]}\#\s] (?: [^,\]}\#\r\n]* [^,\]}\#\s] )?  # a number, a date: it may hold one space
    ''',
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; offsets in characters.

    Parameters
    ----------
    start : of the key, of a block's header, or of a value in an array.
    value : where the value starts; for a block, where its header does.
    end : behind the value; for a block, behind its header.
    """

    start: int
    value: int
    end: int


def scan(text: str) -> dict[KeyPath, Place]:
    """Find every key, block and value of a TOML text that the standard library can parse."""
    return _Scanner(text).places


def line_of(text: str, places: dict[KeyPath, Place], path: KeyPath) -> int | None:
    """Give the line, from 1, of a key, or of the nearest thing around it that is written."""
    while path:
        if path in places:
            return text.count("\n", 0, places[path].start) + 1
        path = path[:-1]
    return None


class _Scanner:
    """Goes through a text once, statement by statement."""

    def __init__(self, text: str) -> None:
        self.places: dict[KeyPath, Place] = {}
        self._text = text
        self._at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self._lengths: dict[KeyPath, int] = {}
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(text):
            if text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _header(self) -> KeyPath:
        """Read `[table]` or `[[array]]`; return the path of what follows it."""
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        self._skip(_BLANK)
        path: KeyPath = ()
        keys = self._keys()
        for key in keys[:-1]:
            path = self._newest((*path, key))
        path = (*path, keys[-1])
        self._skip(_BLANK)
        self._at += brackets
        place = Place(start, start, self._at)
        if brackets == 2:
            self.places.setdefault(path, place)
            self._lengths[path] = self._lengths.get(path, 0) + 1
        path = self._newest(path)
        self.places[path] = place
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """Step into the newest block of an array of blocks."""
        length = self._lengths.get(path)
        return path if length is None else (*path, length - 1)

    def _keys(self) -> list[str]:
        """Read a key and its dotted continuation."""
        keys = []
        while True:
            key = self._skip(_KEY)
            keys.append(tomllib.loads(f"key = {key}")["key"] if key[0] in "\"'" else key)
            if not self._skip(_DOT):
                return keys

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = (*table, *self._keys())
        self._skip(_BLANK)
        self._at += len("=")
        self._skip(_BLANK)
        self._value(path, start)

    def _value(self, path: KeyPath, start: int) -> None:
        value = self._at
        match self._text[value]:
            case "[":
                self._items(path, "]")
            case "{":
                self._items(path, "}")
            case _:
                self._skip(_SCALAR)
        self.places[path] = Place(start, value, self._at)

    def _items(self, path: KeyPath, closing: str) -> None:
        """Read an array or an inline table."""
        self._at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self._text[self._at] == closing:
                self._at += 1
                return
            if closing == "]":
                self._value((*path, index), self._at)
                index += 1
            else:
                self._pair(path)
            self._skip(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1

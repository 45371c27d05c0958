"""The text of a TOML file: where each key stands, edits that leave the rest alone, lookalikes.

The standard library's parser keeps no positions, and libraries that rewrite a text move comments
and tables that were written out of order. So this reads positions only, from a text that the
parser has accepted; what a value means is never decided here.

Word processors, web pages and chats put typographic quotes, blanks and minus signs in place of the
plain ones.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from pmv_tui.config.locate import unreadable, unusable, why_no_file
from pmv_tui.untrusted import MAX_DEPTH, too_deep

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
    """Return the line, from 1, of a key, or of the nearest thing around it that is written."""
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


Value = str | int | float | bool


class NotTomlError(ValueError):
    """A key or value that TOML has no way to write; the text says which."""


def set_value(text: str, table: KeyPath, key: str, value: Value) -> str:
    """Return the text with a key of a table set.

    A new key is added below a commented-out example of it, or else after the table's last key.

    Parameters
    ----------
    text : valid TOML.
    table : the path of a table that is in the text, as a block or inline.

    Raises
    ------
    NotTomlError : TOML cannot hold the key or the value.
    """
    places = scan(text)
    place = places.get((*table, key))
    if place is not None:
        written = text[place.value : place.end]
        if tomllib.loads(f"value = {written}")["value"] == value:
            return text
        return text[: place.value] + _toml(value) + text[place.end :]
    around = places[table]
    if text[around.value] == "{":
        inside = text[: around.end - 1].rstrip()
        comma = "" if inside.endswith("{") else ","
        return f"{inside}{comma} {_pair(key, value)}{text[len(inside) :]}"
    above = _example(text, places, around, key) or max(
        (place for path, place in places.items() if path[: len(table)] == table),
        key=lambda place: place.end,
    )
    indent = text[text.rfind("\n", 0, above.start) + 1 : above.start]
    at = _end_of_line(text, above.end)
    return text[:at] + _newline(text, at) + indent + _pair(key, value) + text[at:]


def _example(text: str, places: dict[KeyPath, Place], block: Place, key: str) -> Place | None:
    """Find the last comment of a block that shows how a key is written, such as `# roi = [...]`."""
    end = min((at.start for at in places.values() if _is_header(text, at, block)), default=None)
    found = None
    for match in re.finditer(rf"^[ \t]*(#[ \t]*{re.escape(key)}[ \t]*=)", text, re.MULTILINE):
        inside = any(at.start <= match.start(1) < at.end for at in places.values())
        if block.end <= match.start(1) < (len(text) if end is None else end) and not inside:
            found = Place(match.start(1), match.start(1), match.end(1))
    return found


def _is_header(text: str, place: Place, block: Place) -> bool:
    """Whether a place is the header of a block that follows another."""
    return place.start >= block.end and place.start == place.value and text[place.start] == "["


def remove_value(text: str, table: KeyPath, key: str) -> str:
    """Take a key out of a table, block or inline, and what stands behind it on its line, if any."""
    places = scan(text)
    place = places.get((*table, key))
    if place is None:
        return text
    around = places[table]
    if text[around.value] == "{":
        before, after = text[: place.start].rstrip(), text[place.end :].lstrip()
        if after.startswith(","):
            return text[: place.start] + after[1:].lstrip()
        return f"{before.removesuffix(',').rstrip()} {after}"
    begin = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.end)
    return text[:begin] + (text[end + 1 :] if end >= 0 else "")


def set_in_section(text: str, section: str, key: str, value: Value) -> str:
    """Return the text with a key of a top-level table set as by `set_value`, or with that table."""
    if (section,) in scan(text):
        return set_value(text, (section,), key, value)
    return _with_block(text, f"[{section}]", {key: value})


def append_table(text: str, array: str, values: Mapping[str, Value]) -> str:
    """Add a table to an array of tables at the top level, as a block or as it is written there.

    Raises `NotTomlError` as `set_value` does.
    """
    places = scan(text)
    place = places.get((array,))
    if place is not None and not text.startswith("[[", place.start):
        table = f"{{ {', '.join(_pair(key, value) for key, value in values.items())} }}"
        items = [at.end for path, at in places.items() if len(path) == 2 and path[0] == array]
        at = max(items, default=place.value + 1)
        return text[:at] + (", " if items else "") + table + text[at:]
    return _with_block(text, f"[[{array}]]", values)


def remove_table(text: str, array: str, index: int) -> str:
    """Take a table out of an array of tables at the top level, as it is written there.

    With a block goes what stands between its keys, not the comments above it.
    """
    places = scan(text)
    place = places[array, index]
    if text.startswith("[[", place.start):
        inside = (at.end for path, at in places.items() if path[:2] == (array, index))
        begin, end = text.rfind("\n", 0, place.start) + 1, text.find("\n", max(inside))
        after = text[end + 1 :] if end >= 0 else ""
        return text[:begin] + (_LINE_ENDS.sub("", after, 1) if begin else after)
    before, after = text[: place.start].rstrip(), text[place.end :].lstrip()
    if after.startswith(","):
        return text[: place.start] + after[1:].lstrip()
    return before.removesuffix(",") + after


_LINE_ENDS = re.compile(r"\A[ \t]*\r?\n")


def _with_block(text: str, header: str, values: Mapping[str, Value]) -> str:
    newline = _newline(text, len(text))
    block = newline.join([header, *(_pair(key, value) for key, value in values.items())])
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    return text + gap + block + newline


def _pair(key: str, value: Value) -> str:
    try:
        return tomli_w.dumps({key: value}).rstrip("\n")
    except TypeError:
        kind = type(value).__name__
        raise NotTomlError(f"{key}: a config file cannot hold a value of type {kind}") from None


def _toml(value: Value) -> str:
    return _pair("value", value).removeprefix("value = ")


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1] == "\r" else end


def _newline(text: str, at: int) -> str:
    """Return the line ending in use at a place; at the end of the text, the text's."""
    if at < len(text):
        return "\r\n" if text.startswith("\r\n", at) else "\n"
    return "\r\n" if "\r\n" in text else "\n"


_PAIR = re.compile(r"""\s*(?P<key>[\w."'-]+)\s*=\s*(?P<value>[^#"'\[\]{}]*?)\s*(#.*)?""")

_ONE_OF = {"cameras": "camera", "rigs": "rig"}
"""What the blocks of an array are."""

_TWICE = re.compile(r"Cannot declare \('(\w+)',\) twice")


def in_toml(error: str, written: str) -> str:
    """Return what to write in place of a line that is not TOML; empty where that is not known.

    `error` is what the parser says of it.
    """
    if twice := _TWICE.match(error):
        if one := _ONE_OF.get(twice[1]):
            return f"write [[{twice[1]}]], in double brackets, above each {one}"
        return f"[{twice[1]}] stands twice: write its settings below one of them"
    if error == "Cannot overwrite a value":
        return f"{written.partition('=')[0].strip()} stands twice: leave one of them out"
    if "=" not in written and error.startswith("Expected '='"):
        return "write KEY = VALUE, such as fps = 30"
    pair = _PAIR.fullmatch(written)
    return _value_in_toml(pair["value"]) if pair else ""


def _value_in_toml(value: str) -> str:
    """Return how a value is written; empty where that is not known."""
    if not value:
        return "a value is missing behind the ="
    if value.lower() in ("true", "false"):
        return f"write {value.lower()}, in small letters"
    if re.fullmatch(r"[+-]?\d+,\d+", value):
        return f"write {value.replace(',', '.')}, with a point"
    text = not value[0].isdecimal() and value[0] not in "+-" and value.isprintable()
    return f'write "{value}": text stands in quotes' if text and value.isascii() else ""


def lookalike(text: str, line: int, column: int | None) -> str:
    """Name the character that keeps a text from being TOML; empty where there is none.

    The line and column to blame count from 1; no column: at the end of the text.
    """
    written = text.split("\n")[line - 1].rstrip("\r")
    place = len(written) if column is None else column - 1
    if place < len(written):
        return _named(written[place], place)
    # A string that does not end: what was meant to end it stands before.
    quotes = (_named(each, at) for at, each in enumerate(written) if _plain(each) == '"')
    return next(filter(None, quotes), "")


def _named(character: str, place: int) -> str:
    """Name a character and say what is needed in its place; empty where it is an ordinary one."""
    plain = _plain(character)
    if plain in ("", character):
        return ""
    name = unicodedata.name(character, "without a name").lower()
    shown = f"{character} " if character.isprintable() else ""
    needed = "an ordinary blank" if plain == " " else f"a plain {plain}"
    return f"column {place + 1} is {shown}U+{ord(character):04X}, {name}; write {needed}"


def _plain(character: str) -> str:
    """Return the character of TOML that another looks like; empty where it looks like none."""
    if character.isascii():
        return character
    name = unicodedata.name(character, "")
    match unicodedata.category(character):
        case "Zs" | "Cf":
            return " "
        case "Pd":
            return "-"
        case "Pi" | "Pf":
            return '"'
    if name.endswith("QUOTATION MARK") or "PRIME" in name:
        return '"'
    if name == "MINUS SIGN":
        return "-"
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() else ""


_PLACE = re.compile(r"(?P<text>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)")


def read_text(path: Path) -> str | None:
    """Read the file as it is; None where there is none.

    Raises
    ------
    ConfigError : it is no file, cannot be read or is not UTF-8.
    """
    try:
        if why := why_no_file(path):
            raise unusable(path, why)
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise unusable(path, "is not UTF-8 text; save it as UTF-8", line) from None
    except OSError as error:
        raise unusable(path, unreadable(error)) from None


def toml(text: str) -> dict[str, Any]:
    """Parse TOML, also what an editor put a byte order mark before."""
    return tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Parse a config's text.

    Raises
    ------
    ConfigError : it is not TOML; says the line and column.
    """
    try:
        data = toml(text)
    except ValueError as error:
        place = _PLACE.fullmatch(str(error))
        if place is None:
            raise unusable(path, f"is not TOML: {error}") from None
        line = int(place["line"]) if place["line"] else text.count("\n") + 1
        column = f" (column {place['column']})" if place["column"] else " (at the end)"
        if odd := lookalike(text, line, int(place["column"]) if place["column"] else None):
            column = f": {odd}"
        elif remedy := in_toml(place["text"], text.split("\n")[line - 1].rstrip("\r")):
            column += f"; {remedy}"
        raise unusable(path, f"is not TOML: {place['text']}{column}", line) from None
    except RecursionError:
        data = None
    if data is None or too_deep(data):
        raise unusable(path, f"is nested too deeply; {MAX_DEPTH} levels are allowed")
    return data

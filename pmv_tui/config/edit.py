"""Changes single values in a TOML text; every other character stays as it is."""

import tomllib
from collections.abc import Mapping

import tomli_w

from pmv_tui.config.layout import KeyPath, scan

Value = str | int | float | bool


class NotTomlError(ValueError):
    """A key or value that TOML has no way to write; the text says which."""


def set_value(text: str, table: KeyPath, key: str, value: Value) -> str:
    """Give a key of a table a value; a key that is not there is added behind the table's last one.

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
    last = max(
        (place for path, place in places.items() if path[: len(table)] == table),
        key=lambda place: place.end,
    )
    indent = text[text.rfind("\n", 0, last.start) + 1 : last.start]
    at = _end_of_line(text, last.end)
    return text[:at] + _newline(text, at) + indent + _pair(key, value) + text[at:]


def remove_value(text: str, table: KeyPath, key: str) -> str:
    """Take a key out of a table, and what stands behind it on its line; one not there is none.

    Parameters
    ----------
    text : valid TOML.
    table : the path of a table that is in the text, as a block or inline.
    """
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
    """Give a key of a table at the top level a value; the table is added where there is none.

    Raises
    ------
    NotTomlError : TOML cannot hold the key or the value.
    """
    if (section,) in scan(text):
        return set_value(text, (section,), key, value)
    newline = _newline(text, len(text))
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    return f"{text}{gap}[{section}]{newline}{_pair(key, value)}{newline}"


def append_table(text: str, array: str, values: Mapping[str, Value]) -> str:
    """Add a table to an array of tables at the top level, as a block or as it is written there.

    Raises
    ------
    NotTomlError : TOML cannot hold a key or a value.
    """
    places = scan(text)
    place = places.get((array,))
    if place is not None and not text.startswith("[[", place.start):
        table = f"{{ {', '.join(_pair(key, value) for key, value in values.items())} }}"
        items = [at.end for path, at in places.items() if len(path) == 2 and path[0] == array]
        at = max(items, default=place.value + 1)
        return text[:at] + (", " if items else "") + table + text[at:]
    newline = _newline(text, len(text))
    block = newline.join([f"[[{array}]]", *(_pair(key, value) for key, value in values.items())])
    if not text:
        return block + newline
    gap = newline if text.endswith("\n") else newline * 2
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
    """Give the line ending in use at a place; at the end of the text, the text's."""
    if at < len(text):
        return "\r\n" if text.startswith("\r\n", at) else "\n"
    return "\r\n" if "\r\n" in text else "\n"

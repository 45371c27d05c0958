"""What the schema says against a value, in plain words."""

from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pmv_tui.config.layout import KeyPath
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.printable import without_passwords

_KINDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text in quotes",
}

_TABLES = {
    name: field.annotation
    for name, field in RigConfig.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
_HEADERS = {
    "": "the top level",
    **{name: f"[{name}]" for name in _TABLES},
    "cameras": "[[cameras]]",
}
_FIELDS: dict[str, dict[str, FieldInfo]] = {
    "": RigConfig.model_fields,
    **{name: section.model_fields for name, section in _TABLES.items()},
    "cameras": CameraConfig.model_fields,
}

_KEY_MAP = ("tui", "keys")
_KEY_MAP_ENTRY = 'it must be keys in quotes, such as "x" or "x,f2"'


def explain(error: ErrorDetails) -> tuple[KeyPath, str]:
    """Tell what is wrong with a value, what is allowed, and in which unit.

    Returns
    -------
    The path of the setting to blame, and the text.
    """
    path = _setting(error["loc"])
    section = str(path[0]) if len(path) > 1 else ""
    key = str(path[-1])
    match error["type"]:
        case "extra_forbidden":
            return path, _unknown(section, key)
        case "missing" if key == "unique_id":
            return path, "is missing; every camera needs one, such as left-simulated"
        case "value_error":
            return path, str(error["ctx"]["error"])
    field = _FIELDS[section].get(key)
    if path[:2] == _KEY_MAP:
        needed = (
            _KEY_MAP_ENTRY if len(path) > len(_KEY_MAP) else "it must be a block headed [tui.keys]"
        )
    elif section and field:
        needed = wanted(field)
    elif path == ("cameras",) and isinstance(error["input"], dict):
        return path, "write [[cameras]], in double brackets, above each camera"
    else:
        needed = f"it must be a block headed {_HEADERS[str(path[0])]}"
    return path, f"{shown(error['input'])} is not allowed; {needed}"


def shown(value: object) -> str:
    """Show a value as TOML writes it, short enough for a line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            value = without_passwords(value)
            return f'"{value}"' if len(value) <= 40 else f'"{value[:40]}…"'
        case int() if abs(value) >= 2**63:
            return "a number this large"
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            return str(value)


def written(value: object) -> str:
    """Write a camera's value for a sentence, whole."""
    match value:
        case None:
            return "not there"
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
        case float():
            return f"{value:.12g}"
        case _:
            return shown(value)


def wanted(field: FieldInfo) -> str:
    """Tell what a setting may be, such as "it must be a number above 0, in µs"."""
    needed = f"it must be {_kind(field.annotation)}"
    if limits := [text for constraint in field.metadata if (text := _limit(constraint))]:
        needed += f" {' and '.join(limits)}"
    if isinstance(field.json_schema_extra, dict):
        needed += f", in {field.json_schema_extra['unit']}"
    return needed


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(shown(choice) for choice in get_args(annotation))
    if origin is tuple:
        return f"a list of {len(get_args(annotation))} whole numbers"
    if origin in (Union, UnionType):
        return " or ".join(_kind(one) for one in get_args(annotation) if one is not NoneType)
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    return _KINDS[annotation]


def _limit(constraint: object) -> str:
    match constraint:
        case Gt(gt=bound):
            return f"above {bound}"
        case Ge(ge=bound):
            return f"of at least {bound}"
        case Le(le=bound):
            return f"at most {bound}"
        case MaxLen(max_length=bound):
            return f"of at most {bound} characters"
        case _:
            return ""


def _setting(location: tuple[str | int, ...]) -> KeyPath:
    """Cut what is below a setting: which member of a union was tried."""
    deep = location[0] == "cameras" or location[:2] == _KEY_MAP
    return location[:3] if deep else location[:2]


def _unknown(section: str, key: str) -> str:
    for other, fields in _FIELDS.items():
        if key in fields and other != section:
            return f"unknown key {key} here; it belongs to {_HEADERS[other]}"
    known = _FIELDS[section]
    if near := get_close_matches(key.lower(), known, n=1):
        return f"unknown key {key}; did you mean {near[0]}?"
    return f"unknown key {key}; known ones are {', '.join(known)}"

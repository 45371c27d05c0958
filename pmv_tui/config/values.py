"""A setting's value as text: whole, as the config file has it, and short, as a table shows it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pmv_tui.untrusted import without_passwords

LONGEST_SHOWN = 40
"""Characters of a text that are shown; what is longer is cut."""


def whole(value: Any) -> str:
    """Write a value for a sentence, as the config file has it; without passwords."""
    match value:
        case None:
            return "not there"
        case bool():
            return str(value).lower()
        case str():
            value = without_passwords(value)
            cut = value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
            return f'"{cut}"'
        case int() if abs(value) >= 2**63:
            return "a number this large"
        case float():
            return f"{value:.12g}"
        case list() | tuple():
            return f"[{', '.join(map(whole, value))}]"
        case dict():
            return "a table"
        case _:
            return str(value)


def short(value: Any) -> str:
    """Write a value to be compared with others in a table."""
    match value:
        case None:
            return "-"
        case str():
            return value
        case float() if abs(value) >= 0.001:
            return f"{value:.3f}".rstrip("0").rstrip(".")
        case float():
            return f"{value:.3g}"
        case list() | tuple():
            return ",".join(map(short, value))
        case _:
            return whole(value)


def not_saved_text(setting: Mapping[str, Any]) -> str:
    """Return that a camera's setting is tried, and what was saved; empty where it is not."""
    return f"not saved (saved: {short(setting['saved'])})" if "saved" in setting else ""


def span(lowest: Any, highest: Any, write: Callable[[Any], str] = short) -> str:
    """Write a range, open at an end or not; empty where neither end is known."""
    match lowest, highest:
        case None, None:
            return ""
        case _, None:
            return f"from {write(lowest)}"
        case None, _:
            return f"to {write(highest)}"
        case _:
            return f"{write(lowest)} to {write(highest)}"


def unknown_key(key: str, known: Collection[str]) -> str:
    """Return what is wrong with a key that means nothing, and which one may be meant."""
    if near := get_close_matches(key.lower(), known):
        # Of those that are as near, the one that is its beginning.
        meant = next((each for each in near if key.lower().startswith(each)), near[0])
        return f"unknown key {key}; did you mean {meant}?"
    return f"unknown key {key}; known ones are {', '.join(known)}"


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Put a config's settings side by side, by keys such as `cameras[left].fps`.

    Passwords are left out.
    """
    return {
        key: without_passwords(value) if isinstance(value, str) else value
        for section, inside in config.items()
        for key, value in _side_by_side(section, inside)
    }


def _side_by_side(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a table holds, or a list of cameras, each by its whole key."""
    match key, value:
        case "cameras", [*cameras]:
            for each in cameras:
                name = each["name"] or each["unique_id"].rpartition("-")[0]
                yield from _side_by_side(f"cameras[{name}]", each)
        case _, dict():
            for inner, each in value.items():
                yield from _side_by_side(f"{key}.{inner}", each)
        case _:
            yield key, value

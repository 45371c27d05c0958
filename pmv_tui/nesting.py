"""How deep data from outside may be nested, so that whatever goes through it ends."""

from typing import Any

MAX_DEPTH = 32
"""Tables and arrays inside each other; nothing that this program reads needs more than six. Python
gives up at some hundreds, and where depends on who called."""


def too_deep(value: Any) -> bool:
    """Whether tables and arrays are nested deeper than `MAX_DEPTH`."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list() | tuple():
            return list(value)
        case _:
            return []

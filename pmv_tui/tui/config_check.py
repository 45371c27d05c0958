"""Checks what only the TUI knows of a config file's `[tui]`: actions, keys and themes."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from textual.theme import BUILTIN_THEMES

from pmv_tui.config.layout import KeyPath
from pmv_tui.tui.key_map import key_problems


def tui_problems(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Check `[tui]` of a config file as written. See `pmv_tui.config.load.Check`."""
    tui = data.get("tui")
    if not isinstance(tui, dict):
        return
    theme = tui.get("theme")
    if isinstance(theme, str) and theme and theme not in BUILTIN_THEMES:
        yield ("tui", "theme"), unknown_theme(theme)
    keys = tui.get("keys")
    if isinstance(keys, dict):
        for action, problem in key_problems(keys):
            yield ("tui", "keys", action), problem


def unknown_theme(theme: str) -> str:
    """Say that there is no such theme, and which there are."""
    if near := get_close_matches(theme.lower(), BUILTIN_THEMES, n=1):
        return f"unknown theme {theme}; did you mean {near[0]}?"
    return f"unknown theme {theme}; known ones are {', '.join(sorted(BUILTIN_THEMES))}"

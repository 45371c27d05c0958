"""The key map: the config file's own keys for actions, checked, and written for people."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from textual.keys import Keys
from textual.theme import BUILTIN_THEMES

from pmv_tui.config.toml_text import KeyPath
from pmv_tui.tui.actions import SCREENS, Action, in_words, key_name, normal, split

KeyMap = Mapping[str, str]
"""The keys of actions by their id, several separated by commas; those left out keep their own."""

EVERYWHERE = {
    "ctrl+c": "quits from anywhere",
    "ctrl+p": "opens the palette from anywhere",
    "ctrl+q": "quits from anywhere",
    "ctrl+z": "gives the terminal back to the shell from anywhere",
}
"""Keys that no action can have, and what they do."""

SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "return": "enter"}
"""Keys that a terminal sends as another one."""


def shown_keys(action: Action, key_map: KeyMap) -> str:
    """Write an action's keys as people read them."""
    return in_words(key_map[action.id]) if action.id in key_map else action.shown_keys


PRINTABLE = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) != ",")
KNOWN = {key.value for key in Keys if "<" not in key.value} | {normal(one) for one in PRINTABLE}
"""Every key that may be given, by its name."""


def key_problems(key_map: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each action to blame, and why: it or its key is unknown, or another one has the key.

    Values that are no text are left to the schema.
    """
    actions = {action.id: action for registry in SCREENS.values() for action in registry}
    usable: dict[str, str] = {}
    for action_id, keys in key_map.items():
        if action_id not in actions:
            yield action_id, _unknown("action", action_id, actions)
        elif isinstance(keys, str):
            wrong = [problem for key in keys.split(",") if (problem := _key_problem(key.strip()))]
            yield from ((action_id, problem) for problem in wrong)
            if not wrong:
                usable[action_id] = keys
    yield from _clashes(usable)


def _key_problem(key: str) -> str:
    """Return why a key cannot be given to an action; empty where it can."""
    if not key:
        return 'a key is missing; write one, such as "x", or several, such as "x,f2"'
    name = normal(key)
    if name in EVERYWHERE:
        return f"{key} {EVERYWHERE[name]}; choose another key"
    if name in SAME:
        return f"a terminal sends {key} as {SAME[name]}; write {SAME[name]}, or choose another key"
    write = "write a character, or a name such as space, enter, up or f2"
    return "" if name in KNOWN else _unknown("key", key, KNOWN, write)


def _unknown(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Say that there is no such thing, and what was perhaps meant, or else which there are."""
    known = sorted(known)
    if near := get_close_matches(name.lower(), known, n=1):
        return f"unknown {kind} {name}; did you mean {near[0]}?"
    otherwise = otherwise or f"known ones are {', '.join(known)}"
    return f"unknown {kind} {name}; {otherwise}"


def unknown_theme(theme: str) -> str:
    """Say that there is no such theme, and which there are."""
    return _unknown("theme", theme, BUILTIN_THEMES)


def _clashes(key_map: KeyMap) -> Iterator[tuple[str, str]]:
    """Find keys that two actions of one screen would have; the one that was changed is blamed."""
    reported = set()
    written = {action_id: place for place, action_id in enumerate(key_map)}
    for screen, registry in SCREENS.items():
        owners: dict[str, Action] = {}
        # Those that keep their own keys come first: a changed one is to blame, and of several the
        # one that was written last.
        for action in sorted(registry, key=lambda one: (one.id in key_map, written.get(one.id, 0))):
            for key in split(key_map.get(action.id, action.keys)):
                other = owners.setdefault(key, action)
                if other is not action and (action.id, other.id, key) not in reported:
                    reported.add((action.id, other.id, key))
                    text = f"{key_name(key)} is also the key of {other.id} {screen}"
                    yield action.id, f"{text}; give one of them another key"


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

"""The environment's settings of Textual, checked before it reads them: some values would end it."""

import os
from collections.abc import Callable, MutableMapping

LONGEST_ESCAPE = 10_000
"""ms that a key after escape may be waited for."""


def _can_be_added_to(path: str) -> bool:
    try:
        with open(path, "ab"):  # noqa: PTH123 - an empty path is none
            return True
    except OSError:
        return False


def _is_delay(text: str) -> bool:
    return not text.isdecimal() or int(text[:10]) <= LONGEST_ESCAPE


USABLE: dict[str, tuple[Callable[[str], bool], str]] = {
    "TEXTUAL_COLOR_SYSTEM": (
        {"auto", "standard", "256", "truecolor"}.__contains__,
        "auto, standard, 256 and truecolor are known",
    ),
    "TEXTUAL_LOG": (_can_be_added_to, "such a file cannot be written"),
    "ESCDELAY": (_is_delay, f"{LONGEST_ESCAPE} ms are enough for anybody"),
}
"""By the variable's name: whether Textual can use a value, and what to say where it cannot."""


def _drop_unusable(environment: MutableMapping[str, str]) -> list[str]:
    """Take out what Textual would end of; return a sentence for each."""
    unusable = [
        name
        for name, (usable, _) in USABLE.items()
        if name in environment and not usable(environment[name])
    ]
    return [
        f"{name}={environment.pop(name)[:40]} is ignored: {USABLE[name][1]}" for name in unusable
    ]


WANTED_THEME = os.environ.pop("TEXTUAL_THEME", "")
"""One or more names, with commas between. Textual must not see it: it ends where there is no such
theme."""

COMPLAINTS = _drop_unusable(os.environ)
"""What was taken out of the environment, and why."""

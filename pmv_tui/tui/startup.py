"""A start: the environment is checked before Textual reads it, and the first paint comes soon."""

import gc
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

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


WANTED_THEME = os.environ.pop("TEXTUAL_THEME", "")
"""One or more names, with commas between. Textual must not see it: it ends where there is no such
theme."""

COMPLAINTS = [
    f"{name}={os.environ.pop(name)[:40]} is ignored: {why}"
    for name, (usable, why) in USABLE.items()
    if name in os.environ and not usable(os.environ[name])
]
"""What Textual would end of is taken out of the environment: a sentence for each."""

LATER = (
    "pmv_tui.tui.history",
    "pmv_tui.tui.picture",
    "pmv_tui.tui.pixels",
    "pmv_tui.tui.screens.camera",
    "pmv_tui.tui.screens.dialogs",
    "pmv_tui.tui.screens.grid",
    "pmv_tui.tui.screens.help",
    "pmv_tui.tui.screens.lists",
    "pmv_tui.tui.screens.picture",
    "pmv_tui.tui.screens.plots",
    "pmv_tui.tui.snapshot",
)
"""What is imported where it is first needed: other screens, and pictures, which take numpy."""


def begin() -> None:
    """Collect no garbage until `complete`: nearly all that a start makes is kept."""
    gc.disable()


def complete() -> None:
    """Import the rest, so that no key waits for it. Takes a while; call it in any thread."""
    gc.enable()
    for name in LATER:
        with suppress(ImportError):  # reported where it is needed, such as in place of the picture
            import_module(name)

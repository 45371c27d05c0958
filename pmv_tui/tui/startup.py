"""How the first paint comes soon: what it does without is put off until it is there."""

import gc
from contextlib import suppress
from importlib import import_module

LATER = (
    "pmv_tui.tui.picture.draw",
    "pmv_tui.tui.screens.camera",
    "pmv_tui.tui.screens.dialogs",
    "pmv_tui.tui.screens.grid",
    "pmv_tui.tui.screens.help",
    "pmv_tui.tui.screens.lists",
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

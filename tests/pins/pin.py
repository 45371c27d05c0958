"""Compares a text with the one that is pinned, and shows in which lines they differ."""

from difflib import unified_diff
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("pinned")

RENEW = "where this is wanted: pytest --pin-update tests/pins, then read git diff"


class Pins:
    """The texts in the folder `pinned`.

    Parameters
    ----------
    update : whether to write them anew rather than to compare.
    """

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, name: str, text: str) -> None:
        """Compare a text with the pinned one of that name."""
        path = FOLDER / name
        if self._update:
            path.write_text(text, encoding="utf-8")
        pinned = path.read_text(encoding="utf-8") if path.exists() else ""
        if pinned != text:
            before, now = pinned.splitlines(), text.splitlines()
            lines = unified_diff(before, now, f"pinned/{name}", "now", lineterm="")
            pytest.fail("\n".join([RENEW, *lines]), pytrace=False)

"""A list to choose from."""

from contextlib import suppress
from typing import Literal

from textual.widgets import OptionList


class Choices(OptionList):
    """Stays where it is when it is to scroll by a page and has no lines yet, or no room for one."""

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        with suppress(KeyError):  # Textual's looks up the line of the option under the cursor.
            super()._move_page(direction)

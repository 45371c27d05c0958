"""What one types into or chooses from."""

from contextlib import suppress
from typing import Any, ClassVar, Literal

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.widgets import Input, OptionList

LONGEST = 4096
"""Characters that a field takes: a path may be as long."""


class Field(Input):
    """Does what a key asks for before it looks at the next one.

    Textual's own inserts a letter at once, and carries out backspace, arrows and enter only when
    they have bubbled up to the app: of what is typed fast, and arrives at once over a slow line,
    `35`, backspace, `0`, enter would be saved as 35.

    Parameters
    ----------
    value : what stands in it at first.
    max_length : characters that it takes; what is pasted beyond is left out, and that is said.
    options : Textual's own.
    """

    def __init__(
        self, value: str | None = None, *, max_length: int = LONGEST, **options: Any
    ) -> None:
        super().__init__(value, max_length=max_length, **options)
        self.cursor_blink = False  # Over SSH each blink is traffic.

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of what stands here by as much as there is room for."""
        first, last = sorted((max(start, 0), min(end, len(self.value))))
        limit = self.max_length or LONGEST
        room = limit - len(self.value) + last - first
        if len(text) > room:
            self.notify(f"Cut off after {limit} characters", severity="warning")
        super().replace(text[: max(room, 0)], first, last)

    def keeps(self, event: events.Key) -> bool:
        """Return whether a key changes nothing but this field."""
        return event.is_printable or (
            event.key in self._bindings.key_to_bindings and event.key != "enter"
        )

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            try:
                await self.run_action(binding.action)
            except SkipAction:
                continue
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)


MAX_SEARCH_LENGTH = 200
"""Characters of the text to look for: each row is compared with it, four times a second."""


class SearchField(Field):
    """Takes the keys when it is opened, and gives them back; its changes filter as one types."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(
            id="search", placeholder=placeholder, compact=True, max_length=MAX_SEARCH_LENGTH
        )

    def open(self) -> None:
        """Ask for a text."""
        self.display = True
        self.screen.set_focus(self)

    def keep(self) -> None:
        """Keep the text, and give the keys back to the screen."""
        self.display = False
        self.screen.set_focus(None)

    def clear(self) -> None:
        """Forget the text, and give the keys back."""
        self.value = ""
        self.keep()


class Choices(OptionList):
    """Takes `j` and `k` for arrows, as every other list does.

    Stays where it is when it is to scroll by a page and has no lines yet, or no room for one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        with suppress(KeyError):  # Textual's looks up the line of the option under the cursor.
            super()._move_page(direction)

"""A field for a text to look for, which is there only while one types into it."""

from pmv_tui.tui.widgets.field import Field

LONGEST = 200
"""Characters of the text to look for: each row is compared with it, four times a second."""


class SearchField(Field):
    """Takes the keys when it is opened, and gives them back; its changes filter as one types.

    Parameters
    ----------
    placeholder : stands in it while it is empty.
    """

    def __init__(self, placeholder: str) -> None:
        super().__init__(id="search", placeholder=placeholder, compact=True, max_length=LONGEST)

    def on_mount(self) -> None:
        """Do without a blinking cursor: over SSH each blink is traffic."""
        self.cursor_blink = False

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

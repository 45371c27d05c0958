"""The dialog that changes one setting of a camera."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static

from pmv_tui.config import OPTIONAL
from pmv_tui.control.messages import SettingStatus
from pmv_tui.tui.screens.save_dialog import SaveDialog
from pmv_tui.tui.setting_values import (
    Reading,
    allowed,
    deviation,
    options,
    read_value,
    show_value,
    write_value,
)
from pmv_tui.tui.text import plain
from pmv_tui.tui.widgets.choices import Choices
from pmv_tui.tui.widgets.field import Field

Save = Callable[[Any], Awaitable[str]]
"""Is given the value; returns why it was refused, or nothing."""


class SettingDialog(SaveDialog):
    """A field for a number or a text, or a list to choose from; it holds what is wanted now.

    Parameters
    ----------
    camera : the camera's name.
    setting : as it stood when the dialog opened.
    save : called with a value of the setting's type.
    """

    def __init__(self, camera: str, setting: SettingStatus, save: Save) -> None:
        super().__init__()
        self._camera = camera
        self._setting = setting
        self._save = save
        self._options = options(setting)

    def compose(self) -> ComposeResult:
        """Lay out what holds and what is allowed, the field or the list, and the buttons."""
        setting = self._setting
        wanted = write_value(setting["actual"] if setting["wanted"] is None else setting["wanted"])
        with Vertical(classes="dialog"):
            title = f"{plain(setting['name'])} of {plain(self._camera)}"
            yield Static(title, classes="dialog-title", markup=False)
            yield Static(self._situation(), classes="situation", markup=False)
            if self._options:
                choices = Choices(*self._options, markup=False, compact=True)
                if wanted in self._options:
                    choices.highlighted = self._options.index(wanted)
                yield choices
            else:
                yield Field(wanted, compact=True, select_on_focus=True)
            yield Static(id="problem", classes="field-error", markup=False)
            yield from self.compose_end()

    def check(self) -> bool:
        """Show an error, or the warning that the camera will hardly take it."""
        reading = self._reading
        problem = self.query_one("#problem", Static)
        problem.update(reading.error or reading.warning)
        problem.set_class(bool(reading.warning), "-warning")
        return not reading.error

    async def save(self) -> str:
        """Save the value. See `SaveDialog.save`."""
        return await self._save(self._reading.value)

    @property
    def _reading(self) -> Reading:
        """What is typed or chosen, as a value."""
        if self._options:
            chosen = self.query_one(OptionList).highlighted or 0
            return read_value(self._setting, self._options[chosen])
        return read_value(self._setting, self.query_one(Input).value)

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        """Save the choice at once."""
        self.submit()

    def _situation(self) -> str:
        """Say what holds, why, what is allowed, and what a change does to the stream."""
        setting = self._setting
        unit = f" {plain(setting['unit'])}" if setting["unit"] else ""
        parts = []
        if setting["actual"] is None:
            return plain(setting["note"]) or "not on this camera"
        if why := deviation(setting):
            parts.append(f"now {show_value(setting['actual'])}{unit}: {why}")
        else:
            parts.append(f"now {show_value(setting['actual'])}{unit}")
            parts.append(plain(setting["note"]))
        if not self._options and (bounds := allowed(setting, full=True)):
            parts.append(f"allowed {bounds}")
        if setting["name"] in OPTIONAL and setting["wanted"] is not None:
            parts.append("empty: the default")
        if not setting["live"]:
            parts.append("a change restarts the stream")
        return "; ".join(filter(None, parts))

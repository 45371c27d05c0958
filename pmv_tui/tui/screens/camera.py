"""A camera's screen: its settings, and all that is known of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.signal import Signal
from textual.widgets import Input, OptionList, Static

from pmv_tui.config import OPTIONAL
from pmv_tui.config.values import short
from pmv_tui.tui.actions import CAMERA_ACTIONS
from pmv_tui.tui.link import PERIOD, EngineLink, Unanswered
from pmv_tui.tui.screens.dialogs import SaveDialog
from pmv_tui.tui.screens.steering import SteeringScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import CAMERA_HELP
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.text.settings import (
    Reading,
    allowed,
    as_typed,
    deviation,
    is_editable,
    name_setting,
    options,
    read_value,
    why_fixed,
)
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.fields import Choices, Field
from pmv_tui.tui.widgets.pictures import PictureView
from pmv_tui.tui.widgets.tables import CameraFacts, CameraHead, SettingsTable
from pmv_tui.wire.status import CameraStatus, SettingStatus

Save = Callable[[Any], Awaitable[str]]
"""Is given the value; returns why it was refused, or nothing."""


class SettingDialog(SaveDialog):
    """A field for a number or a text, or a list to choose from; it holds what is set now.

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
        """Lay out the value in effect, what is allowed, the field or the list, and the buttons."""
        setting = self._setting
        wanted = as_typed(setting["actual"] if setting["wanted"] is None else setting["wanted"])
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
        """Return the actual value, why, what is allowed, and what a change does to the stream."""
        setting = self._setting
        unit = f" {plain(setting['unit'])}" if setting["unit"] else ""
        parts = []
        if setting["actual"] is None:
            return plain(setting["note"]) or "not on this camera"
        if why := deviation(setting):
            parts.append(f"now {plain(short(setting['actual']))}{unit}: {why}")
        else:
            parts.append(f"now {plain(short(setting['actual']))}{unit}")
            parts.append(plain(setting["note"]))
        if not self._options and (bounds := allowed(setting, full=True)):
            parts.append(f"allowed {bounds}")
        if setting["name"] in OPTIONAL and setting["wanted"] is not None:
            parts.append("empty: the default")
        if not setting["live"]:
            parts.append("a change restarts the stream")
        return "; ".join(filter(None, parts))


SETTLED_PERIOD = 1.0
"""Seconds from one question for the settings to the next, while no change is pending."""


class CameraScreen(SteeringScreen):
    """Follows one camera until one goes back, or until the camera is no longer there.

    Parameters
    ----------
    unique_id : the camera's.
    state, changed, link : as `SteeringScreen` needs them.
    """

    registry = CAMERA_ACTIONS
    help_topics = CAMERA_HELP
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in CAMERA_ACTIONS]

    def __init__(
        self, unique_id: str, state: RigState, changed: Signal[RigState], link: EngineLink
    ) -> None:
        super().__init__(state, changed, link)
        self._unique_id = self.log_camera = unique_id
        self._settings: list[SettingStatus] | None = None
        self._ask_again = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Lay out trouble, head, settings, facts and footer."""
        yield Static(id="trouble", markup=False)
        yield CameraHead()
        yield SettingsTable()
        with Container(id="below"):
            yield CameraFacts()
            yield PictureView()
        yield KeyFooter(self.registry)

    def on_mount(self) -> None:
        """Start to ask for the settings."""
        self.query_one(PictureView).follow(self._unique_id)
        self._follow_settings()

    def target(self) -> CameraStatus | None:
        """Return this screen's camera; None once it is no longer there."""
        return self.state.camera(self._unique_id)

    def draw(self, state: RigState) -> None:
        """Draw the camera; without it, go back."""
        camera = self.target()
        if camera:
            self.query_one(CameraHead).show_camera(camera)
            self.query_one(CameraFacts).show_camera(camera, state.events)
            self._draw_settings(camera)
        elif self.is_active:
            self.toast(f"{self._unique_id} is no longer there", severity="warning")
            self.dismiss()

    def _draw_settings(self, camera: CameraStatus) -> None:
        """Draw the settings once there are any, and last the name, which no stray key changes."""
        if self._settings is not None:
            named = any(setting["name"] == "name" for setting in self._settings)
            settings = self._settings if named else [*self._settings, name_setting(camera)]
            self.query_one(SettingsTable).show_settings(settings)

    @work
    async def _follow_settings(self) -> None:
        """Ask for the settings again and again, sooner while a change is pending."""
        while True:
            self._ask_again.clear()
            pending = await self._ask_settings()
            try:
                period = PERIOD if pending else SETTLED_PERIOD
                await asyncio.wait_for(self._ask_again.wait(), period)
            except TimeoutError:
                continue

    async def _ask_settings(self) -> bool:
        """Ask for the settings and draw them; return whether a change is pending."""
        try:
            answer = await self.link.settings(self._unique_id)
        except Unanswered as reason:
            self._entitle(f"settings as last reported: {reason}")
            return False
        self._settings = answer["settings"]
        if answer["pending"]:
            self._entitle("settings: applying a change")
        else:
            self._entitle(
                "settings" if self._settings else "settings: none reported by the camera yet"
            )
        if camera := self.target():
            self._draw_settings(camera)
        return answer["pending"]

    def _entitle(self, title: str) -> None:
        """Head the settings; never read as markup."""
        table = self.query_one(SettingsTable)
        content = Content(plain(title))
        if table.border_title != content.markup:
            table.border_title = content.markup

    @on(SettingsTable.Chosen)
    def action_set(self) -> None:
        """Change the setting under the cursor."""
        camera, setting = self.target(), self.query_one(SettingsTable).setting
        if camera is None or setting is None:
            return
        if is_editable(setting):
            self.app.push_screen(SettingDialog(camera["name"], setting, self._saver(setting)))
        else:
            self.toast(f"{setting['name']}: {why_fixed(setting)}", severity="warning")

    def _saver(self, setting: SettingStatus) -> Save:
        """Make what saves a new value of a setting."""

        async def save(value: Any) -> str:
            changes = {setting["name"]: value}
            results = await self.link.command("set", camera=self._unique_id, changes=changes)
            self._ask_again.set()
            failures = [result["text"] for result in results if not result["ok"]]
            if not failures:
                self.toast("; ".join(f"{one['camera']}: {one['text']}" for one in results))
            return "; ".join(failures)

        return save

    def action_page(self, pages: int) -> None:
        """Scroll what stands below the settings."""
        facts = self.query_one(CameraFacts)
        facts.scroll_relative(y=pages * facts.size.height, animate=False)

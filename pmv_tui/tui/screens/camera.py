"""A camera's screen: its settings, and all that is known of it."""

import asyncio
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from pmv_tui.tui.actions import CAMERA_ACTIONS
from pmv_tui.tui.link import PERIOD, EngineLink, Unanswered, ask_on
from pmv_tui.tui.screens.dialogs import Save, SettingDialog
from pmv_tui.tui.screens.steering import SteeringScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.camera import head_lines
from pmv_tui.tui.text.help import CAMERA_HELP
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.text.settings import is_editable, name_setting, why_fixed
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.pictures import PictureView
from pmv_tui.tui.widgets.tables import CameraFacts, CameraHead, SettingsTable
from pmv_tui.wire.status import CameraStatus, SettingStatus, full_name

SETTLED_PERIOD = 1.0
"""Seconds from one question for the settings to the next, while no change is pending."""


class CameraScreen(SteeringScreen):
    """Follows one camera until one goes back, or until the camera is no longer there."""

    registry = CAMERA_ACTIONS
    help_topics = CAMERA_HELP
    paged = CameraFacts

    def __init__(self, state: RigState, link: EngineLink, unique_id: str) -> None:
        super().__init__(state, link, unique_id)
        self.log_camera = unique_id
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
        self.while_here(partial(ask_on, self._ask_settings, self._ask_again))

    def target(self) -> CameraStatus | None:
        """Return this screen's camera; None once it is no longer there."""
        return self.state.camera(self.unique_id)

    def draw(self) -> None:
        """Draw the camera; without it, go back."""
        if camera := self.target():
            self.query_one(PictureView).follow(self.unique_id, self.state.wishes.viewport(camera))
            self.query_one(CameraHead).show_by(partial(head_lines, camera))
            self.query_one(CameraFacts).show_camera(camera, self.state.events)
            self._draw_settings(camera)
        else:
            self.leave_without(self.unique_id)

    def _draw_settings(self, camera: CameraStatus) -> None:
        """Draw the settings once there are any, and last the name, which no stray key changes."""
        if self._settings is not None:
            named = any(setting["name"] == "name" for setting in self._settings)
            settings = self._settings if named else [*self._settings, name_setting(camera)]
            self.query_one(SettingsTable).show_settings(settings)

    async def _ask_settings(self) -> float:
        """Ask for the settings and draw them; again soon while a change is pending."""
        try:
            answer = await self.link.settings(self.unique_id)
        except Unanswered as reason:
            self._entitle(f"settings as last reported: {reason}")
            return SETTLED_PERIOD
        self._settings = answer["settings"]
        if answer["pending"]:
            self._entitle("settings: applying a change")
        else:
            self._entitle(
                "settings" if self._settings else "settings: none reported by the camera yet"
            )
        if camera := self.target():
            self._draw_settings(camera)
        return PERIOD if answer["pending"] else SETTLED_PERIOD

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
            self.app.push_screen(SettingDialog(full_name(camera), setting, self._saver(setting)))
        else:
            self.toast(f"{setting['name']}: {why_fixed(setting)}", severity="warning")

    def _saver(self, setting: SettingStatus) -> Save:

        async def save(value: Any) -> str:
            changes = {setting["name"]: value}
            refusal = await self.save("set", camera=self.unique_id, changes=changes)
            self._ask_again.set()
            return refusal

        return save

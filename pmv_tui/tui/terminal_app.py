"""What the app of one rig and that of several have in common: look, inputs, toasts, the help."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.filter import LineFilter
from textual.geometry import Region
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.widgets._toast import ToastHolder, ToastRack
from textual.worker import Worker

from pmv_tui.threads import in_background
from pmv_tui.tui import startup
from pmv_tui.tui.actions import key_name
from pmv_tui.tui.driver import TerminalDriver
from pmv_tui.tui.glyphs import AsciiOnly, choose_glyphs, first_known, suitable_theme
from pmv_tui.tui.graphics import Graphics, PictureWanted, hindrance_of
from pmv_tui.tui.key_map import unknown_theme
from pmv_tui.tui.keyboard import InputOrder, Passed, TerminalAnswered
from pmv_tui.tui.link import NoTextTyped
from pmv_tui.tui.screens.base import PmvScreen, RigStateScreen
from pmv_tui.tui.screens.steering import SteeringScreen
from pmv_tui.tui.startup import COMPLAINTS, WANTED_THEME
from pmv_tui.tui.state import trouble_of
from pmv_tui.tui.text.lines import plain
from pmv_tui.wire.status import CameraStatus, full_name

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig
    from pmv_tui.tui.state import DefaultTuiConfig

PRINTED_PERIOD = 1.0
"""Seconds between two looks at what libraries printed."""

COMPLAINT_SECONDS = 30

LEFT_BEHIND = NoMatches, NoScreen, ScreenStackError
"""Failures of what still works on a screen that is gone."""

NO_COLOR = "NO_COLOR"
"""The environment variable by which a person wants no colours: https://no-color.org."""


def _action_commands() -> type[Provider]:
    from pmv_tui.tui.screens.help import ActionCommands

    return ActionCommands


class TerminalApp(App[str]):
    """What fills a terminal; its result is what to tell the person who left it.

    Parameters
    ----------
    config : how it looks, and its keys.
    printed : gives the lines that libraries printed in this process since the last call.
    config_complaint : returns what is wrong with the config file, so that defaults hold; empty
        where nothing is. Called in another thread, after the first paint.
    """

    TITLE = "pmv-tui"
    COMMANDS = {_action_commands}  # noqa: RUF012 - never changed
    CSS_PATH = "pmv.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-normal")]  # noqa: RUF012 - never changed
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high"), (34, "-tall")]  # noqa: RUF012 - never changed
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", "to the shell", show=False, id="suspend"),
    ]

    def __init__(
        self,
        *,
        config: "TuiConfig | DefaultTuiConfig",
        printed: Callable[[], list[str]],
        config_complaint: Callable[[], str] = str,
    ) -> None:
        # Textual's grey is a colour too; its ANSI colours can be left out whole.
        super().__init__(
            driver_class=TerminalDriver, ansi_color=True if NO_COLOR in os.environ else None
        )
        theme = config.theme or first_known(WANTED_THEME)
        self._complaints = list(COMPLAINTS)
        if WANTED_THEME and not theme:
            self._complaints.append(f"TEXTUAL_THEME is ignored: {unknown_theme(WANTED_THEME)}")
        self.theme = suitable_theme(
            theme or self.theme, self.console.color_system, no_color=self.no_color
        )
        self._printed = printed
        self.key_map = config.keys
        self._rings = config.bell
        self._config_complaint = config_complaint
        self._complete = False
        self._ascii_only = AsciiOnly(enabled=choose_glyphs(config.glyphs) == "ascii")
        # Over SSH an animation is traffic and delay.
        self.animation_level = "none"
        self.graphics = self._find_graphics(config.picture)
        self._inputs = InputOrder(self, super().on_event)
        self._leaving = False

    def _find_graphics(self, wanted: PictureWanted) -> Graphics:
        """Return what the terminal is asked by, and what it shows."""

        def in_pixels() -> tuple[int, int]:
            driver = self._driver
            return driver.size_in_pixels if isinstance(driver, TerminalDriver) else (0, 0)

        def write(text: str) -> bool:
            driver = self._driver
            if not isinstance(driver, TerminalDriver):
                return False
            driver.at_end = lambda: self.graphics.at_end
            return driver.write_whole(text)

        colours = not self.no_color and self.console.color_system is not None
        hindrance = hindrance_of(os.environ, colours=colours, ascii_only=self._ascii_only.enabled)
        return Graphics(wanted, hindrance, write, in_pixels, lambda: self.size)

    def on_mount(self) -> None:
        """Take over the key map, and say what is wrong; Textual calls each class's `on_mount`."""
        self.set_keymap(self.key_map)
        self._complain("\n".join(self._complaints))
        self.set_interval(PRINTED_PERIOD, self._report_printed)

    def warn(self, texts: Sequence[str]) -> None:
        """Report what concerns this terminal alone; nothing where there is nothing."""
        raise NotImplementedError

    def report_troubles(self, failed: Sequence[CameraStatus]) -> None:
        """Show which cameras fail that worked; with a bell, where that is asked for."""
        for camera in failed:
            text = f"{full_name(camera)} is {trouble_of(camera)}: {camera['reason']}".rstrip(": ")
            self.notify(plain(text), severity="error", markup=False)
        if failed and self._rings:
            self.bell()

    async def on_event(self, event: events.Event) -> None:
        """Have inputs carried out one after the other. See `App.on_event`."""
        if isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded:
            if not self._leaving:
                await self._inputs.take(event)
        else:
            await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """Paint every cell where the terminal has the size that it had: it has had another since.

        What was drawn is cut off by then, and to Textual nothing has changed.
        """
        self.graphics.ask_again()
        if self.screen_stack and event.size == self.screen.size:
            self.refresh(repaint=True, layout=True)

    @on(Passed)
    async def _go_on(self, passed: Passed) -> None:
        await self._inputs.go_on(passed)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add the one that leaves ASCII alone, where the terminal has no more."""
        filters = super().get_line_filters()
        return [*filters, self._ascii_only] if self._ascii_only.enabled else filters

    def get_key_display(self, binding: Binding) -> str:
        """Write a key of the key map as the help does."""
        changed = binding.id in self.key_map
        return key_name(binding.key) if changed else super().get_key_display(binding)

    def action_command_palette(self) -> None:
        """Open the palette. See `App.action_command_palette`."""
        from pmv_tui.tui.screens.help import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def search_themes(self) -> None:
        """Open the palette of the themes. See `App.search_themes`."""
        from pmv_tui.tui.screens.help import Palette

        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def exit(self, result: str | None = None, *arguments: Any, **options: Any) -> None:
        """Leave; nothing is begun any more. See `App.exit`."""
        self._leaving = True
        super().exit(result, *arguments, **options)

    async def _shutdown(self) -> None:
        """End what is under way before the screens that it is for. See `App`."""
        self._leaving = True
        self.workers.cancel_all()
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """Let go what does not find its screen while all of them are closed. See `App`."""
        if not (self._leaving and isinstance(getattr(error, "error", error), LEFT_BEHIND)):
            super()._handle_exception(error)

    def _complain(self, complaint: str) -> None:
        """Say for a while what defaults hold for; nothing where that is empty."""
        if complaint:
            text = "\n".join(map(plain, complaint.splitlines()))
            self.notify(text, severity="warning", timeout=COMPLAINT_SECONDS, markup=False)

    def complete_start(self) -> None:
        """Have done, once, what the first paint does not wait for."""
        if not self._complete:
            self._complete = True
            _: Worker[None] = self.run_worker(self._do_what_waited)

    async def _do_what_waited(self) -> None:
        await asyncio.wrap_future(in_background(startup.complete, "imports"))
        self._complain(await asyncio.wrap_future(in_background(self._config_complaint)))

    def _report_printed(self) -> None:
        """Add what libraries print in this process to the log: it is kept off the screen."""
        self.warn([f"printed in this terminal's process: {line}" for line in self._printed()])

    @on(TerminalAnswered)
    def _hear(self, message: TerminalAnswered) -> None:
        """Have pictures shown in another way where the terminal's answer says so."""
        if self.graphics.hear(message.answer, time.monotonic()):
            for screen in self.screen_stack:
                if isinstance(screen, SteeringScreen):
                    screen.pictures.hurry()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Paint images anew where they were drawn over. See `App`."""
        super()._display(screen, renderable)
        if not self.graphics.pictures:
            return
        if isinstance(renderable, LayoutUpdate):
            self.graphics.overwritten([renderable.region], anew=True)
        elif isinstance(renderable, ChopsUpdate):
            spans = [Region(left, y, right - left, 1) for y, left, right in renderable.spans]
            self.graphics.overwritten(spans, anew=False)

    @on(NoTextTyped)
    def _report_no_text(self, message: NoTextTyped) -> None:
        """Say that keys are left out, and why."""
        text = (
            f"This terminal sent bytes that are not UTF-8 ({message.data[:8].hex(' ')}); such keys "
            "are left out. Set the terminal's encoding to UTF-8"
        )
        self.notify(text, severity="warning", markup=False)
        self.warn([text])

    def _refresh_notifications(self) -> None:
        """Remove what former toasts stood in, which Textual keeps where it clears them itself."""
        if self.screen_stack:  # none any more while the app ends
            shown = {ToastRack._toast_id(one) for one in self._notifications}
            for holder in self.screen.query(ToastHolder):
                if holder.id not in shown:
                    holder.remove()
        super()._refresh_notifications()

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell; where there is none that could go on, say so."""
        if os.getsid(os.getppid()) == os.getsid(0):
            super().action_suspend_process()
        else:
            self.notify("No shell waits here that could continue pmv-tui", severity="warning")

    def action_help(self) -> None:
        """Show the help of the screen one is on."""
        from pmv_tui.tui.screens.help import HelpScreen
        from pmv_tui.tui.text.help import keys_topic, with_how_shown, with_rig

        explained = self.screen
        if isinstance(explained, PmvScreen) and explained.help_topics is not None:
            keys = keys_topic(explained.registry, self.key_map)
            topics = with_how_shown(explained.help_topics, self.graphics.described)
            rig = explained.state.rig if isinstance(explained, RigStateScreen) else ""
            self.push_screen(HelpScreen([keys, *with_rig(topics, rig)]))

    def asks_first(self) -> bool:
        """Ask about what is not saved on a screen, then quit; False where nothing is."""
        screens = (each for each in reversed(self.screen_stack) if isinstance(each, PmvScreen))
        return any(each.asks_first(self.action_help_quit) for each in screens)

    def action_help_quit(self) -> None:
        """Take ctrl+c, where it copies nothing, for the wish to quit."""
        self.call_later(self.action_quit)

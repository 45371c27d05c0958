"""The app: owns the rig's state, the link to the engine, and how one leaves."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from types import MappingProxyType

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal

from pmv_tui.config.schema import TuiConfig
from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.rig import Rig
from pmv_tui.printable import printable
from pmv_tui.tui.colours import suitable_theme
from pmv_tui.tui.glyphs import AsciiOnly, Glyphs, choose_glyphs
from pmv_tui.tui.help_topics import keys_topic
from pmv_tui.tui.key_map import KeyMap, key_name
from pmv_tui.tui.link import EngineClient, EngineLink
from pmv_tui.tui.messages import EngineSilent, EventsArrived, SnapshotArrived
from pmv_tui.tui.screens.explained import ExplainedScreen
from pmv_tui.tui.screens.help import HelpScreen
from pmv_tui.tui.screens.quit import Leave, QuitDialog
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text import plain

HANG_UP_SECONDS = 5
"""A TUI whose terminal is gone, or that was told to end, has so long to end in order."""

COMPLAINT_SECONDS = 30

NO_COLOR = "NO_COLOR"
"""The environment variable by which a person wants no colours: https://no-color.org."""


class PmvApp(App[str]):
    """The TUI of one rig; its result is what to tell the person who left it.

    Parameters
    ----------
    client : a connection to the rig's engine; the app closes it.
    log_path : the engine's log file, named when it does not answer.
    glyphs : which characters the terminal has.
    theme : the colours' name; empty for one that fits the terminal.
    key_map : other keys for actions, by their id.
    preview_rate : images a second of a picture in the terminal, at most.
    complaint : what is wrong with the config file's `[tui]`, so that defaults hold; else empty.
    """

    TITLE = "pmv-tui"
    CSS_PATH = "pmv.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-normal")]  # noqa: RUF012 - never changed
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high"), (34, "-tall")]  # noqa: RUF012 - never changed

    def __init__(
        self,
        client: EngineClient,
        log_path: str,
        *,
        glyphs: Glyphs = "unicode",
        theme: str = "",
        key_map: KeyMap = MappingProxyType({}),
        preview_rate: float = 4.0,
        complaint: str = "",
    ) -> None:
        # Textual's grey is a colour too; its ANSI colours can be left out whole.
        super().__init__(ansi_color=True if NO_COLOR in os.environ else None)
        self.theme = suitable_theme(
            theme or self.theme, self.console.color_system, no_color=self.no_color
        )
        self.glyphs = glyphs
        self.key_map = key_map
        self._complaint = complaint
        self._ascii_only = AsciiOnly(enabled=glyphs == "ascii")
        # Over SSH an animation is traffic and delay.
        self.animation_level = "none"
        self.state = RigState(log_path, preview_rate=preview_rate)
        self.state_changed: Signal[RigState] = Signal(self, "state changed")
        self.link = EngineLink(client, self.post_message)

    def get_default_screen(self) -> Screen[None]:
        """Start with the rig."""
        return RigScreen(self.state, self.state_changed, self.link)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add the one that leaves ASCII alone, where the terminal has no more."""
        filters = super().get_line_filters()
        return [*filters, self._ascii_only] if self._ascii_only.enabled else filters

    def get_key_display(self, binding: Binding) -> str:
        """Write a key of the key map as the help does."""
        changed = binding.id in self.key_map
        return key_name(binding.key) if changed else super().get_key_display(binding)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Fill the palette from the screen's registry of actions."""
        if isinstance(screen, ExplainedScreen):
            for action in screen.registry:
                if action.palette:
                    run = partial(self.run_action, action.method, screen)
                    yield SystemCommand(action.label.capitalize(), action.help, run)
        yield SystemCommand("Theme", "Choose the colours.", self.action_change_theme)

    def on_mount(self) -> None:
        """Start to ask the engine."""
        self.set_keymap(self.key_map)
        if self._complaint:
            self.notify(
                plain(self._complaint), severity="warning", timeout=COMPLAINT_SECONDS, markup=False
            )
        self.run_worker(self.link.run())

    def on_unmount(self) -> None:
        """Close the connection."""
        self.link.close()

    @on(SnapshotArrived)
    def _keep_snapshot(self, message: SnapshotArrived) -> None:
        """Keep the newest snapshot."""
        self.state.snapshot, self.state.silence = message.snapshot, ""
        self.state_changed.publish(self.state)

    @on(EventsArrived)
    def _keep_events(self, message: EventsArrived) -> None:
        """Keep the events for the log."""
        self.state.events.extend(message.events)
        self.state_changed.publish(self.state)

    @on(EngineSilent)
    def _keep_silence(self, message: EngineSilent) -> None:
        """Remember that the engine does not answer."""
        self.state.silence = message.reason
        self.state_changed.publish(self.state)

    async def action_quit(self) -> None:
        """Leave; ask first where something is plugged. Asked again while it asks, detach."""
        if isinstance(self.screen, QuitDialog):
            self.screen.dismiss("detach")
        elif self.state.silence or self.state.snapshot is None:
            self.exit(f"The engine did not answer. Log: {self.state.log_path}")
        elif self.state.anything_plugged:
            plugged = [plain(one["name"]) for one in self.state.cameras if one["plugged"]]
            self.push_screen(QuitDialog(plugged), self._leave)
        else:
            self._leave("stop")

    def action_help(self) -> None:
        """Show the help of the screen one is on."""
        if isinstance(self.screen, ExplainedScreen):
            keys = keys_topic(self.screen.registry, self.key_map)
            self.push_screen(HelpScreen([keys, *self.screen.help_topics]))

    def action_help_quit(self) -> None:
        """Take ctrl+c, where it copies nothing, for the wish to quit."""
        self.call_later(self.action_quit)

    def _leave(self, choice: Leave | None) -> None:
        """Leave in the way that was chosen."""
        if choice == "detach":
            self.exit("The engine goes on: pmv-tui attaches again, pmv-tui stop ends it.")
        elif choice == "stop":
            self._stop_engine()

    @work
    async def _stop_engine(self) -> None:
        """End the engine, then leave."""
        failures = [result["text"] for result in await self.link.tell("stop") if not result["ok"]]
        self.exit("; ".join(failures) or "The engine has been stopped.")


def run_tui(rig: Rig, config: TuiConfig, complaint: str = "") -> int:
    """Show the TUI until the person leaves.

    Parameters
    ----------
    rig : whose engine runs already.
    config : how it looks, and its keys.
    complaint : why `config` is not what the file says; empty where it is.

    Returns
    -------
    The exit code.
    """
    # Textual reads stdin, and draws through stderr; a stdin that is no terminal would spin.
    if not (sys.stdin.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        print(
            "pmv-tui: the TUI needs a terminal; pmv-tui status and pmv-tui serve do without",
            file=sys.stderr,
        )
        return 2
    app = PmvApp(
        AsyncControlClient(rig.endpoint),
        str(rig.log_path),
        glyphs=choose_glyphs(config.glyphs),
        theme=config.theme,
        key_map=config.keys,
        preview_rate=config.preview_rate,
        complaint=complaint,
    )
    farewell = asyncio.run(_run(app, mouse=config.mouse))
    if farewell:
        print(printable(farewell))
    return app.return_code or 0


async def _run(app: PmvApp, *, mouse: bool) -> str | None:
    """Run the app; end in order when its terminal goes."""

    def hang_up() -> None:
        # Where even an orderly end hangs, for nobody reads the terminal, the alarm's default is
        # to end the process.
        signal.alarm(HANG_UP_SECONDS)
        app.exit()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, hang_up)
    return await app.run_async(mouse=mouse)

"""The app of one rig: owns its state, the link to the engine, and how one leaves."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker

from pmv_tui.tui.link import (
    EngineClient,
    EngineLink,
    EngineProcess,
    EngineSilent,
    EventsArrived,
    Revival,
    SnapshotArrived,
)
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.state import RigState, Troubles, Wishes
from pmv_tui.tui.terminal_app import TerminalApp
from pmv_tui.tui.text.lines import first_few, plain
from pmv_tui.wire.status import Event, unsaved_text

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig
    from pmv_tui.tui.screens.dialogs import Leave
    from pmv_tui.tui.state import DefaultTuiConfig

ENGINE_PERIOD = 0.5
"""Seconds between two looks at whether the engine runs: a file's lock shows it."""


class PmvApp(TerminalApp):
    """The TUI of one rig. The parameters that are not named here are `TerminalApp`'s.

    Parameters
    ----------
    client : a connection to the rig's engine; the app closes it.
    log_path : the engine's log file, named when it does not answer.
    engine : the engine's process.
    operator : how the engine names this TUI to others.
    looked_at : where the config file was looked for, in order.
    """

    def __init__(
        self,
        client: EngineClient,
        log_path: str,
        *,
        config: "TuiConfig | DefaultTuiConfig",
        printed: Callable[[], list[str]],
        engine: EngineProcess,
        operator: str = "",
        config_complaint: Callable[[], str] = str,
        looked_at: Iterable[Path] = (),
    ) -> None:
        super().__init__(config=config, printed=printed, config_complaint=config_complaint)
        self._operator = operator
        self._engine = engine
        self._troubles = Troubles()
        self.state = RigState(
            log_path,
            Signal(self, "state changed"),
            looked_at=tuple(looked_at),
            wishes=Wishes(config.preview_rate),
        )
        self.link = EngineLink(client, self.post_message, operator, self._hindrance)
        self._revival = Revival(engine, self.link)

    def _hindrance(self) -> str:
        """Say why no command can be sent to the engine; empty where one can."""
        ended = "the engine has ended; quitting asks whether to start it"
        return "" if self._engine.runs() else ended

    def get_default_screen(self) -> Screen[None]:
        """Start with the rig."""
        return RigScreen(self.state, self.link)

    def on_mount(self) -> None:
        """Start to ask the engine."""
        _: Worker[None] = self.run_worker(self.link.run)
        self.set_interval(ENGINE_PERIOD, self._look_for_engine)

    def on_unmount(self) -> None:
        """Close the connection."""
        self.link.close()

    @on(SnapshotArrived)
    def _keep_snapshot(self, message: SnapshotArrived) -> None:
        self.state.keep(message.snapshot)
        self.report_troubles(self._troubles.new(self.state.cameras))
        self.state.changed.publish(self.state)
        self.complete_start()
        if self._revival.owes_windows:
            work = partial(self._revival.open_windows, self.state.cameras)
            _: Worker[None] = self.run_worker(work)

    @on(EventsArrived)
    def _keep_events(self, message: EventsArrived) -> None:
        self.state.events.extend(message.events)
        self.state.changed.publish(self.state)

    @on(EngineSilent)
    def _keep_silence(self, message: EngineSilent) -> None:
        """Remember that the engine does not answer; where it has ended, say so at once."""
        known, self.state.ended = self.state.ended, not self._engine.runs()
        self.state.silence = self._engine.ending() if self.state.ended else message.reason
        self.state.changed.publish(self.state)
        self.complete_start()
        if self.state.ended and not known:
            self._offer_start()

    def _look_for_engine(self) -> None:
        """Notice an engine's end soon: whoever waits for its answer does so for some seconds."""
        if self.state.snapshot and not self.state.ended and not self._engine.runs():
            self.post_message(EngineSilent("has ended"))

    def _offer_start(self) -> None:
        """Show how the engine ended, and ask whether to start another.

        What else was being asked went with the engine.
        """
        from pmv_tui.tui.screens.dialogs import AskDialog, EngineEndedDialog

        for screen in reversed(self.screen_stack):
            if isinstance(screen, AskDialog):
                screen.dismiss(None)
        start = partial(self._revival.start, self.state.cameras)
        dialog = EngineEndedDialog(self.state, self._engine.last_lines(), start)
        self.push_screen(dialog, self._leave_ended)

    def _leave_ended(self, choice: str | None) -> None:
        if choice == "quit":
            self.exit(f"The engine {self.state.silence}. Log: {self.state.log_path}")

    def warn(self, texts: Sequence[str]) -> None:
        """Add them to the log. See `TerminalApp.warn`."""
        warnings = [
            Event(id=0, time=time.time_ns(), level="warning", kind="printed", camera="", text=text)
            for text in texts
        ]
        if warnings:
            self.post_message(EventsArrived(warnings))

    async def action_quit(self) -> None:
        """Leave; ask first where the engine is in use. Asked again while it asks, detach."""
        from pmv_tui.tui.screens.dialogs import EngineEndedDialog, QuitDialog

        if isinstance(self.screen, QuitDialog):
            self.screen.dismiss("detach")
        elif isinstance(self.screen, EngineEndedDialog):
            self.screen.dismiss("quit")
        elif self.asks_first():
            pass  # It quits once that is decided.
        elif self.state.ended:
            self._offer_start()
        elif self.state.silence or self.state.snapshot is None:
            self.exit(f"The engine did not answer. Log: {self.state.log_path}")
        elif self.state.anything_plugged or self._others or self._unsaved:
            plugged = [plain(one["name"]) for one in self.state.cameras if one["plugged"]]
            self.push_screen(QuitDialog(plugged, self._others, self._unsaved), self._leave)
        else:
            self._leave("stop")

    @property
    def _others(self) -> list[str]:
        """The other operators of the engine; this TUI is one of those that it names."""
        operators = self.state.snapshot["engine"]["operators"] if self.state.snapshot else []
        return first_few([one for one in operators if one != self._operator])

    @property
    def _unsaved(self) -> list[str]:
        """What is tried and not saved, by whomever: it would be lost with the engine."""
        tried = ((one["name"], unsaved_text(one)) for one in self.state.cameras)
        return [plain(f"{name}: {text}") for name, text in tried if text]

    def _leave(self, choice: "Leave | None") -> None:
        if choice == "detach":
            self.exit("The engine goes on: pmv-tui attaches again, pmv-tui stop ends it.")
        elif choice == "stop":
            self._stop_engine()

    @work
    async def _stop_engine(self) -> None:
        """End the engine, then leave."""
        failures = [
            result["text"] for result in await self.link.command("stop") if not result["ok"]
        ]
        self.exit("; ".join(failures) or "The engine has been stopped.")

"""The app of several rigs: owns what each reported, and draws all of it together."""

import time
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker

from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.tui.fleet import Fleet, FleetRig
from pmv_tui.tui.screens.base import RigStateScreen
from pmv_tui.tui.screens.fleet import FleetScreen
from pmv_tui.tui.state import RigState, Troubles, Wishes
from pmv_tui.tui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from pmv_tui.config.schema import TuiConfig
    from pmv_tui.tui.state import DefaultTuiConfig

DRAW_PERIOD = 0.25
"""Seconds from one drawing of all rigs to the next at least."""

GATHER = 0.03
"""Seconds that a drawing waits for what other rigs report at the same time."""

AGE_PERIOD = 1.0
"""Seconds after which it is drawn in any case: what is old gets older."""


class FleetApp(TerminalApp):
    """The TUI of several rigs. The parameters that are not named here are `TerminalApp`'s.

    Parameters
    ----------
    listed : the rigs, each of another name; one at least.
    hosts : connections to their machines; the app ends them.
    operator : how engines name this terminal to others.
    """

    def __init__(
        self,
        listed: Sequence[ListedRig],
        hosts: Hosts,
        *,
        config: "TuiConfig | DefaultTuiConfig",
        printed: Callable[[], list[str]],
        operator: str = "",
        config_complaint: Callable[[], str] = str,
    ) -> None:
        super().__init__(config=config, printed=printed, config_complaint=config_complaint)
        self._hosts = hosts
        self._troubles = Troubles()
        self._drawn_at = -inf
        self._to_draw = False
        self.fleet = Fleet(
            changed=Signal[RigState](self, "rigs changed"),
            wishes=Wishes(config.preview_rate),
            tell=self._draw_soon,
            seen=self._look_for_troubles,
            is_watched=self._is_watched,
        )
        self.fleet.rigs += [FleetRig(one, hosts, self.fleet, operator) for one in listed]

    def get_default_screen(self) -> Screen[None]:
        """Start with all rigs."""
        return FleetScreen(self.fleet)

    def on_mount(self) -> None:
        """Start to connect to each rig, and to ask it."""
        for rig in self.fleet.rigs:
            for work in (rig.connection.run, rig.link.run):
                _: Worker[None] = self.run_worker(work)
        self.set_interval(AGE_PERIOD, self._draw_soon)

    async def on_unmount(self) -> None:
        """Close all connections."""
        for rig in self.fleet.rigs:
            rig.close()
        await self._hosts.close()

    def warn(self, texts: Sequence[str]) -> None:
        """Show them. See `TerminalApp.warn`."""
        if texts:
            self.notify("\n".join(texts[:3]), severity="warning", markup=False)

    async def action_quit(self) -> None:
        """Leave; every engine goes on as it is."""
        if self.asks_first():
            return  # It quits once that is decided.
        count = len(self.fleet.rigs)
        engines = "All engines go on" if count > 1 else "Its engine goes on"
        self.exit(f"{engines} as they are: pmv-tui --rig NAME attaches again.")

    def _is_watched(self, rig: FleetRig) -> bool:
        """Whether a screen of a rig's own is open, such as a camera's."""
        return any(
            isinstance(screen, RigStateScreen) and screen.state is rig.state
            for screen in self.screen_stack[1:]
        )

    def _look_for_troubles(self, rig: FleetRig) -> None:
        """Report which cameras of a rig fail that worked; a rig with many leaves room for others.

        What is left out, its rows say.
        """
        failed = self._troubles.new(rig.state.cameras)
        now = time.monotonic()
        self.report_troubles([camera for camera in failed if rig.toasts.take(now)])

    def _draw_soon(self) -> None:
        """Draw what is new, with what comes in the next moment, and not too often."""
        if not self._to_draw and self.is_running:
            self._to_draw = True
            due = self._drawn_at + DRAW_PERIOD - time.monotonic()
            self.set_timer(max(due, GATHER), self._draw)

    def _draw(self) -> None:
        self._to_draw, self._drawn_at = False, time.monotonic()
        self.complete_start()
        self.fleet.changed.publish(self.fleet.rigs[0].state)

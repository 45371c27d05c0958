"""Several rigs in memory, each with a connection that a test makes and breaks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgpack
import pytest
from textual.pilot import Pilot

from pmv_tui.control.client import TIMEOUT, EngineGone
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.tui.fleet_app import FleetApp
from pmv_tui.tui.state import DefaultTuiConfig
from pmv_tui.wire.status import Reply
from tests.tui.driving import until
from tests.tui.rig_double import RigDouble

FleetScenario = Callable[[Pilot[str], FleetApp], Awaitable[None]]


class ConnectionDouble:
    """A `RigConnection` that is as a test wants it; at first, connected.

    Attributes
    ----------
    hurried, started : how often it was asked to try at once, and to start an engine.
    """

    def __init__(self, rig: ListedRig, _: Hosts, changed: Callable[[], object]) -> None:
        self.rig = rig
        self._changed = changed
        self.state, self.why, self.no_engine, self.retry_at = "connecting", "", False, 0.0
        self.endpoint = rig.name
        self.hurried = self.started = 0

    async def run(self) -> None:
        """Connect."""
        if self.state == "connecting":
            self.become("connected")
        await asyncio.Event().wait()

    def become(self, state: str, why: str = "", *, again: float = 10, **more: Any) -> None:
        """Change to another state; `again` is in how many seconds it is tried again."""
        self.state, self.why, self.no_engine = state, why, more.get("no_engine", False)
        self.retry_at = time.monotonic() + again
        self._changed()

    def hurry(self) -> None:
        """Remember that it was asked."""
        self.hurried += 1

    def start_engine(self) -> None:
        """Remember that it was asked."""
        self.started += 1


class PackedClient:
    """Asks a rig in memory as if its answers came over a line; `AsyncControlClient` otherwise."""

    def __init__(self, rig: RigDouble) -> None:
        self._rig = rig

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Answer as the engine does."""
        try:
            async with asyncio.timeout(arguments.get("timeout", TIMEOUT)):
                reply = await self._rig.request(command, **arguments)
        except TimeoutError:
            raise EngineGone("no engine answered") from None
        packed: Reply = msgpack.unpackb(msgpack.packb(reply))
        return packed

    def close(self) -> None:
        """Nothing is left."""


def fleet_app(rigs: Mapping[str, RigDouble], patch: pytest.MonkeyPatch) -> FleetApp:
    """Make the app of rigs in memory, by their names."""
    patch.setattr("pmv_tui.tui.fleet.RigConnection", ConnectionDouble)
    patch.setattr("pmv_tui.rigs.client.AsyncControlClient", lambda name: PackedClient(rigs[name]))
    listed = [ListedRig(name, f"{name}-pc", group="lab") for name in rigs]
    return FleetApp(listed, Hosts(), config=DefaultTuiConfig(glyphs="unicode"), printed=list)


def drive_fleet(
    rigs: Mapping[str, RigDouble], scenario: FleetScenario, size: tuple[int, int] = (80, 24)
) -> FleetApp:
    """Run a scenario once each rig has answered; return the app after it ended."""
    with pytest.MonkeyPatch.context() as patch:
        app = fleet_app(rigs, patch)

        async def run() -> None:
            async with app.run_test(size=size, notifications=True) as pilot:
                await until(pilot, lambda: all(rig.state.snapshot for rig in app.fleet.rigs))
                await scenario(pilot, app)

        asyncio.run(run())
    return app


def connection(app: FleetApp, name: str) -> Any:
    """Return the double of a rig's connection."""
    return app.fleet.named(name).connection

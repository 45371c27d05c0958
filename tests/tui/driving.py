"""Runs the app in a terminal that nobody sees, and reads its screen."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.state import DefaultTuiConfig
from tests.tui.rig_double import ProcessDouble, RigDouble

DEADLINE = 60.0
"""Seconds that any expected change may take."""

Scenario = Callable[[Pilot[str], PmvApp], Awaitable[None]]


def app_for(rig: RigDouble, **options: Any) -> PmvApp:
    """Make the app for a rig in memory; the options are the app's own, or of its config."""
    names = {each.name for each in fields(DefaultTuiConfig)}
    looks = {name: options.pop(name) for name in names & set(options)}
    config = DefaultTuiConfig(**{"glyphs": "unicode", **looks})
    options = {"printed": list, "engine": ProcessDouble(), "config": config, **options}
    return PmvApp(rig, log_path="/state/maze/engine.log", **options)


def drive(
    rig: RigDouble, scenario: Scenario, size: tuple[int, int] = (80, 24), **options: Any
) -> PmvApp:
    """Run a scenario once the app shows the rig; return the app after it ended."""
    app = app_for(rig, **options)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.state.snapshot is not None)
            await scenario(pilot, app)

    asyncio.run(run())
    return app


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Wait for a condition; fail where it does not come true in time."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"did not happen in {DEADLINE} s\n{screen(pilot.app)}"
        await pilot.pause(0.01)


async def until_shown(pilot: Pilot[Any], text: str) -> None:
    """Wait until a text stands on the screen."""
    await until(pilot, lambda: text in screen(pilot.app))


async def until_gone(pilot: Pilot[Any], text: str) -> None:
    """Wait until a text no longer stands on the screen."""
    await until(pilot, lambda: text not in screen(pilot.app))


def screen(app: Any) -> str:
    """Read the screen, one row a line."""
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text for strip in strips)


def row_of(app: Any, text: str) -> str:
    """Read the first row that holds a text."""
    return next((row for row in screen(app).splitlines() if text in row), "")

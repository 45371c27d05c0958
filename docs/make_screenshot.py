"""Draws docs/screenshot.svg, the picture in the README, from the rig in screenshot.json.

Run it from anywhere: `python docs/make_screenshot.py`.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pmv_tui.control.messages import Reply
from pmv_tui.tui.app import PmvApp

HERE = Path(__file__).parent


class PaintedRig:
    """Stands for the connection to an engine; always tells the same."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    async def request(self, command: str, **_: Any) -> Reply:
        """Answer with what stands in the file."""
        if command == "events":
            return Reply(ok=True, events=self._told["events"])
        return Reply(ok=True, snapshot=self._told["snapshot"])

    def close(self) -> None:
        """There is nothing to close."""


class ThisProcess:
    """Stands for the engine's process, which runs."""

    def runs(self) -> bool:
        """Tell that it runs."""
        return True

    def ending(self) -> str:
        """There is none."""
        return ""

    def last_lines(self) -> list[str]:
        """There are none."""
        return []

    def start(self, *_: object) -> Callable[[], str]:
        """It runs already."""
        return str


async def draw() -> str:
    """Run the app in a terminal of 100x24 that nobody sees, and draw what it shows."""
    told = json.loads((HERE / "screenshot.json").read_text(encoding="utf-8"))
    app = PmvApp(PaintedRig(told), log_path="engine.log", printed=list, engine=ThisProcess())
    async with app.run_test(size=(100, 24)) as pilot:
        while not app.state.events:
            await pilot.pause()
        await pilot.press("down", "up")
        await pilot.pause()
        return app.export_screenshot(title="pmv-tui")


if __name__ == "__main__":
    # The log shows local time: the picture is to be the same wherever it is made.
    os.environ["TZ"] = "UTC"
    time.tzset()
    (HERE / "screenshot.svg").write_text(asyncio.run(draw()), encoding="utf-8")

"""Draws docs/screenshot.svg, the picture in the README, from the rig in screenshot.json.

Run it from anywhere: `python docs/make_screenshot.py`. It needs OpenCV, for the picture of a face.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.state import DefaultTuiConfig
from pmv_tui.wire.drawn import BoxOverlay
from pmv_tui.wire.overlay import GREEN
from pmv_tui.wire.status import PROTOCOL_VERSION, Reply, Thumbnail

HERE = Path(__file__).parent

FACE = HERE.parent / "examples" / "astronaut.jpg"


class PaintedRig:
    """Stands for the connection to an engine; always answers the same."""

    def __init__(self, status: dict[str, Any]) -> None:
        self._status = status
        self._status["snapshot"]["engine"]["protocol"] = PROTOCOL_VERSION

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Answer with what stands in the file, and with a face in place of each image."""
        if command == "events":
            return Reply(ok=True, events=self._status["events"])
        if command == "thumbnails":
            return Reply(ok=True, thumbnails=[self._face(**arguments)])
        return Reply(ok=True, snapshot=self._status["snapshot"])

    def _face(self, cameras: dict[str, int], width: int, height: int, **_: Any) -> Thumbnail:
        """Show the picture that a simulated camera shows, and the box that a script found in it."""
        image = cv2.imread(str(FACE), cv2.IMREAD_GRAYSCALE)
        side = min(width, height)
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        (unique_id,) = cameras
        box = self._status["snapshot"]["cameras"][0]["box"]
        return Thumbnail(
            unique_id=unique_id,
            sequence=1,
            timestamp=0,
            image_size=(image.shape[1], image.shape[0]),
            size=(side, side),
            pixels=small.tobytes(),
            notice="",
            overlays=[
                BoxOverlay(
                    kind="box",
                    corners=[*box["top_left"], *box["bottom_right"]],
                    label="",
                    color=list(GREEN),
                    opacity=1.0,
                )
            ],
        )

    def close(self) -> None:
        """There is nothing to close."""


class ThisProcess:
    """Stands for the engine's process, which runs."""

    def runs(self) -> bool:
        """Return True: it runs."""
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
    """Run the app in a terminal of 110x30 that nobody sees, and draw what it shows."""
    status = json.loads((HERE / "screenshot.json").read_text(encoding="utf-8"))
    config, engine = DefaultTuiConfig(glyphs="unicode"), ThisProcess()
    app = PmvApp(PaintedRig(status), "engine.log", config=config, printed=list, engine=engine)
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        while not app.state.events:
            await pilot.pause()
        await pilot.press("down", "up", "v")
        await pilot.pause(1)
        return app.export_screenshot(title="pmv-tui")


if __name__ == "__main__":
    # The log shows local time: the picture is to be the same wherever it is made.
    os.environ["TZ"] = "UTC"
    time.tzset()
    (HERE / "screenshot.svg").write_text(asyncio.run(draw()), encoding="utf-8")

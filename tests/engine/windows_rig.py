"""Two cameras of which a test decides every image, and their real windows."""

import numpy as np
import psutil
from numpy.typing import NDArray

from pmv_tui.frames.pool import Pool
from pmv_tui.windows.manager import Windows
from pmv_tui.windows.messages import Scene, WindowStatus
from pmv_tui.wire.drawn import BoxOverlay
from tests.frames.images import capture
from tests.support import wait_for
from tests.viewer.screen import Screen

GREEN = (0, 255, 0)
MAX_SIZE = 400


class Rig:
    """Two cameras of which a test decides every image, and their windows."""

    def __init__(self) -> None:
        self.scenes = {name: plain_scene() for name in ("left", "right")}
        self.pools = {name: Pool() for name in self.scenes}
        self.windows = Windows(rate=60, max_size=MAX_SIZE, scene_of=self.scenes.get, printed=print)
        self._sequence = 0
        self.windows.start()

    def end(self) -> None:
        self.windows.stop()

    def offer(self, name: str, image: NDArray[np.uint8]) -> None:
        self._sequence += 1
        capture(self.pools[name], image, self._sequence)

    def ask(self, name: str, display: str) -> None:
        """Ask for a window, as a user does."""
        self.windows.open(name, name, self.pools[name], display=display, xauthority="")

    def wait_until(self, name: str, state: str, seconds: float = 20) -> WindowStatus:
        wait_for(lambda: self.windows.state(name).state == state, f"{name} {state}", seconds)
        return self.windows.state(name)

    def show(self, name: str, xvfb: Screen, image: NDArray[np.uint8] | None = None) -> None:
        """Ask for a window and wait until it shows an image."""
        self.ask(name, xvfb.name)
        self.wait_until(name, "shown")
        self.offer_and_see(name, xvfb, noise() if image is None else image)

    def offer_and_see(self, name: str, xvfb: Screen, image: NDArray[np.uint8]) -> None:
        """Make a camera's next image, and wait until its window shows it."""
        self.offer(name, image)
        wait_for(lambda: shows(xvfb, name, image), f"the image of {name} on the screen")

    def viewer(self) -> psutil.Process:
        assert self.windows.viewer_pid is not None
        return psutil.Process(self.windows.viewer_pid)


def plain_scene() -> Scene:
    return Scene(caption="", notice="", overlays=[])


def boxed(opacity: float) -> Scene:
    """A scene with a box from (50, 60) to (150, 120)."""
    box = BoxOverlay(
        kind="box", corners=[50, 60, 150, 120], label="", color=[*GREEN], opacity=opacity
    )
    return Scene(caption="", notice="", overlays=[box])


def noise(width: int = 320, height: int = 240, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def shows(xvfb: Screen, name: str, image: NDArray[np.uint8]) -> bool:
    """Return whether a window shows exactly this image, each grey value as it is."""
    if name not in xvfb.titles():
        return False
    seen = xvfb.pixels(name)
    return seen.shape[:2] == image.shape and bool((seen == image[:, :, np.newaxis]).all())

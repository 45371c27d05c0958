"""The thread that has the viewer: starts it, tells it what to draw, and notes what became of it."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from pmv_tui.engine.window_feed import WindowFeed
from pmv_tui.viewer.endings import Ending
from pmv_tui.viewer.launcher import END_TIMEOUT, Viewer
from pmv_tui.viewer.link import LinkClosed
from pmv_tui.viewer.messages import Scene

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between a viewer's death and the next start: doubled each time, up to the longest."""

HEALTHY_AFTER = 10.0
"""Seconds after which a viewer's death is not blamed on what the last one died of."""

NO_DISPLAY = "DISPLAY is not set; DISPLAY=:0 before the command names the rig's own monitor"

Key = tuple[str, str]
"""A display, as in `DISPLAY` and in `XAUTHORITY`."""


@dataclass(slots=True)
class _Window:
    """A window that is wanted: waiting for a viewer, opening, or shown.

    Parameters
    ----------
    scene : what the viewer was told to draw last; None: nothing yet.
    """

    title: str
    feed: WindowFeed
    shown: bool = False
    scene: Scene | None = None


class Windows:
    """All windows of the rig, in one viewer, on one display.

    `open`, `close` and `state` may be called from any thread and do not wait. A viewer that dies
    takes its windows with it and nothing else; it is started again when a window is opened again.

    Parameters
    ----------
    rate : scenes, and images, a second at most.
    max_size : of a window's longer side, pixels.
    scene_of : tells what to draw on a camera's image now; None: as before. Called in this thread,
        `rate` times a second for each open window.
    """

    def __init__(
        self, *, rate: float, max_size: int, scene_of: Callable[[str], Scene | None]
    ) -> None:
        self._rate = rate
        self._max_size = max_size
        self._scene_of = scene_of
        self._endings: dict[str, Ending] = {}
        self._wanted: dict[str, _Window] = {}
        self._viewer: Viewer | None = None
        self._display: tuple[str, str] = ("", "")
        self._started = 0.0
        self._not_before = 0.0
        self._pause = FIRST_PAUSE
        self._requests: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="windows", daemon=True)

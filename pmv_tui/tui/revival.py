"""How the TUI starts another engine in place of one that has ended, as that one was left."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from pmv_tui.control.display import display_here
from pmv_tui.control.messages import OPEN_WINDOWS, CameraStatus
from pmv_tui.tui.link import EngineLink

PERIOD = 0.25
"""Seconds between two looks at whether a new engine failed."""


class EngineProcess(Protocol):
    """What the TUI needs of the rig's engine, past what it says itself."""

    def runs(self) -> bool:
        """Tell whether it runs, answering or not."""
        ...

    def ending(self) -> str:
        """Tell how the last one ended, after the words "the engine"."""
        ...

    def last_lines(self) -> list[str]:
        """Give the end of its log and of what it printed."""
        ...

    def start(self, plugged: Sequence[str], paused: Sequence[str]) -> Callable[[], str]:
        """Start another unless one runs.

        Parameters
        ----------
        plugged : unique_ids of cameras to plug at once.
        paused : of cameras to plug too, but paused.

        Returns
        -------
        Tells why it failed; empty while it has not.
        """
        ...


class Revival:
    """Starts an engine as the last one was left: plugged, paused, windows.

    Parameters
    ----------
    engine : its process.
    link : carries the commands for what can be told only to an engine that runs.
    """

    def __init__(self, engine: EngineProcess, link: EngineLink) -> None:
        self._engine = engine
        self._link = link
        self._windows: set[str] = set()

    @property
    def owes_windows(self) -> bool:
        """Whether windows that were open are still to be opened."""
        return bool(self._windows)

    async def start(self, cameras: Sequence[CameraStatus]) -> str:
        """Start an engine; returns when it failed, and why. Cancelled when it answers.

        Parameters
        ----------
        cameras : as the last engine told of them.
        """
        plugged = [camera["unique_id"] for camera in cameras if camera["plugged"]]
        paused = [camera["unique_id"] for camera in cameras if camera["paused"]]
        self._windows = {
            camera["unique_id"] for camera in cameras if camera["window"] in OPEN_WINDOWS
        }
        # In a thread: a process is started, on a disk that may be slow.
        failure = await asyncio.to_thread(
            self._engine.start, [each for each in plugged if each not in paused], paused
        )
        while not (why := failure()):
            await asyncio.sleep(PERIOD)
        return why

    async def open_windows(self, cameras: Sequence[CameraStatus]) -> None:
        """Open the windows that were open; a camera that is found later has its turn later."""
        found = {camera["unique_id"] for camera in cameras} & self._windows
        self._windows -= found
        for camera in sorted(found):
            await self._link.tell("window", camera=camera, **display_here())

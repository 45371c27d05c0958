"""The link to the engine: asks for the rig's state again and again, and carries commands."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from textual.message import Message

from pmv_tui.control.client import EngineGone, Unsendable
from pmv_tui.control.messages import (
    TO_REPLACE_IT,
    CameraSettings,
    EngineStatus,
    Reply,
    Result,
    Thumbnail,
    why_not_understood,
)
from pmv_tui.tui.messages import EngineSilent, EventsArrived, SnapshotArrived

PERIOD = 0.25
"""Seconds from one snapshot to the next."""

PATIENCE = 2.0
"""Seconds without a snapshot after which the engine is said not to answer."""


class Untold(Exception):  # noqa: N818 - a state, reported as it is
    """The engine does not tell what was asked; the text says why."""


class EngineClient(Protocol):
    """What the TUI needs of a connection; `AsyncControlClient` is one."""

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Ask or tell the engine; raises `EngineGone` where no answer comes."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class EngineLink:
    """One app's use of a connection.

    Parameters
    ----------
    client : the connection; the link closes it.
    post : is given each message to the app.
    operator : how the engine names this TUI to others.
    runs : tells whether there is an engine, answering or not.
    """

    def __init__(
        self,
        client: EngineClient,
        post: Callable[[Message], object],
        operator: str = "",
        runs: Callable[[], bool] = lambda: True,
    ) -> None:
        self._told = {"operator": operator} if operator else {}
        self._runs = runs
        self._client = client
        self._post = post
        self._hurry = asyncio.Event()
        self._engine_started = 0
        self._last_event = 0

    async def run(self) -> None:
        """Ask for the rig's state until cancelled; one question at a time, however slow."""
        while True:
            self._hurry.clear()
            await self._poll()
            try:
                await asyncio.wait_for(self._hurry.wait(), PERIOD)
            except TimeoutError:
                continue

    async def tell(self, command: str, **arguments: Any) -> list[Result]:
        """Send a command.

        Returns
        -------
        What it did to each camera. A refusal of the whole, or silence, is a failed result of no
        camera.
        """
        if not self._runs():
            # It would wait in the socket, and be carried out by the engine that is started next.
            return [_refusal(f"{command}: the engine has ended; quitting asks whether to start it")]
        try:
            reply = await self._client.request(command, **arguments, **self._told)
        except (EngineGone, Unsendable) as why:
            return [_refusal(f"{command}: {why}")]
        self._hurry.set()
        if "results" in reply:
            return reply["results"]
        return [] if reply["ok"] else [_refusal(reply.get("error", f"{command} was rejected"))]

    async def settings(self, camera: str) -> CameraSettings:
        """Ask how a camera is set.

        Raises
        ------
        Untold : the engine does not know the camera, or does not answer.
        """
        reply = await self._ask("settings", camera=camera)
        if "settings" not in reply:
            raise Untold(reply.get("error", "the engine does not report them"))
        return reply["settings"]

    async def thumbnails(self, known: dict[str, int], width: int, height: int) -> list[Thumbnail]:
        """Ask for the newest images of cameras, small.

        Parameters
        ----------
        known : by unique_id, the number of the frame that is there already, or 0.
        width, height : pixels at most.

        Raises
        ------
        Untold : the engine does not know a camera, or does not answer.
        """
        reply = await self._ask("thumbnails", cameras=known, width=width, height=height)
        if "thumbnails" not in reply:
            raise Untold(reply.get("error", "the engine reports no images"))
        return reply["thumbnails"]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    async def _ask(self, command: str, **arguments: Any) -> Reply:
        try:
            return await self._client.request(command, timeout=PATIENCE, **arguments)
        except EngineGone as silence:
            raise Untold(str(silence)) from silence

    async def _poll(self) -> None:
        """Ask for the snapshot, and for events where there are new ones."""
        try:
            reply = await self._client.request("snapshot", timeout=PATIENCE, **self._told)
            if "snapshot" not in reply:
                self._post(EngineSilent(f"sends no status ({reply.get('error', 'no reason')})"))
                return
            if foreign := why_not_understood(reply["snapshot"]):
                self._post(EngineSilent(f"{foreign}: {TO_REPLACE_IT}"))
                return
            self._post(SnapshotArrived(reply["snapshot"]))
            await self._fetch_events(reply["snapshot"]["engine"])
        except EngineGone:
            self._post(EngineSilent("does not answer"))

    async def _fetch_events(self, engine: EngineStatus) -> None:
        """Ask for the events since the last one that is known."""
        if engine["started"] != self._engine_started:  # A new engine counts from the beginning.
            self._engine_started, self._last_event = engine["started"], 0
        if engine["last_event"] <= self._last_event:
            return
        reply = await self._client.request("events", since=self._last_event)
        events = reply.get("events", [])
        # Where none are left to tell, do not ask for them again and again.
        self._last_event = events[-1]["id"] if events else engine["last_event"]
        if events:
            self._post(EventsArrived(events))


def _refusal(text: str) -> Result:
    return Result(camera="", ok=False, text=text)

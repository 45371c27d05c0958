"""The link to the engine: asks for the rig's state again and again, and carries commands."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, Protocol

from textual.message import Message

from pmv_tui.control.client import EngineGone, Unsendable, display_here
from pmv_tui.wire.status import (
    OPEN_WINDOWS,
    TO_REPLACE_IT,
    CameraSettings,
    CameraStatus,
    EngineStatus,
    Event,
    History,
    Image,
    Region,
    Reply,
    Result,
    Snapshot,
    Thumbnail,
    Trend,
    why_not_understood,
)


@dataclass
class SnapshotArrived(Message):
    """The engine described the rig."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        """Let a newer snapshot take the place of one that is not handled yet."""
        return isinstance(message, SnapshotArrived)


@dataclass
class EventsArrived(Message):
    """The engine reported events, oldest first."""

    events: list[Event]


@dataclass
class EngineSilent(Message):
    """No snapshot came; the reason is what the engine does instead, after "the engine"."""

    reason: str


@dataclass
class NoTextTyped(Message):
    """The terminal sent bytes that are no UTF-8, the first ones of this run."""

    data: bytes


PERIOD = 0.25
"""Seconds from one snapshot to the next."""

ATTACH_PERIOD = 1.0
"""Seconds from one note that this TUI is there to the next; an engine holds it good for 3."""

PATIENCE = 2.0
"""Seconds without a snapshot after which the engine is said not to answer."""


OLD_THUMBNAIL = 400, 200
"""Width and height, pixels, that an engine gives at most which does not say how many."""


class Unanswered(Exception):  # noqa: N818 - a state, reported as it is
    """The engine has no answer to a question; the text says why."""


class EngineClient(Protocol):
    """What the TUI needs of a connection; `AsyncControlClient` is one."""

    async def request(self, command: str, **arguments: Any) -> Reply:
        """Send a question or a command; raises `EngineGone` where no answer comes."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


async def ask_on(ask: Callable[[], Awaitable[float]], hurry: asyncio.Event) -> None:
    """Ask until cancelled, one question at a time, however slow.

    Parameters
    ----------
    ask : returns the seconds until it is called again.
    hurry : set where it is to be called at once.
    """
    while True:
        hurry.clear()
        period = await ask()
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), period)


class EngineLink:
    """One app's use of a connection.

    Parameters
    ----------
    client : the connection; the link closes it.
    post : is given each message to the app.
    operator : how the engine names this TUI to others.
    hindrance : returns why no command can be sent now; empty where nothing stands against it.
    period : returns the seconds from one snapshot to the next.
    attaches : whether it notes at the engine that this TUI is there, by a command of its own; else
        its questions say so.

    Attributes
    ----------
    commanded_at : when a command was last sent, monotonic, s.
    """

    def __init__(
        self,
        client: EngineClient,
        post: Callable[[Message], object],
        operator: str = "",
        hindrance: Callable[[], str] = str,
        period: Callable[[], float] = lambda: PERIOD,
        *,
        attaches: bool = True,
    ) -> None:
        self._signature = {"operator": operator} if operator else {}
        self._question_signature = self._signature
        """To an engine of before the command `attach`, a signed question said who is there."""
        self._attach_at = 0.0
        self._hindrance = hindrance
        self._period = period
        self._attaches = attaches
        self.commanded_at = -inf
        self._client = client
        self._post = post
        self._hurry = asyncio.Event()
        self.largest_thumbnail = OLD_THUMBNAIL
        self._engine_started = 0
        self._last_event = 0

    async def run(self) -> None:
        """Ask for the rig's state until cancelled."""
        await ask_on(self._poll, self._hurry)

    def hurry(self) -> None:
        """Ask for the rig's state at once."""
        self._hurry.set()

    async def command(self, command: str, **arguments: Any) -> list[Result]:
        """Send a command.

        Returns
        -------
        What it did to each camera. A refusal of the whole, or silence, is a failed result of no
        camera.
        """
        if why := self._hindrance():
            # It would wait in the socket, and be carried out by the engine that is started next.
            return [_refusal(f"{command}: {why}")]
        self.commanded_at = time.monotonic()
        try:
            reply = await self._client.request(command, **arguments, **self._signature)
        except (EngineGone, Unsendable) as why:
            return [_refusal(f"{command}: {why}")]
        self.hurry()
        if "results" in reply:
            return reply["results"]
        return [] if reply["ok"] else [_refusal(reply.get("error", f"{command} was rejected"))]

    async def settings(self, camera: str) -> CameraSettings:
        """Ask how a camera is set.

        Raises
        ------
        Unanswered : the engine does not know the camera, or does not answer.
        """
        reply = await self._ask("settings", "the engine does not report them", camera=camera)
        return reply["settings"]

    async def thumbnails(
        self,
        known: dict[str, int],
        width: int,
        height: int,
        regions: dict[str, Region],
        **wanted: list[str],
    ) -> list[Thumbnail]:
        """Ask for the newest images of cameras, small, or for regions of them.

        Parameters
        ----------
        known : by unique_id, the number of the frame that is there already, or 0.
        width, height : pixels at most.
        regions : by unique_id, of the cameras of which not all is to be seen.
        wanted : `figures` and `saturated`: unique_ids of those of which that is wanted, too.

        Raises
        ------
        Unanswered : the engine does not know a camera, or does not answer.
        """
        further: dict[str, Any] = {"regions": regions, **wanted}
        reply = await self._ask(
            "thumbnails",
            "the engine reports no images",
            cameras=known,
            width=width,
            height=height,
            **{key: value for key, value in further.items() if value},
        )
        return reply["thumbnails"]

    async def image(self, camera: str) -> Image:
        """Ask for a camera's newest image as it is; nobody may have asked for one before.

        Raises
        ------
        Unanswered : the engine does not know the camera, keeps no images, or does not answer.
        """
        reply = await self._ask("image", "the engine gives no images", camera=camera)
        return reply["image"]

    async def histories(
        self, cameras: Sequence[str], fields: Sequence[Trend], since: int, step: Literal[1, 60]
    ) -> list[History]:
        """Ask what was kept of cameras over time.

        Parameters
        ----------
        cameras : unique_ids.
        fields : what of them.
        since : seconds back from now.
        step : seconds a row.

        Raises
        ------
        Unanswered : the engine does not know a camera, keeps nothing, or does not answer.
        """
        reply = await self._ask(
            "history",
            "the engine keeps no history",
            answer="histories",
            camera=list(cameras),
            fields=list(fields),
            since=since,
            step=step,
        )
        histories = reply["histories"]
        if sorted(each["unique_id"] for each in histories) != sorted(cameras):
            raise Unanswered("the engine answers for other cameras than it was asked for")
        return histories

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    async def _ask(self, what: str, otherwise: str, answer: str = "", **arguments: Any) -> Reply:
        """Ask for what is called `answer` there, else as here; `otherwise` says that it is not."""
        try:
            reply = await self._client.request(what, timeout=PATIENCE, **arguments)
        except EngineGone as silence:
            raise Unanswered(str(silence)) from silence
        if (answer or what) not in reply:
            raise Unanswered(reply.get("error", otherwise))
        return reply

    async def _poll(self) -> float:
        """Ask for the snapshot, and for events where there are new ones. See `ask_on`."""
        try:
            signature = self._question_signature
            reply = await self._client.request("snapshot", timeout=PATIENCE, **signature)
            if "snapshot" not in reply:
                self._post(EngineSilent(f"sends no status ({reply.get('error', 'no reason')})"))
            elif foreign := why_not_understood(reply["snapshot"]):
                self._post(EngineSilent(f"{foreign}: {TO_REPLACE_IT}"))
            else:
                engine = reply["snapshot"]["engine"]
                self.largest_thumbnail = engine.get("largest_thumbnail", OLD_THUMBNAIL)
                self._post(SnapshotArrived(reply["snapshot"]))
                await self._attach()
                await self._fetch_events(reply["snapshot"]["engine"])
        except EngineGone as gone:
            self._post(EngineSilent(gone.doing))
        return self._period()

    async def _attach(self) -> None:
        """Note at the engine that this TUI is there, where that is due."""
        if self._attaches and self._signature and time.monotonic() >= self._attach_at:
            self._attach_at = time.monotonic() + ATTACH_PERIOD
            reply = await self._client.request("attach", timeout=PATIENCE, **self._signature)
            self._question_signature = {} if reply["ok"] else self._signature

    async def _fetch_events(self, engine: EngineStatus) -> None:
        """Ask for the events since the last one that is known."""
        if engine["started"] != self._engine_started:  # A new engine counts from the beginning.
            self._engine_started, self._last_event = engine["started"], 0
        if engine["last_event"] <= self._last_event:
            return
        reply = await self._client.request("events", since=self._last_event)
        events = reply.get("events", [])
        # Where none are left to report, do not ask for them again and again.
        self._last_event = events[-1]["id"] if events else engine["last_event"]
        if events:
            self._post(EventsArrived(events))


def _refusal(text: str) -> Result:
    return Result(camera="", ok=False, text=text)


class EngineProcess(Protocol):
    """What the TUI needs of the rig's engine, past what it says itself."""

    def runs(self) -> bool:
        """Return whether it runs, answering or not."""
        ...

    def ending(self) -> str:
        """Return how the last one ended, after the words "the engine"."""
        ...

    def last_lines(self) -> list[str]:
        """Return the end of its log and of what it printed."""
        ...

    def start(self, plugged: Sequence[str], paused: Sequence[str]) -> Callable[[], str]:
        """Start another unless one runs.

        Parameters
        ----------
        plugged : unique_ids of cameras to plug at once.
        paused : of cameras to plug too, but paused.

        Returns
        -------
        A function that returns why it failed; empty while it has not.
        """
        ...


class Revival:
    """Starts an engine as the last one was left: plugged, paused, windows; these over its link."""

    def __init__(self, engine: EngineProcess, link: EngineLink) -> None:
        self._engine = engine
        self._link = link
        self._windows: set[str] = set()

    @property
    def owes_windows(self) -> bool:
        """Whether windows that were open are still to be opened."""
        return bool(self._windows)

    async def start(self, cameras: Sequence[CameraStatus]) -> str:
        """Start an engine; returns when it failed, and why. Cancelled when it answers."""
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
            await self._link.command("window", camera=camera, **display_here())

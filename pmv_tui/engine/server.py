"""The control socket's serving side: reads requests, answers; who asks, who is there."""

import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, cast

import msgpack
import numpy as np
import zmq
from numpy.typing import NDArray

from pmv_tui.engine.clients.connections import MONITORED, Connections
from pmv_tui.engine.commands import CommandError, Commands
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.events import MAX_NAME, Events
from pmv_tui.engine.status import REFUSED_PERIOD, refused_text
from pmv_tui.engine.stream.sockets import make_monitor
from pmv_tui.untrusted import MAX_DEPTH, TokenBucket, too_deep
from pmv_tui.wire.status import MAX_REQUEST_BYTES, NO_COMMAND, Image, Reply, Result

log = logging.getLogger(__name__)

MOST_AT_ONCE = 100
"""Requests that are answered before the main thread looks at anything else: a flood of them keeps
neither a signal nor the watch waiting."""


SILENCE = 3.0
"""Seconds after which an operator has left who attached no more: a TUI does every second."""

AWAY = 30.0
"""Seconds after which it is recorded that an operator has left: one who is back by then, as over
a line that is slow at times, is no event."""

FIRST_CONTACT = 20.0
"""Seconds that whoever started an engine is given to attach, whatever `linger` says."""


Packed = bytes | memoryview
"""An answer as it is sent."""

BINARY = {b"\xc4": 1, b"\xc5": 2, b"\xc6": 4}
"""How msgpack begins bytes, and in how many bytes their number follows; the shortest is used."""


class Operators:
    """The TUIs that are attached. Called by the main thread."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._heard: dict[str, float] = {}
        self._away: dict[str, float] = {}

    @property
    def names(self) -> list[str]:
        """Those who are attached now, in the order in which they came."""
        return list(self._heard)

    def attach(self, name: str) -> None:
        """Note that an operator is there, for the next seconds."""
        name = name[:MAX_NAME]
        if name not in self._heard:
            self._heard[name] = 0.0
            if self._away.pop(name, None) is None:
                self._record(f"operator connected: {name}")
        self._heard[name] = time.monotonic()

    def look(self) -> None:
        """Note who has left; record it of those who stay away."""
        now = time.monotonic()
        for name, last in list(self._heard.items()):
            if now - last > SILENCE:
                self._away[name] = self._heard.pop(name)
        for name, last in list(self._away.items()):
            if now - last > AWAY:
                del self._away[name]
                self._record(f"operator disconnected: {name}, not heard for {now - last:.0f} s")

    def slept(self, seconds: float) -> None:
        """Leave out a time in which this process did not run: nobody could be heard."""
        for heard in (self._heard, self._away):
            for name in heard:
                heard[name] += seconds

    def _record(self, text: str) -> None:
        self._events.record(f"{text} ({len(self._heard)} now)")


class Linger:
    """Decides when an engine is to end that for so many seconds is not in use and has no
    request.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._used = time.monotonic() + FIRST_CONTACT

    def used(self) -> None:
        """Note that somebody uses it."""
        self._used = time.monotonic()

    def slept(self, seconds: float) -> None:
        """Leave out a time in which this process did not run."""
        self._used += seconds

    @property
    def over(self) -> bool:
        """Whether nobody has used it for long enough."""
        return time.monotonic() - self._used > max(self.seconds, SILENCE)


class ControlServer:
    """Answers the requests of docs/control.md.

    Parameters
    ----------
    stop : called when the engine is asked to stop.
    linger : notes each request.
    """

    def __init__(self, engine: Engine, stop: Callable[[], None], linger: Linger) -> None:
        self._linger = linger
        self._engine = engine
        self._operators = Operators(engine.events)
        self._refusals_recorded = 0
        self._refusal_lines = TokenBucket(1, REFUSED_PERIOD)
        self._commands = Commands(engine)
        self._stop = stop
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self.socket = self._context.socket(zmq.ROUTER)
        self._bound: dict[str, bytes] = {}
        """What ZeroMQ calls each endpoint: a socket that was renamed has its first name there."""
        self.socket.maxmsgsize = MAX_REQUEST_BYTES
        # The folder's mode keeps other users out; this does where somebody has loosened that.
        self.socket.setsockopt(zmq.IPC_FILTER_UID, os.getuid())
        self.socket.linger = 200  # ms: the answer to `stop` is on its way when the socket closes
        self._places: set[str | int] = set()
        monitor = make_monitor(self._context, self.socket, MONITORED)
        self.connections = Connections(monitor, self._places)
        engine.guard.watch(self.connections)

    def listen(self, endpoint: str, listening: socket.socket) -> None:
        """Take requests at a unix socket, which is closed with this server."""
        self._places.add(listening.getsockname())
        self.socket.setsockopt(zmq.USE_FD, listening.detach())
        self.socket.bind(os.fsencode(endpoint))  # type: ignore[arg-type]  # takes bytes
        self._bound[endpoint] = cast("bytes", self.socket.last_endpoint)

    def leave(self, endpoint: str) -> None:
        """Take no more requests at a socket; those who are connected stay."""
        if bound := self._bound.pop(endpoint, None):
            self.socket.unbind(bound)

    def serve_waiting(self) -> None:
        """Answer the requests that wait; never blocks. One that has to wait is answered later."""
        for _ in range(MOST_AT_ONCE):
            if not self.socket.poll(0):
                return
            parts = self.socket.recv_multipart(copy=False)
            for part in parts:
                self.connections.took(part)
            *envelope, request = (part.bytes for part in parts)
            self._linger.used()
            self.answer(request).add_done_callback(partial(self._send, envelope))

    def look(self) -> None:
        """Record which operators have left, and, summed up, which programs were cut."""
        self._operators.look()
        refusals = self.connections.refusals
        more = refusals.count - self._refusals_recorded
        if more > 0 and self._refusal_lines.take(time.monotonic()):
            self._refusals_recorded = refusals.count
            text = refused_text(more, refusals.reason)
            self._engine.events.record(f"control socket: {text}", level="warning", kind="client")

    def slept(self, seconds: float) -> None:
        """Leave out a time in which this process did not run: nobody could be heard."""
        self._operators.slept(seconds)
        self._linger.slept(seconds)

    def close(self) -> None:
        """Close the socket."""
        self._engine.guard.release(self.connections)
        self.socket.disable_monitor()
        self.connections.monitor.close(linger=0)
        self.socket.close()
        self._context.term()

    def answer(self, request: bytes) -> "Future[Packed]":
        """Carry a request out; the answer may be given later, by the main thread."""
        return self._engine.errands.begin(self._answer(request))

    def _send(self, envelope: list[bytes], answer: "Future[Packed]") -> None:
        if not self.socket.closed:
            packed = answer.result()
            self.socket.send_multipart([*envelope, packed], copy=isinstance(packed, bytes))

    async def _answer(self, request: bytes) -> Packed:
        try:
            reply = await self._reply(request)
            return _with_image(reply) if "image" in reply else _packed(reply)
        except Exception as error:
            # Whatever a request holds must not end the engine: it is logged, and the next is read.
            log.exception("a request on the control socket could not be answered")
            return _packed(Reply(ok=False, error=f"unexpected {type(error).__name__}: {error}"))

    async def _reply(self, request: bytes) -> Reply:
        try:
            message = msgpack.unpackb(request)
        except (ValueError, msgpack.UnpackException) as error:
            return Reply(ok=False, error=f"not msgpack: {error}")
        if not isinstance(message, dict):
            return Reply(ok=False, error="a request is a map with the key command")
        if too_deep(message):
            return Reply(ok=False, error=f"nested too deeply; {MAX_DEPTH} levels are allowed")
        command = message.pop("command", None)
        operator = message.get("operator")
        name = operator if isinstance(operator, str) else ""
        if name and command == "snapshot":
            # So a TUI attached itself before there was a command for it.
            self._operators.attach(name)
        try:
            with self._engine.events.caused_by("" if command == "attach" else name):
                return await self._carry_out(command, message)
        except CommandError as error:
            return Reply(ok=False, error=str(error))

    async def _carry_out(self, command: object, arguments: dict[str, Any]) -> Reply:
        results = await self._results(command, arguments)
        if results is None:
            return self._answer_to(command, arguments)
        return Reply(ok=all(result["ok"] for result in results), results=results)

    async def _results(self, command: object, arguments: dict[str, Any]) -> list[Result] | None:
        """Do something to cameras; None: that is no such command."""
        commands = self._commands
        match command, arguments:
            case "plug", {"camera": str() | list() as cameras}:
                return await commands.plug(cameras)
            case "unplug", {"camera": str() | list() as cameras}:
                return await commands.unplug(cameras)
            case "pause", {"camera": str() | list() as cameras}:
                return commands.pause(cameras)
            case "resume", {"camera": str() | list() as cameras}:
                return commands.resume(cameras)
            case "addresses", {"camera": str(camera), "pub": str(pub), "pull": str(pull)}:
                return await commands.move(camera, pub, pull)
            case "set", {"camera": str() | list() as cameras, "changes": dict(changes)}:
                return await commands.set(cameras, changes)
            case "try", {"camera": str() | list() as cameras, "changes": dict(changes)}:
                return commands.try_out(cameras, changes)
            case "discard", {"camera": str() | list() as cameras}:
                return commands.discard(cameras)
            case "reload", {}:
                return await commands.reload()
            case "window", {"camera": str() | list() as cameras, "close": True}:
                return commands.close_window(cameras)
            case "window", {"camera": str() | list() as cameras, "display": str(display)}:
                xauthority = arguments.get("xauthority", "")
                return commands.open_window(cameras, display, str(xauthority))
        return None

    def _answer_to(self, command: object, arguments: dict[str, Any]) -> Reply:
        """Answer a question, or do what is not done to cameras."""
        engine, commands = self._engine, self._commands
        match command, arguments:
            case "snapshot", {}:
                asking = self._operators.names, self.connections.refusals
                return Reply(ok=True, snapshot=engine.snapshot(*asking))
            case "settings", {"camera": str(camera)}:
                return Reply(ok=True, settings=commands.settings(camera))
            case "thumbnails", {
                "cameras": dict(cameras),
                "width": int(width),
                "height": int(height),
            }:
                further = map(arguments.get, ("regions", "figures", "saturated"))
                shown = commands.thumbnails(cameras, width, height, *further)
                return Reply(ok=True, thumbnails=shown)
            case "image", {"camera": str(camera)}:
                return Reply(ok=True, image=commands.image(camera))
            case "history", {"camera": str() | list() as cameras}:
                asked = map(arguments.get, ("fields", "since", "step"))
                return Reply(ok=True, histories=commands.history(cameras, *asked))
            case "events", {"since": int(since)}:
                return Reply(ok=True, events=engine.events.since(since))
            case "attach", {"operator": str(operator)}:
                self._operators.attach(operator)
            case "rescan", {}:
                engine.rescan()
            case "stop", {}:
                self._stop()
            case _:
                known = sorted(map(str, arguments))
                raise CommandError(f"{NO_COMMAND}{command!r} with {known}; see docs/control.md")
        return Reply(ok=True)


def _packed(reply: Reply) -> bytes:
    # A path may hold bytes that are no UTF-8: they are replaced, and do not spoil the answer.
    # What a camera's back end gave may be anything, and an answer covers all cameras.
    return cast("bytes", msgpack.packb(reply, unicode_errors="replace", default=_plain))


def _with_image(reply: Reply) -> Packed:
    """Pack a reply with an image.

    Its pixels are copied once, by numpy, which releases Python's interpreter lock meanwhile:
    msgpack and ZeroMQ would make three copies of what may be 20 MB, and hold the lock, and so the
    cameras. They stand at the very end, as msgpack has them.
    """
    pixels = cast("NDArray[np.uint8] | None", reply["image"]["pixels"])
    if pixels is None:
        return _packed(reply)
    described: Image = {**reply["image"], "pixels": b""}
    code, length = next(form for form in BINARY.items() if pixels.size < 256 ** form[1])
    without = _packed(Reply(ok=reply["ok"], image=described)).removesuffix(b"\xc4\0")
    head = without + code + pixels.size.to_bytes(length, "big")
    message = np.empty(len(head) + pixels.size, np.uint8)
    message[: len(head)] = np.frombuffer(head, np.uint8)
    message[len(head) :].reshape(pixels.shape)[:] = pixels
    return message.data


def _plain(value: object) -> object:
    """Put a value that msgpack does not know into one that it does."""
    return value.item() if isinstance(value, np.generic) else str(value)

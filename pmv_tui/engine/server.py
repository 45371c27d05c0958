"""The control socket's serving side: reads requests, calls the engine, answers."""

import logging
import os
from collections.abc import Callable
from typing import Any, cast

import msgpack
import numpy as np
import zmq

from pmv_tui.control.messages import Reply, Result
from pmv_tui.engine.commands import CommandError, Commands
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.presence import Linger
from pmv_tui.nesting import MAX_DEPTH, too_deep

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 64 * 1024

MOST_AT_ONCE = 100
"""Requests that are answered before the main thread looks at anything else: a flood of them keeps
neither a signal nor the watch waiting."""


class ControlServer:
    """Answers the requests of docs/control.md.

    Parameters
    ----------
    endpoint : where it listens; the rig's lock must be held, so that nobody else does.
    engine : whose status is asked for, and whose cameras the commands are for.
    stop : called when the engine is told to stop.
    linger : is told of each request.
    """

    def __init__(
        self, endpoint: str, engine: Engine, stop: Callable[[], None], linger: Linger
    ) -> None:
        self._linger = linger
        self._engine = engine
        self._commands = Commands(engine)
        self._stop = stop
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self.socket = self._context.socket(zmq.ROUTER)
        self.socket.maxmsgsize = MAX_REQUEST_BYTES
        # The folder's mode keeps other users out; this does where somebody has loosened that.
        self.socket.setsockopt(zmq.IPC_FILTER_UID, os.getuid())
        self.socket.linger = 200  # ms: the answer to `stop` is on its way when the socket closes
        self.socket.bind(os.fsencode(endpoint))  # type: ignore[arg-type]  # takes bytes

    def serve_waiting(self) -> None:
        """Answer the requests that wait; never blocks."""
        for _ in range(MOST_AT_ONCE):
            if not self.socket.poll(0):
                return
            *envelope, request = self.socket.recv_multipart()
            self._linger.used()
            self.socket.send_multipart([*envelope, self._answer(request)])

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
        self._context.term()

    def _answer(self, request: bytes) -> bytes:
        try:
            return _packed(self._reply(request))
        except Exception as error:
            # Whatever a request holds must not end the engine: it is told, and the next is read.
            log.exception("a request on the control socket could not be answered")
            return _packed(Reply(ok=False, error=f"unexpected {type(error).__name__}: {error}"))

    def _reply(self, request: bytes) -> Reply:
        try:
            message = msgpack.unpackb(request)
        except (ValueError, msgpack.UnpackException) as error:
            return Reply(ok=False, error=f"not msgpack: {error}")
        if not isinstance(message, dict):
            return Reply(ok=False, error="a request is a map with the key command")
        if too_deep(message):
            return Reply(ok=False, error=f"nested too deeply; {MAX_DEPTH} levels are allowed")
        command = message.pop("command", None)
        try:
            return self._carry_out(command, message)
        except CommandError as error:
            return Reply(ok=False, error=str(error))

    def _carry_out(self, command: object, arguments: dict[str, Any]) -> Reply:
        engine, commands = self._engine, self._commands
        match command, arguments:
            case "snapshot", {}:
                if isinstance(operator := arguments.get("operator"), str):
                    engine.operators.heard(operator)
                return Reply(ok=True, snapshot=engine.snapshot())
            case ("plug" | "unplug" | "pause" | "resume") as verb, {
                "camera": str() | list() as cameras
            }:
                acts = {
                    "plug": commands.plug,
                    "unplug": commands.unplug,
                    "pause": commands.pause,
                    "resume": commands.resume,
                }
                return _with_results(acts[verb](cameras))
            case "addresses", {"camera": str(camera), "pub": str(pub), "pull": str(pull)}:
                return _with_results(commands.move(camera, pub, pull))
            case "settings", {"camera": str(camera)}:
                return Reply(ok=True, settings=commands.settings(camera))
            case "thumbnails", {
                "cameras": dict(cameras),
                "width": int(width),
                "height": int(height),
            }:
                return Reply(ok=True, thumbnails=commands.thumbnails(cameras, width, height))
            case "set", {"camera": str() | list() as cameras, "changes": dict(changes)}:
                return _with_results(commands.set(cameras, changes))
            case "window", {"camera": str() | list() as cameras, "close": True}:
                return _with_results(commands.close_window(cameras))
            case "window", {"camera": str() | list() as cameras, "display": str(display)}:
                xauthority = arguments.get("xauthority", "")
                return _with_results(commands.open_window(cameras, display, str(xauthority)))
            case "events", {"since": int(since)}:
                return Reply(ok=True, events=engine.events.since(since))
            case "rescan", {}:
                engine.rescan()
                return Reply(ok=True)
            case "stop", {}:
                self._stop()
                return Reply(ok=True)
        raise CommandError(
            f"no command {command!r} with {sorted(map(str, arguments))}; see docs/control.md"
        )


def _with_results(results: list[Result]) -> Reply:
    return Reply(ok=all(result["ok"] for result in results), results=results)


def _packed(reply: Reply) -> bytes:
    # A path may hold bytes that are no UTF-8: they are replaced, and do not spoil the answer.
    # What a camera's back end gave may be anything, and an answer tells of all cameras.
    return cast("bytes", msgpack.packb(reply, unicode_errors="replace", default=_plain))


def _plain(value: object) -> object:
    """Put a value that msgpack does not know into one that it does."""
    return value.item() if isinstance(value, np.generic) else str(value)

"""The callers' side of the control socket: one engine is asked, or all of this user's here."""

import os
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgpack
import zmq

from pmv_tui.control.claims import endpoint_of, listener, paths_claimed
from pmv_tui.control.rig import engine_folder
from pmv_tui.wire.status import MAX_REQUEST_BYTES, Reply, Snapshot, why_not_understood


def display_here() -> dict[str, str]:
    """Return the arguments of the command `window` that name it; empty where there is none."""
    return {
        "display": os.environ.get("DISPLAY", ""),
        "xauthority": os.environ.get("XAUTHORITY", ""),
    }


def operator_here(program: str = "") -> str:
    """Name this process by its terminal, the host its user came from, and its id.

    Parameters
    ----------
    program : put first; empty for the TUI.
    """
    try:
        terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, AttributeError, ValueError):  # None, one without a name, or no stdin at all.
        terminal = "" if program else "a terminal"
    if program and terminal:
        terminal = f"on {terminal}"
    caller = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    words = (program, terminal, caller and f"from {caller}")
    return f"{' '.join(filter(None, words))}, pid {os.getpid()}"


TIMEOUT = 5.0
"""Seconds that an engine may take for any answer."""


class Unsendable(ValueError):  # noqa: N818 - what happened, as it reads
    """A request holds what no message can hold, or too much of it; the text says what."""


class EngineGone(Exception):  # noqa: N818 - a state, reported as it is
    """No engine answers on the control socket."""

    doing = "does not answer"
    """What it does instead, after the words "the engine"."""


def encode_request(command: str, arguments: dict[str, Any]) -> bytes:
    """Build a request. Form: docs/control.md.

    Raises
    ------
    Unsendable : a number is too large, a text is no UTF-8, or all of it is too long.
    """
    try:
        request = cast("bytes", msgpack.packb({"command": command, **arguments}))
    except UnicodeEncodeError:
        raise Unsendable("a text is not UTF-8; write it in UTF-8") from None
    except OverflowError:
        raise Unsendable("a whole number has more than 64 bits; write a smaller one") from None
    if len(request) > MAX_REQUEST_BYTES:
        # An engine would cut the connection, and never answer.
        raise Unsendable(
            f"the request has {len(request)} bytes; an engine reads {MAX_REQUEST_BYTES} at most"
        )
    return request


def decode_reply(data: bytes) -> Reply:
    """Read an answer."""
    return cast("Reply", msgpack.unpackb(data))


class ControlClient(AbstractContextManager["ControlClient"]):
    """A connection to one engine; one request at a time, and none after one got no answer.

    Parameters
    ----------
    endpoint : `Rig.endpoint`.
    """

    def __init__(self, endpoint: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        # As bytes, for a path need not be UTF-8.
        self._socket.connect(os.fsencode(endpoint))  # type: ignore[arg-type]  # takes bytes

    def request(self, command: str, timeout: float = TIMEOUT, **arguments: Any) -> Reply:
        """Send a question or a command to the engine.

        Raises
        ------
        EngineGone : no answer came within `timeout` seconds.
        """
        self._socket.send(encode_request(command, arguments))
        if not self._socket.poll(int(timeout * 1000)):
            raise EngineGone(f"no engine answered within {timeout:g} s")
        return decode_reply(self._socket.recv())

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
        self._context.term()

    def __exit__(self, *_: object) -> None:
        """Close the connection at the end of a with block."""
        self.close()


def snapshot_of(endpoint: str, timeout: float) -> Snapshot | None:
    """Ask an engine what it does; None where it does not answer within `timeout` seconds."""
    with ControlClient(endpoint) as client:
        try:
            return client.request("snapshot", timeout=timeout).get("snapshot")
        except EngineGone:
            return None


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """An engine that runs.

    Parameters
    ----------
    pid : of its process.
    folder : of its log; None where that cannot be seen.
    snapshot : what it reports; None where it does not answer.
    """

    pid: int
    folder: Path | None
    snapshot: Snapshot | None


PATIENCE = 1.0
"""Seconds that each of several engines is given to answer."""


def running_engines() -> list[RunningEngine]:
    """Ask every engine that runs, by process id; those of before this version are not found."""
    return [_asked(pid, claim) for pid, claim in sorted(engine_pids().items())]


def engine_pids() -> dict[int, str]:
    """Find every engine that runs, and do not ask it: its process id, and the name it holds."""
    return {pid: claim for claim in paths_claimed() if (pid := listener(claim)) is not None}


def _asked(pid: int, claim: str) -> RunningEngine:
    snapshot = snapshot_of(endpoint_of(claim), PATIENCE)
    if snapshot is not None and why_not_understood(snapshot):
        snapshot = None
    return RunningEngine(pid, engine_folder(pid), snapshot)


def called(pid: int, ending: str = "") -> str:
    """Return what people call a process: the engine of a rig, or else its command line.

    Parameters
    ----------
    ending : of an address that it has, whose camera is named, too.
    """
    from pmv_tui.network import holder  # noqa: PLC0415 - every command imports this module

    if ending and pid == os.getpid():
        return "another camera of this rig"
    claim = engine_pids().get(pid)
    snapshot = _asked(pid, claim).snapshot if claim else None
    if snapshot is None:
        return str(holder(pid))
    named = f"the engine of {snapshot['engine']['config_path']} (pid {pid})"
    for camera in snapshot["cameras"]:
        addresses = (camera["pub_address"], camera["pull_address"])
        if ending and camera["plugged"] and any(each.endswith(ending) for each in addresses):
            return f"camera {camera['name']} of {named}"
    return named

"""The caller's side of the control socket, for the command line and scripts."""

import os
import sys
from typing import Any, cast

import msgpack
import zmq

from pmv_tui.wire.status import MAX_REQUEST_BYTES, Reply, Snapshot


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


class ControlClient:
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

    def __enter__(self) -> "ControlClient":
        """Use the client in a with block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it at the block's end."""
        self.close()


def snapshot_of(endpoint: str, timeout: float) -> Snapshot | None:
    """Ask an engine what it does; None where it does not answer within `timeout` seconds."""
    with ControlClient(endpoint) as client:
        try:
            return client.request("snapshot", timeout=timeout).get("snapshot")
        except EngineGone:
            return None

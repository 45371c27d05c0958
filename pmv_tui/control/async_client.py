"""The caller's side of the control socket, for asyncio: the TUI's."""

import asyncio
from typing import Any, TypeVar, cast

import msgpack

from pmv_tui.control.client import TIMEOUT, EngineGone, encode_request
from pmv_tui.control.zmtp import NoAnswer, Requester
from pmv_tui.wire.status import Reply

Table = TypeVar("Table", list[Any], dict[Any, Any])

RETRY = 0.1
"""Seconds from one try to connect to the next, within the time of a request."""

MOST = 4 * 1024 * 1024
"""Bytes of an answer, and ..."""

MOST_OF_NUMBERS = {
    "history": 16 * 1024 * 1024,
    "image": 128 * 1024 * 1024,
    "thumbnails": 16 * 1024 * 1024,
}
"""... of one that is numbers for the most part; a history has 8 MB at most, an image its pixels."""

MOST_TABLES, MOST_ELEMENTS = 100_000, 400_000
"""Lists and maps in an answer, and what is in them: they take much longer to read and to be
looked at than bytes do. A snapshot of 64 cameras with 20 clients each has some 20 000."""


class AsyncControlClient:
    """A connection to one engine, or to the one after it; requests are sent one after another.

    Parameters
    ----------
    endpoint : `Rig.endpoint`.
    """

    def __init__(self, endpoint: str) -> None:
        path = endpoint.removeprefix("ipc://")
        self._path = f"\0{path[1:]}" if path.startswith("@") else path
        self._peer: Requester | None = None
        self._one_at_a_time = asyncio.Lock()
        self._closed = False

    async def request(self, command: str, timeout: float = TIMEOUT, **arguments: Any) -> Reply:
        """Send a question or a command to the engine.

        Raises
        ------
        EngineGone : no answer came within `timeout` seconds, or it was none.
        """
        request = encode_request(command, arguments)
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(timeout):
                    peer = await self._connected()
                    return _read(await peer.ask(request, MOST_OF_NUMBERS.get(command, MOST)))
            except TimeoutError:
                self._disconnect()
                raise EngineGone(f"no engine answered within {timeout:g} s") from None
            except NoAnswer as why:
                self._disconnect()
                raise EngineGone(f"what answers there {why}") from None
            except (OSError, EOFError):
                self._disconnect()
                raise EngineGone("the engine has closed the connection") from None
            except asyncio.CancelledError:
                # A screen was left while its question was under way.
                self._disconnect()
                raise

    def close(self) -> None:
        """Close the connection; a request under way gets no answer."""
        self._closed = True
        self._disconnect()

    async def _connected(self) -> Requester:
        """Return the connection; where there is none, wait for an engine."""
        if self._peer is not None and self._peer.is_over:
            self._disconnect()
        while self._peer is None:
            try:
                self._peer = await Requester.connect(self._path)
            except (OSError, EOFError):
                if self._closed:
                    raise
                await asyncio.sleep(RETRY)
        return self._peer

    def _disconnect(self) -> None:
        """Have the next request make a connection: what comes late is no answer to it."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None


def _read(answer: bytes) -> Reply:
    tables = elements = 0

    def count(table: Table) -> Table:
        nonlocal tables, elements
        tables += 1
        elements += len(table)
        if tables > MOST_TABLES or elements > MOST_ELEMENTS:
            raise NoAnswer("sends more than can be read")
        return table

    try:
        reply = msgpack.unpackb(
            answer,
            object_hook=count,
            list_hook=count,
            # One that is larger is not even begun.
            max_array_len=MOST_ELEMENTS,
            max_map_len=MOST_ELEMENTS,
        )
    except (ValueError, msgpack.UnpackException):
        raise NoAnswer("sends no msgpack that can be read") from None
    return cast("Reply", reply)

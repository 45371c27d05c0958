"""The caller's side of the control socket, for asyncio: the TUI's."""

import asyncio
from typing import Any

import zmq
import zmq.asyncio

from pmv_tui.control.client import TIMEOUT, EngineGone, decode_reply, encode_request
from pmv_tui.control.messages import Reply


class AsyncControlClient:
    """A connection to one engine; requests are sent one after another.

    Parameters
    ----------
    endpoint : `Rig.endpoint`.
    """

    def __init__(self, endpoint: str) -> None:
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.setsockopt(zmq.REQ_RELAXED, 1)
        self._socket.setsockopt(zmq.REQ_CORRELATE, 1)
        self._socket.connect(endpoint)
        self._one_at_a_time = asyncio.Lock()

    async def request(self, command: str, timeout: float = TIMEOUT, **arguments: Any) -> Reply:
        """Ask or tell the engine.

        Raises
        ------
        EngineGone : no answer came within `timeout` seconds.
        """
        async with self._one_at_a_time:
            await self._socket.send(encode_request(command, arguments))
            if not await self._socket.poll(int(timeout * 1000)):
                raise EngineGone(f"no engine answered within {timeout:g} s")
            return decode_reply(await self._socket.recv())

    def close(self) -> None:
        """Close the connection; a request under way never returns."""
        self._socket.close()
        self._context.term()

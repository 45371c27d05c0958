"""The caller's side of the control socket, for asyncio: the TUI's."""

import asyncio
import os
from typing import Any

import zmq
import zmq.asyncio

from pmv_tui.control.client import TIMEOUT, EngineGone, decode_reply, encode_request
from pmv_tui.wire.status import Reply


class AsyncControlClient:
    """A connection to one engine, or to the one after it; requests are sent one after another.

    Parameters
    ----------
    endpoint : `Rig.endpoint`.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._context = zmq.asyncio.Context()
        self._socket = self._connect()
        self._one_at_a_time = asyncio.Lock()

    async def request(self, command: str, timeout: float = TIMEOUT, **arguments: Any) -> Reply:
        """Send a question or a command to the engine.

        Raises
        ------
        EngineGone : no answer came within `timeout` seconds.
        """
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(timeout):
                    await self._socket.send(encode_request(command, arguments))
                    return decode_reply(await self._socket.recv())
            except TimeoutError:
                self._reconnect()
                raise EngineGone(f"no engine answered within {timeout:g} s") from None
            except asyncio.CancelledError:
                # A screen was left while its question was under way.
                self._reconnect()
                raise

    def close(self) -> None:
        """Close the connection; a request under way never returns."""
        self._socket.close()
        self._context.term()

    def _reconnect(self) -> None:
        """Make another socket: a REQ that got no answer can ask nothing more."""
        if not self._socket.closed:
            self._socket.close()
            self._socket = self._connect()

    def _connect(self) -> zmq.asyncio.Socket:
        socket = self._context.socket(zmq.REQ)
        socket.linger = 0
        socket.connect(os.fsencode(self._endpoint))  # type: ignore[arg-type]  # takes bytes
        return socket

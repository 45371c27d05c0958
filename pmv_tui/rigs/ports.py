"""Two ports of this machine's loopback, whose clients are led where it is said for each of them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from pmv_tui.rigs.trouble import HostTrouble

CHUNK = 262_144
"""Bytes that are passed on at once; twice as many wait for a slow client, and then the rig does."""

MOST = 100
"""Clients at once: each takes two of the files that this process may have open."""


class Far(NamedTuple):
    """The connection that a client is led to.

    Parameters
    ----------
    said : what has been read of it already.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    said: bytes


class Ports:
    """Listens at ports of this machine's loopback, and copies bytes to and fro.

    Parameters
    ----------
    numbers : of the ports; 0: one that is free.
    reach : is awaited for each client with the place of its port; HostTrouble or OSError: the
        client's connection is closed. It is let through at once when this returns.
    """

    def __init__(self, numbers: Sequence[int], reach: Callable[[int], Awaitable[Far]]) -> None:
        self._numbers = numbers
        self._reach = reach
        self._servers: list[asyncio.Server] = []
        self._clients = dict[asyncio.StreamWriter, asyncio.Task[None]]()
        self._led = set[asyncio.StreamWriter]()

    async def open(self) -> list[str]:
        """Listen; return the addresses.

        Raises
        ------
        HostTrouble : a port cannot be had; then there is none.
        """
        for place, number in enumerate(self._numbers):
            try:
                server = await asyncio.start_server(
                    partial(self._came, place), "127.0.0.1", number, limit=CHUNK
                )
            except OSError as error:
                await self.close()
                reason = os.strerror(error.errno or 0)
                text = f"port {number} of this machine cannot be had: {reason}; choose another"
                raise HostTrouble(text) from None
            self._servers.append(server)
        return [f"tcp://127.0.0.1:{each.sockets[0].getsockname()[1]}" for each in self._servers]

    def cut(self) -> None:
        """End the connections of all who have been led somewhere; they may come again."""
        for client in self._led:
            self._clients[client].cancel()

    async def close(self) -> None:
        """Listen no more, and end all connections."""
        for server in self._servers:
            server.close()
        clients = list(self._clients.values())
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    def _came(self, place: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST:
            writer.close()
            return
        # A task of ours: of one of its own, asyncio reports a cancellation as a fault.
        serving = self._serve(place, Far(reader, writer, b""))
        self._clients[writer] = asyncio.create_task(serving)

    async def _serve(self, place: int, client: Far) -> None:
        try:
            far = await self._reach(place)
            self._led.add(client.writer)  # nothing is awaited in between: a cut misses nobody
            await _exchange(client, far)
        except (HostTrouble, OSError):
            pass  # a closed connection tells the client, who comes again; `reach` tells people
        finally:
            self._led.discard(client.writer)
            client.writer.close()
            del self._clients[client.writer]


async def _exchange(near: Far, far: Far) -> None:
    """Pass on what comes from either until one of them ends; then both do."""
    both = [asyncio.create_task(_copy(*each)) for each in ((near, far), (far, near))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        near.writer.close()  # what was passed on to it still arrives: a script's last box
        far.writer.close()
    finally:
        for each in both:
            each.cancel()
        for side in (near, far):
            if not side.writer.is_closing():
                side.writer.transport.abort()


async def _copy(source: Far, sink: Far) -> None:
    with suppress(OSError):  # whose connection is reset has ended
        sink.writer.write(source.said)
        while chunk := await source.reader.read(CHUNK):
            sink.writer.write(chunk)
            await sink.writer.drain()

"""The TUI's side of the control socket."""

import asyncio
from pathlib import Path

import msgpack
import zmq

from pmv_tui.control.async_client import AsyncControlClient


def test_a_request_that_was_cancelled_does_not_spoil_the_next(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/control"

    async def scenario() -> object:
        client = AsyncControlClient(endpoint)
        given_up = asyncio.create_task(client.request("settings"))
        assert await asyncio.to_thread(server.recv_multipart), "it was sent"
        given_up.cancel()
        await asyncio.wait([given_up])
        asked = asyncio.create_task(client.request("stop"))
        *envelope, _ = await asyncio.to_thread(server.recv_multipart)
        server.send_multipart([*envelope, msgpack.packb({"ok": True})])
        try:
            return await asked
        finally:
            client.close()

    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.ROUTER) as server:
        server.linger = 0
        server.rcvtimeo = 10_000
        server.bind(endpoint)
        assert asyncio.run(scenario()) == {"ok": True}

"""The TUI's side of the control socket."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from threading import Thread

import msgpack
import pytest
import zmq

from pmv_tui.control import async_client
from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.control.zmtp import GREETING
from tests.raw_zmtp import COMMAND, LONG, part
from tests.support import DEADLINE


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


@pytest.mark.parametrize("address", ["ipc://{folder}/control", "ipc://@{folder}"])
def test_an_engine_that_comes_later_is_waited_for_and_so_is_the_one_after_it(
    tmp_path: Path, address: str
) -> None:
    endpoint = address.format(folder=tmp_path)

    async def scenario() -> list[object]:
        client = AsyncControlClient(endpoint)
        answers: list[object] = []
        try:
            for text in ("one", "another"):
                with pytest.raises(EngineGone):
                    await client.request("status", 0.2)
                asked = asyncio.create_task(client.request("status", DEADLINE))
                await asyncio.sleep(0)  # it finds nobody
                with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.REP) as server:
                    server.linger = 1000
                    server.rcvtimeo = 10_000
                    server.bind(endpoint)
                    await asyncio.to_thread(server.recv)
                    server.send(msgpack.packb({"ok": True, "error": text + "x" * 9999}))
                    answers.append((await asked)["error"].rstrip("x"))
        finally:
            client.close()
        return answers

    assert asyncio.run(scenario()) == ["one", "another"]


READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REP"
HELLO = GREETING + READY

MAPS = b"\xdd" + struct.pack(">I", 200_000) + b"\x80" * 200_000

WORDS = b"\xdd" + struct.pack(">I", 500_000) + b"\xa0" * 500_000

PARTS = b"\x95" + (b"\xdd" + struct.pack(">I", 100_000) + b"\x01" * 100_000) * 5


def whole(answer: bytes) -> Iterator[bytes]:
    """Return what sends an answer of some length as an engine does."""
    return iter([HELLO + part(0) + bytes([LONG]) + struct.pack(">Q", len(answer)), answer])


HOSTILE: dict[str, tuple[Iterator[bytes], str]] = {
    "another protocol": (iter([b"HTTP/1.1 400 Bad Request" * 9]), "does not speak ZeroMQ"),
    "an older protocol": (iter([b"\xff" + bytes(8) + b"\x7f\x01" + bytes(99)]), "not speak ZeroMQ"),
    "a refusal": (iter([GREETING + b"\x04\x06\x05ERROR"]), "turns this program away"),
    "a greeting without end": (
        iter([GREETING + bytes([COMMAND | LONG]) + struct.pack(">Q", 2**62)]),
        "sends more than",
    ),
    "a part without end": (
        iter([HELLO + part(0) + bytes([LONG]) + struct.pack(">Q", 2**62)]),
        "sends more than",
    ),
    "parts without end": (iter([HELLO, *repeat(part(1), 1000)]), "sends no answer"),
    "empty parts without end": (iter([HELLO, *repeat(part(0) * 1000, 1000)]), "sends no answer"),
    "commands without end": (
        iter([HELLO, *repeat(part(200, COMMAND) * 100, 1000)]),
        "sends no answer",
    ),
    "large parts without end": (repeat(HELLO + part(60_000) * 9), "sends no answer"),
    "no answer's form": (iter([HELLO + part(3, flags=0)]), "sends no answer"),
    "no msgpack": (iter([HELLO + part(0) + b"\x00\x01\xc1"]), "sends no msgpack"),
    "half a msgpack": (iter([HELLO + part(0) + b"\x00\x02\x92\x01"]), "sends no msgpack"),
    "no text": (iter([HELLO + part(0) + b"\x00\x02\xa1\xff"]), "sends no msgpack"),
    "depth": (iter([HELLO + part(0) + b"\x00\xff" + b"\x91" * 255]), "sends no msgpack"),
    "more maps than can be read": (whole(MAPS), "sends more than can be read"),
    "a list of more words than can be read": (whole(WORDS), "sends no msgpack that can be read"),
    "lists of more numbers than can be read": (whole(PARTS), "sends more than can be read"),
    "the end": (iter([HELLO]), "has closed the connection"),
    "nothing": (iter([]), "no engine answered within"),
}
"""What something else than an engine sends, and what is said of it."""


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_answers_instead_of_an_engine_is_given_up(tmp_path: Path, what: str) -> None:
    chunks, words = HOSTILE[what]

    def misbehave() -> None:
        with server.accept()[0] as peer, suppress(ConnectionError):
            for chunk in chunks:
                peer.sendall(chunk)
            while more := peer.recv(65_536):  # as long as anybody is there
                if what == "the end" and b"snapshot" in more:
                    break

    async def scenario() -> None:
        client = AsyncControlClient(f"ipc://{tmp_path}/control")
        try:
            with pytest.raises(EngineGone, match=words):
                await client.request("snapshot", 0.5 if what == "nothing" else DEADLINE)
        finally:
            client.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/control")
        server.listen()
        misbehaving = Thread(target=misbehave)
        misbehaving.start()
        asyncio.run(scenario())
        misbehaving.join()


def test_an_answer_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_client, "MOST", 1000)

    async def ask(size: int) -> int:
        client = AsyncControlClient(f"ipc://{tmp_path}/control")
        asked = asyncio.create_task(client.request("snapshot", DEADLINE))
        try:
            await asyncio.to_thread(server.recv)
            server.send(msgpack.packb({"ok": True, "error": "x" * size}))
            return len((await asked)["error"])
        finally:
            client.close()

    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.REP) as server:
        server.linger = 0
        server.rcvtimeo = 10_000
        server.bind(f"ipc://{tmp_path}/control")
        assert asyncio.run(ask(900)) == 900
        with pytest.raises(EngineGone, match="sends more than 1000 bytes"):
            asyncio.run(ask(1000))

"""Garbage on the control socket, and commands without end."""

import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgpack
import zmq

from tests.faults.fault import fault
from tests.faults.fuzz import SEED, replaced
from tests.faults.rig import FaultRig
from tests.support import DEADLINE

REQUESTS: tuple[dict[str, Any], ...] = (
    {"command": "snapshot"},
    {"command": "events", "since": 0},
    {"command": "settings", "camera": "left"},
    {"command": "window", "camera": "left", "close": True},
    {"command": "resume", "camera": "left"},
    {"command": "addresses", "camera": "odd", "pub": "", "pull": ""},
    {"command": "try", "camera": "odd", "changes": {"fps": "fast", "gain": "high"}},
    {"command": "discard", "camera": "left"},
    {"command": "set", "camera": "odd", "changes": {"fps": "fast", "gain": "high"}},
)
"""Requests of which those mutations are sent that change nothing."""


@fault("the control socket is fed fuzzed requests")
def fuzzed(rig: FaultRig) -> Iterator[str]:
    dice = random.Random(SEED)  # noqa: S311 - no secret
    errors = set()
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        client.connect(f"ipc://{rig.control_path()}")
        for _ in range(rig.times(100_000, 1_000)):
            client.send_multipart([b"", request(dice)])
            assert client.poll(int(1000 * DEADLINE)), "no answer"
            *_, packed = client.recv_multipart()
            answer = msgpack.unpackb(packed)
            if not answer["ok"]:
                errors.add(answer.get("error") or answer["results"][0]["text"])
    assert "" not in errors
    yield next(error for error in sorted(errors) if "no command" in error)


def request(dice: random.Random) -> bytes:
    """Make a request that is almost right, or noise."""
    if dice.random() < 0.2:
        return dice.randbytes(dice.randrange(100))
    while True:
        with suppress(OverflowError):  # a number too large for msgpack: the dice are thrown again
            packed: bytes = msgpack.packb(replaced(dice.choice(REQUESTS), dice))
            return packed


@fault("the control socket is sent noise, by many who then say nothing")
def noise(rig: FaultRig) -> Iterator[str]:
    connections = []
    dice = random.Random(SEED)  # noqa: S311 - no secret
    for _ in range(rig.times(200, 50)):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(rig.control_path()))
        connection.send(dice.randbytes(dice.randrange(1, 1000)))
        connections.append(connection)
    answered = rig.ask("snapshot")["ok"]
    assert answered
    yield "commands are answered"
    for connection in connections:
        connection.close()


@fault("a camera is plugged and unplugged 200 times at full rate", troubles=["odd"])
def plug_cycles(rig: FaultRig) -> Iterator[str]:
    report = ""
    for _ in range(rig.times(200, 50)):
        assert rig.answer("unplug", camera="odd") == "unplugged"
        report = rig.answer("plug", camera="odd")
        assert "publishes at" in report
    yield report


FAULTS = (fuzzed, noise, plug_cycles)

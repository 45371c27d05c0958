"""The control socket as a script uses it that was written from docs/control.md."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated

PROJECT = Path(__file__).parents[2]


class Script:
    """A REQ socket on a rig's control socket."""

    def __init__(self, path: Path, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self._socket = context.socket(zmq.REQ)
        self._socket.linger = 0
        self._socket.connect(f"ipc://{path}")

    def ask(self, request: object) -> dict[str, Any]:
        """Send a request, packed unless it is bytes already; give the answer."""
        packed = request if isinstance(request, bytes) else msgpack.packb(request)
        self._socket.send(packed)
        assert self._socket.poll(int(DEADLINE * 1000)), "no answer"
        answer: dict[str, Any] = msgpack.unpackb(self._socket.recv())
        return answer

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


@pytest.fixture
def script(rig: RigOnDisk) -> Iterator[Script]:
    rig.write_config(simulated("left", *free_ports(2)))
    context = zmq.Context[zmq.Socket[bytes]]()
    with rig.serve():
        script = Script(control_path(rig), context)
        yield script
        script.close()
    context.term()


def control_path(rig: RigOnDisk) -> Path:
    """Find the control socket where the documentation says it lies."""
    (path,) = (rig.folder / "state" / "pmv-tui").glob("*/control")
    return path


def test_every_documented_command_is_answered(script: Script) -> None:
    commands = re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs/control.md").read_text(), re.M)
    assert {"snapshot", "plug", "stop"} <= set(commands)
    arguments = {"camera": "left", "since": 0, "changes": {"fps": 30}, "close": True}
    for command in commands:
        wanted = dict(arguments)
        if command == "addresses":
            pub, pull = free_ports(2)
            wanted |= {"pub": f"tcp://localhost:{pub}", "pull": f"tcp://localhost:{pull}"}
        if command in ("pause", "resume"):
            script.ask({"command": "plug", **arguments})
        answer = script.ask({"command": command, **wanted})
        assert answer["ok"], (command, answer)


@pytest.mark.parametrize(
    "request_",
    [b"", b"\xc1", b"hello", b"\x81" * 9999, [], {}, {"command": 1}, {"command": "plug"}],
)
def test_garbage_is_refused_with_a_reason_and_the_engine_goes_on(
    script: Script, request_: object
) -> None:
    answer = script.ask(request_)
    assert not answer["ok"]
    assert answer["error"]
    assert script.ask({"command": "snapshot"})["ok"]


def test_events_tell_what_happened(script: Script) -> None:
    script.ask({"command": "plug", "camera": "left"})
    events = script.ask({"command": "events", "since": 0})["events"]
    assert any("publishes at" in event["text"] for event in events)
    newest = events[-1]["id"]
    assert all(
        event["id"] > newest
        for event in script.ask({"command": "events", "since": newest})["events"]
    )


def test_only_this_user_reaches_the_socket(rig: RigOnDisk, script: Script) -> None:
    assert script.ask({"command": "snapshot"})["ok"]
    folder = control_path(rig).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

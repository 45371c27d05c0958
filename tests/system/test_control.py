"""The control socket as a script uses it that was written from docs/control.md."""

import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for
from tests.system.script import Script

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    context = zmq.Context[zmq.Socket[bytes]]()
    yield context
    context.term()


@pytest.fixture
def script(rig: RigOnDisk, context: "zmq.Context[zmq.Socket[bytes]]") -> Iterator[Script]:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve():
        script = Script(rig.control_path(), context)
        yield script
        script.close()


def test_every_documented_command_is_answered(script: Script) -> None:
    commands = re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs/control.md").read_text(), re.M)
    assert {"snapshot", "plug", "stop"} <= set(commands)
    arguments = {
        "camera": "left",
        "since": 0,
        "changes": {"fps": 30},
        "close": True,
        "cameras": {"left": 0},
        "width": 40,
        "height": 30,
        "operator": "me",
    }
    for command in commands:
        wanted = dict(arguments)
        if command == "addresses":
            pub, pull = free_ports(2)
            wanted |= {"pub": f"tcp://localhost:{pub}", "pull": f"tcp://localhost:{pull}"}
        if command in ("pause", "resume"):
            script.ask({"command": "plug", **arguments})
        answer = script.ask({"command": command, **wanted})
        assert answer["ok"], (command, answer)


def test_events_say_what_happened(script: Script) -> None:
    script.ask({"command": "plug", "camera": "left"})
    events = script.ask({"command": "events", "since": 0})["events"]
    assert any("publishes at" in event["text"] for event in events)
    newest = events[-1]["id"]
    assert all(
        event["id"] > newest
        for event in script.ask({"command": "events", "since": newest})["events"]
    )


def test_events_say_who_changed_what_from_what_to_what(script: Script) -> None:
    newest = script.ask({"command": "snapshot"})["snapshot"]["engine"]["last_event"]
    change = {"command": "set", "camera": "left", "changes": {"fps": 25}, "operator": "me"}
    assert script.ask(change)["ok"]
    (event,) = [
        event["text"]
        for event in script.ask({"command": "events", "since": newest})["events"]
        if event["kind"] == "settings"
    ]
    assert re.search(r"fps = 25 \(was \d+\); saved to .* \(by me\)$", event)


def opened(script: Script) -> None:
    """Wait until the camera has reported how it is set."""
    question = {"command": "settings", "camera": "left"}

    def names() -> list[str]:
        return [each["name"] for each in script.ask(question)["settings"]["settings"]]

    wait_for(lambda: "exposure_time" in names(), "its settings")


def tried(script: Script) -> dict[str, tuple[Any, Any]]:
    """Return what is tried: of each setting what is wanted, and what was saved."""
    answer = script.ask({"command": "settings", "camera": "left"})["settings"]
    found = {
        each["name"]: (each["wanted"], each["saved"])
        for each in answer["settings"]
        if "saved" in each
    }
    (camera,) = (
        each
        for each in script.ask({"command": "snapshot"})["snapshot"]["cameras"]
        if each["name"] == "left"
    )
    assert camera["unsaved"] == sorted(found)
    return found


def changed(script: Script, command: str, **changes: Any) -> str:
    """Change settings; return what is said of it."""
    (result,) = script.ask({"command": command, "camera": "left", "changes": changes})["results"]
    assert result["ok"], result
    text: str = result["text"]
    return text


def test_what_is_tried_is_applied_and_not_saved_before_somebody_does(
    rig: RigOnDisk, script: Script
) -> None:
    opened(script)
    changed(script, "set", exposure_time=9000.0, fps=20.0)
    file = rig.config_path.read_text()
    said = changed(script, "try", exposure_time=12000.0, fps=30.0)
    assert said == "exposure_time = 12000 (was 9000), fps = 30 (was 20); not saved"
    assert tried(script) == {"exposure_time": (12000.0, 9000.0), "fps": (30.0, 20.0)}
    assert rig.config_path.read_text() == file
    assert rig.camera("left")["fps_wanted"] == 30

    changed(script, "set", gain=3.0)  # Somebody else's business: what is tried goes on.
    assert tried(script) == {"exposure_time": (12000.0, 9000.0), "fps": (30.0, 20.0)}
    saved = rig.config_path.read_text()
    assert "gain = 3" in saved
    assert "12000" not in saved

    assert "(was 9000)" in changed(script, "set", exposure_time=12000.0)
    assert tried(script) == {"fps": (30.0, 20.0)}
    assert "exposure_time = 12000" in rig.config_path.read_text()
    assert changed(script, "try", fps=20.0).endswith("as it was saved")
    assert tried(script) == {}


def test_what_is_tried_is_discarded_or_gone_once_the_file_is_read_again(
    rig: RigOnDisk, script: Script
) -> None:
    opened(script)
    changed(script, "set", exposure_time=9000.0, fps=20.0)
    changed(script, "try", exposure_time=12000.0)
    changed(script, "try", exposure_time=13000.0, fps=30.0)
    assert rig.run_here("settings", "left").stdout.count("not saved (saved: ") == 2
    done = rig.run_here("discard", "left")
    assert (
        done.stdout
        == "left: exposure_time = 9000 (was 13000), fps = 20 (was 30); as it was saved\n"
    )
    assert tried(script) == {}
    assert rig.camera("left")["fps_wanted"] == 20
    assert rig.run_here("discard", "left").stdout == "left: nothing is tried\n"

    assert rig.run_here("try", "left", "exposure_time=14000").returncode == 0
    assert tried(script) == {"exposure_time": (14000.0, 9000.0)}
    assert "exposure_time = 9000: applied" in rig.run_here("reload").stdout
    assert tried(script) == {}
    events = script.ask({"command": "events", "since": 0})["events"]
    about = [each["text"].partition(" (by")[0] for each in events if "tried" in each["text"]]
    assert about[-3:] == [
        "exposure_time: tried, not saved",
        "fps: tried, not saved",
        "exposure_time: tried, not saved",
    ]


def test_what_cannot_be_tried_is_said(script: Script) -> None:
    opened(script)
    for changes, reason in (
        ({"expo": 3}, "unknown key expo; known ones are fps, exposure_time, gain"),
        ({"exposure_time": "long"}, '"long" is not allowed; it must be a number of at least 0.001'),
        ({"fps": 0}, "fps: 0 is not allowed; it must be a number of at least"),
        ({"exposure_time": 10.0**9}, "1000000000 is out of the camera's range; it takes"),
        ({"name": "other"}, "name cannot be tried, only saved"),
        ({"put_rate": 5}, "put_rate cannot be tried, only saved"),
        ({"pixel_format": "Mono"}, "pixel_format cannot be tried, only saved: a change restarts"),
        ({"roi": [0, 0, 64, 48]}, "roi"),
    ):
        request = {"command": "try", "camera": "left", "changes": changes}
        (result,) = script.ask(request)["results"]
        assert not result["ok"]
        assert reason in result["text"]
        assert tried(script) == {}


def test_questions_change_nothing_and_who_attaches_is_named(script: Script) -> None:
    def engine(**signature: str) -> dict[str, Any]:
        answer = script.ask({"command": "snapshot", **signature})
        status: dict[str, Any] = answer["snapshot"]["engine"]
        return status

    def about_operators() -> list[str]:
        # A busy machine may lose frames meanwhile, and records that.
        answer = script.ask({"command": "events", "since": 0, "operator": "me"})
        return [each["text"] for each in answer["events"] if "operator" in each["text"]]

    script.ask({"command": "settings", "camera": "left"})
    before = about_operators()
    assert (engine()["operators"], about_operators()) == ([], before)
    assert script.ask({"command": "attach", "operator": "me"}) == {"ok": True}
    assert engine(operator="a TUI of before")["operators"] == ["me", "a TUI of before"]
    assert about_operators() == [
        *before,
        "operator connected: me (1 now)",
        "operator connected: a TUI of before (2 now)",
    ]
    wait_for(lambda: not engine()["operators"], "both to have left")


def test_only_this_user_reaches_the_socket(rig: RigOnDisk, script: Script) -> None:
    assert script.ask({"command": "snapshot"})["ok"]
    folder = rig.control_path().parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


# What msgpack can hold, more deeply nested and with odder keys than any request.
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.binary(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
COMMANDS = ["snapshot", "plug", "unplug", "pause", "resume", "addresses", "settings", "set"]
COMMANDS += ["try", "discard"]
COMMANDS += ["window", "rescan", "events", "help"]
arguments = st.sampled_from(
    ["camera", "pub", "pull", "changes", "close", "since", "display", "xauthority"]
)
near_requests = st.builds(
    lambda command, rest: {"command": command, **rest},
    st.sampled_from(COMMANDS) | values,
    st.dictionaries(arguments, st.just("left") | values, max_size=5),
)
packed = st.builds(msgpack.packb, near_requests | values)


def one_byte_changed(data: bytes, place: int, byte: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([byte]) + data[place + 1 :]


mutated = st.builds(one_byte_changed, packed, st.integers(0, 2**16), st.integers(0, 255))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(packed | mutated | st.binary(max_size=200), min_size=1, max_size=5))
def test_whatever_is_asked_is_answered(script: Script, requests: list[bytes]) -> None:
    for request in requests:
        if b"stop" not in request:
            answer = script.ask(request)
            assert isinstance(answer["ok"], bool)
            assert answer["ok"] or answer.get("error") or answer["results"]
            assert not answer.get("error", "").startswith("unexpected"), (request, answer)


def test_what_is_no_request_is_no_obstacle(
    rig: RigOnDisk, script: Script, context: "zmq.Context[zmq.Socket[bytes]]"
) -> None:
    path = rig.control_path()
    for raw in (b"", b"\0" * 100_000, b"GET / HTTP/1.1\r\n\r\n", bytes(range(256)) * 100):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(raw)
    with context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.connect(f"ipc://{path}")
        # Without the empty part that a REQ puts first, and in many parts.
        for parts in ([b"x"], [b""], [b""] * 500, [b"", b"a", b"b"]):
            dealer.send_multipart(parts)
            assert dealer.poll(int(DEADLINE * 1000)), "no answer"
            *_, answer = dealer.recv_multipart()
            assert not msgpack.unpackb(answer)["ok"]
        dealer.send(bytes(10**6))  # too long: its connection is closed
    assert script.ask({"command": "snapshot"})["ok"]


def test_a_flood_of_requests_keeps_no_signal_waiting(
    rig: RigOnDisk, context: "zmq.Context[zmq.Socket[bytes]]"
) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    request = msgpack.packb({"command": "snapshot"})
    with rig.serve() as engine, context.socket(zmq.DEALER) as dealer:
        rig.wait_for_search()  # or its end would wait for that
        dealer.linger = 0
        dealer.sndhwm = dealer.rcvhwm = 0
        dealer.connect(f"ipc://{rig.control_path()}")
        for _ in range(20_000):
            dealer.send_multipart([b"", request])
        assert dealer.poll(int(DEADLINE * 1000)), "no answer"
        engine.terminate()
        assert engine.wait(DEADLINE / 2) == 0

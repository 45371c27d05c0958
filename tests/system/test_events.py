"""`pmv-tui events`: what people and scripts learn of what happened on the rig."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import zmq

from tests.support import (
    DEADLINE,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    shared,
    simulated,
    wait_for,
)
from tests.system.sockets import receive_image


def two_cameras(rig: RigOnDisk) -> list[int]:
    """Write a config of two cameras; give their ports."""
    ports = free_ports(4)
    rig.write_config(simulated("left", *ports[:2]) + simulated("right", *ports[2:]))
    return ports


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RigOnDisk, list[int]]]:
    """A rig of two cameras that runs, and their ports."""
    with rig_on_disk() as rig:
        ports = two_cameras(rig)
        with rig.serve():
            yield rig, ports


@pytest.fixture
def ports(served: tuple[RigOnDisk, list[int]]) -> list[int]:
    return served[1]


@pytest.fixture
def running(served: tuple[RigOnDisk, list[int]]) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it; what happened then is in the log."""
    rig, _ = served
    with shared(rig):
        yield rig


def events(rig: RigOnDisk, *options: str) -> list[dict[str, Any]]:
    done = rig.run_here("events", "--json", *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def texts(rig: RigOnDisk, *options: str) -> list[str]:
    return [event["text"] for event in events(rig, *options)]


@contextmanager
def following(rig: RigOnDisk, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `pmv-tui events --follow`; it is ended with the block where it still runs."""
    process = subprocess.Popen(
        rig.command("events", "--follow", *options),
        env=rig.environment,
        cwd=rig.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """Read lines until one holds the words; the test's own time limit guards it."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"ended without {words!r}: {process.stderr and process.stderr.read()}")


def test_a_clients_coming_and_going_and_its_malformed_message_are_reported(
    running: RigOnDisk, ports: list[int]
) -> None:
    assert running.ask("plug", camera="left")["ok"]
    receive_image(ports[0])
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(f"tcp://localhost:{ports[1]}")
        push.send(b'{"DRAW_BOX": {"TOP_LEFT": [1, 2]}}')
    left = ("--camera", "left")
    wait_for(lambda: "malformed" in "".join(texts(running, *left)), "the message to be reported")
    said = texts(running, *left)
    assert any("client connected" in text for text in said)
    assert any("client disconnected" in text for text in said)
    warnings = events(running, "--level", "warning", *left)
    (malformed,) = (event for event in warnings if event["kind"] == "message")
    assert malformed["camera"] == "left-simulated"
    assert malformed["name"] == "left"
    assert "BOTTOM_RIGHT" in malformed["text"], "the reason"


def test_people_get_a_line_each_with_the_hosts_local_time(
    running: RigOnDisk, ports: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Kathmandu's, also where no time zones are installed.
    monkeypatch.setitem(running.environment, "TZ", "NPT-5:45")
    assert running.ask("plug", camera="right")["ok"]
    at = f"publishes at tcp://localhost:{ports[2]}"
    line = [line for line in running.run("events").stdout.splitlines() if at in line][-1]
    written = re.fullmatch(rf"(\S{{23}})  info     right  {at}, .*", line)
    assert written, line
    event = [each for each in events(running) if at in each["text"]][-1]
    local = datetime.fromisoformat(f"{written[1]}+05:45")
    assert abs(local.timestamp() - event["time"] / 1e9) < 0.002


def test_events_can_be_asked_for_by_time_and_camera(running: RigOnDisk) -> None:
    assert running.ask("plug", camera="all")["ok"]
    # In this order: more may happen between the two questions.
    assert set(texts(running)) <= set(texts(running, "--since", "1h"))
    assert texts(running, "--since", "2099-01-31") == []
    cameras = {event["camera"] for event in events(running, "--camera", "right-simulated")}
    assert cameras == {"right-simulated"}
    wrong = running.run_here("events", "--camera", "rihgt")
    assert wrong.returncode == 1
    assert wrong.stderr == "pmv-tui: there is no camera 'rihgt'; there are: left, right\n"
    for when in ("yesterday", "5x", "13:99", "9999999d"):
        wrong = running.run_here("events", "--since", when)
        assert wrong.returncode == 2
        assert "10m (ago; s, m, h or d)" in wrong.stderr


def test_followed_events_come_as_they_happen_until_ctrl_c(running: RigOnDisk) -> None:
    now = datetime.now().astimezone().isoformat()
    with following(running, "--json", "--since", now) as follower:
        running.run_here("plug", "left")
        event = json.loads(read_until(follower, "publishes at"))
        assert event["name"] == "left"
        running.run_here("set", "left", "name=nose")
        running.run_here("unplug", "nose")
        assert json.loads(read_until(follower, "unplugged"))["name"] == "nose"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(DEADLINE) == 0
        assert follower.stderr is not None
        assert follower.stderr.read() == ""


@pytest.mark.parametrize(
    ("ends", "words"),
    [(signal.SIGKILL, "has died"), (signal.SIGTERM, "was stopped: SIGTERM received")],
)
def test_a_follower_says_how_the_engine_ended(
    rig: RigOnDisk, ends: signal.Signals, words: str
) -> None:
    two_cameras(rig)
    with rig.serve() as engine, following(rig) as follower:
        read_until(follower, "started")
        engine.send_signal(ends)
        assert follower.wait(DEADLINE) == 1
        assert follower.stderr is not None
        assert f"pmv-tui: the engine {words}; its log: " in follower.stderr.read()


def test_a_follower_does_not_take_the_next_engine_for_the_one_that_ended(rig: RigOnDisk) -> None:
    with following_a_stopped_follower(rig) as follower:
        follower.send_signal(signal.SIGCONT)
        assert follower.wait(DEADLINE) == 1
        assert follower.stderr is not None
        assert "the engine was followed by another; its log: " in follower.stderr.read()


@contextmanager
def following_a_stopped_follower(rig: RigOnDisk) -> Iterator["subprocess.Popen[str]"]:
    """Freeze a follower, and meanwhile end its engine and start another."""
    two_cameras(rig)
    with rig.serve() as first, following(rig) as follower:
        read_until(follower, "started")
        follower.send_signal(signal.SIGSTOP)
        first.send_signal(signal.SIGTERM)
        assert first.wait(DEADLINE) == 0
        with rig.serve():
            yield follower


def test_a_follower_whose_reader_is_gone_ends_though_nothing_happens(running: RigOnDisk) -> None:
    with following(running) as follower:
        assert follower.stdout is not None
        follower.stdout.readline()
        follower.stdout.close()
        assert follower.wait(DEADLINE) == 0
        assert follower.stderr is not None
        assert follower.stderr.read() == ""
        follower.stdout = None


def test_a_client_that_sends_nothing_but_nonsense_gets_a_few_lines(
    running: RigOnDisk, ports: list[int]
) -> None:
    assert running.ask("plug", camera="right")["ok"]
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(f"tcp://localhost:{ports[3]}")
        for _ in range(1000):
            push.send(b"no map")
        wait_for(lambda: running.camera("right")["malformed"] == 1000, "them to be read")

    def lines() -> int:
        return sum("malformed" in text for text in texts(running, "--camera", "right"))

    assert wait_for(lines, "them to be reported") < 10

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

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for
from tests.system.sockets import receive_image


@pytest.fixture(autouse=True)
def ports(rig: RigOnDisk) -> list[int]:
    ports = free_ports(4)
    rig.write_config(simulated("left", *ports[:2]) + simulated("right", *ports[2:]))
    return ports


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
    rig: RigOnDisk, ports: list[int]
) -> None:
    with rig.serve("--plug", "left"):
        receive_image(ports[0])
        with zmq.Context() as context, context.socket(zmq.PUSH) as push:
            push.connect(f"tcp://localhost:{ports[1]}")
            push.send(b'{"DRAW_BOX": {"TOP_LEFT": [1, 2]}}')
        wait_for(lambda: "malformed" in "".join(texts(rig)), "the malformed message to be told")
        told = texts(rig, "--camera", "left")
        assert any("client connected" in text for text in told)
        assert any("client disconnected" in text for text in told)
        warnings = events(rig, "--level", "warning")
        (malformed,) = (event for event in warnings if event["kind"] == "message")
        assert malformed["camera"] == "left-simulated"
        assert malformed["name"] == "left"
        assert "BOTTOM_RIGHT" in malformed["text"], "the reason is told"


def test_people_get_a_line_each_with_the_hosts_local_time(rig: RigOnDisk, ports: list[int]) -> None:
    rig.environment["TZ"] = "NPT-5:45"  # Kathmandu's, also where no time zones are installed
    with rig.serve("--plug", "left"):
        lines = rig.run("events").stdout.splitlines()
        (line,) = (line for line in lines if "publishes at" in line)
        told = re.fullmatch(
            rf"(\S{{23}})  info     left   publishes at tcp://localhost:{ports[0]}, .*", line
        )
        assert told, line
        (event,) = (each for each in events(rig) if "publishes at" in each["text"])
        local = datetime.fromisoformat(f"{told[1]}+05:45")
        assert abs(local.timestamp() - event["time"] / 1e9) < 0.002


def test_events_can_be_asked_for_by_time_and_camera(rig: RigOnDisk) -> None:
    with rig.serve("--plug-all"):
        # In this order: more may happen between the two questions.
        assert set(texts(rig)) <= set(texts(rig, "--since", "1h"))
        assert texts(rig, "--since", "2099-01-31") == []
        cameras = {event["camera"] for event in events(rig, "--camera", "right-simulated")}
        assert cameras == {"right-simulated"}
        wrong = rig.run_here("events", "--camera", "rihgt")
        assert wrong.returncode == 1
        assert wrong.stderr == "pmv-tui: there is no camera 'rihgt'; there are: left, right\n"
    for when in ("yesterday", "5x", "13:99", "9999999d"):
        wrong = rig.run_here("events", "--since", when)
        assert wrong.returncode == 2
        assert "10m (ago; s, m, h or d)" in wrong.stderr


def test_followed_events_come_as_they_happen_until_ctrl_c(rig: RigOnDisk) -> None:
    with rig.serve(), following(rig, "--json") as follower:
        rig.run_here("plug", "left")
        event = json.loads(read_until(follower, "publishes at"))
        assert event["name"] == "left"
        rig.run_here("set", "left", "name=nose")
        rig.run_here("unplug", "nose")
        assert json.loads(read_until(follower, "unplugged"))["name"] == "nose"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(DEADLINE) == 0
        assert follower.stderr is not None
        assert follower.stderr.read() == ""


@pytest.mark.parametrize(
    ("ends", "told"),
    [(signal.SIGKILL, "has died"), (signal.SIGTERM, "was stopped: SIGTERM received")],
)
def test_a_follower_says_how_the_engine_ended(
    rig: RigOnDisk, ends: signal.Signals, told: str
) -> None:
    with rig.serve() as engine, following(rig) as follower:
        read_until(follower, "started")
        engine.send_signal(ends)
        assert follower.wait(DEADLINE) == 1
        assert follower.stderr is not None
        assert f"pmv-tui: the engine {told}; its log: " in follower.stderr.read()


def test_a_follower_does_not_take_the_next_engine_for_the_one_that_ended(rig: RigOnDisk) -> None:
    with following_a_stopped_follower(rig) as follower:
        follower.send_signal(signal.SIGCONT)
        assert follower.wait(DEADLINE) == 1
        assert follower.stderr is not None
        assert "the engine was followed by another; its log: " in follower.stderr.read()


@contextmanager
def following_a_stopped_follower(rig: RigOnDisk) -> Iterator["subprocess.Popen[str]"]:
    """Freeze a follower, and meanwhile end its engine and start another."""
    with rig.serve() as first, following(rig) as follower:
        read_until(follower, "started")
        follower.send_signal(signal.SIGSTOP)
        first.send_signal(signal.SIGTERM)
        assert first.wait(DEADLINE) == 0
        with rig.serve():
            yield follower


def test_a_follower_whose_reader_is_gone_ends_though_nothing_happens(rig: RigOnDisk) -> None:
    with rig.serve(), following(rig) as follower:
        read_until(follower, "started")
        assert follower.stdout is not None
        follower.stdout.close()
        assert follower.wait(DEADLINE) == 0
        assert follower.stderr is not None
        assert follower.stderr.read() == ""
        follower.stdout = None


def test_a_client_that_sends_nothing_but_nonsense_gets_a_few_lines(
    rig: RigOnDisk, ports: list[int]
) -> None:
    with rig.serve("--plug", "left"):
        with zmq.Context() as context, context.socket(zmq.PUSH) as push:
            push.connect(f"tcp://localhost:{ports[1]}")
            for _ in range(1000):
                push.send(b"no map")
            wait_for(lambda: rig.camera("left")["malformed"] == 1000, "the messages to be read")
        wait_for(lambda: "malformed" in "".join(texts(rig)), "them to be told")
        assert sum("malformed" in text for text in texts(rig)) < 10

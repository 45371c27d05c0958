"""Clients that send more than can be read, or what no client should: the engine goes on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import zmq

from tests.faults.stranger import stranger
from tests.support import RigOnDisk, free_ports, simulated, wait_for

BOX = {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [300, 400]}

MESSAGE_BYTES = 200_000_000
"""A message so long that memory which holds it cannot be mistaken for anything else."""

FLOOD = """
import sys, zmq
kind, address, message = sys.argv[1:]
socket = zmq.Context().socket(getattr(zmq, kind))
socket.sndhwm = 0 if kind == "XSUB" else 1000
socket.connect(address)
print("connected", flush=True)
count = 0
while True:
    count += 1
    socket.send(message.encode() if kind == "PUSH" else b"\\x01%d" % count)
"""


@contextmanager
def flooding(kind: str, port: int, message: str = "") -> Iterator[int]:
    """Send from another process as fast as it goes, killed at the block's end; gives its pid."""
    command = [sys.executable, "-c", FLOOD, kind, f"tcp://localhost:{port}", message]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"connected\n"
        try:
            yield process.pid
        finally:
            process.kill()


def wait_for_frames(rig: RigOnDisk, count: int) -> None:
    """Let a camera make so many more frames: the engine's own measure of time."""
    before = rig.camera("left")["captured"]
    wait_for(lambda: rig.camera("left")["captured"] > before + count, f"{count} more frames")


@contextmanager
def connected(kind: int, port: int) -> Iterator["zmq.Socket[bytes]"]:
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(kind) as socket:
        socket.linger = 0
        socket.connect(f"tcp://localhost:{port}")
        yield socket


def test_a_client_killed_while_its_messages_wait_leaves_the_engine_running(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config("[socket_config]\npull_rate = 0.3\n" + simulated("left", pub, pull))
    with rig.serve("--plug-all") as engine:
        for kind, port in (("PUSH", pull), ("XSUB", pub)):
            with flooding(kind, port):
                wait_for_frames(rig, 30)
            # With heartbeats on, the next one, within a second, would end the process.
            wait_for_frames(rig, 90)
        assert engine.poll() is None
        # Who asked meanwhile is not taken for the one that makes the process grow.
        assert rig.status()["engine"]["refused"] == 0


def test_a_flood_of_large_messages_costs_little_time_and_the_newest_is_drawn(
    rig: RigOnDisk,
) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull, fps=30))
    with rig.serve("--plug-all") as engine, flooding("PUSH", pull, json.dumps([BOX] * 1000)):
        rig.wait_for_search()
        wait_for(lambda: rig.camera("left")["malformed"] > 0, "the flood to arrive")
        process = psutil.Process(engine.pid)
        process.cpu_percent()
        wait_for_frames(rig, 60)
        assert process.cpu_percent() < 60
        status = rig.camera("left")
        assert "come faster than they can be read" in status["remark"]
        with connected(zmq.PUSH, pull) as socket:
            socket.send_json({"DRAW_BOX": BOX})
            wait_for(lambda: rig.camera("left")["messages"] == 1, "a box amid the flood")


def test_a_message_of_very_many_parts_is_refused_and_the_next_one_is_read(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug-all"), connected(zmq.PUSH, pull) as socket:
        socket.send_multipart([b""] * 100_000)
        socket.send_json({"DRAW_BOX": BOX})
        wait_for(lambda: rig.camera("left")["messages"] == 1, "the box")
        assert rig.camera("left")["malformed"] == 1
        assert "100000 parts" in rig.camera("left")["malformed_reason"]


def test_who_finishes_no_message_is_cut_and_named_and_a_fast_sender_of_boxes_is_not(
    rig: RigOnDisk,
) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug-all"), flooding("PUSH", pull, json.dumps({"DRAW_BOX": BOX})) as fast:
        with stranger("unfinished", 1, 0, pull, "PUSH") as endless:
            wait_for(lambda: endless.poll() is not None, "it to be cut")
        wait_for(lambda: rig.camera("left")["refused"], "the cut to be counted")
        status = rig.camera("left")
        assert status["refused"] == 1
        assert f"(pid {endless.pid})" in status["refused_reason"]
        assert f"(pid {fast})" not in rig.run_here("events").stdout
        wait_for(
            lambda: (
                f"(pid {endless.pid}) sent" in rig.run_here("events", "--level", "warning").stdout
            ),
            "the log to name it",
        )


def test_what_is_far_too_long_is_not_read_into_memory(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug-all") as engine:
        process = psutil.Process(engine.pid)
        rig.wait_for_search()
        wait_for_frames(rig, 60)
        before = process.memory_info().rss
        for boxes, (kind, port) in enumerate(((zmq.PUSH, pull), (zmq.XSUB, pub)), start=1):
            with connected(kind, port) as socket:
                socket.send(bytes(MESSAGE_BYTES))
                wait_for_frames(rig, 60)
                assert process.memory_info().rss < before + MESSAGE_BYTES / 4
                with connected(zmq.PUSH, pull) as other:
                    other.send_json({"DRAW_BOX": BOX})
                    wait_for(partial(has_messages, rig, boxes), "the box of another client")


def has_messages(rig: RigOnDisk, count: int) -> bool:
    return bool(rig.camera("left")["messages"] == count)

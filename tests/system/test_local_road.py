"""Scripts on the rig read images in shared memory, and nothing that they do costs anybody else."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest
import zmq

from pmv_tui.client import Frame, NoLocalRoad, boxes, stream, subscribe, subscribe_all
from pmv_tui.client.local import LocalStream, places
from pmv_tui.frames.memory import endpoint
from tests.support import (
    DEADLINE,
    EXAMPLES,
    NUMBERED,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    simulated,
    wait_for,
)

SCRIPT = """
import json, sys, time
from pmv_tui.client import subscribe

address, newest, pause, kept = sys.argv[1], sys.argv[2] == "newest", float(sys.argv[3]), []
with subscribe(address, newest=newest, timeout=60) as frames:
    for frame in frames:
        kept = [*kept[-2:], frame]  # two images of its own choice, as scripts keep them
        shape = list(frame.image.shape)
        print(json.dumps([frame.road, frame.sequence, frame.gap, frame.skipped, shape]), flush=True)
        time.sleep(pause)
"""


class Seen(NamedTuple):
    """What a script got."""

    road: str
    sequence: int
    gap: int
    skipped: int
    shape: list[int]


class Script:
    """A script in a process of its own, that receives for as long as it lives."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def next(self) -> Seen:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=DEADLINE)[1]
        return Seen(*json.loads(line))

    def until(self, road: str) -> Seen:
        """Read until an image comes by a road."""
        while (seen := self.next()).road != road:
            pass
        return seen


@contextmanager
def script(pub: int, *, newest: bool = True, pause: float = 0) -> Iterator[Script]:
    mode = "newest" if newest else "every"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, f"tcp://localhost:{pub}", mode, str(pause)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Script(process)
        finally:
            process.kill()


class Rig(NamedTuple):
    """A rig whose engine runs, with one plugged camera."""

    disk: RigOnDisk
    engine: "subprocess.Popen[str]"
    pub: int

    @property
    def address(self) -> str:
        return f"tcp://localhost:{self.pub}"

    def wait_for_local(self, count: int) -> None:
        wait_for(
            lambda: self.disk.camera("left")["local_clients"] == count, f"{count} local clients"
        )

    def go_on(self, frames: int = 20) -> None:
        """See that the camera captures and publishes."""
        before = self.disk.camera("left")["captured"]
        wait_for(
            lambda: self.disk.camera("left")["captured"] > before + frames, f"{frames} more frames"
        )


@pytest.fixture(scope="module")
def running() -> Iterator[Rig]:
    with rig_on_disk() as disk:
        pub, pull = free_ports(2)
        disk.write_config(NUMBERED + simulated("left", pub, pull, more="width=320\nheight=240"))
        with disk.serve("--plug-all") as engine:
            yield Rig(disk, engine, pub)


def test_a_script_on_the_rig_takes_the_local_road_and_sees_what_the_documented_one_carries(
    running: Rig,
) -> None:
    with (
        subscribe(running.address, newest=False, timeout=DEADLINE) as local,
        subscribe(running.address, newest=False, timeout=DEADLINE, road="tcp") as tcp,
    ):
        by_tcp = {}
        for _ in range(20):
            frame = next(tcp)
            by_tcp[frame.sequence] = frame
        by_memory: dict[int | None, Frame] = {}
        while len(by_tcp.keys() & by_memory.keys()) < 10:
            frame = next(local)
            by_memory[frame.sequence] = frame
    assert {frame.road for frame in by_memory.values()} == {"local"}
    assert {frame.road for frame in by_tcp.values()} == {"tcp"}
    for sequence in by_tcp.keys() & by_memory.keys():
        ours, theirs = by_memory[sequence], by_tcp[sequence]
        np.testing.assert_array_equal(ours.image, theirs.image)
        for what in ("unique_id", "timestamp", "device_timestamp", "pixel_format"):
            assert getattr(ours, what) == getattr(theirs, what)


def test_local_clients_are_counted_and_listed_with_the_others(running: Rig) -> None:
    with (
        script(running.pub) as reader,
        subscribe(running.address, timeout=DEADLINE, road="tcp") as tcp,
    ):
        reader.until("local")
        next(tcp)
        running.wait_for_local(1)
        wait_for(lambda: running.disk.camera("left")["clients"] == 2, "both to be counted")
        listed = {each["road"]: each for each in running.disk.camera("left")["client_list"]}
        assert listed["local"]["pid"] == reader.process.pid
        assert listed["tcp"]["address"] != listed["local"]["address"]


def test_an_image_stays_as_it_is_for_as_long_as_a_script_has_a_part_of_it(running: Rig) -> None:
    parts = []
    with subscribe(running.address, timeout=DEADLINE, road="local") as frames:
        for frame in frames:
            parts.append((frame.image[::2, 5:], frame.image.copy()))
            if len(parts) == 12:
                break
    del frame, frames
    running.go_on()
    for part, copy in parts:
        np.testing.assert_array_equal(part, copy[::2, 5:])


def test_every_image_is_had_by_a_script_that_pauses(running: Rig) -> None:
    seen = []
    with subscribe(running.address, newest=False, timeout=DEADLINE, road="local") as frames:
        seen.append(next(frames))
        running.go_on(60)
        seen += [next(frames) for _ in range(60)]
    assert {frame.gap for frame in seen} == {0}
    assert all(b.sequence == (a.sequence or 0) + 1 for a, b in pairwise(seen))


def test_the_newest_image_is_had_after_a_pause_whatever_was_sent_meanwhile(running: Rig) -> None:
    with subscribe(running.address, timeout=DEADLINE, road="local") as frames:
        first = next(frames)
        running.go_on(600)  # more than packets that may wait
        before = running.disk.camera("left")["captured"]
        frame = next(frames)
    assert (frame.sequence or 0) >= before - 2
    assert frame.skipped + (frame.gap or 0) == (frame.sequence or 0) - (first.sequence or 0) - 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=lambda one: one.name)
def test_a_script_that_is_killed_or_stopped_costs_nobody_anything(
    running: Rig, number: signal.Signals
) -> None:
    with script(running.pub, newest=False) as hurt, script(running.pub) as other:
        hurt.until("local")
        other.until("local")
        running.wait_for_local(2)
        hurt.process.send_signal(number)
        for _ in range(30):
            other.next()
        if number == signal.SIGSTOP:
            hurt.process.send_signal(signal.SIGCONT)
            hurt.next()
        else:
            running.wait_for_local(1)
    running.wait_for_local(0)


FORKING = """
import os, sys
from pmv_tui.client import subscribe

frames = subscribe(sys.argv[1], timeout=60, road="local")
frame = next(frames)
copy = frame.image.copy()
child = os.fork()
if not child:
    try:
        next(frames)
    except RuntimeError as error:
        print(error, flush=True)
    del frame  # the parent's claim is not the child's to end
    sys.stdin.readline()
    os._exit(0)
for _ in range(30):
    next(frames)
print((frame.image == copy).all(), flush=True)
os._exit(0)  # in whatever way: the child lives on
"""


def test_a_fork_neither_ends_its_parents_claims_nor_holds_them_when_the_parent_has_gone(
    running: Rig,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FORKING, running.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        said = {parent.stdout.readline(), parent.stdout.readline()}
        assert any("before this one was forked" in line for line in said)
        assert "True\n" in said
        assert parent.wait(DEADLINE) == 0
        running.wait_for_local(0)


def test_scripts_that_come_and_go_leave_nothing_behind(running: Rig) -> None:
    engine = psutil.Process(running.engine.pid)

    def come_and_go(times: int) -> None:
        for _ in range(times):
            LocalStream([f"127.0.0.1:{running.pub}"], newest=True).close()

    come_and_go(20)
    running.wait_for_local(0)
    files, threads = engine.num_fds(), engine.num_threads()
    come_and_go(200)
    running.wait_for_local(0)
    wait_for(
        lambda: engine.num_fds() <= files and engine.num_threads() <= threads,
        "the engine to be as it was",
    )
    running.go_on()


def test_a_script_goes_on_when_its_camera_is_plugged_again_and_when_its_images_grow(
    running: Rig,
) -> None:
    disk = running.disk
    with script(running.pub, newest=False) as reader:
        first = reader.until("local")
        assert first.shape == [240, 320]
        assert disk.ask("unplug", camera="left")["ok"]
        wait_for(lambda: not disk.camera("left")["plugged"], "the camera to be unplugged")
        assert disk.ask("plug", camera="left")["ok"]
        while (seen := reader.next()).sequence < disk.camera("left")["captured"]:
            pass
        reader.until("local")
        for size in ({"width": 800, "height": 600}, {"width": 320, "height": 240}):
            assert disk.ask("set", camera="left", changes=size)["ok"]
            shape = [size["height"], size["width"]]
            while (seen := reader.next()).shape != shape:
                pass
            assert seen.road == "local"


HOARDING = """
import sys, time
from pmv_tui.client import subscribe

kept = []
for frame in subscribe(sys.argv[1], road="local", timeout=60):
    kept.append(frame)
    if len(kept) == 20:
        print(len(kept), flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("newest", [True, False])
def test_a_subscription_that_was_closed_is_gone_though_its_script_keeps_images(
    running: Rig, *, newest: bool
) -> None:
    with subscribe(running.address, newest=newest, timeout=DEADLINE, road="local") as frames:
        kept = [next(frames) for _ in range(3)]
    running.wait_for_local(0)
    assert running.disk.camera("left")["client_list"] == []
    copies = [frame.image.copy() for frame in kept]
    running.go_on()
    for frame, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(frame.image, copy)


def test_a_script_that_insists_waits_for_its_camera_to_be_plugged_again(running: Rig) -> None:
    with subscribe(running.address, timeout=DEADLINE, road="local") as frames:
        for _ in range(5):
            first = next(frames)
            assert running.disk.ask("unplug", camera="left")["ok"]
            assert running.disk.ask("plug", camera="left")["ok"]
            assert (next(frames).sequence or 0) > (first.sequence or 0)


def test_frames_are_counted_across_a_replug_whatever_road_comes_first(running: Rig) -> None:
    with subscribe(running.address, newest=False, timeout=DEADLINE) as frames:
        before = next(frames)
        assert running.disk.ask("unplug", camera="left")["ok"]
        assert running.disk.ask("plug", camera="left")["ok"]
        seen = [next(frames) for _ in range(30)]
    passed = sum((frame.gap or 0) + 1 for frame in seen)
    assert seen[-1].sequence == (before.sequence or 0) + passed


def test_who_keeps_images_is_listed_with_how_many(running: Rig) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOARDING, running.address], stdout=subprocess.PIPE, text=True
    ) as hoarder:
        assert hoarder.stdout is not None
        assert hoarder.stdout.readline() == "20\n"

        def says_so() -> bool:
            (client,) = running.disk.camera("left")["client_list"]
            return client["holds"] == 7 and ", holds 7 images" in client["text"]

        wait_for(says_so, "the list to say what it holds")
        hoarder.kill()


def test_the_example_in_c_reads_what_the_page_describes(running: Rig, tmp_path: Path) -> None:
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")
    program = tmp_path / "local_road"
    source = EXAMPLES / "local_road.c"
    subprocess.run([compiler, "-O2", "-Wall", "-Werror", "-o", program, source], check=True)
    with subprocess.Popen(
        [program, f"127.0.0.1:{running.pub}"], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        lines = [reader.stdout.readline() for _ in range(10)]
        running.wait_for_local(1)
        reader.kill()
    assert all("320x240 Mono8" in line for line in lines), lines
    numbers = [int(line.partition(":")[0]) for line in lines]
    assert numbers == sorted(set(numbers))


def test_a_script_that_may_open_no_more_files_says_so_and_goes_on_when_it_may(
    running: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes its tcp connection, and with it all that it has where there is no local road."""
    with subscribe(running.address, timeout=DEADLINE) as frames:
        assert next(frames).road == "local"
        monkeypatch.setattr(stream, "LocalStream", _fails_with(NoLocalRoad("none")))
        with monkeypatch.context() as full:
            full.setattr(stream, "Connection", _fails_with(zmq.ZMQError(errno.EMFILE)))
            assert running.disk.ask("unplug", camera="left")["ok"]
            assert running.disk.ask("plug", camera="left")["ok"]
            with pytest.raises(zmq.ZMQError, match="Too many open files"):
                deque(frames, 0)
        assert next(frames).road == "tcp"


def _fails_with(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_paired_cameras_come_by_the_local_road(running: Rig) -> None:
    both = {"one": running.address, "two": running.address}
    with subscribe_all(both, timeout=DEADLINE) as pairs:
        for _ in range(10):
            pair = next(pairs)
            assert pair["one"].timestamp == pair["two"].timestamp
        assert {frame.road for frame in next(pairs).values()} == {"local"}


def test_at_an_ipc_address_both_roads_are_there_and_both_kinds_of_clients_listed(
    running: Rig,
) -> None:
    before = running.disk.camera("left")
    pub, pull = (f"ipc://{running.disk.folder}/{name}" for name in ("images", "boxes"))
    with subscribe(pub, timeout=DEADLINE) as early:  # waits for the camera to come
        assert running.disk.ask("addresses", camera="left", pub=pub, pull=pull)["ok"]
        while next(early).road != "local":
            pass
        with (
            subscribe(pub, timeout=DEADLINE, newest=False, road="ipc") as socket_alone,
            boxes(pull) as marks,
        ):
            assert [next(socket_alone).road for _ in range(5)] == ["ipc"] * 5
            wait_for(lambda: marks.send(((1, 2), (30, 40))), "the box to be sent")
            wait_for(lambda: running.disk.camera("left")["box"], "the box to be drawn")

            def named() -> dict[str, dict[str, Any]]:
                clients = running.disk.camera("left")["client_list"]
                mine = {each["road"]: each for each in clients if each["pid"] == os.getpid()}
                return mine if mine.keys() == {"ipc", "local"} else {}

            listed = wait_for(named, "both clients to be named")
            assert listed["ipc"]["state"] == "not known"
            assert listed["ipc"]["missed"] is None
    with pytest.raises(ValueError, match='road must be "ipc"'):
        subscribe(pub, road="tcp")
    addresses = {"pub": before["pub_address"], "pull": before["pull_address"]}
    assert running.disk.ask("addresses", camera="left", **addresses)["ok"]


def test_where_there_is_no_local_road_a_script_that_insists_is_given_the_reason(
    running: Rig,
) -> None:
    with pytest.raises(NoLocalRoad, match="not known to be this machine"):
        subscribe("tcp://rig-pc:5555", road="local")
    with pytest.raises(NoLocalRoad, match="not known to be this machine"):
        places("tcp://192.0.2.7:5555")
    with pytest.raises(ValueError, match="road must be"):
        subscribe(running.address, road="wire")  # type: ignore[arg-type]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_gets_no_images_in_shared_memory_and_cannot_offer_any(
    running: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = f"""
import socket
link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
link.settimeout(60)
link.connect({endpoint(f"127.0.0.1:{running.pub}")!r})
print(link.recvmsg(1024, 64))
"""
    other = ["setpriv", "--reuid=54321", "--clear-groups", "/usr/bin/env", "python3", "-c"]
    answer = subprocess.run([*other, asking], capture_output=True, text=True, check=False)
    assert "runs as another user" in answer.stdout, answer.stderr
    (port,) = free_ports(1)
    offering = f"""
import socket, time
link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
link.bind({endpoint(f"127.0.0.1:{port}")!r})
link.listen()
print("offers", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([*other, offering], stdout=subprocess.PIPE, text=True) as impostor:
        assert impostor.stdout is not None
        assert impostor.stdout.readline() == "offers\n"
        with pytest.raises(NoLocalRoad, match="served by another user"):
            LocalStream([f"127.0.0.1:{port}"], newest=True)
        assert looks_in_a_minute(f"tcp://localhost:{port}", monkeypatch) < 20
        impostor.kill()


def looks_in_a_minute(address: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count how often a script looks for the local road, on a clock of the test's own."""
    looks: list[float] = []
    now = [time.monotonic()]

    def look(names: list[str], *, newest: bool) -> LocalStream:
        looks.append(now[0])
        return LocalStream(names, newest=newest)

    monkeypatch.setattr(stream, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(stream, "LocalStream", look)
    with closing(stream.Stream(address, newest=True, queue=1, key=None, road=None)) as script:
        while now[0] < looks[0] + 60:
            now[0] += stream.FIRST_RETRY
            script.look_for_local()
    return len(looks)


def test_a_name_that_is_taken_is_reported_and_scripts_get_their_images_by_tcp(
    rig: RigOnDisk,
) -> None:
    pub, pull = free_ports(2)
    rig.write_config(NUMBERED + simulated("left", pub, pull))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as squatter:
        squatter.bind(endpoint(f"127.0.0.1:{pub}"))
        with (
            rig.serve("--plug-all"),
            subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE) as frames,
        ):
            rig.says("another program has taken the name")
            assert next(frames).road == "tcp"
            with pytest.raises(NoLocalRoad, match="nobody serves images in shared memory"):
                subscribe(f"tcp://localhost:{pub}", road="local")


def test_a_script_goes_on_with_the_next_engine_by_the_local_road_and_with_another_rigs(
    rig: RigOnDisk,
) -> None:
    pub, pull = free_ports(2)
    rig.write_config(NUMBERED + simulated("left", pub, pull, more="width=320\nheight=240"))
    with script(pub, newest=False) as reader, rig_on_disk() as other:
        for _ in range(2):
            with rig.serve("--plug-all") as engine:
                assert reader.until("local").shape == [240, 320]
                engine.kill()
                engine.wait()
        other.write_config(NUMBERED + simulated("right", pub, pull, more="width=96\nheight=72"))
        with other.serve("--plug-all"):
            while reader.until("local").shape != [72, 96]:
                pass
            seen = [reader.next() for _ in range(10)]
    assert all(each.road == "local" and each.shape == [72, 96] for each in seen)
    assert all(b.sequence == a.sequence + b.gap + 1 for a, b in pairwise(seen))

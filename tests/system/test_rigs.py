"""Commands on several rigs at once: real ones, on this machine and by ssh."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import cv2
import psutil
import pytest
import zmq

from pmv_tui.cli.grammar import without_rigs
from pmv_tui.client import boxes
from pmv_tui.wire.image import parse_image
from tests.support import (
    DEADLINE,
    RigOnDisk,
    free_ports,
    has_ended,
    shared,
    simulated,
    wait_for,
)
from tests.system.sshd import Machines, machines

LIST = """
[[rigs]]
name = "lab"
host = "lab-pc"
group = "both"

[[rigs]]
name = "desk"
host = "local"
config = "{desk}"
group = "both"

[[rigs]]
name = "gone"
host = "gone-pc"

[[rigs]]
name = "stuck"
host = "local"
command = "{python} -c 'import time; time.sleep(1000)'"

[[rigs]]
name = "rude"
host = "local"
command = "~/rude"
"""

RUDE = "#!/bin/sh\nprintf '\\033[2Jhello\\302\\233\\n'\n"


class Subscriber(AbstractContextManager["Subscriber"]):
    """A client that subscribes and reconnects, as any script does.

    Attributes
    ----------
    seen : the unique_id of each camera of which it got an image.
    """

    def __enter__(self) -> "Subscriber":
        self._context = zmq.Context[zmq.Socket[bytes]]()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.linger = 0
        self._connections = self._socket.get_monitor_socket(zmq.EVENT_CONNECTED)
        self.seen = set[str]()
        return self

    def connect(self, address: str) -> None:
        """Subscribe to all images there."""
        self._socket.connect(address)
        self._socket.subscribe(b"")

    def wait(self) -> None:
        """Wait for an image that was taken from now on."""
        now, newest = time.time_ns(), 0
        end = time.monotonic() + DEADLINE
        while newest < now:
            assert self._socket.poll(int(max(end - time.monotonic(), 0) * 1000)), "an image"
            newest = self._receive()

    def wait_until_refused(self) -> None:
        """Wait until a connection that was made from now on has been ended; none brings an image.

        It makes the next one only then.
        """
        while self._connections.poll(0):
            self._connections.recv_multipart()
        for _ in range(2):
            assert self._connections.poll(int(DEADLINE * 1000)), "a connection"
            self._connections.recv_multipart()
        while self._socket.poll(0):
            self._receive()

    def _receive(self) -> int:
        """Receive an image; return when it was taken."""
        parsed = parse_image(self._socket.recv_multipart())
        if not parsed:
            return 0
        self.seen.add(parsed[1]["unique_id"])
        taken: int = parsed[1]["timestamp"]
        return taken

    def __exit__(self, *_: object) -> None:
        self._socket.disable_monitor()
        self._connections.close()
        self._socket.close()
        self._context.term()


class Desk(RigOnDisk):
    """The rig on this machine, whose user looks after the others."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.list = folder / "config" / "pmv-tui" / "rigs.toml"
        self.list.parent.mkdir(parents=True)

    def on(self, rigs: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on rigs, which stand with commas between them."""
        return self.run_line(*(f"--rig={each}" for each in rigs.split(",")), *words)


@pytest.fixture(scope="module")
def room() -> Iterator[Machines]:
    """A machine that one logs in to, with an engine; and one that is switched off."""
    with machines() as room:
        lab = room.add("lab-pc")
        room.name_host("gone-pc", lab, f"Port {free_ports(1)[0]}\n")
        lab.write_config(simulated("left", *free_ports(2)) + simulated("top", *free_ports(2)))
        with lab.serve():
            yield room


@pytest.fixture(scope="module")
def desk(room: Machines) -> Iterator[Desk]:
    """An engine here, and the list of all rigs."""
    folder = room.folder / "desk"
    folder.mkdir()
    desk = Desk(folder)
    desk.environment["PATH"] = room.path
    desk.write_config(simulated("left", *free_ports(2)))
    (folder / "rude").write_text(RUDE)
    (folder / "rude").chmod(0o700)
    desk.list.write_text(LIST.format(desk=desk.config_path, python=sys.executable))
    try:
        with desk.serve():
            yield desk
    finally:
        desk.end()


def test_what_each_rig_prints_stands_under_its_name(desk: Desk) -> None:
    done = desk.on("both", "status")
    assert (done.returncode, done.stderr) == (0, "")
    lab, here = done.stdout.removeprefix("[lab]\n").split("[desk]\n")
    assert str(desk.config_path) not in lab
    assert str(desk.config_path) in here
    assert [lab.count("\ntop "), here.count("\ntop ")] == [1, 0]


def test_a_rig_that_is_not_there_keeps_no_other_from_its_answer(desk: Desk) -> None:
    done = desk.on("gone,both", "plug", "left", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert list(told) == ["gone", "lab", "desk"]
    assert [each["ok"] for each in told.values()] == [False, True, True]
    assert told["gone"]["code"] is None
    assert told["gone"]["error"].startswith("unreachable: no ssh server listens there")
    assert told["lab"]["output"][0]["camera"] == "left"
    assert desk.camera("left")["plugged"]
    done = desk.on("desk,gone", "unplug", "left")
    assert done.returncode == 1
    assert done.stdout.startswith("[desk]\nleft: ")
    assert done.stderr.startswith("pmv-tui: gone: unreachable")
    assert not desk.camera("left")["plugged"]


def test_what_fails_on_a_rig_is_said_with_its_name(desk: Desk) -> None:
    done = desk.on("both", "settings", "top")
    assert done.returncode == 1
    assert "[lab]\nSETTING" in done.stdout
    assert done.stderr == "pmv-tui: desk: there is no camera 'top'; there are: left\n"


def test_what_a_rig_advises_is_for_who_asks_from_elsewhere(desk: Desk) -> None:
    idle = desk.folder / "idle.toml"
    idle.touch()
    done = desk.on(f"local:{idle},lab-pc:none.toml", "status")
    assert "pmv-tui --rig RIG where --start starts one" in done.stderr
    assert "rigs.toml or HOST:CONFIG names it" in done.stderr


def test_images_of_other_rigs_are_saved_here(desk: Desk) -> None:
    (desk.folder / "day").mkdir()
    done = desk.on("both", "snapshot", "all", "day/", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    files = [each["file"] for rig in told.values() for each in rig["output"]]
    assert sorted(Path(each) for each in files) == sorted((desk.folder / "day").iterdir())
    names = [Path(each).name.rsplit("-", 3)[0] for each in files]
    assert names == ["lab-left", "lab-top", "desk-left"]
    for each in files:
        image = cv2.imread(each, cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert image.shape == (480, 640)
    assert desk.on("both", "snapshot", "left", "x.png").returncode == 2
    done = desk.on("rude,lab", "snapshot", "nobody")
    assert "lab: there is no camera 'nobody'; there are: left, top" in done.stderr
    assert "rude: what pmv-tui status prints there is not understood" in done.stderr


def test_histories_are_one_table(desk: Desk) -> None:
    rows: list[list[str]] = []

    def both_known() -> bool:
        done = desk.on("both", "history", "left", "--csv", "--since", "1h")
        rows[:] = csv.reader(done.stdout.splitlines())
        return {row[0] for row in rows} == {"rig", "lab", "desk"}

    wait_for(both_known, "a second of both")
    assert rows[0][:3] == ["rig", "camera", "unique_id"]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_rig_that_hangs_holds_up_nobody_and_leaves_nothing(desk: Desk) -> None:
    words = ["--rig=stuck", "--rig=desk", "status"]
    with subprocess.Popen(
        [sys.executable, "-m", "pmv_tui", *words],
        env={**desk.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "[desk]\n"
        (stuck,) = psutil.Process(asking.pid).children()
        asking.send_signal(signal.SIGINT)
        assert asking.wait(DEADLINE) == 130
    wait_for(lambda: has_ended(stuck), "what ran for the rig to end")


def test_what_happens_on_several_rigs_is_followed(room: Machines, desk: Desk) -> None:
    words = ["--rig=both", "--rig=gone", "events", "--follow", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "pmv_tui", *words],
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        assert "gone: unreachable" in following.stderr.readline()
        lines = iter(following.stdout.readline, "")
        heard = set[str]()
        while heard != {"lab", "desk"}:  # each begins with what was before
            heard.add(json.loads(next(lines))["rig"])
        now = time.time_ns()
        for rig in (room["lab-pc"], desk):
            assert rig.ask("plug", camera="left")["ok"]
            assert rig.ask("unplug", camera="left")["ok"]
        heard.clear()
        while heard != {"lab", "desk"}:
            event = json.loads(next(lines))
            if event["time"] > now and event["text"] == "unplugged":
                assert event["name"] == "left"
                heard.add(event["rig"])
        following.send_signal(signal.SIGINT)
        assert following.wait(DEADLINE) == 0


def test_followed_rigs_end_with_whoever_reads_them(desk: Desk) -> None:
    line = f"{sys.executable} -m pmv_tui --rig=both events --follow | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        env=desk.environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"(lab |desk)  \d{4}-", done.stdout)


def test_what_a_rig_prints_cannot_steer_the_terminal(desk: Desk) -> None:
    done = desk.on("rude", "status")
    assert done.stdout == "[rude]\n\ufffd[2Jhello\ufffd\n"
    assert json.loads(desk.on("rude", "status", "--json").stdout)["rude"]["output"].startswith(
        "\x1b"
    )


def test_rigs_are_compared(desk: Desk) -> None:
    done = desk.run_line("rigs", "check", "both", "gone", "--json")
    assert done.returncode == 1, "one is gone"
    told = json.loads(done.stdout)
    assert told["rigs"]["gone"]["error"].startswith("unreachable")
    lab, here = (told["rigs"][name]["output"] for name in ("lab", "desk"))
    assert list(lab) == [
        *("version", "protocol", "host", "config", "pid", "clock_offset_ms"),
        *("clock_uncertainty_ms", "free_bytes", "errors", "warnings", "worst", "unanswered"),
    ]
    assert lab["pid"] != here["pid"]
    assert min(lab["free_bytes"], here["free_bytes"]) > 0
    # Both have this machine's clock.
    assert abs(lab["clock_offset_ms"]) <= lab["clock_uncertainty_ms"] + 0.001
    assert {"group": "both", "key": "cameras[top]", "values": {"lab": True, "desk": False}} in told[
        "differences"
    ]
    assert not [each for each in told["differences"] if "address" in each["key"]]


@contextmanager
def forwarding(desk: Desk, *words: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """Hold a camera's ports open for the length of a block; give what is printed."""
    with (
        (desk.folder / "forward.err").open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "pmv_tui", "forward", *words, "--json"],
            env=desk.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield process, json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()


def test_a_camera_of_another_machine_is_reached_at_ports_of_this_one(
    room: Machines, desk: Desk
) -> None:
    lab = room["lab-pc"]

    def said(text: str, times: int = 1) -> None:
        errors = desk.folder / "forward.err"
        wait_for(lambda: errors.read_text().count(text) == times, text)

    def box_arrives() -> bool:
        draw.send(((1, 2), (30, 40)))
        return bool(lab.camera("left")["messages"])

    assert lab.ask("unplug", camera="left")["ok"]
    with forwarding(desk, "lab", "left") as (process, printed), Subscriber() as images:
        assert list(printed) == ["rig", "pub_address", "pull_address"]
        said("left is not plugged: pmv-tui --rig lab plug left")
        images.connect(printed["pub_address"])
        assert lab.ask("plug", camera="left")["ok"]
        images.wait()
        with boxes(printed["pull_address"]) as draw:
            wait_for(box_arrives, "a box to arrive")
        said("left: images come again")
        for login in lab.logins():
            login.kill()
        said("left: images come again", 2)
        images.wait()
        new = [f"ipc://{lab.folder}/{name}" for name in ("pub", "pull")]
        assert lab.ask("addresses", camera="left", pub=new[0], pull=new[1])["ok"]
        said(f"left is at {new[0]} and {new[1]} there now; here, as before")
        images.wait()
        (ssh,) = (each for each in psutil.Process(process.pid).children() if each.name() == "ssh")
    wait_for(lambda: has_ended(ssh), "the connection to be closed")
    assert lab.ask("unplug", camera="left")["ok"]


def test_no_client_is_led_to_another_camera(room: Machines, desk: Desk) -> None:
    lab, one, other = room["lab-pc"], free_ports(2), free_ports(2)

    def hold(rig: RigOnDisk, config: str, camera: str = "all") -> None:
        rig.write_config(config)
        assert rig.ask("reload")["ok"]
        assert rig.ask("plug", camera=camera)["ok"]

    with (
        shared(desk),
        shared(lab),
        forwarding(desk, "lab", "left") as (_, printed),
        Subscriber() as images,
    ):
        hold(lab, simulated("left", *one) + simulated("top", *other))
        images.connect(printed["pub_address"])
        images.wait()
        hold(lab, simulated("left", *other) + simulated("top", *one))
        images.wait()
        with boxes(printed["pull_address"]) as draw:

            def box_arrives() -> bool:
                draw.send(((1, 2), (30, 40)))
                return bool(lab.camera("left")["messages"])

            wait_for(box_arrives, "a box to arrive")
        assert not lab.camera("top")["messages"]

        assert lab.run_here("stop").returncode == 0
        hold(desk, simulated("stranger", *other), "stranger")
        images.wait_until_refused()
        assert images.seen == {"left-simulated"}
        assert "Traceback" not in (desk.folder / "forward.err").read_text()
        assert lab.run("where", "--start").returncode == 0, "for the tests after this"


def test_a_camera_of_this_machine_has_its_addresses_already(desk: Desk) -> None:
    with forwarding(desk, "desk", "left") as (_, printed):
        assert printed["pub_address"] == desk.camera("left")["pub_address"]


def test_what_cannot_be_forwarded_is_said(desk: Desk) -> None:
    idle = desk.folder / "idle.toml"
    idle.touch()
    for words, code, said in (
        (["gone", "left"], 1, "gone: unreachable"),
        ([f"local:{idle}", "left"], 1, f"pmv-tui --rig local:{idle} where --start starts one"),
        (["lab", "nobody"], 1, "there is no camera 'nobody' there; there are: left, top"),
        (["both", "left"], 2, "both is several rigs: name one of lab, desk"),
        (["lab", "left", "--port", "80"], 2, "from 1024 to 65534"),
    ):
        done = desk.run_line("forward", *words)
        assert (done.returncode, done.stdout) == (code, "")
        assert said in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--rig both serve", "ssh -t HOST pmv-tui serve"),
        ("--rig both rigs", "leave --rig out"),
        ("--rig both completion bash", "leave --rig out"),
        ("--rig both --config x.toml status", "--rig HOST:CONFIG"),
        ("status --rig -x", "expected one argument"),
        ("status --rig=-x", "begins with a dash"),
        ("plug --rig both", "the following arguments are required"),
    ],
)
def test_a_wrong_command_line_is_refused_in_words(desk: Desk, words: str, said: str) -> None:
    done = desk.run_line(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    "line",
    ["--rig a plug --rig=b left", "--ri a --r b plug left", "plug left --rig a"],
)
def test_a_rig_gets_the_command_line_without_rigs(line: str) -> None:
    assert without_rigs(line.split()) == ["plug", "left"]
    assert without_rigs([*line.split(), "--", "--rig"]) == ["plug", "left", "--", "--rig"]

"""The command line, and what its commands import."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import pytest
import zmq

from pmv_tui import __version__
from pmv_tui.cli.report import probe_lines
from pmv_tui.curve import Key
from pmv_tui.probe import probe
from tests.client.publisher import NO_IMAGES
from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for


def imported_by(*arguments: str) -> set[str]:
    """Run a command in a new interpreter; give the top-level packages it imported."""
    code = (
        "import sys\nfrom pmv_tui.cli import main\n"
        f"try:\n main({list(arguments)!r})\nexcept SystemExit:\n pass\n"
        "print('imported:', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    return set(done.stdout.partition("imported:")[2].split())


def test_asking_the_engine_needs_neither_textual_nor_an_sdk(rig: RigOnDisk) -> None:
    rig.write_config("")
    imported = imported_by("status", "--config", str(rig.config_path))
    assert not imported & {"textual", "pydantic", "cv2", "pypylon"}


def test_version_and_help_go_to_stdout(rig: RigOnDisk) -> None:
    rig.write_config("")
    assert rig.run("--version").stdout == f"pmv-tui {__version__}\n"
    text = rig.run("--help").stdout
    assert "Exit codes: 0 done" in text
    for command in ("serve", "status", "plug", "unplug", "cameras", "check", "probe"):
        assert command in text


def test_a_probe_of_what_is_no_camera_ends_in_time(rig: RigOnDisk) -> None:
    rig.write_config("")
    port = free_ports(1)[0]
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUB) as other:
        other.bind(f"tcp://127.0.0.1:{port}")
        with subprocess.Popen(
            rig.command("probe", f"tcp://localhost:{port}", "--seconds=1", "--json"),
            env=rig.environment,
            stdout=subprocess.PIPE,
        ) as probe:

            def ended_meanwhile() -> bool:
                other.send(b"hello")
                for parts in NO_IMAGES:
                    other.send_multipart(parts)
                return probe.poll() is not None

            wait_for(ended_meanwhile, "the probe to end")
            assert probe.stdout is not None
            report = json.load(probe.stdout)
    assert probe.returncode == 1
    (said,) = probe_lines(report)
    assert re.match(r"\d+ messages arrived, but no image: is the address a camera's", said)
    assert report["images"] == 0
    assert report["other_messages"] > len(NO_IMAGES)


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize(
    ("words", "said"), [(b"", "is closed before a camera answers"), (b"SSH-2.0", "is no camera")]
)
def test_a_probe_blames_a_missing_camera_on_no_key(
    words: bytes, said: str, *, with_key: bool
) -> None:
    key = Key(*zmq.curve_keypair(), zmq.curve_keypair()[0]) if with_key else None
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:

        def answer() -> None:
            with suppress(OSError):  # the end
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        peer.sendall(words)

        answering = pool.submit(answer)
        report = probe(f"tcp://127.0.0.1:{listener.getsockname()[1]}", 0.5, key)
        listener.shutdown(socket.SHUT_RDWR)
        answering.result(DEADLINE)
    assert report["refused"] == ""
    assert said in probe_lines(report)[0]


@pytest.mark.parametrize("command", ["config path", "check", "--help"])
def test_a_reader_that_goes_away_is_no_failure(rig: RigOnDisk, command: str) -> None:
    rig.write_config("")
    line = shlex.join([sys.executable, "-m", "pmv_tui", *command.split()])
    done = subprocess.run(
        ["bash", "-c", f"{line} | true; exit ${{PIPESTATUS[0]}}"],
        env={key: value for key, value in rig.environment.items() if key != "PYTHONUNBUFFERED"},
        cwd=rig.folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_commands_take_several_names_and_all(rig: RigOnDisk) -> None:
    ports = free_ports(6)
    names = ("left", "right", "top")
    rig.write_config("".join(simulated(name, ports.pop(), ports.pop()) for name in names))

    def plugged() -> set[str]:
        return {each["name"] for each in rig.status()["cameras"] if each["plugged"]}

    with rig.serve():
        done = rig.run_here("plug", "left", "top-simulated", "left")
        assert done.stdout.count("publishes at") == 2, "each once"
        assert plugged() == {"left", "top"}
        refused = rig.run_here("unplug", "left", "nobody", "top")
        assert refused.returncode == 1
        assert "no camera 'nobody'" in refused.stderr
        assert plugged() == {"left", "top"}, "where a name is unknown, nothing is done"

        for words, gains in ((["left", "top", "gain=3"], [3, 0, 3]), (["all", "gain=6"], [6] * 3)):
            done = rig.run_here("set", *words, "--json")
            changed = json.loads(done.stdout)
            assert [one["settings"][0]["actual"] for one in changed] == [
                one for one in gains if one
            ]
            read = (json.loads(rig.run_here("settings", name, "--json").stdout) for name in names)
            now = [{each["name"]: each["actual"] for each in one["settings"]} for one in read]
            assert [one["gain"] for one in now] == gains
        assert rig.config_path.read_text().count("gain = 6") == 3
        (one,) = json.loads(rig.run_here("set", "left", "gain=1", "--json").stdout)
        assert one["actual"] == 1
        for words in (["all", "name=x"], ["left", "right", "name=x"]):
            assert "cannot share a name" in rig.run_here("set", *words).stderr
        assert rig.run_here("set", "left", "right").returncode == 2

        for words in (["gain=3"], ["gain=3", "fps=30"]):
            done = rig.run_here("set", *words)
            assert done.returncode == 2
            assert "no camera is named before gain=3" in done.stderr
            assert "there are: left, right, top" in done.stderr
        done = rig.run_here("set", "left", "name=right")
        assert done.returncode == 1
        assert "right-simulated is called right; choose another name" in done.stdout
        done = rig.run_here("set", "left", "roi=1,2,30,40")
        assert "roi = [1, 2, 30, 40] (" not in done.stdout
        assert "saved to config.toml; roi has no effect: this camera has none" in done.stdout

        other = rig.folder / "other.toml"
        other.touch()
        done = rig.run_here("status", "--config", str(other))
        assert f"no engine runs for {other}" in done.stderr
        assert "pmv-tui engines shows for which config" in done.stderr


def test_a_path_that_can_be_no_config_is_reported_to_be_that(rig: RigOnDisk) -> None:
    link = rig.folder / "round"
    link.symlink_to(link)
    assert (
        "its links lead round in a circle" in rig.run_here("status", "--config", str(link)).stderr
    )
    assert "which is a folder" in rig.run_here("status", "--config", str(rig.folder)).stderr


def test_the_config_may_be_named_before_the_command_or_after_it(rig: RigOnDisk) -> None:
    rig.write_config("")
    bare, named = [sys.executable, "-m", "pmv_tui"], ["--config", str(rig.config_path)]
    for command in ([*bare, *named, "config", "path"], [*bare, "config", "path", *named]):
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
        assert done.stdout == f"{rig.config_path}\n"


def test_a_camera_that_is_not_listed_is_added_to_the_config_once(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    rig.search_with("basler")
    rig.environment["PYLON_CAMEMU"] = "1"
    with rig.serve():
        (found,) = (
            camera for camera in rescanned(rig)["cameras"] if camera["unique_id"].endswith("basler")
        )
        assert not found["listed"]
        wait_for(lambda: rig.camera(found["name"])["captured"], "an image")
        changes = ("exposure_time=4000", "gain=6", "fps=20")
        tried = rig.run_here("try", found["name"], *changes, "--json")
        assert tried.returncode == 0, tried.stdout
        made = {each["name"]: each["actual"] for each in json.loads(tried.stdout)}
        assert made == pytest.approx({"fps": 20, "exposure_time": 4000, "gain": 6}, rel=0.02)
        assert rig.run_here("discard", found["name"]).returncode == 0
        done = rig.run_here("add", found["name"])
        assert (done.returncode, done.stderr) == (0, "")
        assert f'unique_id = "{found["unique_id"]}"' in rig.config_path.read_text()
        assert rig.camera(found["name"])["listed"]
        written = rig.config_path.read_bytes()
        again = rig.run_here("add", found["name"])
        assert again.returncode == 0
        assert "is in config.toml already" in again.stdout
        assert rig.config_path.read_bytes() == written


def test_a_camera_that_is_not_listed_can_be_left_to_others(rig: RigOnDisk) -> None:
    rig.write_config("[engine]\nopen_unlisted = false\n" + simulated("left", *free_ports(2)))
    rig.search_with("basler")
    rig.environment["PYLON_CAMEMU"] = "1"
    with rig.serve():
        for _ in range(2):
            cameras = [camera["name"] for camera in rescanned(rig)["cameras"]]
            assert cameras == ["left"]
        events = rig.run_here("events").stdout
        assert events.count("not in the config, and so not opened (0815-0000-basler)") == 1


def rescanned(rig: RigOnDisk) -> dict[str, Any]:
    """Search for cameras to the end, and give what the rig has then."""
    done = rig.run_here("rescan", "--json")
    assert done.returncode == 0, done.stderr
    assert {"simulated", "opencv", "basler"} <= {
        backend["name"] for backend in json.loads(done.stdout)["backends"]
    }
    return rig.status()


def test_status_has_room_in_80_columns(rig: RigOnDisk) -> None:
    ports = free_ports(4)
    rig.write_config(simulated("left", *ports[:2]) + simulated("right", *ports[2:]))
    with rig.serve("--plug", "left"):
        _, title, left, right = rig.run_here("status").stdout.splitlines()
        assert title.split() == ["NAME", "STATE", "FPS", "PLUG", "CLIENTS", "DROPS", "PUB,", "PULL"]
        assert "  plugged " in left
        assert "unplugged" in right
        assert max(len(left), len(right)) <= 80


def test_ctrl_c_ends_a_command_without_a_traceback(rig: RigOnDisk) -> None:
    rig.write_config("")
    with rig.serve() as engine:
        engine.send_signal(signal.SIGSTOP)
        try:
            command = subprocess.Popen(
                rig.command("status"), env=rig.environment, stderr=subprocess.PIPE, text=True
            )
            # It asks, which the frozen engine does not answer: a connection to its socket is open.
            wait_for(lambda: connected(command.pid), "the command to ask")
            command.send_signal(signal.SIGINT)
            _, said = command.communicate(timeout=DEADLINE)
        finally:
            engine.send_signal(signal.SIGCONT)
        assert (command.returncode, said) == (130, "")


def connected(pid: int) -> bool:
    """Return whether a process has a unix socket open."""
    try:
        return bool(psutil.Process(pid).net_connections("unix"))
    except psutil.NoSuchProcess:
        return False


SIGNALLED = """
import os, signal, sys
from pmv_tui.cli import main
from pmv_tui.system import OF_NO_USE

class Signals:
    def find_spec(self, name, *_):
        if name == "pmv_tui.engine.process":
            for number in OF_NO_USE:
                os.kill(os.getpid(), number)

sys.meta_path.insert(0, Signals())
sys.exit(main(sys.argv[1:]))
"""
"""Runs a command, and sends it every signal of no use before it imports the engine's process."""


def test_a_signal_of_no_use_does_not_end_an_engine_that_starts(rig: RigOnDisk) -> None:
    rig.write_config("fps = 30")
    command = [sys.executable, "-c", SIGNALLED, "serve", "--config", str(rig.config_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 2, "the config is wrong, which it got to report"
    assert "unknown key fps here; it belongs to [[cameras]]" in done.stderr


def test_cameras_lists_each_back_end_and_a_reason_where_it_cannot_be_used(rig: RigOnDisk) -> None:
    rig.write_config("")
    rig.search_everywhere()
    rig.environment["PYLON_CAMEMU"] = "2"
    found = {entry["backend"]: entry for entry in json.loads(rig.run("cameras", "--json").stdout)}
    assert {"simulated", "opencv", "basler"} <= set(found)
    ids = [camera["unique_id"] for camera in found["basler"]["cameras"]]
    assert ids == ["0815-0000-basler", "0815-0001-basler"]
    blocker = rig.folder / "cv2.py"
    blocker.write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    rig.add_modules(rig.folder)
    text = rig.run("cameras").stdout
    assert "simulated: built in, nothing to connect" in text
    assert "opencv: cannot be used" in text
    assert "apt-get install libgl1 libglib2.0-0 libsm6" in text
    assert "0815-0000-basler" in text


def test_without_a_config_two_simulated_cameras_are_shown(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    rig.config_path.unlink()
    bare = [sys.executable, "-m", "pmv_tui"]
    options = {"env": rig.environment, "cwd": rig.folder, "text": True}
    engine = subprocess.Popen([*bare, "serve"], **options, stderr=subprocess.PIPE)  # type: ignore[call-overload]
    assert engine.stderr is not None
    try:
        for line in engine.stderr:
            if "two simulated ones" in line:
                break
        done = subprocess.run(
            [*bare, "status", "--json"],
            **options,
            capture_output=True,
            check=False,  # type: ignore[call-overload]
        )
        names = [camera["name"] for camera in json.loads(done.stdout)["cameras"]]
        assert names == ["left", "right"]
    finally:
        engine.terminate()
        engine.communicate(timeout=DEADLINE)
    assert engine.returncode == 0

"""The engine as scripts meet it: started, found, killed, started again, two at once."""

import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import (
    DEADLINE,
    SMALL,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    shared,
    simulated,
    wait_for,
)
from tests.system.sockets import port_is_free, receive_image

IGNORED_BY_SHELLS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""`nohup` has the first one ignored, a shell the others in what it runs in the background."""


@pytest.fixture(scope="module")
def served() -> Iterator[RigOnDisk]:
    """A rig that runs: a camera, a fast one with small images, and one that is not there."""
    ports = free_ports(6)
    left = simulated("left", *ports[:2])
    fast = simulated("fast", *ports[2:4], fps=100, more=SMALL)
    gone = simulated("gone", *ports[4:], more='source = "missing.avi"')
    with rig_on_disk() as rig:
        rig.write_config(
            "# the rig of room 3\n[socket_config]\nextended_metadata = true\nput_rate = 20\n"
            + left
            + fast
            + gone.replace("-simulated", "-opencv")
        )
        with rig.serve():
            yield rig


@pytest.fixture
def running(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it."""
    with shared(served):
        yield served


def ports_of(rig: RigOnDisk, name: str) -> tuple[int, int]:
    """Return where a camera publishes and where it receives."""
    camera = rig.camera(name)
    pub, pull = (int(camera[each].rpartition(":")[2]) for each in ("pub_address", "pull_address"))
    return pub, pull


def test_plug_pause_resume_unplug_from_a_script(running: RigOnDisk) -> None:
    pub, pull = ports_of(running, "left")
    assert not running.camera("left")["plugged"]
    assert port_is_free(pub)

    assert f"tcp://localhost:{pub}" in running.run("plug", "left").stdout
    assert receive_image(pub)["unique_id"] == "left-simulated"

    assert running.run("pause", "left").returncode == 0
    assert running.camera("left")["paused"]
    assert not port_is_free(pub)

    assert running.run("resume", "left").returncode == 0
    receive_image(pub)

    assert running.run("unplug", "left").returncode == 0
    assert port_is_free(pub)
    assert port_is_free(pull)
    assert running.run("pause", "left").returncode == 1


def test_what_was_paused_when_it_was_unplugged_is_not_paused_any_more(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve("--plug-paused", "all"):
        assert rig.camera("left")["plugged"]
        assert rig.camera("left")["paused"]
        rig.run_here("unplug", "left")
        assert not rig.camera("left")["paused"]


def test_a_port_in_use_is_reported_and_nothing_is_half_bound(running: RigOnDisk) -> None:
    pub, pull = ports_of(running, "left")
    with socket.socket() as other:
        other.bind(("127.0.0.1", pull))
        other.listen()
        failed = running.run_here("plug", "left")
        assert failed.returncode == 1
        assert f"tcp://localhost:{pull} is in use by" in failed.stdout
        assert f"pid {os.getpid()}" in failed.stdout
        assert port_is_free(pub), "the pub socket is not left alone"
        camera = running.camera("left")
        assert not camera["plugged"]
        assert str(pull) in camera["plug_error"]
        assert camera["state"] == "capturing"
    assert running.run_here("plug", "left").returncode == 0
    assert running.camera("left")["plug_error"] == ""


def addresses(rig: RigOnDisk, pub: int, pull: int) -> "subprocess.CompletedProcess[str]":
    """Give the left camera other ports."""
    return rig.run_here("addresses", "left", *(f"tcp://localhost:{port}" for port in (pub, pull)))


def test_addresses_move_a_plugged_camera_and_are_saved(running: RigOnDisk) -> None:
    pub, pull = ports_of(running, "left")
    new_pub, taken = free_ports(2)
    assert running.ask("plug", camera="left")["ok"]
    with socket.socket() as other:
        done = addresses(running, new_pub, pull)
        assert done.returncode == 0, done.stdout
        receive_image(new_pub)
        assert port_is_free(pub)
        text = running.config_path.read_text()
        assert text.startswith("# the rig of room 3\n")
        assert f"tcp://localhost:{new_pub}" in text

        other.bind(("127.0.0.1", taken))
        other.listen()
        refused = addresses(running, pull, taken)
        assert refused.returncode == 1
        assert "old addresses stay in use" in refused.stdout
        assert running.camera("left")["plug_error"]
        assert "is plugged already" in running.run_here("plug", "left").stdout
        assert running.camera("left")["plug_error"] == "", "seen, and nothing is wrong"
        assert running.config_path.read_text() == text
        receive_image(new_pub)

        swapped = addresses(running, pull, new_pub)
        assert swapped.returncode == 0, swapped.stdout
        receive_image(pull)


def test_a_config_changed_by_hand_is_not_overwritten(running: RigOnDisk) -> None:
    pub, pull = ports_of(running, "left")
    assert running.ask("plug", camera="left")["ok"]
    by_hand = running.config_path.read_text() + "\n# a note\n"
    running.write_config(by_hand)
    refused = addresses(running, free_ports(1)[0], pull)
    assert refused.returncode == 1
    assert "changed" in refused.stdout
    assert running.config_path.read_text() == by_hand
    receive_image(pub)


def test_a_killed_client_changes_nothing(running: RigOnDisk) -> None:
    pub, _ = ports_of(running, "left")
    assert running.ask("plug", camera="left")["ok"]
    client = subprocess.Popen(
        running.command("probe", f"tcp://localhost:{pub}", "--seconds", "60"),
        env=running.environment,
    )
    wait_for(lambda: running.camera("left")["clients"] == 1, "the client to be counted")
    client.kill()
    client.wait()
    wait_for(lambda: running.camera("left")["clients"] == 0, "the client to be gone")
    receive_image(pub)


def test_a_second_start_finds_the_first_and_a_killed_engine_is_no_obstacle(
    rig: RigOnDisk,
) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug", "left") as first:
        second = rig.run("serve")
        assert second.returncode == 1
        assert f"pid {first.pid}" in second.stderr
        first.kill()
        first.wait()
        assert "no engine runs" in rig.run("status").stderr
    with rig.serve("--plug", "left"):
        receive_image(pub)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_engine_cleanly_and_more_of_them_on_its_way_out_are_no_failure(
    rig: RigOnDisk, first: signal.Signals
) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve("--plug-all") as engine:
        engine.send_signal(first)
        wait_for(lambda: "engine stopped" in rig.said(), "the engine to be on its way out")
        while engine.poll() is None:
            engine.send_signal(signal.SIGTERM)
        assert engine.returncode == 0


def test_two_rigs_run_at_once_and_know_nothing_of_each_other(running: RigOnDisk) -> None:
    pub, _ = ports_of(running, "left")
    with tempfile.TemporaryDirectory(prefix="pmv") as folder:
        other = RigOnDisk(Path(folder))
        other.environment = running.environment
        ports = free_ports(2)
        other.write_config(simulated("left", *ports))
        assert running.ask("plug", camera="left")["ok"]
        with other.serve("--plug-all") as others:
            receive_image(pub)
            receive_image(ports[0])
            listed = {
                each["config_path"]: [camera["name"] for camera in each["cameras"]]
                for each in json.loads(running.run_here("engines", "--json").stdout)
            }
            assert listed[str(running.config_path)] == ["left", "fast", "gone"]
            assert listed[str(other.config_path)] == ["left"]
            for one in (running, other):
                assert str(one.config_path) in running.run_here("engines").stdout
            refused = addresses(running, *ports).stdout
            assert f"in use by camera left of the engine of {other.config_path}" in refused
            assert other.run("stop").returncode == 0
            # A signal that reaches it on its way out, as `serve` sends one, would be its exit code.
            assert others.wait(DEADLINE) == 0
            assert running.camera("left")["plugged"]


def test_what_it_was_started_to_ignore_does_not_end_it(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    before = {number: signal.signal(number, signal.SIG_IGN) for number in IGNORED_BY_SHELLS}
    try:
        with rig.serve() as engine:
            for number, handler in before.items():
                signal.signal(number, handler)
                engine.send_signal(number)
            assert rig.serving()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_put_rate_thins_what_a_faster_camera_sends(running: RigOnDisk) -> None:
    pub, _ = ports_of(running, "fast")
    assert running.ask("plug", camera="fast")["ok"]
    done = running.run("probe", f"tcp://localhost:{pub}", "--seconds", "2", "--json")
    report = json.loads(done.stdout)
    # Never more; fewer where a busy machine takes the processor away.
    assert 10 < report["fps"] < 22
    assert report["gaps_told_by"] == "sequence"
    camera = running.camera("fast")
    assert camera["drops"]["put_rate"] > camera["published"]
    assert camera["limited_to"] == 20
    assert "put_rate limits to 20 images/s" in running.run_here("status").stdout


def test_one_cameras_trouble_is_reported_and_leaves_the_others_alone(running: RigOnDisk) -> None:
    wait_for(lambda: running.camera("gone")["retry_in"] is not None, "a next try")
    gone = running.camera("gone")
    assert gone["state"] == "error"
    assert "missing.avi" in gone["reason"]
    assert running.ask("plug", camera="all")["ok"]
    receive_image(ports_of(running, "left")[0])


def test_a_name_that_no_camera_has_is_answered_with_those_there_are(running: RigOnDisk) -> None:
    done = running.run_here("plug", "lefft")
    assert done.returncode == 1
    assert "there are: left, fast, gone" in done.stderr


BROKEN = {
    "[socket_config\n": ":1:",
    '[[cameras]]\nunique_id = "a-simulated"\npub_adress = "x"\n': "pub_address",
    '[[cameras]]\nunique_id = "a-simulated"\nfps = "fast"\n': "fps",
    '[[cameras]]\nunique_id = "a-simulated"\npub_address = "tcp://localhost:70000"': "65535",
    '[[cameras]]\nname = "left"\n': "unique_id",
    simulated("a", 6001, 6002) + simulated("b", 6002, 6003): "6002",
}
"""Config files, each with a word of what is reported of it."""


@pytest.mark.parametrize(("text", "word"), BROKEN.items(), ids=BROKEN.values())
def test_a_broken_config_is_reported_in_words(rig: RigOnDisk, text: str, word: str) -> None:
    rig.write_config(text)
    done = rig.run_here("check")
    assert done.returncode == 2
    assert word in done.stderr


@pytest.mark.parametrize(("text", "word"), [*BROKEN.items()][::5], ids=[*BROKEN.values()][::5])
def test_a_broken_config_starts_nothing(rig: RigOnDisk, text: str, word: str) -> None:
    rig.write_config(text)
    done = rig.run("serve")
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_without_an_engine_say_so(rig: RigOnDisk) -> None:
    rig.write_config("")
    for command in (["status"], ["plug", "left"], ["stop"]):
        done = rig.run_here(*command)
        assert done.returncode == 1
        assert "no engine runs" in done.stderr

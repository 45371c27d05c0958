"""The engine as scripts meet it: started, found, killed, started again, two at once."""

import json
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for
from tests.system.sockets import port_is_free, receive_image

IGNORED_BY_SHELLS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""`nohup` has the first one ignored, a shell the others in what it runs in the background."""


def test_plug_pause_resume_unplug_from_a_script(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve():
        assert not rig.camera("left")["plugged"]
        assert port_is_free(pub)

        assert f"tcp://localhost:{pub}" in rig.run("plug", "left").stdout
        assert receive_image(pub)["unique_id"] == "left-simulated"

        assert rig.run("pause", "left").returncode == 0
        assert rig.camera("left")["paused"]
        assert not port_is_free(pub)

        assert rig.run("resume", "left").returncode == 0
        receive_image(pub)

        assert rig.run("unplug", "left").returncode == 0
        assert port_is_free(pub)
        assert port_is_free(pull)
        assert rig.run("pause", "left").returncode == 1


def test_what_was_paused_when_it_was_unplugged_is_not_paused_any_more(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve("--plug-paused", "all"):
        assert rig.camera("left")["plugged"]
        assert rig.camera("left")["paused"]
        rig.run("unplug", "left")
        assert not rig.camera("left")["paused"]


def test_a_port_in_use_is_reported_and_nothing_is_half_bound(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve(), socket.socket() as other:
        other.bind(("127.0.0.1", pull))
        other.listen()
        failed = rig.run("plug", "left")
        assert failed.returncode == 1
        assert f"tcp://localhost:{pull} is in use by" in failed.stdout
        assert f"pid {os.getpid()}" in failed.stdout
        assert port_is_free(pub), "the pub socket is not left alone"
        camera = rig.camera("left")
        assert not camera["plugged"]
        assert str(pull) in camera["plug_error"]
        assert camera["state"] == "capturing"

        other.close()
        assert rig.run("plug", "left").returncode == 0
        assert rig.camera("left")["plug_error"] == ""


def test_addresses_move_a_plugged_camera_and_are_saved(rig: RigOnDisk) -> None:
    pub, pull, new_pub, taken = free_ports(4)
    rig.write_config("# the rig of room 3\n" + simulated("left", pub, pull))
    with rig.serve("--plug", "left"), socket.socket() as other:
        done = rig.run("addresses", "left", f"tcp://localhost:{new_pub}", f"tcp://localhost:{pull}")
        assert done.returncode == 0, done.stdout
        receive_image(new_pub)
        assert port_is_free(pub)
        text = rig.config_path.read_text()
        assert text.startswith("# the rig of room 3\n")
        assert f"tcp://localhost:{new_pub}" in text

        other.bind(("127.0.0.1", taken))
        other.listen()
        refused = rig.run(
            "addresses", "left", f"tcp://localhost:{pull}", f"tcp://localhost:{taken}"
        )
        assert refused.returncode == 1
        assert "old addresses stay in use" in refused.stdout
        assert rig.camera("left")["plug_error"]
        assert "is plugged already" in rig.run("plug", "left").stdout
        assert rig.camera("left")["plug_error"] == "", "seen, and nothing is wrong"
        assert rig.config_path.read_text() == text
        receive_image(new_pub)

        swapped = rig.run(
            "addresses", "left", f"tcp://localhost:{pull}", f"tcp://localhost:{new_pub}"
        )
        assert swapped.returncode == 0, swapped.stdout
        receive_image(pull)


def test_a_config_changed_by_hand_is_not_overwritten(rig: RigOnDisk) -> None:
    pub, pull, new_pub = free_ports(3)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug", "left"):
        by_hand = rig.config_path.read_text() + "\n# a note\n"
        rig.write_config(by_hand)
        refused = rig.run(
            "addresses", "left", f"tcp://localhost:{new_pub}", f"tcp://localhost:{pull}"
        )
        assert refused.returncode == 1
        assert "changed" in refused.stdout
        assert rig.config_path.read_text() == by_hand
        receive_image(pub)


def test_a_killed_client_changes_nothing(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug", "left"):
        client = subprocess.Popen(
            rig.command("probe", f"tcp://localhost:{pub}", "--seconds", "60"), env=rig.environment
        )
        wait_for(lambda: rig.camera("left")["clients"] == 1, "the client to be counted")
        client.kill()
        client.wait()
        wait_for(lambda: rig.camera("left")["clients"] == 0, "the client to be gone")
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


def test_the_engine_ends_cleanly_with_either_signal_and_by_command(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        with rig.serve("--plug-all") as engine:
            engine.send_signal(number)
            assert engine.wait(DEADLINE) == 0
    with rig.serve("--plug-all") as engine:
        assert rig.run("stop").returncode == 0
        assert engine.wait(DEADLINE) == 0


def test_a_second_signal_on_the_way_out_is_no_failure(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    for _ in range(3):
        with rig.serve() as engine:
            engine.send_signal(signal.SIGTERM)
            wait_for(lambda: "engine stopped" in rig.said(), "the engine to be on its way out")
            while engine.poll() is None:
                engine.send_signal(signal.SIGTERM)
            assert engine.returncode == 0


def test_two_rigs_run_at_once_and_know_nothing_of_each_other(rig: RigOnDisk) -> None:
    with tempfile.TemporaryDirectory(prefix="pmv") as folder:
        other = RigOnDisk(Path(folder))
        other.environment = rig.environment
        ports = free_ports(4)
        rig.write_config(simulated("left", *ports[:2]))
        other.write_config(simulated("left", *ports[2:]))
        with rig.serve("--plug-all"), other.serve("--plug-all") as others:
            receive_image(ports[0])
            receive_image(ports[2])
            listed = {
                each["config_path"]: [camera["name"] for camera in each["cameras"]]
                for each in json.loads(rig.run("engines", "--json").stdout)
            }
            for one in (rig, other):
                assert listed[str(one.config_path)] == ["left"]
                assert str(one.config_path) in rig.run("engines").stdout
            theirs = [f"tcp://localhost:{port}" for port in ports[2:]]
            refused = rig.run("addresses", "left", *theirs).stdout
            assert f"in use by camera left of the engine of {other.config_path}" in refused
            assert other.run("stop").returncode == 0
            # A signal that reaches it on its way out, as `serve` sends one, would be its exit code.
            assert others.wait(DEADLINE) == 0
            assert rig.camera("left")["plugged"]


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


def test_put_rate_thins_what_a_faster_camera_sends(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(
        "[socket_config]\nput_rate = 20\nextended_metadata = true\n"
        + simulated("left", pub, pull, fps=100)
    )
    with rig.serve("--plug-all"):
        done = rig.run("probe", f"tcp://localhost:{pub}", "--seconds", "2", "--json")
        report = json.loads(done.stdout)
        # Never more; fewer where a busy machine takes the processor away.
        assert 10 < report["fps"] < 22
        assert report["gaps_told_by"] == "sequence"
        camera = rig.camera("left")
        assert camera["drops"]["put_rate"] > camera["published"]
        assert camera["limited_to"] == 20
        assert "put_rate limits to 20 images/s" in rig.run("status").stdout


def test_one_cameras_trouble_is_reported_and_leaves_the_others_alone(rig: RigOnDisk) -> None:
    ports = free_ports(4)
    missing = simulated("gone", *ports[2:], more='source = "missing.avi"')
    rig.write_config(simulated("left", *ports[:2]) + missing.replace("-simulated", "-opencv"))
    with rig.serve("--plug-all"):
        wait_for(lambda: rig.camera("gone")["retry_in"] is not None, "a next try")
        gone = rig.camera("gone")
        assert gone["state"] == "error"
        assert "missing.avi" in gone["reason"]
        receive_image(ports[0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[socket_config\n", ":1:"),
        ('[[cameras]]\nunique_id = "a-simulated"\npub_adress = "x"\n', "pub_address"),
        ('[[cameras]]\nunique_id = "a-simulated"\nfps = "fast"\n', "fps"),
        ('[[cameras]]\nunique_id = "a-simulated"\npub_address = "tcp://localhost:70000"', "65535"),
        ('[[cameras]]\nname = "left"\n', "unique_id"),
        (simulated("a", 6001, 6002) + simulated("b", 6002, 6003), "6002"),
    ],
)
def test_a_broken_config_is_reported_in_words_and_starts_nothing(
    rig: RigOnDisk, text: str, told: str
) -> None:
    rig.write_config(text)
    for command in ("check", "serve"):
        done = rig.run(command)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_commands_without_an_engine_say_so(rig: RigOnDisk) -> None:
    rig.write_config("")
    for command in (["status"], ["plug", "left"], ["stop"]):
        done = rig.run(*command)
        assert done.returncode == 1
        assert "no engine runs" in done.stderr


def test_a_name_that_no_camera_has_is_answered_with_those_there_are(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with rig.serve():
        done = rig.run("plug", "lefft")
        assert done.returncode == 1
        assert "there are: left" in done.stderr

"""A camera that hangs, vanishes or breaks, beside one that must not notice."""

import json
import os
import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
import zmq

from pmv_tui.wire.status import behind, client_sentence
from tests.support import (
    DEADLINE,
    NUMBERED,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    shared,
    simulated,
    steady,
    wait_for,
)
from tests.system.counting import counting
from tests.system.fake_cameras import install, set_mood


def with_a_fake_camera(rig: RigOnDisk) -> int:
    """Write a config of two healthy cameras and a fake one; give the port of the first."""
    install(rig)
    ports = free_ports(6)
    rig.write_config(
        NUMBERED
        + steady("left", *ports[:2])
        + simulated("odd", *ports[2:4], fps=100).replace("odd-simulated", "odd-fake")
        + simulated("other", *ports[4:])
    )
    return ports[0]


@pytest.fixture(scope="module")
def served() -> Iterator[RigOnDisk]:
    """The rig of those cameras, its engine running."""
    with rig_on_disk() as rig:
        with_a_fake_camera(rig)
        with rig.serve():
            yield rig


@pytest.fixture
def running(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it, every camera plugged and well."""
    set_mood(served, "odd", "")
    wait_for(lambda: state(served) == "capturing", "the fake camera to be well")
    with shared(served):
        assert served.ask("plug", camera="all")["ok"]
        yield served


def port_of(rig: RigOnDisk, name: str) -> int:
    """Return where a camera publishes."""
    return int(rig.camera(name)["pub_address"].rpartition(":")[2])


def state(rig: RigOnDisk) -> str:
    word: str = rig.camera("odd")["state"]
    return word


def test_a_lost_camera_comes_back_on_the_same_sockets_with_higher_numbers(
    running: RigOnDisk,
) -> None:
    left, odd_one = port_of(running, "left"), port_of(running, "odd")
    with counting(left), counting(odd_one, gaps=True) as odd:
        before = odd[-1]
        set_mood(running, "odd", "absent")
        wait_for(lambda: state(running) == "lost", "the loss to be reported")
        camera = running.camera("odd")
        assert "cable" in camera["reason"] or "no such camera" in camera["reason"]
        assert camera["plugged"]
        wait_for(lambda: (running.camera("odd")["retry_in"] or 0) > 1, "a longer pause")
        assert state(running) == "lost", (
            "a camera that is gone stays lost while it cannot be opened"
        )
        set_mood(running, "odd", "")
        wait_for(lambda: state(running) == "capturing", "it to come back")
        wait_for(lambda: odd[-1] > before + 50, "its stream to resume")
        assert odd == sorted(odd)
        events = wait_for(lambda: events_of(running, "again, after"), "the return to be reported")
        assert re.search(
            r"error +odd +lost: .*\n.*info +odd +capturing again, after \d", events, re.S
        )


def events_of(rig: RigOnDisk, words: str) -> str:
    """Return the odd camera's events once one has the words."""
    text = rig.run_here("events", "--camera", "odd").stdout
    return text if words in text else ""


def test_a_grab_that_hangs_is_reported_and_holds_up_neither_commands_nor_the_end(
    rig: RigOnDisk,
) -> None:
    pub = with_a_fake_camera(rig)
    with rig.serve("--plug-all") as engine:
        with counting(pub):
            wait_for(lambda: state(rig) == "capturing", "the camera to capture")
            set_mood(rig, "odd", "hang")
            wait_for(lambda: state(rig) == "stalled", "the stall to be reported")
            wait_for(lambda: "driver has not answered" in rig.camera("odd")["reason"], "the hang")
            assert rig.run_here("unplug", "odd").returncode == 0
            assert rig.run_here("plug", "odd").returncode == 0
        assert rig.run_here("stop").returncode == 0
        assert engine.wait(DEADLINE) == 0
        assert "odd does not answer" in rig.said()


def test_what_a_driver_throws_is_reported_logged_and_retried(running: RigOnDisk) -> None:
    with counting(port_of(running, "left")):
        set_mood(running, "odd", "crash")
        # Between two tries it is opened for a moment.
        error = "ZeroDivisionError: a bug of the driver"
        wait_for(lambda: error in running.camera("odd")["reason"], "the error to be reported")
        wait_for(lambda: state(running) == "error", "the state")
        set_mood(running, "odd", "")
        wait_for(lambda: state(running) == "capturing", "it to be tried again")
    running.says("\nTraceback (most recent call last):\n")  # the log has the whole of it


def test_the_end_of_a_video_is_an_end_and_no_loss(rig: RigOnDisk) -> None:
    cv2 = pytest.importorskip("cv2", exc_type=ImportError)
    writer = cv2.VideoWriter(
        str(rig.folder / "short.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50, (64, 48)
    )
    for _ in range(25):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    film = simulated("film", *free_ports(2), more='source = "short.avi"\nloop = false')
    rig.write_config(film.replace("-simulated", "-opencv"))
    with rig.serve("--plug-all"):
        wait_for(lambda: rig.camera("film")["state"] == "ended", "the end to be reported")
        camera = rig.camera("film")
        assert camera["captured"] == 25
        assert camera["retry_in"] is None
        assert camera["plugged"]
        assert rig.run_here("set", "film", "loop=true").returncode == 0
        wait_for(lambda: rig.camera("film")["captured"] > 60, "it to be played over and over")

        assert rig.run_here("set", "film", "put_rate=5", "fade=2").returncode == 0
        wait_for(lambda: rig.camera("film")["limited_to"] == 5, "the rate to be limited, live")
        settings = json.loads(rig.run_here("settings", "film", "--json").stdout)["settings"]
        actual = {setting["name"]: setting["actual"] for setting in settings}
        assert (actual["put_rate"], actual["fade"]) == (5, 2)
        assert actual["source"] == str(rig.folder / "short.avi")
        assert "put_rate = 5" in rig.config_path.read_text()


def test_settings_change_one_camera_and_not_the_other(running: RigOnDisk) -> None:
    with counting(port_of(running, "left")):
        done = running.run_here("set", "other", "fps=25", "downsampling=2", "--json")
        assert done.returncode == 0, done.stderr
        actual = {setting["name"]: setting["actual"] for setting in json.loads(done.stdout)}
        assert actual == {"fps": 25, "downsampling": 2}
        wait_for(lambda: abs(running.camera("other")["fps"] - 25) < 1, "the new rate")
        assert (running.camera("other")["width"], running.camera("other")["height"]) == (320, 240)
        assert running.run_here("set", "other", "width=200", "height=100").returncode == 0
        wait_for(lambda: running.camera("other")["width"] == 100, "the stream to restart")
        assert "fps = 25" in running.config_path.read_text()

        out_of_range = (["gain=99"], ["exposure_time=1"], ["name=x", "gain=-99"])
        for wrong in (
            *(["fps=fast"], ["fps=0"], ["colour=1"], ["pub_address=tcp://localhost:1"]),
            *(*out_of_range, ["pixel_format=Colour"]),
        ):
            before = running.config_path.read_text()
            done = running.run_here("set", "other", *wrong)
            assert done.returncode == 1
            assert "not changed" in done.stdout
            if wrong in out_of_range:
                assert "is out of the camera's range; it takes" in done.stdout
            assert running.config_path.read_text() == before
        assert running.run_here("set", "other", "fps").returncode == 2


def test_a_client_that_falls_behind_is_counted_and_costs_the_others_nothing(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(NUMBERED + steady("left", pub, pull))
    with (
        rig.serve("--plug-all"),
        counting(pub),
        zmq.Context() as context,
        context.socket(zmq.SUB) as sleeper,
    ):
        sleeper.rcvhwm = 1
        sleeper.rcvbuf = 4096  # so that small images fill what the systems hold, too
        sleeper.linger = 0
        sleeper.connect(f"tcp://localhost:{pub}")
        sleeper.subscribe(b"")
        wait_for(lambda: rig.camera("left")["drops"]["clients"] > 0, "its missing images")
        wait_for(lambda: behind(rig.camera("left").get("client_list", [])), "its falling behind")
        camera = rig.camera("left")
        assert camera["clients"] == 2
        assert abs(camera["drops_at"]["clients"] - time.time_ns()) < 30e9
        (slow,) = behind(camera["client_list"])
        (well,) = (each for each in camera["client_list"] if each != slow)
        assert (well["state"], well["missed"], well["pid"]) == ("keeps up", 0, os.getpid())
        assert 0 < (slow["missed"] or 0) <= camera["drops"]["clients"]
        assert slow["waiting_bytes"]
        (listed,) = json.loads(rig.run_here("clients", "left", "--json").stdout)
        assert {each["id"] for each in listed["clients"]} == {slow["id"], well["id"]}
        lines = rig.run_here("clients").stdout.splitlines()
        assert [f"(pid {os.getpid()})" in line for line in lines] == [False, True, True]
        assert slow["name"] in lines[1], "who is behind comes first"
        assert any(line.endswith("keeps up") for line in lines)
        assert client_sentence(slow)[:20] in rig.run_here("status").stdout
        wait_for(lambda: f"client {slow['name']} " in rig.said(), "the event")

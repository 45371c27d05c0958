"""The client library and its examples against the real engine."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from pmv_tui.client import Frame, boxes, subscribe, subscribe_all
from pmv_tui.client.stream import Road
from tests.client.publisher import Publisher
from tests.support import (
    DEADLINE,
    EXAMPLES,
    NUMBERED,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    simulated,
    steady,
    wait_for,
)


class Cameras:
    """A rig that runs, and the addresses of its cameras by their names.

    Attributes
    ----------
    pub, pull : where each publishes and where it receives; `left` and `right` are steady, `fast`
        gives 100 images a second.
    """

    def __init__(self, rig: RigOnDisk) -> None:
        self.rig = rig
        names, ports = ("left", "right", "fast"), free_ports(6)
        places = dict(zip(names, zip(ports[:3], ports[3:], strict=True), strict=True))
        self.pub = {name: f"tcp://localhost:{pub}" for name, (pub, _) in places.items()}
        self.pull = {name: f"tcp://localhost:{pull}" for name, (_, pull) in places.items()}
        rig.write_config(
            "[overlay]\nhold = 5.0\n"
            + NUMBERED
            + steady("left", *places["left"])
            + steady("right", *places["right"])
            + simulated("fast", *places["fast"], fps=100)
        )


@pytest.fixture(scope="module")
def served() -> Iterator[Cameras]:
    """The rig of those cameras, its engine running."""
    with rig_on_disk() as rig:
        cameras = Cameras(rig)
        with rig.serve():
            yield cameras


@pytest.fixture
def cameras(served: Cameras) -> Cameras:
    """That rig, every camera plugged."""
    assert served.rig.ask("plug", camera="all")["ok"]
    return served


WORK = 0.05
"""Seconds that a slow script needs for an image: five frames at 100 fps."""


def slow_script(address: str, *, newest: bool) -> list[tuple[Frame, float]]:
    """Work on 40 images; give each with its age at receipt, s."""
    received = []
    with subscribe(address, newest=newest, timeout=DEADLINE) as frames:
        for frame in frames:
            received.append((frame, frame.age))
            if len(received) == 40:
                break
            time.sleep(WORK)  # the work
    return received


def test_a_slow_script_works_on_fresh_images_or_on_every_one(cameras: Cameras) -> None:
    newest = slow_script(cameras.pub["fast"], newest=True)
    every = slow_script(cameras.pub["fast"], newest=False)
    assert median(age for _, age in newest) < 0.1
    assert median(frame.skipped for frame, _ in newest) >= 3
    assert every[-1][1] > 0.5, "what is not passed over grows old"
    for frames in (newest, every):
        numbers = [frame.sequence or 0 for frame, _ in frames]
        steps = [later - number for number, later in pairwise(numbers)]
        assert steps == [(frame.gap or 0) + frame.skipped + 1 for frame, _ in frames[1:]]
    assert all(frame.skipped == 0 for frame, _ in every)


def test_a_fast_script_misses_nothing(cameras: Cameras) -> None:
    with subscribe(cameras.pub["left"], newest=False, timeout=DEADLINE) as frames:
        received = [next(frames) for _ in range(30)]
    assert sum(frame.gap or 0 for frame in received) == 0
    numbers = [frame.sequence for frame in received]
    assert numbers == list(range(numbers[0] or 0, (numbers[0] or 0) + 30))
    assert {frame.image.shape for frame in received} == {(72, 96)}
    assert {frame.pixel_format for frame in received} == {"Mono8"}


def test_a_script_that_was_stopped_begins_with_a_fresh_image(cameras: Cameras) -> None:
    script = cameras.rig.folder / "script.py"
    script.write_text(
        "from pmv_tui.client import subscribe\n"
        f"for frame in subscribe('{cameras.pub['fast']}'):\n"
        "    print(frame.sequence, frame.age, flush=True)\n"
    )

    def published() -> int:
        count: int = cameras.rig.camera("fast")["published"]
        return count

    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        ages = (float(line.split()[1]) for line in client.stdout)
        for _ in range(20):
            next(ages)
        client.send_signal(signal.SIGSTOP)
        before = published()
        wait_for(lambda: published() > before + 150, "images meanwhile")
        client.send_signal(signal.SIGCONT)
        # One may have been in its hands when it was stopped, and a busy machine brings what waited
        # in the systems' buffers, some twenty images, in pieces.
        assert sum(next(ages) > 1 for _ in range(50)) <= 5
        client.kill()


def test_the_subscription_survives_an_engine_that_starts_again(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(NUMBERED + simulated("left", pub, pull))
    with subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE) as frames:
        with rig.serve("--plug", "left"):
            before = [next(frames) for _ in range(5)]
        with rig.serve("--plug", "left"):
            wait_for(lambda: next(frames).timestamp > before[-1].timestamp + 10**8, "new images")
            assert next(frames).unique_id == before[0].unique_id


def test_two_cameras_come_in_pairs_until_one_is_unplugged(cameras: Cameras) -> None:
    addresses = {name: cameras.pub[name] for name in ("left", "right")}
    # Nothing triggers them together: whatever their phases, half a period is enough for a pair.
    # It is more, so that the last image of all, late on a busy machine, finds its other one too.
    with subscribe_all(addresses, tolerance=0.09, timeout=5) as pairs:
        for _ in range(10):
            pair = next(pairs)
            assert {name: frame.unique_id for name, frame in pair.items()} == {
                "left": "left-simulated",
                "right": "right-simulated",
            }
            assert abs(pair["left"].timestamp - pair["right"].timestamp) <= 90e6
        assert cameras.rig.ask("unplug", camera="right")["ok"]
        with pytest.raises(TimeoutError, match=r"^nothing from right \("):
            list(pairs)


def test_boxes_and_points_are_seen_in_the_status(cameras: Cameras) -> None:
    before = cameras.rig.camera("left")
    with boxes(cameras.pull["left"]) as spots:
        wait_for(lambda: spots.send(((10, 20), (40, 60)), label="mouse"), "the connection")
        assert spots.send_points([(1.5, 2.5), (3, 4)])
        status = wait_for(
            lambda: (
                (camera := cameras.rig.camera("left"))["messages"] == before["messages"] + 2
                and camera
            ),
            "both messages",
        )
        assert status["box"] == {"top_left": [10, 20], "bottom_right": [40, 60]}
        assert status["drawn"] == 2
        assert status["malformed"] == status["remarks"] == 0
        assert spots.clear()
        wait_for(lambda: cameras.rig.camera("left")["drawn"] == 0, "both to be cleared")


@pytest.mark.parametrize("road", ["tcp", "local"])
def test_images_of_either_road_are_answered(cameras: Cameras, road: Road) -> None:
    before = cameras.rig.camera("right")
    with (
        subscribe(cameras.pub["right"], timeout=DEADLINE, road=road) as frames,
        boxes(cameras.pull["right"]) as marks,
    ):
        wait_for(lambda: marks.answer(next(frames)), "the connection")
        assert marks.send([], frame=next(frames))
        status = wait_for(
            lambda: (
                (camera := cameras.rig.camera("right"))["messages"] == before["messages"] + 2
                and camera
            ),
            "both messages",
        )
    assert status["malformed"] == status["remarks"] == status["drawn"] == 0
    assert 0 < status["answer_p50_ms"] <= status["answer_max_ms"]


def test_the_closed_loop_example_says_ages_and_ends_with_ctrl_c(cameras: Cameras) -> None:
    script = [sys.executable, str(EXAMPLES / "closed_loop.py")]
    with subprocess.Popen(
        [*script, cameras.pub["fast"], cameras.pull["fast"]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout is not None
        line = client.stdout.readline()
        assert "images, age at receipt: p50 " in line
        wait_for(lambda: cameras.rig.camera("fast")["box"], "its box")
        client.send_signal(signal.SIGINT)
        _, errors = client.communicate(timeout=DEADLINE)
        assert (client.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    "name", ["minimal_client", "draw_points", "closed_loop", "face_tracking", "record_stream"]
)
def test_each_example_has_help_and_refuses_what_is_no_address(name: str) -> None:
    if name in ("face_tracking", "record_stream"):
        pytest.importorskip("cv2", exc_type=ImportError)
    tries = [("--help", 0, "default: tcp://localhost:555")]
    if name in ("minimal_client", "record_stream"):  # the others read addresses by the same lines
        tries.append(
            ("5555", 1 if name == "record_stream" else 2, "looks like tcp://localhost:5555")
        )
    for argument, code, words in tries:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / f"{name}.py"), argument],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == code, done
        assert words in " ".join((done.stdout + done.stderr).split())
        assert "Traceback" not in done.stderr


IMPATIENT = """
import sys
sys.path.insert(0, sys.argv[1])
import addresses
addresses.PATIENCE = 0.2
__import__(sys.argv[2]).main(*sys.argv[3:])
"""


@contextmanager
def impatient_example(name: str, *addresses: str) -> Iterator["subprocess.Popen[str]"]:
    """Run an example that soon says that no image comes."""
    command = [sys.executable, "-c", IMPATIENT, str(EXAMPLES), name, *addresses]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as example:
        try:
            yield example
        finally:
            example.kill()


@pytest.mark.parametrize("name", ["minimal_client", "closed_loop"])
def test_an_example_says_which_port_is_in_the_way(name: str) -> None:
    (nobody,) = free_ports(1)
    addresses = [f"tcp://localhost:{nobody}"] * 2
    with impatient_example(name, *addresses) as example:
        assert example.stderr is not None
        assert f"nothing answers at tcp://localhost:{nobody}" in example.stderr.readline()
    with Publisher() as other, impatient_example(name, *([other.address] * 2)) as example:
        assert example.stderr is not None
        said = example.stderr.readline()
        assert f"something listens at {other.address}" in said
        assert f"port {other.port} is in the way: it is another program's" in said
        other.send_parts(b"image", b"from another program")
        while "something listens" in said:
            said = example.stderr.readline()
        assert f"port {other.port} is in the way" in said


def test_the_recording_example_writes_every_frame_and_its_row(cameras: Cameras) -> None:
    cv2 = pytest.importorskip("cv2", exc_type=ImportError)
    script = [sys.executable, str(EXAMPLES / "record_stream.py"), cameras.pub["left"]]
    output = str(cameras.rig.folder / "take.1")
    done = subprocess.run(
        [*script, "--seconds", "2", "--output", output],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "frames, 0 missing" in done.stdout
    with Path(f"{output}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    numbers = [int(row["sequence"]) for row in rows]
    assert numbers == list(range(numbers[0], numbers[0] + len(rows)))
    video = cv2.VideoCapture(f"{output}.avi")
    images = 0
    while video.read()[0]:
        images += 1
    assert images == len(rows)


def test_the_recording_example_reports_a_folder_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("cv2", exc_type=ImportError)
    script = [sys.executable, str(EXAMPLES / "record_stream.py"), "tcp://localhost:1"]
    done = subprocess.run(
        [*script, "--output", str(tmp_path / "nowhere" / "take")],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr

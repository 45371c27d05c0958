"""The client of the documentation, word for word, against the real engine and real cameras."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import RigOnDisk, free_ports, simulated, wait_for

CLIENT = Path(__file__).with_name("documented_client.py")


def client_script(folder: Path, pub: int, pull: int) -> Path:
    """Copy the documented client; only its ports are replaced."""
    script = folder / "client.py"
    text = CLIENT.read_text()
    assert "localhost:5555" in text
    assert "localhost:5556" in text
    script.write_text(text.replace(":5555", f":{pub}").replace(":5556", f":{pull}"))
    return script


def run_client(rig: RigOnDisk, pub: int, pull: int, images: int) -> list[dict[str, Any]]:
    """Run the documented client until it has so many images; give what it says of each."""
    done = subprocess.run(
        [sys.executable, str(client_script(rig.folder, pub, pull)), str(images)],
        env={**rig.environment, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_images(images: list[dict[str, Any]], unique_id: str, shape: tuple[int, int]) -> None:
    """Check what a user of the documentation relies on."""
    for image in images:
        keys = set(image) - {"shape", "mean"}
        assert keys == {"unique_id", "timestamp", "height", "width"}
        assert image["unique_id"] == unique_id
        assert (image["height"], image["width"]) == shape == tuple(image["shape"])
    timestamps = [image["timestamp"] for image in images]
    assert timestamps == sorted(set(timestamps)), "each image is a new one"
    assert abs(timestamps[-1] - time.time_ns()) < 30e9


def test_it_receives_a_simulated_camera_and_its_boxes_are_seen_and_vanish(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug", "left"):
        images = run_client(rig, pub, pull, 40)
        camera = wait_for(
            lambda: (status := rig.camera("left"))["messages"] == 40 and status, "all 40 boxes"
        )
        assert camera["malformed"] == 0
        assert camera["published"] >= 40
        wait_for(lambda: rig.camera("left")["box"] is None, "the box to vanish after its last")
    check_images(images, "left-simulated", (480, 640))
    assert len({image["mean"] for image in images}) > 10, "the scene moves"


def test_a_box_is_shown_where_it_was_sent_while_messages_come(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug", "left"):
        script = client_script(rig.folder, pub, pull)
        client = subprocess.Popen(
            [sys.executable, str(script), "100000"], stdout=subprocess.DEVNULL
        )
        try:
            box = wait_for(lambda: rig.camera("left")["box"], "a box")
            assert box == {"top_left": [10, 20], "bottom_right": [40, 60]}
            assert rig.camera("left")["clients"] == 1
        finally:
            client.kill()
            client.wait()
        wait_for(lambda: rig.camera("left")["box"] is None, "the box to vanish")
        wait_for(lambda: rig.camera("left")["clients"] == 0, "the killed client to be gone")
        assert rig.camera("left")["state"] == "capturing"


def test_it_receives_an_emulated_basler(rig: RigOnDisk) -> None:
    pytest.importorskip("pypylon")
    rig.environment["PYLON_CAMEMU"] = "1"
    pub, pull = free_ports(2)
    rig.write_config(simulated("top", pub, pull).replace("top-simulated", "0815-0000-basler"))
    with rig.serve("--plug", "top"):
        images = run_client(rig, pub, pull, 20)
    check_images(images, "0815-0000-basler", (1040, 1024))


def test_it_receives_a_video_file(rig: RigOnDisk) -> None:
    cv2 = pytest.importorskip("cv2", exc_type=ImportError)
    writer = cv2.VideoWriter(
        str(rig.folder / "mice.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50, (320, 240)
    )
    for number in range(100):
        writer.write(np.full((240, 320, 3), number * 2, np.uint8))
    writer.release()
    pub, pull = free_ports(2)
    rig.write_config(
        simulated("mice", pub, pull, more='source = "mice.avi"').replace("-simulated", "-opencv")
    )
    with rig.serve("--plug-all"):
        images = run_client(rig, pub, pull, 30)
        wait_for(lambda: abs(rig.camera("mice")["fps"] - 50) < 5, "the file's own rate")
    check_images(images, "mice-opencv", (240, 320))
    steps = np.diff([image["mean"] for image in images])
    assert np.median(steps) == pytest.approx(2, abs=0.5), "one frame of the file after the other"

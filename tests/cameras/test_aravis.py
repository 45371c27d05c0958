"""The aravis back end, with a fake camera that speaks GigE Vision's real protocol on loopback."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import (
    Camera,
    CameraError,
    CameraLost,
    Frame,
    RestartNeeded,
)
from pmv_tui.cameras.genicam.aravis import AravisBackend
from pmv_tui.cameras.simulated import SimulatedBackend
from pmv_tui.config.schema import CameraConfig
from tests.cameras.fake_gige import FakeCamera, fake_camera, missing
from tests.cameras.helpers import (
    assert_leaves_nothing,
    assert_writes_into_shared_memory,
    grab_one,
    pass_time,
    setting,
)
from tests.support import DEADLINE, SERIAL, wait_for

if missing():
    pytest.skip(missing(), allow_module_level=True)

SMALL = (0, 0, 160, 120)
"""A region of interest of few packets: a busy machine loses none."""


@pytest.fixture
def device() -> Iterator[FakeCamera]:
    with fake_camera() as camera:
        yield camera


def config(**settings: Any) -> CameraConfig:
    return CameraConfig(unique_id=f"{SERIAL}-aravis", **{"fps": 100.0, "roi": SMALL, **settings})


def open_aravis(**settings: Any) -> Camera:
    """Open it, again where a busy machine lets its answer come too late, as the engine does."""

    def opened() -> Camera | None:
        try:
            return AravisBackend().open(config(**settings))
        except CameraError as error:
            if "timeout" not in error.reason:
                raise
            return None

    camera = wait_for(opened, "it to be opened")
    assert camera is not None
    return camera


@pytest.mark.usefixtures("device")
def test_a_camera_on_the_network_is_found() -> None:
    found = [(camera.unique_id, camera.description) for camera in AravisBackend().discover()]
    assert (f"{SERIAL}-aravis", "Aravis Fake") in found


@pytest.mark.usefixtures("device")
def test_a_camera_can_be_named_by_what_it_is_called() -> None:
    found = {camera.unique_id: camera.names for camera in AravisBackend().discover()}
    name, *_ = found[f"{SERIAL}-aravis"]
    named = CameraConfig(unique_id="left-eye-aravis", device=name, roi=SMALL)
    camera: Any = AravisBackend().open(named)
    assert camera.serial == SERIAL
    grab_one(camera)
    camera.close()
    with pytest.raises(CameraError, match="camera nobody cannot be opened"):
        open_aravis(device="nobody")


@pytest.mark.usefixtures("device")
def test_it_streams_new_frames_with_the_hosts_time_and_its_own() -> None:
    camera = open_aravis()
    before = time.time_ns()
    frames = [grab_one(camera) for _ in range(5)]
    stamps = [frame.timestamp for frame in frames]
    own = [frame.device_timestamp for frame in frames]
    assert before - 1e9 < stamps[0]
    assert stamps == sorted(set(stamps))
    assert stamps[-1] <= time.time_ns()
    assert None not in own
    assert len(set(own)) == 5
    for frame in frames:
        assert frame.image.shape == (120, 160)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
    assert not np.array_equal(frames[0].image, frames[-1].image), "the test image moves"
    assert (camera.pixel_format, camera.fps) == ("Mono8", 100.0)
    camera.close()


@pytest.mark.usefixtures("device")
def test_a_late_reader_gets_the_newest_frame_and_the_others_count_as_skipped() -> None:
    camera = open_aravis()
    grab_one(camera)

    def newest_of_many() -> bool:
        skipped, asleep = camera.counts.skipped, time.time_ns()
        pass_time(0.3)
        late = grab_one(camera)
        grab_one(camera)  # where the buffers had run out, the next says how many found none
        return late.timestamp > asleep + 0.1e9 and camera.counts.skipped >= skipped + 20

    wait_for(newest_of_many, "the newest frame, and the others to be counted")
    assert camera.counts.missing == 0
    camera.close()


def test_lost_packets_make_failed_frames_and_the_stream_goes_on() -> None:
    with fake_camera(lost_packets=20):
        camera = open_aravis()

        def some_whole_some_failed() -> bool:
            return camera.grab(0.2) is not None and camera.counts.failed >= 3

        wait_for(some_whole_some_failed, "failed frames and whole ones")
        assert camera.counts.last_failed is not None
        assert abs(time.time_ns() - camera.counts.last_failed) < 20e9
        camera.close()


@pytest.mark.usefixtures("device")
def test_settings_are_read_back_with_their_ranges() -> None:
    camera = open_aravis(fps=5000.0, exposure_time=1.0, gain=6.0)
    fps, exposure_time, gain, pixel_format, trigger, roi = camera.settings()
    assert (fps.actual, fps.lowest, fps.highest) == (1000.0, 0.1, 1000.0)
    assert fps.note == "the camera's maximum"
    assert (exposure_time.actual, exposure_time.lowest) == (10.0, 10.0)
    assert exposure_time.note == "the camera's minimum"
    assert (gain.actual, gain.note) == (None, "not in dB here, but in steps: the minimum is set")
    assert (pixel_format.actual, pixel_format.choices) == ("Mono", ("Mono", "Colour"))
    assert trigger.actual is False
    assert (roi.actual, roi.live) == (SMALL, False)
    camera.close()


@pytest.mark.usefixtures("device")
def test_settings_change_while_it_streams() -> None:
    camera = open_aravis()
    grab_one(camera)
    camera.apply(config(fps=20.0, exposure_time=3000.0))
    assert camera.fps == 20.0
    assert setting(camera, "exposure_time").actual == 3000.0
    stamps = [grab_one(camera).timestamp for _ in range(10)]
    assert stamps[-1] - stamps[1] > 0.2e9, "at the old rate it would be 80 ms"
    with pytest.raises(RestartNeeded, match="roi cannot be changed while"):
        camera.apply(config(fps=30.0, roi=(0, 0, 64, 48)))
    assert setting(camera, "fps").actual == 20.0, "nothing has been changed"
    camera.close()


@pytest.mark.usefixtures("device")
def test_colour_is_the_raw_bayer_image() -> None:
    camera = open_aravis(pixel_format="Colour")
    assert camera.pixel_format.startswith("Bayer")
    assert grab_one(camera).image.shape == (120, 160)
    camera.close()


@pytest.mark.usefixtures("device")
def test_with_an_external_trigger_a_frame_comes_only_on_a_signal() -> None:
    camera: Any = open_aravis(external_trigger=True)
    assert camera.fps is None
    assert camera.grab(0.3) is None
    assert setting(camera, "external_trigger").actual is True
    features = camera._features
    features.set("TriggerSource", "Software")

    def frame_of_a_signal() -> Frame | None:
        features._device.execute_command("TriggerSoftware")
        frame: Frame | None = camera.grab(1)
        return frame

    # A frame that a busy machine takes too long to send, or to receive, is not sent again.
    frame = wait_for(frame_of_a_signal, "a whole frame")
    assert frame is not None
    assert frame.image.shape == (120, 160)
    wait_for(lambda: camera.grab(0.1) is None, "no more frames than signals")
    camera.close()


def test_a_camera_that_is_unplugged_is_lost_and_comes_back(device: FakeCamera) -> None:
    camera = open_aravis()
    other = SimulatedBackend().open(CameraConfig(unique_id="other-simulated", width=64, height=48))
    grab_one(camera)
    device.pull_the_plug()
    longest_wait = 0.0

    def lost() -> bool:
        try:
            camera.grab(0.2)
        except CameraLost:
            return True
        return False

    stopping = threading.Event()

    def watch_other() -> None:
        nonlocal longest_wait
        while not stopping.is_set():
            start = time.monotonic()
            grab_one(other)
            longest_wait = max(longest_wait, time.monotonic() - start)

    watcher = threading.Thread(target=watch_other)
    watcher.start()
    try:
        wait_for(lost, "the loss to be noticed")
        with pytest.raises(CameraLost, match="the camera is gone; check its cable and its power"):
            camera.settings()
        start = time.monotonic()
        camera.close()
        assert time.monotonic() - start < 5, "the rest of it happens in the background"
        with pytest.raises(CameraError, match=f"no camera {SERIAL} is connected; check its cable"):
            open_aravis()
        device.switch_on()
        again = open_aravis()
        grab_one(again)
        again.close()
    finally:
        stopping.set()
        watcher.join()
    assert longest_wait < 4, "no other camera waits for one that is gone"


OPEN_ONE_THAT_IS_HELD = """
import sys
from pmv_tui.cameras.genicam.aravis import AravisBackend
from pmv_tui.cameras.base import CameraError
from pmv_tui.config.schema import CameraConfig
try:
    AravisBackend().open(CameraConfig(unique_id=sys.argv[1]))
except CameraError as error:
    print(error)
"""


@pytest.mark.usefixtures("device")
def test_a_camera_that_another_program_holds_is_distinguished_and_streams_on() -> None:
    camera = open_aravis()
    grab_one(camera)
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ONE_THAT_IS_HELD, f"{SERIAL}-aravis"],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert f"camera {SERIAL} is held by another program; close that" in done.stdout, done.stderr
    grab_one(camera)
    camera.close()


@pytest.mark.usefixtures("device")
def test_opening_and_closing_leaves_nothing_behind() -> None:
    def cycle() -> None:
        camera = open_aravis(fps=1000.0)
        grab_one(camera)
        camera.close()
        camera.close()

    # Fewer than of others: the camera and Aravis shake hands for a sixth of a second.
    assert_leaves_nothing(cycle, cycles=25)


@pytest.mark.usefixtures("device")
def test_the_driver_writes_images_where_scripts_and_windows_read_them() -> None:
    camera = open_aravis()
    # Aravis fills what it was given before: 8 buffers.
    assert_writes_into_shared_memory(camera, frames=20)
    camera.close()

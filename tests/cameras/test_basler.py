"""The basler back end, with the cameras that pylon itself emulates."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import CameraError, CameraLost, RestartNeeded
from pmv_tui.cameras.genicam.basler import BaslerBackend
from pmv_tui.config.schema import CameraConfig
from tests.cameras.helpers import (
    assert_leaves_nothing,
    assert_writes_into_shared_memory,
    grab_one,
    pass_time,
    setting,
)
from tests.support import DEADLINE, wait_for

pytest.importorskip("pypylon.pylon", exc_type=ImportError)

from pypylon import genicam, pylon

from pmv_tui.cameras.genicam.basler_camera import BaslerCamera, BaslerFeatures, open_error
from pmv_tui.cameras.genicam.settings import apply_settings, read_settings

pytestmark = pytest.mark.usefixtures("emulator")


def config(**settings: Any) -> CameraConfig:
    return CameraConfig(unique_id="0815-0001-basler", **settings)


def open_basler(serial: str = "0815-0001", **settings: Any) -> BaslerCamera:
    wanted = CameraConfig(unique_id=f"{serial}-basler", **settings)
    camera = BaslerBackend().open(wanted)
    assert isinstance(camera, BaslerCamera)
    return camera


def open_device() -> Any:
    """Open an emulated camera with pylon alone, for what no setting of ours reaches."""
    factory = pylon.TlFactory.GetInstance()
    emulated = pylon.DeviceInfo()
    emulated.SetDeviceClass("BaslerCamEmu")
    device = pylon.InstantCamera(factory.CreateDevice(factory.EnumerateDevices([emulated])[0]))
    device.Open()
    return device


class Stand:
    """A device that is an emulated camera in all but what a test changes."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


class Unplugged(Stand):
    """A device whose cable has been pulled."""

    def RetrieveResult(self, *_: Any) -> Any:  # noqa: N802 - pylon's name
        raise genicam.RuntimeException("The device is gone. : RuntimeException thrown")

    def IsCameraDeviceRemoved(self) -> bool:  # noqa: N802 - pylon's name
        return True


class BrokenStream(Unplugged):
    """A device that is there and does not stream any more."""

    def IsCameraDeviceRemoved(self) -> bool:  # noqa: N802 - pylon's name
        return False


class NodesWithout(Stand):
    """The nodes of a camera of an older generation."""

    def __init__(self, nodes: Any, *missing: str) -> None:
        super().__init__(nodes)
        self._missing = missing

    def GetNode(self, name: str) -> Any:  # noqa: N802 - pylon's name
        if name in self._missing:
            raise genicam.LogicalErrorException("Node not existing")
        return self._device.GetNode(name)


class GoneNodes:
    """The nodes of a camera whose cable has been pulled."""

    def GetNode(self, name: str) -> Any:  # noqa: N802 - pylon's name
        raise genicam.RuntimeException(f"No answer for {name}. : RuntimeException thrown")


FOUR_CAMERAS = """
from pmv_tui.cameras.genicam.basler import BaslerBackend
from pmv_tui.config.schema import CameraConfig
backend = BaslerBackend()
configs = [
    CameraConfig(unique_id=found.unique_id, fps=50.0, roi=(0, 0, 64, 48))
    for found in backend.discover()
    if found.description == "Basler Emulation"
]
cameras = [backend.open(config) for config in configs]
frames = [[camera.grab(10) for camera in cameras] for _ in range(10)]
print(len(cameras), all(frame is not None for each in frames for frame in each))
for camera in cameras:
    camera.close()
"""


def test_emulated_cameras_are_found() -> None:
    found = {camera.unique_id: camera.description for camera in BaslerBackend().discover()}
    # A real one may be connected as well.
    assert found["0815-0000-basler"] == found["0815-0001-basler"] == "Basler Emulation"


def test_a_camera_can_be_named_by_what_it_is_called() -> None:
    (name,) = next(
        camera.names
        for camera in BaslerBackend().discover()
        if camera.unique_id == "0815-0001-basler"
    )
    camera = open_basler("left-eye", device=name)
    assert camera.serial == "0815-0001"
    grab_one(camera)
    camera.close()
    with pytest.raises(CameraError, match="no Basler camera nobody is connected"):
        open_basler("left-eye", device="nobody")


def test_it_streams_new_frames_with_the_hosts_time() -> None:
    camera = open_basler(fps=100.0)
    before = time.time_ns()
    frames = [grab_one(camera) for _ in range(5)]
    stamps = [frame.timestamp for frame in frames]
    assert before < stamps[0]
    assert stamps == sorted(set(stamps))
    assert stamps[-1] <= time.time_ns()
    for frame in frames:
        assert frame.image.shape == (1040, 1024)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert frame.device_timestamp is None, "the emulator has no clock"
    assert not np.array_equal(frames[0].image, frames[-1].image), "the test image moves"
    assert camera.pixel_format == "Mono8"
    assert camera.fps == 100.0
    camera.close()


def test_what_was_not_fetched_in_time_is_counted_as_skipped_and_not_as_missing() -> None:
    camera = open_basler(fps=200.0)

    def fetch_late() -> bool:
        pass_time(0.05)
        grab_one(camera)
        return camera.counts.skipped > 5

    wait_for(fetch_late, "skipped frames")
    assert camera.counts.missing == 0
    assert camera.counts.failed == 0
    camera.close()


def test_failed_grabs_are_counted_and_the_stream_goes_on() -> None:
    device = open_device()
    camera = BaslerCamera(device, config())
    grab_one(camera)
    nodes = device.GetNodeMap()
    nodes.GetNode("ForceFailedBufferCount").SetValue(3)
    nodes.GetNode("ForceFailedBuffer").Execute()

    def whole_frame_after_three_failed() -> bool:
        return camera.grab(0.2) is not None and camera.counts.failed == 3

    wait_for(whole_frame_after_three_failed, "three failed grabs and a frame")
    camera.close()


@pytest.mark.usefixtures("opencv")
def test_the_shape_is_that_of_the_image_that_arrived(tmp_path: Path) -> None:
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    picture = np.tile(np.arange(100, dtype=np.uint8), (60, 1))
    cv2.imwrite(str(tmp_path / "picture.png"), picture)
    device = open_device()
    nodes = device.GetNodeMap()
    nodes.GetNode("ImageFilename").SetValue(str(tmp_path / "picture.png"))
    nodes.GetNode("ImageFileMode").SetValue("On")
    nodes.GetNode("TestImageSelector").SetValue("Off")
    camera = BaslerCamera(device, config())
    assert np.array_equal(grab_one(camera).image, picture)
    camera.close()


def test_colour_is_the_raw_bayer_image() -> None:
    camera = open_basler(pixel_format="Colour")
    assert camera.pixel_format == "BayerGR8"
    assert grab_one(camera).image.shape == (1040, 1024)
    camera.close()


def test_a_camera_without_colour_says_what_it_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaslerFeatures, "choices", lambda *_: ["Mono8", "Mono12"])
    with pytest.raises(CameraError, match="it offers Mono8, Mono12"):
        open_basler(pixel_format="Colour")


def test_settings_beyond_the_cameras_range_become_the_nearest_within() -> None:
    camera = open_basler(fps=99_999.0, exposure_time=0.1, gain=100.0)
    assert camera.fps == 5000.0
    fps, exposure_time, gain = camera.settings()[:3]
    assert (fps.wanted, fps.actual, fps.note) == (99_999.0, 5000.0, "the camera's maximum")
    assert (exposure_time.actual, exposure_time.note) == (1.0, "the camera's minimum")
    assert (exposure_time.lowest, exposure_time.highest) == (1.0, 10_000_000.0)
    assert gain.actual == pytest.approx(48.0)
    assert gain.note == "the camera's maximum"
    camera.close()


def test_settings_that_hold_as_they_were_wanted_need_no_note() -> None:
    camera = open_basler(fps=50.0, exposure_time=2000.0, gain=6.0)
    actual = {each.name: each.actual for each in camera.settings()}
    assert {each.note for each in camera.settings()} == {""}
    assert actual == {
        "fps": 50.0,
        "exposure_time": 2000.0,
        "gain": pytest.approx(6.0, rel=1e-4),
        "pixel_format": "Mono",
        "external_trigger": False,
        "roi": (0, 0, 1024, 1040),
    }
    camera.close()


def test_a_region_of_interest_is_what_arrives_and_is_fitted_to_the_sensor() -> None:
    camera = open_basler(roi=(40, 20, 320, 200))
    assert grab_one(camera).image.shape == (200, 320)
    assert setting(camera, "roi").actual == (40, 20, 320, 200)
    camera.close()

    camera = open_basler(roi=(10_000, 0, 5000, 64))
    roi = setting(camera, "roi")
    assert (roi.actual, roi.note) == ((0, 0, 4096, 64), "fitted to the sensor and its steps")
    camera.close()


def test_settings_change_while_it_and_another_camera_stream() -> None:
    other = open_basler("0815-0000", fps=50.0, roi=(0, 0, 64, 48))
    camera = open_basler(fps=100.0, roi=(0, 0, 64, 48))
    grab_one(other)
    wanted = config(fps=20.0, exposure_time=3000.0, gain=12.0, roi=(0, 0, 64, 48))
    camera.apply(wanted)
    assert [each.actual for each in camera.settings()[:3]] == [
        20.0,
        3000.0,
        pytest.approx(12.0, rel=1e-4),
    ]
    assert camera.fps == 20.0
    stamps = [grab_one(camera).timestamp for _ in range(10)]
    assert stamps[-1] - stamps[1] > 0.2e9, "at the old rate it would be 80 ms"
    grab_one(other)
    assert (other.counts.missing, other.counts.failed) == (0, 0)
    assert setting(other, "fps").actual == 50.0
    camera.close()
    other.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("roi", (0, 0, 64, 48)), ("pixel_format", "Colour"), ("external_trigger", True)],
)
def test_what_locks_while_it_streams_needs_another_opening(name: str, value: Any) -> None:
    camera = open_basler(fps=50.0)
    with pytest.raises(RestartNeeded) as caught:
        camera.apply(config(fps=20.0, **{name: value}))
    assert caught.value.settings == (name,)
    assert camera.fps == 50.0, "nothing has been changed"
    grab_one(camera)
    camera.close()


def test_older_cameras_are_set_by_their_older_names() -> None:
    device = open_device()
    nodes = device.GetNodeMap()
    nodes.GetNode("GainRaw").SetValue(500)
    older: Any = NodesWithout(nodes, "ExposureTime", "AcquisitionFrameRate", "Gain")
    wanted = config(exposure_time=4321.0, fps=33.0, gain=6.0)
    apply_settings(BaslerFeatures(older), wanted)
    assert nodes.GetNode("ExposureTimeAbs").GetValue() == pytest.approx(4321.0, abs=100)
    assert nodes.GetNode("AcquisitionFrameRateAbs").GetValue() == 33.0
    assert nodes.GetNode("GainRaw").GetValue() == nodes.GetNode("GainRaw").GetMin()
    gain = read_settings(BaslerFeatures(older), wanted)[2]
    assert (gain.wanted, gain.actual) == (6.0, None)
    assert gain.note == "not in dB here, but in steps: the minimum is set"
    device.Close()


def test_with_an_external_trigger_a_frame_comes_only_on_a_signal() -> None:
    camera = open_basler(external_trigger=True)
    assert camera.fps is None
    assert camera.grab(0.3) is None
    assert setting(camera, "fps").note == "the trigger sets the rate"
    assert setting(camera, "external_trigger").actual is True
    camera.close()


def test_the_first_trigger_gives_a_frame() -> None:
    device = open_device()
    nodes = device.GetNodeMap()
    apply_settings(BaslerFeatures(nodes), config(external_trigger=True))
    nodes.GetNode("TriggerSource").SetValue("Software")
    camera = BaslerCamera(device, config(external_trigger=True))
    assert camera.grab(0.1) is None
    # One that comes before the camera waits for it is lost, with real cameras too.
    nodes.GetNode("AcquisitionStatusSelector").SetValue("FrameTriggerWait")
    wait_for(nodes.GetNode("AcquisitionStatus").GetValue, "the camera to wait for a trigger")
    nodes.GetNode("TriggerSoftware").Execute()
    assert grab_one(camera).image.shape == (1040, 1024)
    assert camera.grab(0.1) is None
    camera.close()


def test_an_unknown_serial_number_is_named() -> None:
    unknown = CameraConfig(unique_id="40012345-basler")
    with pytest.raises(CameraError, match="no Basler camera 40012345 is connected; check"):
        BaslerBackend().open(unknown)


@pytest.mark.parametrize(
    "said",
    [
        "Failed to open device. Error: 'Device is exclusively opened by another client.'",
        "Failed to open 'Basler acA640'. The device is controlled by another application.",
    ],
)
def test_a_camera_in_use_elsewhere_is_distinguished(said: str) -> None:
    error = open_error("40012345", genicam.RuntimeException(f"{said} : RuntimeException thrown"))
    assert str(error).startswith("Basler camera 40012345 is held by another program; close")


def test_any_other_trouble_at_opening_is_reported_in_pylons_words() -> None:
    error = open_error("1", genicam.RuntimeException("No bandwidth. : thrown (file 'x', line 3)"))
    assert error.reason == "Basler camera 1 cannot be opened: No bandwidth."


def test_an_unplugged_camera_is_lost() -> None:
    camera = BaslerCamera(Unplugged(open_device()), config())
    with pytest.raises(CameraLost, match="check its cable"):
        camera.grab(0.1)
    camera.close()


def test_a_stream_that_breaks_while_the_camera_is_there_is_another_error() -> None:
    camera = BaslerCamera(BrokenStream(open_device()), config())
    with pytest.raises(CameraError, match="the stream broke: The device is gone") as caught:
        camera.grab(0.1)
    assert not isinstance(caught.value, CameraLost)
    camera.close()


def test_a_stream_that_stopped_is_an_error_and_no_endless_wait() -> None:
    device = open_device()
    camera = BaslerCamera(device, config())
    grab_one(camera)
    device.StopGrabbing()
    with pytest.raises(CameraError, match="stopped by itself"):
        camera.grab(0.1)
    camera.close()


def test_a_camera_that_is_unplugged_while_it_is_set_is_lost() -> None:
    camera = BaslerCamera(Unplugged(open_device()), config())
    camera._features = BaslerFeatures(GoneNodes())
    with pytest.raises(CameraLost):
        camera.apply(config(fps=20.0))
    with pytest.raises(CameraLost):
        camera.settings()
    camera.close()


def test_a_stop_during_a_wait_ends_it_at_once() -> None:
    device = open_device()
    apply_settings(BaslerFeatures(device.GetNodeMap()), config(external_trigger=True))
    camera = BaslerCamera(device, config(external_trigger=True))
    ended: list[Exception] = []

    def wait() -> None:
        try:
            camera.grab(60)
        except CameraError as error:
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    device.StopGrabbing()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert "stopped by itself" in str(ended[0])
    camera.close()


def test_four_cameras_stream_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FOUR_CAMERAS],
        env={**os.environ, "PYLON_CAMEMU": "4"},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["4", "True"]


def test_opening_and_closing_leaves_nothing_behind() -> None:
    def cycle() -> None:
        camera = open_basler(roi=(0, 0, 64, 48), fps=1000.0)
        grab_one(camera)
        camera.close()
        camera.close()

    # Fewer than of others: each opening searches, which takes a quarter of a second.
    assert_leaves_nothing(cycle, cycles=20)


@pytest.mark.usefixtures("emulator")
def test_images_are_copied_once_to_where_scripts_and_windows_read_them() -> None:
    camera = open_basler()
    assert_writes_into_shared_memory(camera, frames=1)
    camera.close()

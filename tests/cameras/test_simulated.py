"""Simulated cameras: what they show and when."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmv_tui.cameras.base import Camera, CameraError, EndOfStream, RestartNeeded
from pmv_tui.cameras.simulated import SimulatedBackend
from pmv_tui.cameras.simulated.scene import BlobScene
from pmv_tui.config.schema import CameraConfig
from tests.cameras.conftest import WriteVideo
from tests.cameras.helpers import (
    assert_leaves_nothing,
    assert_writes_into_shared_memory,
    grab_one,
    pass_time,
    read_number,
    setting,
)


def config(**settings: Any) -> CameraConfig:
    return CameraConfig(unique_id="left-simulated", **settings)


def open_simulated(**settings: Any) -> Camera:
    return SimulatedBackend().open(config(**settings))


def numbered_video(write_video: WriteVideo, count: int) -> Path:
    scene = BlobScene(640, 480)
    return write_video(np.dstack([scene.read(number)] * 3) for number in range(count))


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 1024), (321, 241), (100, 2000)])
def test_a_frame_shows_its_number_and_the_blob(width: int, height: int) -> None:
    scene = BlobScene(width, height)
    for number in (0, 7, 77, 155, 98_765):
        image = scene.read(number)
        assert image.shape == (height, width)
        assert image.dtype == np.uint8
        assert read_number(image) == number
        x, y = scene.blob_centre(number)
        y, x = min(y, height - 1), min(x, width - 1)
        assert image[y, x] > 130, "the blob is brighter than any background"


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 1024), (160, 120), (96, 72)])
@pytest.mark.parametrize("brightness", [0.3, 1, 1.05])
def test_the_brightest_pixel_is_the_blobs(width: int, height: int, brightness: float) -> None:
    scene = BlobScene(width, height)
    scene.expose(brightness)
    radius = min(width, height) // 8
    for number in range(0, 2000, 37):
        image = scene.read(number)
        # Some scripts look at every fourth pixel.
        for step in (1, 4):
            coarse = image[::step, ::step]
            row, column = divmod(int(coarse.argmax()), coarse.shape[1])
            x, y = scene.blob_centre(number)
            assert abs(step * column - x) < radius
            assert abs(step * row - y) < radius
        assert read_number(image) == number


def test_the_same_number_gives_the_same_image_and_the_next_one_another() -> None:
    image = BlobScene(320, 240).read(1234)
    again = BlobScene(320, 240).read(1234)
    following = BlobScene(320, 240).read(1235)
    assert np.array_equal(image, again)
    assert not np.array_equal(image, following)


def test_the_smallest_image_shows_as_many_digits_as_it_has_room_for() -> None:
    assert read_number(BlobScene(16, 16).read(123)) == 23


def test_a_frame_that_was_handed_over_is_never_written_to_again() -> None:
    camera = open_simulated(fps=1000.0)
    first = grab_one(camera)
    kept = first.image.copy()
    for _ in range(5):
        assert not np.shares_memory(grab_one(camera).image, first.image)
    assert np.array_equal(first.image, kept)


def test_frames_come_at_the_rate_asked_for_and_never_faster() -> None:
    camera = open_simulated(fps=100.0)
    start = time.monotonic()
    frames = 0
    while time.monotonic() < start + 1:
        frames += camera.grab(0.1) is not None
    elapsed = time.monotonic() - start
    assert 10 <= frames <= 100 * elapsed + 1
    assert frames + camera.counts.skipped == pytest.approx(100 * elapsed, abs=30)


def test_time_that_passed_is_skipped_and_counted_and_not_made_up_for() -> None:
    camera = open_simulated(fps=100.0)
    assert read_number(grab_one(camera).image) == 0
    pass_time(0.3)
    late = time.monotonic()
    numbers = [read_number(grab_one(camera).image) for _ in range(5)]
    assert numbers[0] >= 29
    assert camera.counts.skipped == numbers[-1] - 5
    assert camera.counts.last_skipped is not None
    assert abs(time.time_ns() - camera.counts.last_skipped) < 20e9
    assert time.monotonic() - late >= 0.015, "a burst would take a millisecond or two"


def test_grab_gives_up_after_its_timeout() -> None:
    camera = open_simulated(fps=0.1)
    grab_one(camera)
    start = time.monotonic()
    assert camera.grab(0.05) is None
    assert 0.04 < time.monotonic() - start < 5


def test_a_frame_carries_the_host_time_of_its_arrival() -> None:
    camera = open_simulated()
    before = time.time_ns()
    frame = grab_one(camera)
    assert before <= frame.timestamp <= time.time_ns()
    assert frame.device_timestamp is None


def test_with_an_external_trigger_it_waits_for_ever() -> None:
    camera = open_simulated(external_trigger=True)
    assert [camera.grab(0.01) for _ in range(3)] == [None, None, None]
    assert setting(camera, "fps").note == "the trigger sets the rate"
    camera.close()


def test_more_than_a_thousand_frames_a_second_become_a_thousand() -> None:
    camera = open_simulated(fps=1001.0)
    fps = setting(camera, "fps")
    assert camera.fps == 1000.0
    assert (fps.wanted, fps.actual, fps.highest) == (1001.0, 1000.0, 1000.0)
    assert fps.note == "the camera's maximum"


def test_the_rate_changes_while_it_streams_and_the_numbers_go_on() -> None:
    camera = open_simulated(fps=500.0)
    before = [read_number(grab_one(camera).image) for _ in range(20)]
    camera.apply(config(fps=20.0))
    start = time.monotonic()
    after = [read_number(grab_one(camera).image) for _ in range(4)]
    elapsed = time.monotonic() - start
    assert after[0] > before[-1]
    assert after[0] - before[-1] < 10, "time that passed at the old rate counts for nothing"
    assert after == sorted(set(after))
    assert elapsed > 2 / 20, "at the old rate it would be 8 ms"
    assert setting(camera, "fps").actual == camera.fps == 20.0


def test_more_exposure_and_gain_make_a_brighter_image() -> None:
    camera = open_simulated(fps=500.0)
    normal = grab_one(camera).image.mean()
    camera.apply(config(fps=500.0, exposure_time=7500.0))
    darker = grab_one(camera).image.mean()
    camera.apply(config(fps=500.0, gain=6.0))
    brighter = grab_one(camera).image
    assert darker < 0.6 * normal
    assert brighter.mean() > 1.5 * normal
    assert read_number(brighter) > 0, "the number can be read whatever the exposure"


def test_exposure_and_gain_have_a_range_and_say_so() -> None:
    camera = open_simulated(exposure_time=1.0, gain=100.0)
    exposure_time, gain = setting(camera, "exposure_time"), setting(camera, "gain")
    assert (exposure_time.actual, exposure_time.note) == (10.0, "the camera's minimum")
    assert (gain.actual, gain.note) == (24.0, "the camera's maximum")
    assert (exposure_time.unit, gain.unit) == ("µs", "dB")


def test_a_colour_camera_cannot_be_simulated_and_a_region_neither() -> None:
    camera = open_simulated(pixel_format="Colour", roi=(0, 0, 100, 100))
    assert setting(camera, "pixel_format").note == "it has no colours"
    assert (setting(camera, "roi").actual, setting(camera, "roi").live) == (None, False)


def test_another_size_needs_another_opening() -> None:
    camera = open_simulated(fps=500.0)
    with pytest.raises(RestartNeeded) as caught:
        camera.apply(config(fps=20.0, width=100, height=80))
    assert caught.value.settings == ("width", "height")
    assert camera.fps == 500.0, "nothing has been changed"


@pytest.mark.usefixtures("opencv")
def test_a_picture_is_shown_as_it_is_or_in_the_size_asked_for(tmp_path: Path) -> None:
    import cv2  # noqa: PLC0415 - not where it cannot be imported

    picture = np.tile(np.arange(200, dtype=np.uint8), (50, 1))
    path = tmp_path / "scene.png"
    cv2.imwrite(str(path), picture)

    camera = open_simulated(source=str(path), fps=1000.0)
    assert np.array_equal(grab_one(camera).image, picture)
    assert np.array_equal(grab_one(camera).image, picture)

    resized = open_simulated(source=str(path), width=100, height=80)
    assert grab_one(resized).image.shape == (80, 100)


def test_a_video_is_played_at_the_cameras_rate_over_and_over(write_video: WriteVideo) -> None:
    path = numbered_video(write_video, 6)
    camera = open_simulated(source=str(path), fps=500.0)
    numbers = [read_number(grab_one(camera).image) for _ in range(14)]
    assert numbers == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1]
    assert camera.fps == 500.0
    camera.close()

    resized = open_simulated(source=str(path), width=320, height=200)
    assert grab_one(resized).image.shape == (200, 320)
    resized.close()


def test_a_video_that_is_not_looped_ends(write_video: WriteVideo) -> None:
    camera = open_simulated(source=str(numbered_video(write_video, 3)), fps=500.0, loop=False)
    assert [read_number(grab_one(camera).image) for _ in range(3)] == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(EndOfStream, match=r"video\.avi has been played to its end"):
            grab_one(camera)
    assert setting(camera, "gain").note == "a file has no gain"
    camera.close()


def test_a_scene_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"there is no file .*nothing\.png; correct `source`"):
        open_simulated(source=str(tmp_path / "nothing.png"))
    with pytest.raises(CameraError, match="is not a file"):
        open_simulated(source=str(tmp_path))
    with pytest.raises(CameraError, match="is a picture or video file, not 3"):
        open_simulated(source=3)


@pytest.mark.usefixtures("opencv")
def test_a_broken_picture_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"garbage" * 10)
    with pytest.raises(CameraError, match=r"broken\.png cannot be decoded"):
        open_simulated(source=str(path))


def test_opening_and_closing_leaves_nothing_behind() -> None:
    def cycle() -> None:
        camera = open_simulated(width=64, height=48)
        grab_one(camera)
        camera.close()
        camera.close()

    assert_leaves_nothing(cycle)


def test_a_scene_is_drawn_where_scripts_and_windows_read_it() -> None:
    for exposure_time in (15_000, 20_000):
        camera = open_simulated(fps=200, exposure_time=exposure_time)
        assert_writes_into_shared_memory(camera, frames=1)
        camera.close()


def test_a_video_is_decoded_where_scripts_and_windows_read_it(write_video: WriteVideo) -> None:
    camera = open_simulated(fps=200, source=str(numbered_video(write_video, 20)))
    assert_writes_into_shared_memory(camera, frames=2)
    camera.close()

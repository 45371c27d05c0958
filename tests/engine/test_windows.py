"""Windows on a real X server: what is on its screen, and what a user is shown when it goes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from pmv_tui.windows.manager import FIRST_PAUSE
from pmv_tui.windows.messages import Scene
from pmv_tui.wire.drawn import BoxOverlay
from tests.engine.windows_rig import GREEN, MAX_SIZE, Rig, boxed, noise, plain_scene, shows
from tests.support import wait_for
from tests.viewer.screen import Screen, screen

pytestmark = pytest.mark.usefixtures("opencv")


@pytest.fixture
def xvfb() -> Iterator[Screen]:
    with screen() as one:
        yield one


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.end()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_window_shows_the_frame_pixel_for_pixel_and_then_the_next(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb, noise(seed=1))
    assert rig.windows.state("left") == ("shown", f"on {xvfb.name}")
    rig.offer_and_see("left", xvfb, noise(seed=2))


def test_a_large_frame_is_shown_smaller_with_everything_in_its_place(
    rig: Rig, xvfb: Screen
) -> None:
    # Patches of 60x60 pixels, each of which is 25x25 in the window.
    patches = noise(16, 12)
    rig.ask("left", xvfb.name)
    rig.wait_until("left", "shown")
    rig.offer("left", np.kron(patches, np.ones((60, 60), np.uint8)))
    wait_for(lambda: xvfb.pixels("left").shape == (300, 400, 3), "a window of 400x300")
    wait_for(
        lambda: bool((xvfb.pixels("left")[12::25, 12::25, 0] == patches).all()),
        "every patch of the frame where it belongs",
    )


def test_a_frame_may_change_its_shape_while_it_is_shown(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb)
    for number, size in enumerate([(400, 380), (100, 80), (250, 400)]):
        rig.offer_and_see("left", xvfb, noise(*size, seed=number))


def test_a_box_is_green_then_fainter_then_gone(rig: Rig, xvfb: Screen) -> None:
    image = np.full((240, 320), 100, np.uint8)
    rig.show("left", xvfb, image)

    def edge() -> tuple[int, ...]:
        return tuple(xvfb.pixels("left")[60, 100].tolist())

    rig.scenes["left"] = boxed(1.0)
    wait_for(lambda: edge() == GREEN, "a green box")
    pixels = xvfb.pixels("left")
    assert (pixels[120, 50:151] == GREEN).all()
    assert (pixels[62:119, 52:149] == 100).all()
    rig.scenes["left"] = boxed(0.5)
    wait_for(lambda: edge() == (50, 178, 50), "a fainter box")
    rig.scenes["left"] = plain_scene()
    wait_for(lambda: shows(xvfb, "left", image), "the image without a box")


def test_a_lost_camera_says_so_over_its_dimmed_last_image(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb, np.full((240, 320), 200, np.uint8))
    rig.scenes["left"] = Scene(caption="", notice="lost: unplugged", overlays=[])
    wait_for(lambda: xvfb.pixels("left")[0, 0, 0] == 70, "a dimmed image")
    assert (xvfb.pixels("left")[0] == 70).all()
    assert xvfb.pixels("left").max() > 200


def test_a_camera_without_images_gets_a_window_that_says_so(rig: Rig, xvfb: Screen) -> None:
    rig.ask("left", xvfb.name)
    rig.wait_until("left", "shown")
    wait_for(lambda: xvfb.pixels("left").max() > 200, "the notice")


def test_the_close_button_closes_one_of_two_windows_and_the_other_goes_on(
    rig: Rig, xvfb: Screen
) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    xvfb.press_close_button("left")
    rig.wait_until("left", "closed by the user")
    for seed in range(1, 4):
        image = noise(seed=seed)
        rig.offer("left", image)
        rig.offer_and_see("right", xvfb, image)
    assert xvfb.titles() == ["right"]
    assert rig.windows.state("left").state == "closed by the user"
    rig.show("left", xvfb, noise(seed=9))


def test_windows_are_cascaded_where_nobody_arranges_them(rig: Rig, xvfb: Screen) -> None:
    for name in ("left", "right"):
        rig.show(name, xvfb)
    assert xvfb.place("left") == (0, 0)
    wait_for(lambda: xvfb.place("right") == (40, 40), "the second window in its place")
    rig.windows.close("left")
    wait_for(lambda: "left" not in xvfb.titles(), "the window to close")
    rig.show("left", xvfb)
    assert xvfb.place("left") == (0, 0), "it has its place again"
    rig.windows.close("right")
    wait_for(lambda: "right" not in xvfb.titles(), "the window to close")
    xvfb.pretend_a_window_manager()
    rig.show("right", xvfb)
    assert xvfb.place("right") == (0, 0), "a window manager would choose"


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_closes_the_window_that_has_the_focus(rig: Rig, xvfb: Screen, key: str) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    xvfb.move("right", 500, 0)
    xvfb.point_at("right")
    xvfb.focus("left")
    xvfb.press(key)
    rig.wait_until("left", "closed by the user")
    rig.offer_and_see("right", xvfb, noise(seed=5))


def test_without_a_focus_a_key_closes_the_window_under_the_pointer(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    xvfb.move("right", 500, 0)
    xvfb.point_at("right")
    xvfb.press("q")
    rig.wait_until("right", "closed by the user")
    rig.offer_and_see("left", xvfb, noise(seed=5))


def test_other_keys_do_nothing(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb)
    xvfb.point_at("left")
    for key in ("w", "a", "space", "Return"):
        xvfb.press(key)
    xvfb.press("q")
    rig.wait_until("left", "closed by the user")


def test_the_viewer_ends_with_its_last_window(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    viewer = rig.viewer()
    rig.windows.close("left")
    wait_for(lambda: xvfb.titles() == ["right"], "one window left")
    assert rig.windows.state("left") == ("", "")
    assert viewer.is_running()
    xvfb.press_close_button("right")
    wait_for(lambda: gone(viewer), "the viewer to end")
    assert rig.windows.state("right").state == "closed by the user"
    rig.show("right", xvfb)


def test_a_dead_x_server_is_reported_and_the_next_display_is_used(rig: Rig, xvfb: Screen) -> None:
    rig.show("left", xvfb)
    viewer = rig.viewer()
    xvfb.server.kill()
    status = rig.wait_until("left", "display lost")
    assert xvfb.name in status.reason
    assert gone(viewer)
    with screen() as other:
        rig.show("left", other)


def test_a_frozen_x_server_is_noticed_within_seconds_and_costs_the_camera_nothing(
    rig: Rig, xvfb: Screen
) -> None:
    rig.show("left", xvfb)
    viewer = rig.viewer()
    image = noise()
    with xvfb.frozen():
        slowest = 0.0
        end = time.monotonic() + 8
        while rig.windows.state("left").state == "shown":
            assert time.monotonic() < end, "not noticed"
            before = time.thread_time()
            rig.offer("left", image)
            slowest = max(slowest, time.thread_time() - before)
            threading.Event().wait(0.01)
        assert rig.windows.state("left") == ("display lost", f"{xvfb.name} does not answer")
        assert slowest < 0.1
        assert gone(viewer)
    rig.show("left", xvfb)


def test_without_a_display_nothing_is_started(rig: Rig) -> None:
    rig.ask("left", "")
    state, reason = rig.windows.state("left")
    assert state == "no display"
    assert "DISPLAY=:0" in reason
    assert rig.windows.viewer_pid is None


def test_a_window_that_is_shown_stays_so_for_a_caller_without_a_display(
    rig: Rig, xvfb: Screen
) -> None:
    rig.show("left", xvfb)
    for display in ("", ":9999"):
        rig.ask("left", display)
        assert rig.windows.state("left").state == "shown"


def test_a_display_with_a_zero_byte_is_reported_and_the_next_one_is_used(
    rig: Rig, xvfb: Screen
) -> None:
    rig.ask("left", ":\0")
    rig.wait_until("left", "viewer died")
    rig.show("left", xvfb)


def test_a_display_that_cannot_be_reached_is_named(rig: Rig, xvfb: Screen) -> None:
    rig.ask("left", ":9999")
    assert rig.wait_until("left", "no display").reason == "cannot connect to :9999"
    rig.show("left", xvfb)


def test_a_scene_that_cannot_be_drawn_spoils_one_window_and_is_reported_once(
    rig: Rig, xvfb: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    xvfb.move("right", 500, 0)
    viewer = rig.windows.viewer_pid
    box = BoxOverlay(kind="box", corners=[1, 2, 3], label="", color=[*GREEN], opacity=1.0)
    rig.scenes["left"] = Scene(caption="", notice="", overlays=[box])
    assert "Error" in rig.wait_until("left", "failed").reason
    wait_for(lambda: not shows(xvfb, "left", noise()), "the failure in the window")
    rig.offer_and_see("right", xvfb, noise(seed=3))
    rig.scenes["left"] = plain_scene()
    rig.wait_until("left", "shown")
    rig.offer_and_see("left", xvfb, noise(seed=4))
    # Nor does what the engine cannot make a message of.
    rig.scenes["left"] = Scene(caption="", notice=object(), overlays=[])  # type: ignore[typeddict-item]
    assert "object" in rig.wait_until("left", "failed").reason
    rig.offer_and_see("right", xvfb, noise(seed=5))
    assert [record.message for record in caplog.records] == ["left: its window failed"]
    assert rig.windows.viewer_pid == viewer


def test_texts_of_any_length_end_neither_window_nor_thread(rig: Rig, xvfb: Screen) -> None:
    rig.show("right", xvfb)
    rig.windows.open("left", "x" * 60_000, rig.pools["left"], display=xvfb.name, xauthority="")
    rig.wait_until("left", "shown")
    rig.windows.close("left")
    rig.windows.open("left", "x" * 200_000, rig.pools["left"], display=xvfb.name, xauthority="")
    assert "message" in rig.wait_until("left", "failed").reason
    rig.scenes["right"] = Scene(caption="x" * 200_000, notice="x" * 200_000, overlays=[])
    wait_for(lambda: not shows(xvfb, "right", noise()), "the notice")
    rig.scenes["right"] = plain_scene()
    rig.offer_and_see("right", xvfb, noise(seed=5))


def test_an_image_of_any_size_is_shown(rig: Rig, xvfb: Screen) -> None:
    rig.ask("left", xvfb.name)
    rig.wait_until("left", "shown")
    rig.scenes["left"] = Scene(caption="some caption", notice="some notice", overlays=[])

    def has_size(longest: int) -> bool:
        # Qt has no window smaller than some 70 pixels.
        return "left" in xvfb.titles() and longest <= int(max(xvfb.pixels("left").shape)) <= max(
            longest, 99
        )

    for size in ((1, 10_000), (1, 1), (10_000, 1), (4000, 3000)):
        rig.offer("left", noise(*size))
        longest = min(max(size), MAX_SIZE)
        wait_for(partial(has_size, longest), f"a window for {size}")
        assert rig.windows.state("left").state == "shown"


def test_variables_for_other_qt_programs_are_no_obstacle(
    rig: Rig, xvfb: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/nowhere")
    monkeypatch.setenv("QT_SCALE_FACTOR", "2")
    rig.show("left", xvfb)


def test_libraries_that_are_missing_are_reported_with_what_installs_them(
    rig: Rig, xvfb: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    rig.ask("left", xvfb.name)
    reason = rig.wait_until("left", "libraries missing").reason
    assert "apt-get install libgl1 libglib2.0-0 libsm6" in reason
    assert "libGL.so.1" in reason


def test_a_killed_viewer_is_reported_and_opened_again_only_when_asked(
    rig: Rig, xvfb: Screen
) -> None:
    rig.show("left", xvfb)
    rig.show("right", xvfb)
    rig.viewer().kill()
    for name in ("left", "right"):
        assert "signal 9" in rig.wait_until(name, "viewer died").reason
    assert rig.windows.viewer_pid is None
    rig.show("left", xvfb)
    assert rig.windows.state("right").state == "viewer died"


def test_after_each_death_of_the_viewer_the_pause_before_the_next_start_grows(
    rig: Rig, xvfb: Screen
) -> None:
    pauses = []
    died = time.monotonic()
    for _ in range(3):
        rig.ask("left", xvfb.name)
        wait_for(lambda: rig.windows.viewer_pid is not None, "a viewer")
        pauses.append(time.monotonic() - died)
        # Noted before the death, so that a busy machine makes a pause longer and never shorter.
        died = time.monotonic()
        rig.viewer().kill()
        rig.wait_until("left", "viewer died")
    assert pauses[1] >= FIRST_PAUSE
    assert pauses[2] >= 2 * FIRST_PAUSE


ENGINE = """
import sys, threading
from pmv_tui.frames.pool import Pool
from pmv_tui.windows.manager import Windows
windows = Windows(rate=30, max_size=400, scene_of=lambda camera: None, printed=print)
windows.start()
windows.open("left", "left", Pool(), display=sys.argv[1], xauthority="")
while windows.state("left").state != "shown":
    threading.Event().wait(0.02)
print(windows.viewer_pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("frozen", [False, True])
def test_nobody_is_left_behind_when_the_engine_is_killed(xvfb: Screen, frozen: bool) -> None:
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE, xvfb.name], stdout=subprocess.PIPE, text=True
    )
    with engine:
        assert engine.stdout is not None
        viewer = psutil.Process(int(engine.stdout.readline()))
        if frozen:
            xvfb.server.send_signal(signal.SIGSTOP)
        engine.kill()
        engine.wait()
    try:
        wait_for(lambda: gone(viewer), "the viewer to end")
    finally:
        if frozen:
            xvfb.server.send_signal(signal.SIGCONT)


def test_opening_and_closing_leaves_no_descriptor_behind(rig: Rig, xvfb: Screen) -> None:
    def cycle() -> None:
        rig.show("left", xvfb, noise(seed=len(os.listdir("/proc/self/fd"))))  # noqa: PTH208
        rig.windows.close("left")
        wait_for(lambda: rig.windows.viewer_pid is None, "the viewer to end")

    cycle()
    before = psutil.Process().num_fds()
    cycle()
    assert psutil.Process().num_fds() <= before

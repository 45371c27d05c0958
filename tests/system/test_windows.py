"""Windows of the real engine under a real X server: nothing that befalls them costs a frame."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import psutil
import pytest
import zmq
from numpy.typing import NDArray

from pmv_tui.client import boxes, subscribe
from pmv_tui.engine.stream.preview import thumbnail
from pmv_tui.wire.status import Reply
from tests.cameras.helpers import read_number
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
from tests.system.counting import counting
from tests.system.terminal import TerminalTui
from tests.viewer.screen import Screen, screen

cv2 = pytest.importorskip("cv2", exc_type=ImportError)
drawing = pytest.importorskip("pmv_tui.windows.drawing", exc_type=ImportError)


@pytest.fixture(scope="module")
def display() -> Iterator[Screen]:
    with screen() as one:
        yield one


def window(rig: RigOnDisk, name: str) -> str:
    state: str = rig.camera(name)["window"]
    return state


def two_cameras(rig: RigOnDisk, *, small: bool = True) -> list[int]:
    ports = free_ports(4)
    rig.write_config(
        NUMBERED
        + (steady("left", *ports[:2]) if small else simulated("left", *ports[:2]))
        + steady("right", *ports[2:])
    )
    return ports


LEFT, RIGHT = "left (left-simulated)", "right (right-simulated)"


def open_windows(rig: RigOnDisk, display: Screen, name: str = "all") -> None:
    """Open windows from a script, as an operator whose environment names the display."""
    rig.environment["DISPLAY"] = display.name
    done = rig.run_here("window", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"window open on {display.name}" in done.stdout


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RigOnDisk, list[int]]]:
    """A rig of two cameras that runs, both plugged, and their ports; boxes soon fade."""
    with rig_on_disk() as rig:
        ports = two_cameras(rig, small=False)
        rig.write_config("[overlay]\nhold = 1\nfade = 2\n" + rig.config_path.read_text())
        with rig.serve("--plug-all"):
            yield rig, ports


@pytest.fixture
def running(served: tuple[RigOnDisk, list[int]], display: Screen) -> Iterator[RigOnDisk]:
    """That rig; its windows are closed."""
    rig, _ = served
    yield rig
    assert rig.ask("window", camera="all", close=True)["ok"]
    wait_for(lambda: not display.titles(), "its windows to close")


@pytest.fixture
def ports(served: tuple[RigOnDisk, list[int]]) -> list[int]:
    return served[1]


def test_a_documented_box_turns_the_right_pixels_green_then_fainter_then_back(
    running: RigOnDisk, ports: list[int], display: Screen
) -> None:
    _, pull, pub, _ = ports

    def greenness() -> float:
        """Judge the box's upper edge: how much greener than red."""
        edge = display.pixels(LEFT)[100, 220:280].astype(float)
        return float((edge[:, 1] - edge[:, 0]).mean())

    with counting(pub):
        open_windows(running, display, "left")
        assert display.pixels(LEFT).shape == (480, 640, 3)
        assert greenness() == 0
        with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PUSH) as client:
            client.connect(f"tcp://localhost:{pull}")
            client.send_json({"DRAW_BOX": {"TOP_LEFT": [200, 100], "BOTTOM_RIGHT": [300, 200]}})
            solid = wait_for(greenness, "the box")
            inside = display.pixels(LEFT)[140:160, 240:260]
            assert (inside[..., 0] == inside[..., 1]).all(), "only its edges are drawn"
            wait_for(lambda: 0 < greenness() < 0.7 * solid, "the box to fade")
            wait_for(lambda: greenness() == 0, "the box to be gone")
    assert solid > 100


STRIPES = 40
"""Places of a box, of which each image has the one of its number."""


class LaggingScript:
    """Sends a box for each image once it is 100 ms old, at the place of the image's number.

    Attributes
    ----------
    sent : by the time stamp of each image it and the left side of its box.
    """

    def __init__(self, pub: int, pull: int) -> None:
        self._addresses = [f"tcp://localhost:{port}" for port in (pub, pull)]
        self.stopping = threading.Event()
        self.sent: dict[int, tuple[NDArray[np.uint8], int]] = {}

    def run(self) -> None:
        """Send them until it is to stop."""
        pub, pull = self._addresses
        with subscribe(pub, timeout=DEADLINE) as frames, boxes(pull) as marks:
            while not self.stopping.is_set():
                frame = next(frames)
                left = 100 + 10 * (read_number(frame.image) % STRIPES)
                self.stopping.wait(max(0.0, 0.1 - frame.age))
                self.sent[frame.timestamp] = frame.image.copy(), left
                marks.send(((left, 200), (left + 8, 400)), color=(0, 0, 255), frame=frame)

    def matches(self, answer: Reply) -> bool:
        """Whether a thumbnail shows an image and the box that belongs to it."""
        (shown,) = answer["thumbnails"]
        if shown["timestamp"] not in self.sent or not shown["pixels"]:
            return False
        image, left = self.sent[shown["timestamp"]]
        assert thumbnail(image, 200, 150, "Mono8").tobytes() == shown["pixels"]
        return [box["corners"][0] for box in shown["overlays"] if box["kind"] == "box"] == [left]


def lag_shown(display: Screen) -> int | None:
    """Return how many images the window's is after that of the box on it; None without a box."""
    shown = display.pixels(LEFT).astype(int)
    [blue] = np.nonzero(shown[300, 95:, 2] - shown[300, 95:, 0] > 100)
    if not len(blue):
        return None
    place = round((int(blue[0]) - 5) / 10)  # a line may be wider than a pixel
    return (read_number(shown[..., 1].astype(np.uint8)) - place) % STRIPES


def test_with_match_the_image_is_shown_that_the_box_belongs_to(
    running: RigOnDisk, ports: list[int], display: Screen
) -> None:
    config, lags = running.config_path.read_text(), deque[int | None](maxlen=20)
    look = {"cameras": {"left-simulated": 0}, "width": 200, "height": 150}
    open_windows(running, display, "left")
    script = LaggingScript(*ports[:2])
    with ThreadPoolExecutor() as pool:
        done = pool.submit(script.run)
        try:
            wait_for(lambda: 2 < (lag_shown(display) or 0) < 30, "a box that trails")
            running.write_config(config.replace("[overlay]", "[overlay]\nmatch = true"))
            assert "overlay.match = true: applied" in running.run_here("reload").stdout

            def settled() -> bool:
                lags.append(lag_shown(display))
                return lags.count(0) > 15

            wait_for(settled, "boxes on their own images")
            wait_for(lambda: script.matches(running.ask("thumbnails", **look)), "in terminals too")
        finally:
            script.stopping.set()
            running.write_config(config)
            assert running.run_here("reload").returncode == 0
        done.result()
    wait_for(lambda: lag_shown(display) is None, "the last box to be gone, over live images")


def test_a_key_in_a_window_shows_the_fps_that_were_measured_and_asked_for(
    running: RigOnDisk, display: Screen
) -> None:
    open_windows(running, display, "left")

    def upper_line(fps: float) -> NDArray[np.uint8]:
        canvas = np.zeros((480, 640, 3), np.uint8)
        drawing.draw_caption(canvas, [f"left  {fps:.1f} of 60 fps  publishing", "which image"])
        return canvas[480 - 2 * 23 : 480 - 23, :130]

    known = [upper_line(tenths / 10) for tenths in range(700)]

    def said() -> bool:
        seen = display.pixels(LEFT)[480 - 2 * 23 : 480 - 23, :130]
        return any(np.array_equal(seen, line) for line in known)

    display.focus(LEFT)
    display.press("i")
    wait_for(said, "both in the caption")


def test_a_window_that_its_user_closes_stays_closed_and_the_other_goes_on(
    running: RigOnDisk, ports: list[int], display: Screen
) -> None:
    with counting(ports[2]):
        open_windows(running, display)
        display.press_close_button(LEFT)
        wait_for(lambda: window(running, "left") == "closed by the user", "that to be noticed")
        before = display.pixels(RIGHT)
        wait_for(
            lambda: not np.array_equal(display.pixels(RIGHT), before), "the other window to go on"
        )
        wait_for(lambda: display.titles() == [RIGHT], "the other window alone")
        assert running.run_here("window", "all", "--close").returncode == 0
        wait_for(lambda: not display.titles(), "the other to close")
        open_windows(running, display)


def test_a_killed_viewer_is_reported_and_opened_anew(
    running: RigOnDisk, ports: list[int], display: Screen
) -> None:
    with counting(ports[2]):
        open_windows(running, display)
        viewer = viewer_of(running)
        assert viewer is not None
        os.kill(viewer, signal.SIGKILL)
        wait_for(lambda: window(running, "left") == "viewer died", "its death to be noticed")
        open_windows(running, display)


def test_a_killed_engine_leaves_no_viewer_behind(rig: RigOnDisk, display: Screen) -> None:
    two_cameras(rig)
    with rig.serve() as engine:
        open_windows(rig, display)
        engine.kill()
        engine.wait()
        wait_for(lambda: not display.titles(), "the windows to go")
        wait_for(lambda: viewer_of(rig) is None, "the viewer to end")


def test_a_display_that_goes_takes_the_windows_and_nothing_else(rig: RigOnDisk) -> None:
    pub = two_cameras(rig)[0]
    with rig.serve("--plug-all"), counting(pub), TerminalTui(rig, 120, 30) as tui:
        with screen() as display:
            open_windows(rig, display)
            tui.shows("open on")
        tui.shows("display lost")
        with screen() as another:
            open_windows(rig, another)
            tui.shows(f"open on {another.name}")


def test_without_a_display_a_key_says_what_to_do(rig: RigOnDisk) -> None:
    pub = two_cameras(rig)[0]
    rig.environment.pop("DISPLAY", None)
    with rig.serve("--plug-all"), counting(pub), TerminalTui(rig, 120, 30) as tui:
        tui.shows("capturing")
        tui.press("w")
        tui.shows("no display", "DISPLAY is not set")
        done = rig.run_here("window", "left")
        assert done.returncode == 1
        rig.environment["DISPLAY"] = ":99999"
        done = rig.run_here("window", "left")
        assert done.returncode == 1
        assert "no display" in done.stdout


def test_a_camera_that_is_lost_says_so_in_its_window(rig: RigOnDisk, display: Screen) -> None:
    ports = free_ports(2)
    rig.write_config(simulated("left", *ports, more="external_trigger = true"))
    with rig.serve():
        open_windows(rig, display)
        wait_for(lambda: rig.camera("left")["state"] == "waiting for trigger", "the state")
        # The middle of the window, away from the caption.
        wait_for(lambda: display.pixels(LEFT)[150:400].max() > 200, "the notice in white")
        assert np.median(display.pixels(LEFT)[150:400]) < 20, "the rest is dark"


def test_an_inherited_qt_platform_does_not_matter(rig: RigOnDisk, display: Screen) -> None:
    pub = two_cameras(rig)[0]
    rig.environment["QT_QPA_PLATFORM"] = "offscreen"
    with rig.serve("--plug-all"), counting(pub):
        open_windows(rig, display)
        wait_for(lambda: set(display.titles()) == {LEFT, RIGHT}, "both windows")
    wait_for(lambda: not display.titles(), "the windows to close with the engine")


def test_the_face_tracking_example_puts_its_box_on_the_face(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    picture = EXAMPLES / "astronaut.jpg"
    rig.write_config(simulated("left", pub, pull, more=f'source = "{picture}"'))
    check_face(rig, pub, pull)


def test_the_face_tracking_example_works_on_an_emulated_basler(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    picture = rig.folder / "face.png"
    cv2.imwrite(str(picture), cv2.imread(str(EXAMPLES / "astronaut.jpg"), cv2.IMREAD_GRAYSCALE))
    rig.environment["PYLON_CAMEMU"] = "1"
    rig.write_config(
        simulated("left", pub, pull, more='source = "face.png"').replace(
            "left-simulated", "0815-0000-basler"
        )
    )
    check_face(rig, pub, pull)


def check_face(rig: RigOnDisk, pub: int, pull: int) -> None:
    """Run the example against the rig's left camera; see that its box lies on the face."""
    addresses = [f"tcp://localhost:{port}" for port in (pub, pull)]
    with rig.serve("--plug", "left"):
        example = subprocess.Popen(
            [sys.executable, str(EXAMPLES / "face_tracking.py"), *addresses],
            stdout=subprocess.DEVNULL,
        )
        try:
            box = wait_for(lambda: rig.camera("left")["box"], "the box of a face")
        finally:
            example.kill()
            example.wait()
    (left, top), (right, bottom) = box["top_left"], box["bottom_right"]
    # Where a person sees the face in the picture: both eyes and the mouth lie in the box.
    for x, y in ((207, 105), (243, 103), (225, 140)):
        assert left < x < right
        assert top < y < bottom
    assert right - left < 160, "a box of the face, not of the person"


def test_the_points_example_draws_its_points(running: RigOnDisk, ports: list[int]) -> None:
    addresses = [f"tcp://localhost:{port}" for port in ports[2:]]
    example = subprocess.Popen([sys.executable, str(EXAMPLES / "draw_points.py"), *addresses])
    try:
        wait_for(lambda: running.camera("right")["drawn"] == 1, "a group of points")
        assert running.camera("right")["malformed"] == 0
    finally:
        example.kill()
        example.wait()


def viewer_of(rig: RigOnDisk) -> int | None:
    """Find the rig's viewer: its environment is the one that the rig's commands have."""
    for process in psutil.process_iter(["cmdline"]):
        if "pmv_tui.windows" in (process.info["cmdline"] or ()):
            with suppress(psutil.Error):
                if process.environ().get("HOME") == str(rig.folder):
                    return int(process.pid)
    return None

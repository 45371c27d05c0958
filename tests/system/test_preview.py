"""The picture of a camera in a terminal: the real TUI and engine, in terminals of every kind."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pmv_tui.client import boxes
from pmv_tui.figures import figures
from tests.support import RigOnDisk, free_ports, rig_on_disk, shared, simulated, wait_for
from tests.system.terminal import TerminalTui

HALF_BLOCK = "▀"


BLURS = 3.0, 1.5, 0.0, 1.5, 3.0
"""How much the images of a film are blurred while somebody turns the ring: pixels."""


def film_that_is_focused(path: Path) -> Path:
    """Write a film of one scene, a second of each blur."""
    scene = np.zeros((120, 160), np.uint8)
    for place in range(5, 160, 16):
        scene[:, place : place + 6] = 180
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (160, 120))
    for blur in BLURS:
        image = cv2.GaussianBlur(scene, (0, 0), blur) if blur else scene
        for _ in range(20):
            writer.write(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


@pytest.fixture(scope="module")
def pull() -> int:
    """The port at which the rig's one camera, which is plugged, receives boxes."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def served(pull: int) -> Iterator[RigOnDisk]:
    """The rig of that camera, its engine running."""
    with rig_on_disk() as rig:
        film = film_that_is_focused(rig.folder / "lens.avi")
        lens = simulated("lens", *free_ports(2), fps=20, more=f'source = "{film}"')
        rig.write_config(simulated("left", free_ports(1)[0], pull) + lens)
        with rig.serve():
            yield rig


@pytest.fixture
def rig(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it."""
    with shared(served):
        yield served


def is_grey(colour: str) -> bool:
    return colour[:2] == colour[2:4] == colour[4:]


def test_v_shows_the_scene_in_many_greys_and_v_hides_it(rig: RigOnDisk) -> None:
    with TerminalTui(rig) as tui:
        tui.shows("capturing")
        assert HALF_BLOCK not in tui.text()
        tui.press("v")
        tui.shows(HALF_BLOCK, "capturing")
        wait_for(lambda: len(tui.colours(HALF_BLOCK)) > 5, "many colours")
        colours = tui.colours(HALF_BLOCK)
        assert all(map(is_grey, colours))
        first = tui.text()
        wait_for(lambda: HALF_BLOCK in tui.text() and tui.text() != first, "another picture")
        tui.press("v")
        wait_for(lambda: HALF_BLOCK not in tui.text(), "the picture to be gone")
        tui.press("V")
        tui.shows(HALF_BLOCK, "> ○  left", "back")


def test_a_box_is_drawn_in_its_colour_with_its_label_and_fades_away(
    rig: RigOnDisk, pull: int
) -> None:
    with TerminalTui(rig) as tui:
        tui.shows("capturing")
        tui.press("pv")
        tui.shows("1 of 2 plugged", HALF_BLOCK)
        with boxes(f"tcp://localhost:{pull}") as marks:

            def found() -> bool:
                marks.send(((100, 100), (500, 400)), label="mouse", color=(255, 0, 0))
                return "ff0000" in tui.colours(HALF_BLOCK) and "mouse" in tui.text()

            wait_for(found, "the box with its label")
        wait_for(lambda: all(map(is_grey, tui.colours(HALF_BLOCK))), "the box to be gone")
        assert "mouse" not in tui.text()


def test_it_is_drawn_with_the_colours_that_the_terminal_has(rig: RigOnDisk) -> None:
    def picture(environment: dict[str, str], glyph: str, least: int = 1) -> set[str]:
        with TerminalTui(rig, environment=environment) as tui:
            tui.shows("capturing")
            tui.press("v")
            tui.shows(glyph)
            wait_for(lambda: len(tui.colours(glyph)) >= least, "colours")
            return tui.colours(glyph)

    ramp = {f"{grey:02x}" * 3 for grey in (0, *range(8, 239, 10), 255)}
    assert picture({"COLORTERM": ""}, HALF_BLOCK) <= ramp
    four = picture({"TERM": "xterm", "COLORTERM": ""}, HALF_BLOCK, least=3)
    assert {"brightblack"} < four <= {"black", "brightblack", "white", "brightwhite"}
    shades = picture({"NO_COLOR": "1"}, "▒")
    assert len(shades) <= 2


def test_in_ascii_the_paper_of_blanks_shows_it(rig: RigOnDisk) -> None:
    with rig.config_path.open("a") as config:
        config.write('[tui]\nglyphs = "ascii"\n')
    with TerminalTui(rig) as tui:
        tui.shows("capturing")
        # The screen itself may be half drawn now, and has colours of its own.
        before = set(filter(is_grey, tui.colours(" ")))
        tui.press("v")
        wait_for(lambda: len(set(filter(is_grey, tui.colours(" "))) - before) > 5, "many greys")
        assert tui.text().isascii()


def test_the_best_sharpness_is_that_of_the_image_that_is_in_focus(rig: RigOnDisk) -> None:
    film = cv2.VideoCapture(str(rig.folder / "lens.avi"))
    images = [film.read()[1][:, :, 0].astype(np.uint8) for _ in range(20 * len(BLURS))]
    sharpness = [figures(image, "Mono8")["sharpness"] or 0.0 for image in images[10::20]]
    assert sharpness.index(max(sharpness)) == BLURS.index(0.0)
    with TerminalTui(rig) as tui:
        tui.shows("> left", "lens")
        tui.press("jzf")
        tui.shows(f"best          {max(sharpness):.3f}  100 %", f"{max(sharpness):.3f}\n")

        def less() -> bool:
            """Whether the ring was turned too far, and the best is remembered."""
            share = re.search(rf"best +{max(sharpness):.3f} +(\d+) %", tui.text())
            return share is not None and int(share[1]) < 90

        wait_for(less, "a picture that is less sharp")

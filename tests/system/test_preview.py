"""The picture of a camera in a terminal: the real TUI and engine, in terminals of every kind."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.client import boxes
from pmv_tui.figures import figures
from tests.support import RigOnDisk, free_ports, rig_on_disk, shared, simulated, wait_for
from tests.system.fake_backend import GRAIN
from tests.system.fake_cameras import install, set_mood
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
    """The port at which the rig's first camera receives boxes."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def grain_pull() -> int:
    """The port at which the camera of a known image receives boxes."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def served(pull: int, grain_pull: int) -> Iterator[RigOnDisk]:
    """The rig of those cameras and a film, its engine running."""
    with rig_on_disk() as rig:
        install(rig)
        set_mood(rig, "grain", "grain")
        grain = simulated("grain", free_ports(1)[0], grain_pull, fps=20)
        film = film_that_is_focused(rig.folder / "lens.avi")
        lens = simulated("lens", *free_ports(2), fps=20, more=f'source = "{film}"')
        left = simulated("left", free_ports(1)[0], pull)
        rig.write_config(left + lens + grain.replace("-simulated", "-fake"))
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
        tui.shows("1 of 3 plugged", HALF_BLOCK)
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


RED, GREEN = 0xFF0000, 0x00FF00


def grey(image: NDArray[np.uint8]) -> NDArray[np.int32]:
    return image.astype(np.int32) * 0x010101


def look_at_the_grain(tui: TerminalTui, *, magnified: str) -> None:
    """Show the picture of the known image, at 1:1 or more."""
    tui.shows("lens", "grain", "capturing")
    tui.press("Gz")
    tui.shows("fit 1:", "grain")

    def scale() -> str:
        return next(iter(re.findall(r"(?:fit|zoom) \S+ ", tui.text().splitlines()[0])), "")

    while (before := scale()) != magnified:
        assert before != "zoom 8:1 ", f"{magnified} was passed over"
        tui.press("+")
        wait_for(lambda: scale() not in ("", before), "another scale")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_magnified_each_half_cell_is_a_pixel_and_then_pixels_are_squares(
    rig: RigOnDisk, columns: int, rows: int
) -> None:
    width, height = columns, 2 * (rows - 2)
    x, y = (320 - width) // 2, (240 - height) // 2
    mapped = height // 4 + 1, columns // 6 + 1

    def shows(expected: NDArray[np.int32]) -> bool:
        seen, wanted = tui.picture(1, rows - 2, columns), expected.copy()
        for each in (seen, wanted):
            each[: mapped[0], -mapped[1] :] = 0
        return bool((seen == wanted).all())

    with TerminalTui(rig, columns, rows) as tui:
        tui.shows("capturing")
        look_at_the_grain(tui, magnified="zoom 1:1 ")
        if columns > 100:
            tui.press("f")
        part = grey(GRAIN[y : y + height, x : x + width])
        wait_for(lambda: shows(part), "the pixels of the middle")
        tui.press("s")
        tui.shows("saturated red")
        part[part == 0xFFFFFF] = RED
        assert (part == RED).sum() == 6
        wait_for(lambda: shows(part), "the saturated ones in red")
        tui.press("s" + "l" * 20 + "j" * 20)
        corner = grey(GRAIN[240 - height :, 320 - width :])
        wait_for(lambda: shows(corner), "the pixels of the corner")
        tui.press("0+")
        tui.press("+" * 9)
        tui.shows("zoom 8:1 ")
        across, down = width // 8, height // 8
        x, y = 160 - across // 2, 120 - down // 2
        large = np.kron(GRAIN[y : y + down, x : x + across], np.ones((8, 8), np.uint8))
        left, top = (width - 8 * across) // 2, (height // 2 - 4 * down) // 2 * 2
        place = slice(top, top + 8 * down), slice(left, left + 8 * across)
        where = np.ones((height, width), bool)
        where[: mapped[0] + 8, -mapped[1] - 8 :] = False

        def squares() -> bool:
            seen = tui.picture(1, rows - 2, columns)[place]
            return bool((seen == grey(large))[where[place]].all())

        wait_for(squares, "squares of eight columns")


def places(tui: TerminalTui, colour: int) -> NDArray[np.intp]:
    """Return the rows of half cells and the columns of a colour in the picture."""
    return np.argwhere(tui.picture(1, 22, 80) == colour)


def test_wheel_and_drag_move_what_is_under_the_pointer_and_boxes_follow(
    rig: RigOnDisk, grain_pull: int
) -> None:
    with TerminalTui(rig) as tui, boxes(f"tcp://localhost:{grain_pull}") as marks:
        look_at_the_grain(tui, magnified="zoom 1:2 ")
        tui.press("ps")
        tui.shows("saturated red")
        wait_for(lambda: len(places(tui, RED)), "the spot")
        (half, column), *_ = places(tui, RED).tolist()
        pointer = column + 1, half // 2 + 2
        tui.press("\x1b[<64;{};{}M".format(*pointer))
        tui.shows("zoom 1:1 ")
        wait_for(lambda: len(places(tui, RED)) == 6, "the spot, pixel by pixel")
        seen = places(tui, RED)
        assert (abs(seen - (half, column)) <= 1).all(axis=1).any(), "still there"
        tui.press("\x1b[<0;{};{}M".format(*pointer))
        tui.press(f"\x1b[<32;{pointer[0] - 12};{pointer[1] + 4}M")
        tui.press(f"\x1b[<0;{pointer[0] - 12};{pointer[1] + 4}m")
        moved = seen + np.array([8, -12])
        wait_for(lambda: np.array_equal(places(tui, RED), moved), "the spot to be dragged")
        top, left = moved[0]

        def boxed() -> bool:
            """Whether the box stands where it is to be, and its label with it, while both last."""
            marks.send(((160, 122), (180, 134)), label="spot", color=(0, 255, 0))
            edges, labelled = places(tui, GREEN), "spot" in tui.text()
            upper = edges[edges[:, 0] == top - 8, 1].tolist()
            # The spot's first pixel is 170, 130 on the image.
            ends = edges.max(axis=0, initial=0).tolist() == [top + 4, left + 10]
            return labelled and ends and upper == list(range(left - 10, left + 11))

        wait_for(boxed, "the box around the spot")


def test_exposure_is_stepped_live_with_the_picture_in_view_and_discarded(rig: RigOnDisk) -> None:
    file = rig.config_path.read_text()
    with TerminalTui(rig) as tui:
        tui.shows("> left", "capturing")
        tui.press("zf")
        tui.shows("exposure_time     15000 µs", "black")
        tui.press("]]}<")
        tui.shows(
            "exposure_time    *18000 µs", "gain                 *1 dB", "fps                *55 1/s"
        )
        applied = [("exposure_time", 18000, 15000), ("gain", 1, 0), ("fps", 55, 60)]

        def as_shown() -> bool:
            """Whether the engine has what the screen shows at once."""
            return [(one["name"], one["actual"], one["saved"]) for one in tried(rig)] == applied

        wait_for(as_shown, "what was stepped to be applied")
        assert rig.config_path.read_text() == file
        tui.press("q")
        tui.shows("Not saved: settings of left", "exposure_time 18000 µs (saved: 15000)")
        tui.press("c")
        tui.hides("Not saved:")
        tui.press("{")
        tui.shows("gain                  0 dB")
        tui.press("qd")
        tui.shows("> left", "exposure_time = 15000 (was")
        assert not tried(rig)
    assert rig.config_path.read_text() == file


def test_a_terminal_that_dies_leaves_the_file_as_it_was_and_another_one_saves(
    rig: RigOnDisk,
) -> None:
    file = rig.config_path.read_text()
    with TerminalTui(rig) as tui:
        tui.shows("> left", "capturing")
        tui.press("z]")
        wait_for(lambda: tried(rig), "the change")
        tui.hang_up()
    assert rig.config_path.read_text() == file
    assert rig.camera("left")["unsaved"] == ["exposure_time"]
    with TerminalTui(rig) as tui:
        tui.shows("> left", "capturing")
        tui.press("zf")
        tui.shows("exposure_time    *16000 µs")
        tui.press("q")  # It is another's trial: one may leave it alone.
        tui.shows("> left", "exposure_time tried elsewhere")
        tui.press("z")
        tui.shows("exposure_time    *16000 µs")
        tui.press("\r")
        tui.shows("Not saved: settings of left")
        tui.press("s")
        tui.shows("exposure_time     16000 µs")
    assert "exposure_time = 16000" in rig.config_path.read_text()
    assert not tried(rig)


def test_the_help_of_each_screen_is_read_to_its_end_by_keys(rig: RigOnDisk) -> None:
    with TerminalTui(rig) as tui:
        tui.shows("> left", "capturing")
        for way, there in (
            ("", "Explain this screen"),
            ("\r", "Change the setting"),
            ("V", "picture on the left"),
            ("z", "best sharpness"),
            ("h", "plot above"),
            ("c", "Figures"),
            ("l", "warnings and errors"),
        ):
            tui.press(f"{way}?")
            tui.shows("Help", "Keys")
            tui.press("G")
            tui.hides("Keys")
            tui.press("g")
            tui.shows("Keys")
            pagers = (("jjj", "kkk"), (" ", "b"), ("\x1b[6~", "\x1b[5~"))
            for onwards, back in () if way else pagers:
                tui.press(onwards)
                tui.hides("Keys")
                tui.press(back)
                tui.shows("Keys")
            tui.press(f"/{there}\r")
            tui.shows(f"Help: /{there}", there)
            tui.press("q")
            tui.hides("Help:")
            tui.press("q" if way else "")
            tui.shows("> left")


def tried(rig: RigOnDisk) -> list[dict[str, Any]]:
    """Return the settings that are tried, once they are applied."""

    def applied() -> dict[str, Any] | None:
        answer = rig.ask("settings", camera="left")["settings"]
        return None if answer["pending"] else dict(answer)

    answer = wait_for(applied, "the settings to be applied")
    assert answer
    unsaved = [each for each in answer["settings"] if "saved" in each]
    return sorted(unsaved, key=lambda each: ("exposure_time", "gain", "fps").index(each["name"]))

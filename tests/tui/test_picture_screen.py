"""The screen of one camera's picture, as large as the terminal."""

import re

import numpy as np
import pytest
from textual import events
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.picture import PictureScreen
from pmv_tui.tui.widgets.pictures import PictureView, caption_lines
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import HALF_BLOCK, RigDouble, a_camera, a_ramp, rig_with_pictures

pytestmark = pytest.mark.usefixtures("colours")


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 12)])
def test_z_shows_the_picture_in_all_the_terminal_and_z_goes_back(size: tuple[int, int]) -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z")
        await until_shown(pilot, HALF_BLOCK)
        if size[0] == 200:
            await pilot.press("f")  # Beside it there would be figures.
        # A line above it, and the footer.
        all_of_it = ({"left-simulated"}, size[0], 2 * (size[1] - 2))
        await until(pilot, lambda: rig.asked_for[-1] == all_of_it)
        assert "left" in screen(app).splitlines()[0]
        assert "59.9" in screen(app).splitlines()[0]
        await pilot.press("z")
        await until_shown(pilot, "> left")

    drive(rig, scenario, size)


@pytest.mark.parametrize("way", [("enter", "z"), ("V", "z")], ids=["camera", "grid"])
def test_other_screens_have_it_too(way: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press(*way)
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await until_shown(pilot, HALF_BLOCK)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PictureScreen))

    drive(rig_with_pictures(), scenario)


def test_keys_steer_the_camera_and_show_the_others() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "n")
        await until(pilot, lambda: rig.asked_for[-1:] and "right-simulated" in rig.asked_for[-1][0])
        await pilot.press("p")
        await until(pilot, lambda: rig.cameras[1]["plugged"])
        await until(pilot, lambda: "● right" in row_of(app, "right").replace("  ", " "))
        await pilot.press("pagedown")
        await until(pilot, lambda: "left" in screen(app).splitlines()[0])
        await pilot.press("N")
        await until(pilot, lambda: "right" in screen(app).splitlines()[0])
        del rig.cameras[1]
        await until_shown(pilot, "right-simulated is no longer there")
        assert "> left" in screen(app)

    drive(rig, scenario)


def test_log_and_history_have_capitals_for_the_small_letters_move() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("z", "L")
        await until_shown(pilot, "Log")
        await pilot.press("escape", "H")
        await until_shown(pilot, "left: 1 min")
        await pilot.press("q", "q")
        await until_shown(pilot, "> left")

    drive(rig_with_pictures(), scenario)


def test_with_one_camera_there_is_no_other() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("z", "n")
        await until_shown(pilot, "There is no other camera")

    drive(RigDouble(a_camera("left")), scenario)


def test_a_camera_that_is_lost_says_so_over_its_last_picture() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z")
        await until_shown(pilot, HALF_BLOCK)
        rig.cameras[0]["state"], rig.cameras[0]["reason"] = "lost", "cable pulled"
        await until_shown(pilot, "lost: cable pulled")
        await until(pilot, lambda: "lost" in screen(app).splitlines()[0])
        rig.cameras[0]["state"] = "capturing"
        await until_gone(pilot, "lost: cable pulled")

    drive(rig, scenario)


def caption(app: PmvApp) -> str:
    return screen(app).splitlines()[0]


def test_plus_magnifies_and_the_picture_says_how_much_and_zero_shows_all() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z")
        await until(pilot, lambda: "fit 1:10.8" in caption(app))
        assert not rig.regions
        await pilot.press("plus", "equals_sign", "plus")
        await until(pilot, lambda: "zoom 1:2" in caption(app))
        assert rig.regions == {"left-simulated": (240, 196, 160, 88)}
        await pilot.press("l", "down")
        await until(pilot, lambda: rig.regions == {"left-simulated": (260, 207, 160, 88)})
        await pilot.press("minus")
        await until(pilot, lambda: "zoom 1:4" in caption(app))
        await pilot.press("0")
        await until(pilot, lambda: "fit 1:10.8" in caption(app))
        assert not rig.regions

    drive(rig, scenario)


def test_what_one_looks_at_is_kept_for_each_camera_and_seen_in_the_small_picture_too() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", *["plus"] * 4, *["l"] * 9)
        await until(pilot, lambda: "zoom 1:1 " in caption(app))
        await until(pilot, lambda: rig.regions == {"left-simulated": (370, 218, 80, 44)})
        await pilot.press("n")
        await until(pilot, lambda: "right" in caption(app) and "fit" in caption(app))
        await pilot.press("N")
        await until(pilot, lambda: "left" in caption(app) and "zoom 1:1 " in caption(app))
        await pilot.press("escape", "v")
        await until_shown(pilot, "zoom 1:2")
        x, y, width, height = rig.regions["left-simulated"]
        assert (x <= 370, y <= 218) == (True, True)
        assert (x + width >= 450, y + height >= 262) == (True, True)
        await pilot.press("0")
        await until_gone(pilot, "zoom")

    drive(rig, scenario)


def test_without_a_picture_its_keys_say_what_shows_one() -> None:
    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("plus")
        await until_shown(pilot, "v shows the picture, z a large one")

    drive(rig_with_pictures(), scenario)


def test_contrast_and_saturated_pixels_are_said_and_seen() -> None:
    rig = rig_with_pictures()
    rig.images["left-simulated"] = (a_ramp() // 4 + 100).astype(np.uint8)

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "C", "s")
        await until(pilot, lambda: "none saturated" in caption(app))
        low, high = re.findall(r"contrast (\d+)-(\d+) ", caption(app))[0]
        image = rig.images["left-simulated"]
        assert [int(low), int(high)] == pytest.approx(np.percentile(image, (1, 99)), abs=2)
        image[100, 200] = 255
        await until(pilot, lambda: "saturated red" in caption(app))
        await pilot.press("s", "C")
        await until(pilot, lambda: "satur" not in caption(app) and "contrast" not in caption(app))

    drive(rig, scenario, (100, 30))


@pytest.mark.parametrize(
    ("width", "begins", "ends"),
    [
        (90, "● habitat-3 59.9/60 ok", " 640x480"),
        (72, "● habitat-3 59.9/60 ok", ""),
        (66, "● habitat-3 59.9 ok", ""),
        (63, "● habita… 59.9 ok", ""),
    ],
)
def test_where_there_is_little_room_what_was_done_to_the_picture_is_said(
    width: int, begins: str, ends: str
) -> None:
    camera = a_camera("habitat-3", plugged=True)
    words = "zoom 1:4", "contrast 19-71", "saturated red"
    (line,) = caption_lines(camera, words, width)
    text = "".join(cell.text for cell in line.cells)
    assert len(text) <= width
    assert " ".join(text.split()) == f"{begins} {' '.join(words)}{ends}"


def test_an_engine_that_cuts_out_no_regions_shows_all_of_it_still() -> None:
    rig = rig_with_pictures()
    rig.cuts_regions = False

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", "plus", "plus")
        await until(pilot, lambda: bool(rig.regions))
        await until(pilot, lambda: "fit 1:10.8" in caption(app))
        assert HALF_BLOCK in screen(app)

    drive(rig, scenario)


def test_an_image_of_another_size_is_shown_as_far_as_it_goes() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("z", *["plus"] * 3, *["l"] * 40)
        await until(pilot, lambda: rig.regions == {"left-simulated": (480, 196, 160, 88)})
        rig.images["left-simulated"] = a_ramp()[:240, :320].copy()
        await until(pilot, lambda: rig.regions == {"left-simulated": (160, 152, 160, 88)})

    drive(rig, scenario)


def test_the_wheel_magnifies_at_the_pointer_and_a_drag_moves_the_image() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        view = app.screen.query_one(PictureView)
        left, top = view.content_region.offset

        def send(kind: type[events.MouseEvent], column: int, row: int, button: int = 0) -> None:
            place = left + column, top + row, 0, 0, button
            app.post_message(kind(None, *place, False, False, False))

        send(events.MouseScrollUp, 0, 0)
        # What was in the middle of the cell stays there: 1:16 before, 1:8 now.
        await until(pilot, lambda: rig.regions.get("left-simulated", ())[:2] == (4, 0))
        send(events.MouseDown, 20, 8, 1)
        send(events.MouseMove, 10, 5, 1)
        await until(pilot, lambda: rig.regions["left-simulated"][:2] == (84, 48))
        send(events.MouseMove, 11, 5, 1)
        await until(pilot, lambda: rig.regions["left-simulated"][:2] == (76, 48))
        await pilot.press("v")  # hidden under the mouse
        await until(pilot, lambda: app.mouse_captured is None)
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        # At another cell the second time: clicks go on counting at the same one.
        for column, shows_it in ((9, True), (15, False)):
            for _ in range(2):
                send(events.MouseDown, column, 5, 1)
                send(events.MouseUp, column, 5, 1)
            await until(pilot, lambda: isinstance(app.screen, PictureScreen) == shows_it)  # noqa: B023
        assert app.mouse_captured is None

    drive(rig, scenario)

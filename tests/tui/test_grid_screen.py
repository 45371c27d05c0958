"""The pictures of all cameras at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.camera import CameraScreen
from pmv_tui.tui.screens.grid import GridScreen
from pmv_tui.tui.screens.rig import RigScreen
from pmv_tui.tui.widgets.pictures import MIN_HEIGHT, MIN_WIDTH, PictureTile, arrange
from tests.tui.driving import drive, screen, until, until_shown
from tests.tui.rig_double import HALF_BLOCK, RigDouble, a_camera, a_ramp

pytestmark = pytest.mark.usefixtures("colours")


def rig_of(*names: str) -> RigDouble:
    rig = RigDouble(*(a_camera(name, 5555 + 2 * i) for i, name in enumerate(names)))
    rig.images = {f"{name}-simulated": a_ramp() for name in names}
    return rig


def under_cursor(app: PmvApp) -> str:
    """Read the name behind the cursor's mark and the plug."""
    found: str = screen(app).partition("> ")[2].split()[1]
    return found


def test_capital_v_shows_every_camera_with_its_rate_and_all_are_asked_for_at_once() -> None:
    rig = rig_of("left", "right", "top")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, HALF_BLOCK)
        for name in ("left", "right", "top"):
            assert name in screen(app)
        assert screen(app).count("59.9 ok") == 3
        assert rig.asked_for[-1][0] == {"left-simulated", "right-simulated", "top-simulated"}
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, RigScreen))

    drive(rig, scenario)


def test_a_picture_that_cannot_be_drawn_says_so_and_the_others_go_on() -> None:
    rig = rig_of("left", "right")
    rig.cut_short.add("left-simulated")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, "no picture")
        await until_shown(pilot, HALF_BLOCK)
        rig.cut_short.clear()
        await until(pilot, lambda: "no picture" not in screen(app))

    drive(rig, scenario)


def test_arrows_move_the_cursor_from_picture_to_picture() -> None:
    rig = rig_of("left", "right", "top", "door")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("j", "V")
        await until_shown(pilot, HALF_BLOCK)
        assert under_cursor(app) == "right"
        for key, name in (
            ("left", "left"),
            ("left", "left"),
            ("down", "top"),
            ("right", "door"),
            ("k", "right"),
            ("j", "door"),
            ("home", "left"),
            ("end", "door"),
        ):
            await pilot.press(key)
            assert under_cursor(app) == name, key

    drive(rig, scenario, (100, 24))


def test_what_a_key_does_it_does_to_the_camera_under_the_cursor() -> None:
    rig = rig_of("left", "right")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, HALF_BLOCK)
        await pilot.press("right", "p")
        await until_shown(pilot, "●")
        await pilot.press("space")
        await until_shown(pilot, "‖")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CameraScreen))
        await until_shown(pilot, "right-simulated")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, GridScreen))

    drive(rig, scenario)
    right = {"camera": "right-simulated"}
    assert rig.commands == [("plug", right), ("pause", right)]


def test_a_click_puts_the_cursor_on_a_picture_and_a_second_one_opens_it() -> None:
    rig = rig_of("left", "right")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, HALF_BLOCK)
        await pilot.click(app.screen.query(PictureTile)[1])
        assert under_cursor(app) == "right"
        await pilot.click(app.screen.query(PictureTile)[0], times=2)
        await until(pilot, lambda: isinstance(app.screen, CameraScreen))
        await until_shown(pilot, "left-simulated")

    drive(rig, scenario)


def test_a_camera_that_is_found_meanwhile_gets_a_picture_and_the_cursor_stays() -> None:
    rig = rig_of("left", "right")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, HALF_BLOCK)
        await pilot.press("right")
        rig.cameras.append(a_camera("new", 5599, state="lost", reason="cable pulled"))
        await until_shown(pilot, "lost: cable pulled")
        assert under_cursor(app) == "right"

    drive(rig, scenario)


def test_pictures_that_are_scrolled_out_of_sight_are_not_asked_for() -> None:
    names = [f"c{number:02}" for number in range(16)]
    rig = rig_of(*names)

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("V")
        await until_shown(pilot, HALF_BLOCK)
        await until(pilot, lambda: "c00-simulated" in rig.asked_for[-1][0])
        assert "c15-simulated" not in rig.asked_for[-1][0]
        await pilot.press("end")
        await until(pilot, lambda: "c15-simulated" in rig.asked_for[-1][0])
        assert under_cursor(app) == "c15"
        assert "c00-simulated" not in rig.asked_for[-1][0]

    drive(rig, scenario, (40, 20))


@pytest.mark.parametrize(
    ("count", "size", "arrangement"),
    [
        (1, (80, 23), (1, 23)),
        (2, (80, 23), (2, 23)),
        (2, (40, 40), (1, 20)),
        (4, (120, 40), (2, 20)),
        (8, (160, 45), (4, 22)),
        (16, (80, 23), (4, MIN_HEIGHT)),
    ],
)
def test_pictures_are_arranged_to_be_large(
    count: int, size: tuple[int, int], arrangement: tuple[int, int]
) -> None:
    assert arrange(count, *size) == arrangement


@given(st.integers(1, 40), st.integers(1, 400), st.integers(1, 100))
def test_tiles_are_never_too_small_to_see_anything(count: int, width: int, height: int) -> None:
    columns, tile_height = arrange(count, width, height)
    assert 1 <= columns <= count
    assert tile_height >= MIN_HEIGHT
    assert columns == 1 or (width + 1) // columns - 1 >= MIN_WIDTH

"""The screen of one camera's picture, as large as the terminal."""

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.picture import PictureScreen
from tests.tui.driving import drive, row_of, screen, until, until_gone, until_shown
from tests.tui.rig_double import RigDouble, a_camera, a_ramp

HALF_BLOCK = "▀"

pytestmark = pytest.mark.usefixtures("colours")


def rig_with_pictures() -> RigDouble:
    """Two cameras that show a ramp of greys."""
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.images = {"left-simulated": a_ramp(), "right-simulated": a_ramp() + 100}
    return rig


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

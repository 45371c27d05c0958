"""The live picture of the camera under the cursor, in the terminal."""

import numpy as np
import pytest
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.widgets.pictures import PictureView
from tests.tui.driving import drive, screen, until, until_gone, until_shown
from tests.tui.rig_double import HALF_BLOCK, RigDouble, a_box, a_camera, rig_with_pictures

pytestmark = pytest.mark.usefixtures("colours")


def shown(app: PmvApp) -> PictureView:
    return app.screen.query_one(PictureView)


def test_v_shows_the_picture_and_v_hides_it() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        assert HALF_BLOCK not in screen(app)
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        assert "state     capturing" in screen(app)
        await pilot.press("v")
        await until_gone(pilot, HALF_BLOCK)
        asked = len(rig.asked_for)
        await pilot.pause(0.6)
        assert len(rig.asked_for) <= asked + 1

    drive(rig, scenario)


def test_nothing_is_asked_for_until_somebody_looks() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.pause(0.6)
        assert not rig.asked_for

    drive(rig, scenario)


def test_it_follows_the_cursor() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        await pilot.press("j")
        await until(pilot, lambda: shown(app).unique_id == "right-simulated")
        await until(pilot, lambda: rig.asked_for[-1][0] == {"right-simulated"})
        await until_shown(pilot, HALF_BLOCK)

    drive(rig, scenario)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 20), (200, 50)])
def test_it_keeps_the_images_shape_and_fits_the_pane(size: tuple[int, int]) -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        view = shown(app)
        _, columns, pixel_rows = rig.asked_for[-1]
        assert (columns, pixel_rows) == (view.size.width, 2 * view.size.height)
        rows = [row for row in screen(app).splitlines() if HALF_BLOCK in row]
        width = max(row.rindex(HALF_BLOCK) - row.index(HALF_BLOCK) for row in rows) + 1
        # Cells are twice as high as wide; the ramp's ends may have no edge in them.
        assert width / (2 * len(rows)) == pytest.approx(640 / 480, rel=0.25)
        assert len(rows) >= 0.3 * size[1]

    drive(rig, scenario, size)


def test_it_grows_with_the_terminal() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        small = rig.asked_for[-1]
        await pilot.resize_terminal(160, 50)
        await until(pilot, lambda: rig.asked_for[-1][1] > small[1])
        rows = [row for row in screen(app).splitlines() if HALF_BLOCK in row]
        assert len(rows) > 20

    drive(rig, scenario)


def test_a_lost_camera_is_reported_in_words_and_never_looks_live() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        rig.cameras[0]["state"], rig.cameras[0]["reason"] = "lost", "cable pulled"
        await until_shown(pilot, "left is lost: cable pulled")
        app.clear_notifications()
        await until(pilot, lambda: screen(app).count("lost: cable pulled") == 2)
        del rig.images["left-simulated"]
        await until_gone(pilot, HALF_BLOCK)
        assert screen(app).count("lost: cable pulled") == 2

    drive(rig, scenario)


def test_a_silent_engine_marks_the_picture_as_old() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        rig.gone = True
        await until_shown(pilot, "no engine answered")
        rig.gone = False
        await until_gone(pilot, "no engine answered")

    drive(rig, scenario)


def test_before_the_first_image_it_says_what_it_waits_for() -> None:
    rig = RigDouble(a_camera("left"))

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, "waiting for an image")
        rig.images["left-simulated"] = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
        await until_gone(pilot, "waiting for an image")

    drive(rig, scenario)


def test_a_box_of_a_script_is_drawn_with_its_label() -> None:
    rig = rig_with_pictures()
    rig.overlays = [a_box(200, 200, 400, 400, label="mouse")]

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, "mouse")

    drive(rig, scenario)


def test_the_cameras_own_screen_shows_it_too_and_a_screen_on_top_of_it_stops_the_asking() -> None:
    rig = rig_with_pictures()

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("j", "enter")
        await until_shown(pilot, "exposure_time")
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        assert rig.asked_for[-1][0] == {"right-simulated"}
        await pilot.press("l")
        await until_shown(pilot, "Log")
        asked = len(rig.asked_for)
        await pilot.pause(0.6)
        assert len(rig.asked_for) <= asked + 1
        await pilot.press("escape", "escape")
        # It stays as one left it, on the screen below too.
        await until_shown(pilot, "> right")
        await until_shown(pilot, HALF_BLOCK)

    drive(rig, scenario)


def test_a_picture_that_does_not_change_is_not_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, drawn = rig_with_pictures(), list[int]()
    render_line = PictureView.render_line

    def counted(self: PictureView, y: int) -> object:
        drawn.append(y)
        return render_line(self, y)

    monkeypatch.setattr(PictureView, "render_line", counted)

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("v")
        await until_shown(pilot, HALF_BLOCK)
        before, asked = len(drawn), len(rig.asked_for)
        await until(pilot, lambda: len(rig.asked_for) > asked + 2)
        assert len(drawn) == before
        rig.images["left-simulated"][200:240, 100:140] = 255
        await until(pilot, lambda: len(drawn) > before)
        assert len(set(drawn[before:])) <= 6

    drive(rig, scenario)

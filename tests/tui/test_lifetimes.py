"""What was left is let go: closed screens, earlier layouts and pictures do not pile up."""

import gc
from collections import Counter
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens import camera
from pmv_tui.tui.screens.dialogs import EngineEndedDialog
from tests.tui.driving import drive, until, until_gone, until_shown
from tests.tui.rig_double import ProcessDouble, RigDouble, a_camera, a_ramp

pytestmark = pytest.mark.usefixtures("colours", "only_new_objects")

WAYS = {
    "help": ("question_mark", "escape"),
    "log": ("l", "q"),
    "clients": ("c", "q"),
    "plots": ("h", "left", "2", "q"),
    "trend": ("t", "escape"),
    "log, searched and explained": ("l", "slash", "x", "enter", "f1", "escape", "escape", "escape"),
    "pictures": ("V", "right", "escape"),
    "addresses": ("e", "x", "f1", "escape", "escape"),
    "palette": ("ctrl+p", "p", "escape"),
    "quit": ("q", "escape"),
}
"""Keys that lead away from the rig's screen and back again."""


@pytest.fixture
def only_new_objects() -> Iterator[None]:
    """Have the garbage collector look at no object of before the test: it is faster by far."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def two_cameras() -> RigDouble:
    rig = RigDouble(a_camera("left", 5555, plugged=True), a_camera("right", 5557))
    rig.images = dict.fromkeys(rig.settings, a_ramp())
    return rig


def widgets() -> Counter[str]:
    """Count the widgets that are kept, those of the screen included, by their type."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, Widget))


async def until_let_go(pilot: Pilot[str], before: Counter[str], what: str) -> None:
    """Wait until there are no more widgets than before."""
    try:
        await until(pilot, lambda: not widgets() - before)
    except AssertionError as late:
        raise AssertionError(f"after {what} these are kept: {widgets() - before}") from late


def test_no_screen_or_dialog_outlives_its_end() -> None:
    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "palette")
        for what, (first, *others) in WAYS.items():
            before = widgets()
            await pilot.press(first)
            await until(pilot, lambda: len(app.screen_stack) > 1)
            for key in others:
                await pilot.pause()
                await pilot.press(key)
            await until(pilot, lambda: len(app.screen_stack) == 1)
            await until_let_go(pilot, before, what)

    drive(two_cameras(), scenario)


def test_no_screen_of_a_camera_nor_its_dialogs_outlive_their_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera, "SETTLED_PERIOD", 2.0)

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "palette")
        before = widgets()
        await pilot.press("V", "enter")
        await until_shown(pilot, "exposure_time")
        for keys, shown in (
            (["enter", "1"], "allowed 1 to 50"),
            ([*"jjj", "enter", "down"], "restarts the stream"),
            (["l"], "Log: left"),
        ):
            await pilot.press(*keys)
            await until(pilot, lambda: len(app.screen_stack) > 3)
            await until_shown(pilot, shown)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 3)
        await pilot.press("v", "v", "q")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await until_let_go(pilot, before, "a camera's screen")

    drive(two_cameras(), scenario)


def test_the_dialog_of_an_ended_engine_goes_with_the_next_engine() -> None:
    rig, engine = two_cameras(), ProcessDouble()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "palette")
        before = widgets()
        engine.running, rig.gone = False, True
        await until(pilot, lambda: isinstance(app.screen, EngineEndedDialog))
        engine.running, rig.gone = True, False
        await until_gone(pilot, "has died")
        await until_let_go(pilot, before, "the dialog of an ended engine")

    drive(rig, scenario, engine=engine)


def test_layouts_toasts_and_pictures_do_not_pile_up() -> None:
    rig = two_cameras()

    async def there_and_back(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.resize_terminal(50, 16)
        await pilot.resize_terminal(120, 40)
        await pilot.press("v", "j", "r", "v", "k")
        await until_shown(pilot, "Searching")
        app.clear_notifications()
        await until_gone(pilot, "Searching")
        await pilot.press("V")
        rig.cameras.reverse()
        await until(pilot, lambda: app.state.cameras == rig.cameras)
        await pilot.press("V")
        await pilot.resize_terminal(80, 24)
        await until_shown(pilot, "palette")

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await there_and_back(pilot, app)
        before = widgets()
        await there_and_back(pilot, app)
        await until_let_go(pilot, before, "layouts, toasts or pictures")

    drive(rig, scenario)

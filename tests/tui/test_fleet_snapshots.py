"""What the screen of several rigs looks like; as `test_snapshots.py`, for which see there."""

import re
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.fleet import FleetRig
from pmv_tui.tui.fleet_app import FleetApp
from pmv_tui.tui.text.rigs import RigRow
from tests.tui.driving import screen, until, until_shown
from tests.tui.fleet_double import connection, fleet_app
from tests.tui.rig_double import RigDouble, a_camera
from tests.tui.test_snapshots import SIZES, SMALL, SnapCompare, _plain_terminal

__all__ = ["_plain_terminal"]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FleetApp:
    """Rigs in every state that looks different; their ages do not depend on the machine."""
    row = FleetRig.row

    def steady(rig: FleetRig) -> RigRow:
        now = row(rig)
        retry_in = None if now.retry_in is None else 12.0
        return now._replace(age=40.0 if now.trouble else 0.0, retry_in=retry_in)

    monkeypatch.setattr(FleetRig, "row", steady)
    maze = RigDouble(
        a_camera("left", 5555, plugged=True, clients=1),
        a_camera("top", 5559, state="lost", reason="cable pulled", fps=0.0),
    )
    nest = RigDouble(a_camera("left", 5555, plugged=True), a_camera("door", 5557, plugged=True))
    cage = RigDouble(a_camera("left", 5555, plugged=True, paused=True))
    rigs = {"maze": maze, "nest": nest, "cage": cage, "arena": RigDouble()}
    return fleet_app(rigs, monkeypatch)


def shown(*keys: str, text: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Break some connections once all rigs have answered, press keys, and wait for a text."""

    async def prepare(pilot: Pilot[str]) -> None:
        app = pilot.app
        assert isinstance(app, FleetApp)
        await until(pilot, lambda: all(rig.state.snapshot for rig in app.fleet.rigs))
        why = "log-in refused: ssh cage-pc must log in without asking"
        connection(app, "cage").become("waiting", why)
        connection(app, "arena").become("waiting", "no engine runs there", no_engine=True)
        await until(pilot, lambda: re.search("2( of |/)4", screen(app)))
        await pilot.press(*keys)
        await until_shown(pilot, text)

    return prepare


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_several_rigs(app: FleetApp, snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown(text="> ▾ maze")
    assert snap_compare(app, terminal_size=size, run_before=prepare)


def test_a_rig_that_is_not_there(app: FleetApp, snap_compare: SnapCompare) -> None:
    prepare = shown("G", "k", "k", text="> ▾ cage")
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepare)


def test_rigs_that_are_folded(app: FleetApp, snap_compare: SnapCompare) -> None:
    prepare = shown("F", "j", "T", text="> ▸ nest")
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepare)


@SMALL
def test_the_question_about_several_rigs(
    app: FleetApp, snap_compare: SnapCompare, size: tuple[int, int]
) -> None:
    prepare = shown("slash", *"left", "enter", "M", "space", text="of 2 rigs?")
    assert snap_compare(app, terminal_size=size, run_before=prepare)

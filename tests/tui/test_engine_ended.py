"""The dialog about an engine that has ended."""

from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from tests.tui.driving import drive, screen, until, until_gone, until_shown
from tests.tui.rig_double import ProcessDouble, RigDouble, a_camera


def a_rig() -> RigDouble:
    return RigDouble(
        a_camera("left", plugged=True, window="shown"),
        a_camera("right", port=5557, plugged=True, paused=True),
        a_camera("top", port=5559),
    )


def kill(rig: RigDouble, engine: ProcessDouble) -> None:
    rig.gone, engine.running = True, False


def revive(rig: RigDouble, engine: ProcessDouble) -> None:
    rig.gone, engine.running = False, True


def test_a_start_plugs_what_was_plugged_and_opens_what_was_open() -> None:
    rig, engine = a_rig(), ProcessDouble()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        kill(rig, engine)
        await until_shown(pilot, "Segmentation fault")
        assert "The engine has died" in screen(pilot.app)
        assert "with left, right plugged" in screen(pilot.app)
        await pilot.press("s")
        await until_shown(pilot, "starting")
        revive(rig, engine)
        await until_gone(pilot, "The engine has died")
        await until(pilot, lambda: [command for command, _ in rig.commands] == ["window"])

    drive(rig, scenario, engine=engine)
    assert engine.started == [(["left-simulated"], ["right-simulated"])]
    assert rig.commands[0][1]["camera"] == "left-simulated"


def test_it_goes_away_when_somebody_else_started_an_engine() -> None:
    rig, engine = a_rig(), ProcessDouble()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        kill(rig, engine)
        await until_shown(pilot, "Segmentation fault")
        await pilot.press("question_mark")
        await until_shown(pilot, "asks again")
        revive(rig, engine)
        await pilot.press("escape")
        await until_shown(pilot, "2 of 3 plugged")
        await until_gone(pilot, "The engine has died")

    drive(rig, scenario, engine=engine)
    assert engine.started == []


def test_why_a_start_failed_is_said_and_it_can_be_tried_again() -> None:
    rig, engine = a_rig(), ProcessDouble()
    engine.failing = "config.toml:3: unknown key"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        kill(rig, engine)
        await until_shown(pilot, "Segmentation fault")
        await pilot.press("s")
        await until_shown(pilot, "config.toml:3: unknown key")
        await pilot.press("s")
        await until(pilot, lambda: len(engine.started) == 2)

    drive(rig, scenario, engine=engine)


def test_one_that_was_stopped_did_not_die() -> None:
    rig, engine = a_rig(), ProcessDouble()
    engine.how = "was stopped: asked to stop"

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        kill(rig, engine)
        await until_shown(pilot, "The engine was stopped: asked to stop")

    drive(rig, scenario, engine=engine)


def test_one_can_stay_and_look_and_is_asked_again_by_q() -> None:
    rig, engine = a_rig(), ProcessDouble()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        kill(rig, engine)
        await until_shown(pilot, "Segmentation fault")
        await pilot.press("escape")
        await until_gone(pilot, "Segmentation fault")
        assert "the figures below are its last" in " ".join(screen(pilot.app).split())
        await pilot.press("q")
        await until_shown(pilot, "Segmentation fault")
        await pilot.press("q")

    app = drive(rig, scenario, engine=engine)
    assert "has died" in (app.return_value or "")


def test_one_that_runs_but_does_not_answer_is_no_dead_one() -> None:
    rig = a_rig()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        rig.gone = True
        await until_shown(pilot, "The engine does not answer")
        assert "Start" not in screen(pilot.app)

    drive(rig, scenario)


def test_it_is_reported_though_a_question_is_still_under_way() -> None:
    rig, engine = a_rig(), ProcessDouble()

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        del app
        rig.hanging, engine.running = True, False
        await until_shown(pilot, "The engine has died")

    drive(rig, scenario, engine=engine)

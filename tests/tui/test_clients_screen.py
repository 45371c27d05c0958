"""The list of a camera's clients: what is shown of each, in any width, as it changes."""

from typing import cast

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.lists import ClientsScreen
from pmv_tui.tui.text.clients import client_lines
from pmv_tui.wire.status import CameraStatus
from tests.tui.driving import drive, row_of, until, until_gone, until_shown
from tests.tui.rig_double import ANSWERS, RigDouble, a_camera, a_client, a_slow_client


def written(camera: CameraStatus, width: int) -> list[str]:
    return ["".join(cell.text for cell in line.cells) for line in client_lines(camera, width)]


def a_read_camera() -> CameraStatus:
    clients = [a_client(1), a_slow_client(2), a_client(3, name="alice: [fe80::1]:51234\x1b[2J")]
    return a_camera("left", plugged=True, clients=3, client_list=clients)


@pytest.mark.parametrize("width", [*range(20, 84, 3), 120, 200])
def test_every_client_is_reported_in_any_width_and_who_is_behind_comes_first(width: int) -> None:
    lines = written(a_read_camera(), width)
    assert all(len(line.rstrip()) <= width for line in lines)
    everything = " ".join(" ".join(lines).split())
    assert lines[0].split()[0] == "client"
    assert everything.index("too slow: gets 10 of 60") < everything.index("keeps up")
    for words in ("(pid 4001)", "(pid 4002)", "alice: ", "missed", "706", *["60.0"] * (width > 30)):
        assert words in everything
    assert "\x1b" not in everything


@pytest.mark.parametrize("width", [30, 80, 120])
def test_answers_stand_beside_how_a_client_keeps_up(width: int) -> None:
    clients = [a_client(1, answers=ANSWERS), a_client(2, answers=None), a_client(3)]
    everything = " ".join(" ".join(written(a_camera(client_list=clients), width)).split())
    assert "keeps up; 59.8 answers/s (99 % of the images), p50 12.3 ms" in everything
    assert everything.count("answers/s") == 1


def test_what_is_not_counted_is_not_shown_as_a_figure(utc: None) -> None:  # noqa: ARG001 - sets it
    uncounted = a_client(fps=None, mb_s=None, missed=None, waiting_bytes=None, state="not known")
    title, figures, _ = written(a_camera(plugged=True, client_list=[uncounted]), 100)
    assert "images/s" in title
    assert figures.split("(pid 4001)")[1].split() == ["22:13:20", *"----"]


@pytest.mark.parametrize(
    ("camera", "why"),
    [
        (a_camera(plugged=True, client_list=[]), "no script subscribes to tcp://localhost:5555"),
        (a_camera(plugged=True, client_list=[], not_subscribed=1), "1 connection subscribes to no"),
        (a_camera(client_list=[]), "the camera is unplugged"),
        (a_camera(plugged=True), "does not list clients"),
    ],
)
def test_where_there_is_none_it_says_why(camera: CameraStatus, why: str) -> None:
    assert why in " ".join(written(camera, 100))


@pytest.mark.parametrize("way", [("c",), ("enter", "c"), ("V", "c")])
def test_c_lists_the_clients_as_they_come_and_fall_behind(way: tuple[str, ...]) -> None:
    rig = RigDouble(a_camera("left", plugged=True, client_list=[]), a_camera("right", 5557))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        for key in way:
            await pilot.press(key)
            await pilot.pause()
        await until_shown(pilot, "Clients of left: none")
        rig.cameras[0]["client_list"] = [a_client()]
        await until_shown(pilot, "Clients of left: 1")
        rig.cameras[0]["client_list"] = [a_slow_client(1)]
        await until_shown(pilot, "Clients of left: 1, 1 behind")
        assert " 706 " in row_of(app, "(pid 4001)")
        await until_shown(pilot, "too slow: gets 10 of 60 images/s")
        await pilot.press("c")
        await until_gone(pilot, "Clients of left")
        assert len(app.screen_stack) == len(way)

    drive(rig, scenario)


def test_a_long_list_is_scrolled_below_its_heading() -> None:
    clients = [a_client(number) for number in range(1, 61)]
    rig = RigDouble(a_camera("left", plugged=True, clients=60, client_list=clients))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("c", "end")
        await until_shown(pilot, "(pid 4060)")
        assert "missed" in row_of(app, "images/s")
        await pilot.press("home", "j")
        await until_shown(pilot, "(pid 4002)")
        await pilot.press("pagedown")
        await until_gone(pilot, "(pid 4002)")

    drive(rig, scenario)


def test_the_list_of_a_camera_that_is_gone_is_left() -> None:
    rig = RigDouble(a_camera("left", plugged=True), a_camera("right", 5557))

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ClientsScreen))
        del rig.cameras[0]
        await until_shown(pilot, "left-simulated is no longer there")
        await until_shown(pilot, "> right")
        rig.gone = True
        await pilot.press("c")
        await until_shown(pilot, "The engine does not answer")
        assert isinstance(cast("object", app.screen), ClientsScreen)

    drive(rig, scenario)

"""The screen of several rigs: what it shows, and which rig its keys steer."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.fleet import MOST_CAMERAS, MOST_TOASTS
from pmv_tui.tui.fleet_app import FleetApp
from pmv_tui.tui.screens.fleet import FleetScreen
from pmv_tui.tui.screens.steering import MOST_FAILURES
from tests.tui.driving import row_of, screen, until, until_shown
from tests.tui.fleet_double import connection, drive_fleet
from tests.tui.rig_double import LATE, Kept, RigDouble, a_camera, a_client, a_ramp


def two_rigs(**changes: Any) -> dict[str, RigDouble]:
    """Two rigs whose cameras have the same unique_ids."""
    return {
        name: RigDouble(a_camera("left", 5555, **changes), a_camera("right", 5557, **changes))
        for name in ("maze", "nest")
    }


def sent(rig: RigDouble) -> list[tuple[str, Any]]:
    """Return what commands a rig got, and for which cameras."""
    return [(command, arguments.get("camera")) for command, arguments in rig.commands]


BOTH = ["left-simulated", "right-simulated"]


def test_each_rig_has_a_row_above_its_cameras_and_the_header_the_sums() -> None:
    rigs = two_rigs()
    rigs["maze"].cameras[0]["plugged"] = True
    rigs["nest"].cameras[1]["state"] = "lost"

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await until_shown(pilot, "1 lost, 0 of 2 plugged")
        rows = [row.rstrip() for row in screen(app).splitlines()[:8]]
        assert rows[0].startswith(" pmv-tui  2 of 2 rigs connected")
        assert rows[0].endswith("1 lost, 1 of 4 plugged")
        assert rows[2].split() == [">", "▾", "maze", "maze-pc", "1", "of", "2", "plugged"]
        assert [row.split()[0] for row in rows[3:5]] == ["left", "right"]
        assert rows[5].split() == ["▾", "nest", "nest-pc", "1", "lost,", "0", "of", "2", "plugged"]

    drive_fleet(rigs, scenario)


def test_a_key_acts_on_the_camera_or_the_whole_rig_under_the_cursor() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("p")
        await until_shown(pilot, "maze: Plugged: left,")
        await pilot.press("G", "p")
        await until_shown(pilot, "nest/right: publishes at")
        await until(pilot, lambda: "● plugged" in row_of(app, ">   right"))

    drive_fleet(rigs, scenario)
    assert sent(rigs["maze"]) == [("plug", BOTH)]
    assert sent(rigs["nest"]) == [("plug", "right-simulated")]


@pytest.mark.parametrize(
    ("key", "command", "changes"),
    [
        ("P", "plug", {}),
        ("p", "unplug", {"plugged": True}),
        ("space", "pause", {"plugged": True}),
        ("a", "set", {"listed": False}),
        ("R", "reload", {}),
        ("r", "rescan", {}),
    ],
)
def test_what_touches_several_rigs_asks_first(
    key: str, command: str, changes: dict[str, Any]
) -> None:
    rigs = two_rigs(**changes)

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("M")
        for answer in ("c", "escape", "enter") if key == "P" else ["c"]:
            await pilot.press(key)
            await until_shown(pilot, "of 2 rigs?")
            assert "maze" in screen(app)
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        assert (rigs["maze"].commands, rigs["nest"].commands) == ([], [])
        await pilot.press(key)
        await until_shown(pilot, "of 2 rigs?")
        await pilot.press("y")
        await until(pilot, lambda: rigs["maze"].commands and rigs["nest"].commands)

    drive_fleet(rigs, scenario)
    assert [each for each, _ in rigs["maze"].commands] == [command]
    assert [each for each, _ in rigs["nest"].commands] == [command]


def test_unplugging_cameras_with_clients_on_several_rigs_is_asked_once() -> None:
    rigs = two_rigs(plugged=True, clients=1)

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await pilot.press("P")
        await until_shown(pilot, "connected to maze/left (1), maze/right (1),")
        await pilot.press("u")
        await until(pilot, lambda: rigs["maze"].commands and rigs["nest"].commands)

    drive_fleet(rigs, scenario)
    assert sent(rigs["maze"]) == sent(rigs["nest"]) == [("unplug", BOTH)]


def test_a_rigs_own_row_asks_before_it_unplugs_several_cameras_and_marks_name_them() -> None:
    rigs = two_rigs(plugged=True)

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("p")
        await until_shown(pilot, "Unplug 2 cameras of maze?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        assert sent(rigs["maze"]) == []
        await pilot.press("p")
        await until_shown(pilot, "Unplug 2 cameras of maze?")
        await pilot.press("y")
        await until(pilot, lambda: rigs["maze"].commands)
        # Where they are marked, somebody has named them.
        await pilot.press("G", "m", "k", "k", "j", "m", "p")
        await until(pilot, lambda: rigs["nest"].commands)

    drive_fleet(rigs, scenario)
    assert sent(rigs["maze"]) == sent(rigs["nest"]) == [("unplug", BOTH)]


def test_help_names_the_rig_in_commands_and_says_what_keys_do_on_its_row() -> None:
    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        for keys, text in (
            (["slash"], "rig, host or group to look for"),
            (["escape", "question_mark", "slash", *"where --start"], "pmv-tui --rig maze ..."),
            (["escape", "slash", *"on a rig's row: all"], "To unplug several of them, it asks"),
            (
                ["escape", "escape", "j", "enter", "f1", "slash", *"set NAME KEY"],
                "pmv-tui --rig maze ...",
            ),
        ):
            await pilot.press(*keys)
            await until_shown(pilot, text)

    drive_fleet(two_rigs(), scenario)


def test_a_rig_that_hangs_delays_no_other_and_its_rows_stay_and_say_how_old_they_are() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        rigs["maze"].hanging = True
        # Asked by a key, it does not answer; the next key, for the other rig, is not held up.
        await pilot.press("p", "G", "p")
        await until_shown(pilot, "nest/right: publishes at")
        await until(pilot, lambda: "● plugged" in row_of(app, ">   right"))
        connection(app, "maze").become("waiting", "its engine does not answer", again=77)
        await until_shown(pilot, "again in 77 s: its engine does not answer")
        await until(pilot, lambda: " s old" in row_of(app, "maze"))
        assert "capturing" in screen(app).splitlines()[3]
        assert "1 of 2 rigs connected" in screen(app)
        # What was known of its cameras counts no more, and the panel says from when it is.
        assert screen(app).splitlines()[0].rstrip().endswith("1 of 2 plugged, 2 not known")
        await pilot.press("g", "j")
        await until(pilot, lambda: "s old: its engine does not answer" in row_of(app, "shown"))
        await pilot.press("z")
        await until(pilot, lambda: "answer; what is shown is " in screen(app))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        # A key for it is refused at once.
        await pilot.press("g", "p")
        await until_shown(pilot, "maze: plug: its engine")

    drive_fleet(rigs, scenario)
    assert sent(rigs["maze"]) == []


def test_r_tries_a_lost_rig_at_once_and_what_it_reports_is_shown_again() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        line = connection(app, "maze")
        line.become("waiting", "unreachable: it does not answer; see that it is switched on")
        await until_shown(pilot, "to do     r tries again at once")
        await pilot.press("r")
        await until(pilot, lambda: line.hurried)
        rigs["maze"].cameras[0]["plugged"] = True
        line.become("connected")
        await until(pilot, lambda: "1 of 2 plugged" in row_of(app, "▾ maze"))

    drive_fleet(rigs, scenario)


def test_an_engine_is_started_or_stopped_on_its_rigs_own_row_once_that_is_agreed_to() -> None:
    rigs = two_rigs(plugged=True, clients=2)

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("j", "E")
        await until_shown(pilot, "Go to a rig's own row first")
        await pilot.press("k", "E")
        await until_shown(pilot, "Stop the engine of maze?")
        assert "left, right plugged, 4 clients connected" in " ".join(screen(app).split())
        await pilot.press("c", "E")
        await until_shown(pilot, "Stop the engine of maze?")
        await pilot.press("y")
        await until_shown(pilot, "maze: its engine ends")
        line = connection(app, "maze")
        line.become("waiting", "no engine runs there", no_engine=True)
        await until_shown(pilot, "E starts one")
        await pilot.press("E")
        await until_shown(pilot, "Start the engine of maze?")
        await pilot.press("y")
        await until(pilot, lambda: line.started)

    drive_fleet(rigs, scenario)
    assert (sent(rigs["maze"]), sent(rigs["nest"])) == ([("stop", None)], [])


def test_rigs_are_folded_and_what_is_looked_for_is_shown_all_the_same() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        def rows() -> list[str]:
            return [line[2:9].strip() for line in screen(app).splitlines()[2:8]]

        await pilot.press("j", "left")
        await until(pilot, lambda: rows()[:2] == ["▸ maze", "▾ nest"])
        await pilot.press("right")
        await until(pilot, lambda: rows()[:2] == ["▾ maze", "left"])
        await pilot.press("F")
        await until(pilot, lambda: rows()[:2] == ["▸ maze", "▸ nest"])
        # A folded rig's row stands for its cameras.
        await pilot.press("p")
        await until_shown(pilot, "maze: Plugged: left,")
        await pilot.press("slash", *"nest right", "enter")
        await until(pilot, lambda: rows()[:2] == ["▾ nest", "right"])
        await pilot.press("escape", "enter")
        await until(pilot, lambda: rows()[:3] == ["▸ maze", "▾ nest", "left"])
        await pilot.press("F", "F")
        await until(pilot, lambda: rows()[:2] == ["▾ maze", "left"])

    drive_fleet(rigs, scenario)


def test_trouble_comes_first_and_n_finds_it_across_rigs() -> None:
    rigs = two_rigs()
    rigs["nest"].cameras[1].update({"state": "lost", "reason": "cable pulled"})

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("n")
        await until(pilot, lambda: "lost" in row_of(app, ">   right"))
        await pilot.press("T")
        await until(pilot, lambda: "nest" in screen(app).splitlines()[2])
        assert "right" in screen(app).splitlines()[3]
        connection(app, "maze").become("waiting", "log-in refused")
        await until_shown(pilot, "log-in refused")
        await pilot.press("n")
        await until(pilot, lambda: "log-in refused" in row_of(app, "> ▾ maze"))

    drive_fleet(rigs, scenario)


def test_what_a_key_opens_is_of_the_rig_under_the_cursor_though_ids_are_the_same() -> None:
    rigs = two_rigs(plugged=True)
    rigs["nest"].log("nest has started", camera="left-simulated")
    rigs["nest"].cameras[0]["client_list"] = [a_client(name="loop.py")]
    for name, fps in ("maze", 11.0), ("nest", 22.0):
        rigs[name].kept = {"left-simulated": Kept({"fps": [fps] * 60})}

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("G", "k")
        await until_shown(pilot, "nest has started")
        for key, text in (
            ("l", "Log of nest: all cameras"),
            ("c", "Clients of nest/left: 1"),
            ("enter", "nest/left"),
            ("z", "nest/left"),
            ("h", "nest/left: 1 min"),
        ):
            await pilot.press(key)
            await until_shown(pilot, text)
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await pilot.press("e", "backspace", "9", "enter")
        await until_shown(pilot, "nest/left: now has")
        await pilot.press("V")
        await until(pilot, lambda: rigs["nest"].asked_for)
        await pilot.press("space")
        await until_shown(pilot, "nest/left: paused")

    drive_fleet(rigs, scenario)
    assert rigs["maze"].commands == []


def test_the_picture_and_the_trends_of_two_cameras_of_one_id_are_told_apart() -> None:
    rigs = two_rigs()
    for name, fps in ("maze", 1.0), ("nest", 59.9):
        rigs[name].kept = {each: Kept({"fps": [fps] * 60}) for each in BOTH}

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await pilot.press("j", "v")
        await until(pilot, lambda: rigs["maze"].asked_for)
        assert not rigs["nest"].asked_for
        rigs["maze"].hanging = True
        await pilot.press("G", "k")
        await until(pilot, lambda: rigs["nest"].asked_for)
        rigs["maze"].hanging = False
        await pilot.press("v", "t", "home", "enter")
        await until(pilot, lambda: row_of(app, ">   left").count("█") >= 10)
        assert "▁" in screen(app).splitlines()[3]

    drive_fleet(rigs, scenario, size=(160, 24))


def test_an_image_is_saved_under_the_name_of_its_rig_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rigs = two_rigs()
    for rig in rigs.values():
        rig.images = dict.fromkeys(BOTH, a_ramp())

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await pilot.press("M", "S")
        await until(pilot, lambda: len(list(tmp_path.glob("*.png"))) == 4)

    drive_fleet(rigs, scenario)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.split("-")[:2] for name in names] == [
        [rig, camera] for rig in ("maze", "nest") for camera in ("left", "right")
    ]


def test_a_rig_that_answers_nonsense_is_said_to_and_the_others_go_on() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        rigs["maze"].cameras[0]["fps"] = "\x1b[2Jmany"  # type: ignore[typeddict-item]
        await until_shown(pilot, "sends what cannot be read (answer.snapshot.cameras[0].fps is no")
        await pilot.press("G", "p")
        await until_shown(pilot, "nest/right: publishes at")
        await until(pilot, lambda: "● plugged" in row_of(app, ">   right"))
        assert "\x1b" not in screen(app)

    drive_fleet(rigs, scenario, size=(160, 24))


def test_values_of_the_right_type_that_no_engine_sends_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rigs = two_rigs(plugged=True, client_list=[a_client()], **LATE)
    hostile = rigs["maze"]
    hostile.kept = {each: Kept({"fps": [5.0] * 60}) for each in BOTH}
    hostile.images = dict.fromkeys(BOTH, a_ramp())
    answer, random = hostile.request, Random(1)  # noqa: S311

    async def request(command: str, **arguments: Any) -> Any:
        try:
            reply = await answer(command, **arguments)
        except ValueError:  # a camera that it has made up
            return {"ok": False, "error": "there is no such camera"}
        protocol = hostile.engine["protocol"]
        changed = made_strange(reply, random)
        if command == "snapshot":
            changed["snapshot"]["engine"]["protocol"] = protocol
        return changed

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        hostile.request = request  # type: ignore[method-assign]
        await pilot.press("j")
        # Clients, plots, a camera's screen with its picture, the full picture with figures.
        for keys in ["c"], ["h"], ["v", "enter"], ["z", "f"]:
            await pilot.press(*keys)
            await pilot.pause(0.3)
            await pilot.press("escape")
        hostile.request = answer  # type: ignore[method-assign]
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        # Whatever its rows have become: the other rig is steered as ever.
        await pilot.press("G", "space")
        await until(pilot, lambda: rigs["nest"].commands)

    drive_fleet(rigs, scenario)
    assert {command for command, _ in sent(rigs["nest"])} == {"pause"}


STRANGE: dict[type, list[Any]] = {
    int: [0, -1, 2**63 - 1, -(2**63)],
    float: [0.0, -1.0, 1e14, -1e14],
    str: ["", "\x1b[2J\x07", "x" * 4000, "\u202e\0", "%s{}"],
    bytes: [b"", b"\0" * 7],
    bool: [False, True],
}
"""By a value's type, others of it."""


def made_strange(value: Any, random: Random) -> Any:
    """Return an answer of which some values are others, and some lists are empty."""
    if isinstance(value, dict):
        return {key: made_strange(each, random) for key, each in value.items()}
    if isinstance(value, list | tuple):
        few = [] if isinstance(value, list) and random.random() < 0.05 else value
        return [made_strange(each, random) for each in few]
    others = STRANGE.get(type(value), [value])
    return random.choice(others) if random.random() < 0.02 else value


def test_more_cameras_than_the_table_takes_are_counted_and_left_out() -> None:
    rigs = two_rigs()
    rigs["maze"].cameras = [a_camera(f"c{number}") for number in range(MOST_CAMERAS + 5)]
    rigs["maze"].cameras[1]["unique_id"] = rigs["maze"].cameras[0]["unique_id"]

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        await until_shown(pilot, f"0 of {MOST_CAMERAS} plugged, 4 more have no room")
        await pilot.press("G")
        await until(pilot, lambda: row_of(app, ">   right"))

    drive_fleet(rigs, scenario)


def test_quitting_leaves_every_engine_as_it_is() -> None:
    rigs = two_rigs(plugged=True)

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await pilot.press("q")

    app = drive_fleet(rigs, scenario)
    assert "All engines go on" in str(app.return_value)
    assert (rigs["maze"].commands, rigs["nest"].commands) == ([], [])


def test_a_toast_of_a_failure_names_the_rig() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        rigs["nest"].cameras[0].update({"state": "lost", "reason": "cable pulled"})
        await until_shown(pilot, "nest/left is lost: cable pulled")

    drive_fleet(rigs, scenario)


def test_a_rig_whose_cameras_fail_again_and_again_leaves_room_for_the_toasts_of_others() -> None:
    rigs = two_rigs()
    rigs["maze"].cameras = [a_camera(f"c{number}") for number in range(30)]

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        for camera in rigs["maze"].cameras:
            camera.update({"state": "lost", "reason": "unplugged"})
        await until(pilot, lambda: "30 lost" in row_of(app, "▾ maze"))
        assert 1 <= len(app._notifications) <= MOST_TOASTS
        rigs["nest"].cameras[0].update({"state": "lost", "reason": "cable pulled"})
        await until_shown(pilot, "nest/left is lost: cable pulled")

    drive_fleet(rigs, scenario)


def test_a_command_that_fails_for_thousands_is_told_by_a_few_toasts() -> None:
    rigs = two_rigs()
    answer = rigs["maze"].request

    async def request(command: str, **arguments: Any) -> Any:
        if command != "plug":
            return await answer(command, **arguments)
        failed = {"camera": "c", "ok": False, "text": "no " * 100}
        return {"ok": False, "results": [failed] * 5000}

    async def scenario(pilot: Pilot[str], app: FleetApp) -> None:
        rigs["maze"].request = request  # type: ignore[method-assign]
        await pilot.press("j", "p")
        await until_shown(pilot, "… and 4995 more")
        assert len(app._notifications) == MOST_FAILURES + 1

    drive_fleet(rigs, scenario)


def test_a_picture_larger_than_was_asked_for_is_not_drawn() -> None:
    rigs = two_rigs()
    rigs["maze"].images = dict.fromkeys(BOTH, a_ramp())
    answer = rigs["maze"].request

    async def request(command: str, **arguments: Any) -> Any:
        reply = await answer(command, **arguments)
        for each in reply.get("thumbnails", ()):
            each.update({"size": (2000, 1000), "pixels": bytes(2_000_000)})
        return reply

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        rigs["maze"].request = request  # type: ignore[method-assign]
        await pilot.press("j", "z")
        await until_shown(pilot, "larger than was asked for")

    drive_fleet(rigs, scenario)


def test_operators_without_end_are_counted() -> None:
    rigs = two_rigs()
    rigs["maze"].engine["operators"] = ["me@\x1b[2Jpc", *[""] * 50_000]

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await until_shown(pilot, "… and 49993 more")

    drive_fleet(rigs, scenario)


def test_windows_of_another_machine_are_not_opened_on_this_display() -> None:
    rigs = two_rigs()

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await pilot.press("j", "w")
        await until_shown(pilot, "its windows open on its")

    drive_fleet(rigs, scenario)
    assert rigs["maze"].commands == []


def test_a_rig_is_asked_less_often_while_nothing_is_done_to_it() -> None:
    rigs = two_rigs()
    asked = dict.fromkeys(rigs, 0)

    for name, rig in rigs.items():
        answer = rig.request

        async def request(command: str, name: str = name, answer: Any = answer, **more: Any) -> Any:
            asked[name] += command == "snapshot"
            return await answer(command, **more)

        rig.request = request  # type: ignore[method-assign]

    async def scenario(pilot: Pilot[str], _: FleetApp) -> None:
        await pilot.press("p")
        await until_shown(pilot, "maze: Plugged")
        before = dict(asked)
        await until(pilot, lambda: asked["nest"] >= before["nest"] + 2)
        assert asked["maze"] - before["maze"] > asked["nest"] - before["nest"]

    drive_fleet(rigs, scenario)

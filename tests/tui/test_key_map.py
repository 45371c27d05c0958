"""Keys of one's own: what is refused and why, and where the others show."""

import pytest
from textual.pilot import Pilot

from pmv_tui.tui.actions import SCREENS, split
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.key_map import EVERYWHERE, key_problems
from tests.tui.driving import drive, row_of, screen, until, until_shown
from tests.tui.rig_double import RigDouble, a_camera

LETTERS = {chr(code) for code in range(ord("a"), ord("z") + 1)}
SURVIVING = {
    *LETTERS,
    *(letter.upper() for letter in LETTERS),
    *"0123456789",
    *(f"f{number}" for number in range(1, 13)),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("space", "enter", "escape", "question_mark", "slash", "plus", "minus", "equals_sign"),
    *("left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket"),
    *("less_than_sign", "greater_than_sign"),
}
"""Keys that reach a program through tmux, SSH and a terminal in a browser."""


@pytest.mark.parametrize("registry", SCREENS.values(), ids=SCREENS.keys())
def test_every_key_survives_tmux_and_a_browser(registry: tuple[object, ...]) -> None:
    keys = [key for action in registry for key in split(action.keys)]  # type: ignore[attr-defined]
    assert set(keys) <= SURVIVING
    assert len(keys) == len(set(keys))


def test_an_action_has_the_same_keys_on_every_screen() -> None:
    keys: dict[str, set[str]] = {}
    for registry in SCREENS.values():
        for action in registry:
            keys.setdefault(action.id, set()).add(action.keys)
    assert [action for action, lists in keys.items() if len(lists) > 1] == []


def test_a_key_map_that_swaps_two_keys_is_fine() -> None:
    assert list(key_problems({"plug": "space", "pause": "p,f2"})) == []


@pytest.mark.parametrize(
    ("key_map", "blamed", "words"),
    [
        ({"plugg": "x"}, "plugg", "did you mean plug?"),
        ({"fly-to-the-moon": "x"}, "fly-to-the-moon", "known ones are add, "),
        ({"plug": "spaec"}, "plug", "unknown key spaec; did you mean space?"),
        ({"plug": "zzz9"}, "plug", "write a character, or a name such as space"),
        ({"plug": ""}, "plug", "a key is missing"),
        ({"plug": "x,,y"}, "plug", "a key is missing"),
        ({"plug": "ctrl+q"}, "plug", "quits from anywhere"),
        ({"plug": "ctrl+m"}, "plug", "a terminal sends ctrl+m as enter"),
        ({"plug": "e"}, "plug", "e is also the key of edit-addresses on the cameras' screen"),
        ({"plug": "?"}, "plug", "? is also the key of help"),
        ({"pause": "x", "plug": "x"}, "plug", "x is also the key of pause"),
        ({"set": "w"}, "set", "also the key of window on a camera's screen"),
    ],
)
def test_what_cannot_be_is_said(key_map: dict[str, str], blamed: str, words: str) -> None:
    [(action, problem)] = key_problems(key_map)
    assert action == blamed
    assert words in problem


def test_no_action_takes_a_key_that_works_everywhere() -> None:
    for key in EVERYWHERE:
        [(_, problem)] = key_problems({"plug": key})
        assert "choose another key" in problem


def test_changed_keys_work_and_stand_in_footer_and_help() -> None:
    rig = RigDouble(a_camera())
    key_map = {"plug": "x,f4", "pause": "comma", "rescan": "p"}

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "x plug")
        assert ", pause" in screen(app)
        await pilot.press("p")
        await until(pilot, lambda: ("rescan", {}) in rig.commands)
        assert not [command for command, _ in rig.commands if command == "plug"]
        await pilot.press("f4")
        await until(pilot, lambda: rig.cameras[0]["plugged"])
        await pilot.press("question_mark")
        await until_shown(pilot, "x or F4")
        assert "Plug the camera" in row_of(app, "x or F4")

    drive(rig, scenario, size=(100, 40), keys=key_map)

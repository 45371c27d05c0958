"""What only the TUI knows of a config file."""

from pmv_tui.tui.key_map import tui_problems
from tests.support import RigOnDisk, free_ports, simulated


def test_a_theme_that_does_not_exist_is_reported_with_the_nearest() -> None:
    [(path, problem)] = tui_problems({"tui": {"theme": "textual_dark"}})
    assert path == ("tui", "theme")
    assert "did you mean textual-dark?" in problem
    [(_, problem)] = tui_problems({"tui": {"theme": "9"}})
    assert "known ones are ansi-dark, " in problem


def test_what_is_of_another_type_is_left_to_the_schema() -> None:
    assert list(tui_problems({"tui": 3})) == []
    assert list(tui_problems({"tui": {"theme": 3, "keys": {"plug": 3}}})) == []


def test_check_says_what_is_wrong_with_the_keys_beside_the_other_mistakes(rig: RigOnDisk) -> None:
    rig.write_config(
        simulated("left", *free_ports(2), more="gane = 3")
        + '[tui.keys]\nplugg = "x"\npause = "e"\n'
    )
    done = rig.run_here("check")
    assert done.returncode == 2
    assert f"{rig.config_path}:9: tui.keys.plugg: unknown action plugg" in done.stderr
    assert "tui.keys.pause: e is also the key of edit-addresses" in done.stderr
    assert "did you mean gain?" in done.stderr

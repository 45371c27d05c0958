"""Terminals of every kind and size: what they are sent is what they can show."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import RigOnDisk, free_ports, rig_on_disk, shared, simulated, wait_for
from tests.system.terminal import TerminalTui

SIZES = [(40, 12), (40, 20), (80, 24), (200, 50)]

COLOURS = {
    "none": r"(?:3|4)9",
    "16": r"(?:[34]|9|10)[0-79]",
    "256": r"[34]8;5;\d+",
    "true": r"[34]8;2;\d+;\d+;\d+",
}
"""What stands for a colour in a change of style, by what the terminal has."""

STYLES = r"[0-9]|2[0-9]"
"""Bold, reverse and the like, and their end."""


def styles(sent: str) -> set[str]:
    """Take the changes of style out of what was sent."""
    return set(re.findall(r"\x1b\[([0-9;]*)m", sent))


def only(colours: str, sent: str) -> bool:
    """Return whether no other colours than these were sent."""
    part = rf"(?:{STYLES}|{COLOURS['none']}|{COLOURS[colours]})"
    return all(re.fullmatch(rf"(?:{part}(?:;{part})*)?", style) for style in styles(sent))


@pytest.fixture(scope="module")
def served() -> Iterator[RigOnDisk]:
    """A rig of one camera with a plain and one with a wide name, and one that is not there."""
    ports = free_ports(6)
    config = (
        simulated("left", *ports[:2])
        + simulated("nest", *ports[2:4]).replace('name = "nest"', 'name = "鼠窩🐭"')
        + f'[[cameras]]\nunique_id = "97-opencv"\nname = "gone"\n'
        f'pub_address = "tcp://localhost:{ports[4]}"\npull_address = "tcp://localhost:{ports[5]}"\n'
    )
    with rig_on_disk() as rig:
        rig.write_config(config)
        with rig.serve():
            yield rig


@pytest.fixture
def rig_of_two(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it."""
    with shared(served):
        yield served


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "linux", "COLORTERM": ""}, "16"),
        ({"TERM": "screen", "COLORTERM": ""}, "16"),
        ({"TERM": "screen-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "tmux-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
    ],
    ids=["linux", "screen", "screen-256color", "tmux-256color", "xterm-256color", "truecolor"],
)
def test_a_terminal_is_sent_the_colours_it_has_and_left_as_it_was(
    rig_of_two: RigOnDisk, environment: dict[str, str], colours: str
) -> None:
    with TerminalTui(rig_of_two, environment=environment) as tui:
        tui.shows("left", "capturing", "unplugged", "error")
        tui.press("p")
        tui.shows("1 of 3 plugged")
        tui.press("h")
        tui.shows("frames/s that arrived", "capturing; clients")
        tui.press("q")
        leave(tui)
        assert only(colours, tui.sent), styles(tui.sent)


def leave(tui: TerminalTui) -> None:
    """Detach by keys; the terminal must be as before."""
    tui.press("q")
    tui.shows("Detach")
    tui.press("d")
    wait_for(tui.over, "the TUI to end")
    assert tui.process.exitstatus == 0
    assert tui.restored()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TEXTUAL_THEME": "nosuch"}, ["TEXTUAL_THEME is ignored: unknown", "theme nosuch"]),
        (
            {"TEXTUAL_COLOR_SYSTEM": "x", "TEXTUAL_LOG": "/none/x", "ESCDELAY": "9" * 400},
            ["▌ TEXTUAL_COLOR_SYSTEM=x is", "▌ TEXTUAL_LOG=/none/x is", "▌ ESCDELAY=999"],
        ),
        ({"TEXTUAL_THEME": "", "LINES": "abc", "COLUMNS": "-1", "LC_ALL": "xx"}, []),
    ],
    ids=["theme", "others", "nothing said"],
)
def test_an_environment_that_textual_cannot_use_is_reported_and_the_rig_is_shown(
    rig_of_two: RigOnDisk, environment: dict[str, str], said: list[str]
) -> None:
    with TerminalTui(rig_of_two, environment=environment) as tui:
        tui.shows("left", "capturing", *said)


def test_a_terminal_without_a_name_is_as_good_as_any(rig_of_two: RigOnDisk) -> None:
    # As in a container that was given a terminal of its host's.
    hidden = 'mount -t tmpfs none /dev/pts && exec "$@"'
    within = ["unshare", "--mount", "sh", "-c", hidden, "sh"]
    if subprocess.run([*within, "true"], capture_output=True, check=False).returncode:
        pytest.skip("terminals' names can be hidden by root only")
    with TerminalTui(rig_of_two, within=within) as tui:
        tui.shows("left", "capturing", "connected: a terminal, pid")


def test_without_colours_cursor_and_choice_stand_out_and_states_are_words(
    rig_of_two: RigOnDisk,
) -> None:
    with TerminalTui(rig_of_two, environment={"NO_COLOR": "1"}) as tui:
        tui.shows("> left", "capturing", "○ unplugged", "error")
        assert all(character.reverse for character in tui.row("> left"))
        assert not any(character.reverse for character in tui.row("gone"))
        tui.press("p")
        tui.shows("● plugged")
        tui.press("q")
        tui.shows("Detach")
        wait_for(
            lambda: tui.text() and any(character.reverse for character in tui.row("Detach")),
            "the choice to stand out",
        )
        assert only("none", tui.sent), styles(tui.sent)


@pytest.mark.parametrize(
    "environment", [{"TERM": "linux"}, {"LANG": "C", "TERM": "screen"}], ids=str
)
def test_a_terminal_without_unicode_is_sent_ascii_alone(
    rig_of_two: RigOnDisk, environment: dict[str, str]
) -> None:
    with TerminalTui(rig_of_two, environment=environment) as tui:
        tui.shows("left", "capturing", "o unplugged", "??????")
        screens = {"?": "Keys", "l": "Log", "e": "Addresses of", "\r": "allowed"}
        for key, text in {**screens, "t": "sent p99", "h": "capturing; clients"}.items():
            tui.press(key)
            tui.shows(text)
            tui.press("\x1b")
            tui.hides(text)
        assert tui.sent.isascii()


def test_state_and_way_out_are_on_every_screen_of_every_size(rig_of_two: RigOnDisk) -> None:
    with TerminalTui(rig_of_two, *SIZES[0]) as tui:
        for size in SIZES:
            tui.resize(*size)
            tui.shows("left", "capturing", "error", "? help", "q quit", "0 of 3 plugged")
            walk(tui)
            assert rig_of_two.ask("unplug", camera="all")["ok"]


def walk(tui: TerminalTui) -> None:
    """Go to every screen and dialog, and back."""
    tui.press("\r")
    tui.shows("left-simulated", "capturing", "exposure_time", "q back")
    tui.press("\r")
    tui.shows("fps of left", "Save", "Cancel")
    tui.press("\x1b")
    tui.hides("Save")
    tui.press("e")
    tui.shows("pub: images", "pull: boxes", "Save", "Cancel")
    tui.press("\x1b")
    tui.hides("Save")
    tui.press("h")
    tui.shows("left: 1 min", "frames/s that arrived", "q back")
    tui.press("q")
    tui.hides("1 min")
    tui.press("q")
    tui.shows("q quit", "> left")
    tui.press("t")
    tui.shows("Trend in the table", "sent p99")
    tui.press("\x1b")
    tui.hides("Trend")
    tui.press("p")
    tui.shows("1 of 3 plugged")
    tui.press("q")
    tui.shows("Detach", "Stop", "Cancel")
    tui.press("\x1b")
    tui.hides("Detach")


def test_wide_characters_in_a_name_keep_the_columns_in_line(rig_of_two: RigOnDisk) -> None:
    with TerminalTui(rig_of_two) as tui:
        tui.shows("> left", "○ unplugged", "error", "鼠窩")

        def in_line() -> bool:
            tui.text()
            names = ("> left", "  鼠", "  gone")
            rows = ["".join(cell.data or " " for cell in tui.row(name)) for name in names]
            return len({row.find("○") for row in rows}) == 1 and "○" in rows[0]

        wait_for(in_line, "the columns to be in line")


def test_the_file_gives_keys_and_takes_the_mouse(rig_of_two: RigOnDisk) -> None:
    text = rig_of_two.config_path.read_text()
    rig_of_two.write_config(text + '[tui]\nmouse = false\n[tui.keys]\nplug = "x"\n')
    with TerminalTui(rig_of_two) as tui:
        tui.shows("x plug", "0 of 3 plugged")
        assert "\x1b[?1000h" not in tui.sent


def test_a_file_broken_under_a_running_engine_is_reported_and_the_rig_is_shown(
    rig_of_two: RigOnDisk,
) -> None:
    text = rig_of_two.config_path.read_text()
    rig_of_two.write_config(text + '[tui]\nmouse = false\n[tui.keys]\nplugg = "x"\n')
    with TerminalTui(rig_of_two, columns=120) as tui:
        tui.shows("p plug", "0 of 3 plugged", "unknown action plugg", "did you mean plug?")
        assert "\x1b[?1000h" in tui.sent

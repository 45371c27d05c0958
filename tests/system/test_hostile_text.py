"""Names, labels and reasons that hold commands for a terminal: none of them gets there."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
import zmq

from tests.support import RigOnDisk, free_ports, simulated, wait_for
from tests.system.fake_cameras import install
from tests.system.terminal import TerminalTui

MARK = "PWNED"
HOSTILE = f"\x1b]2;{MARK}\x07\x1b[2J{MARK}\x9b5n{MARK}\u202e{MARK}\r\n{MARK}"
"""Another window title, a cleared screen, a question that the terminal answers as if it were typed,
a change of writing direction, a line that was not written here."""

AS_TOML = HOSTILE.encode("unicode-escape").decode().replace("\\x", "\\u00")

COMMANDS = [
    ["status"],
    ["events"],
    ["cameras"],
    ["plug", HOSTILE],
    ["settings", HOSTILE],
    ["history", HOSTILE],
    ["set", "left", f"name=x{HOSTILE}"],
    ["set", "left", f"{HOSTILE}=1"],
    ["addresses", "left", HOSTILE, HOSTILE],
    ["window", HOSTILE],
    ["probe", HOSTILE],
    ["status", HOSTILE],
    [HOSTILE],
    ["check", "--config", HOSTILE],
]


def assert_harmless(said: str) -> None:
    """Check that a text is reported and that no command for the terminal is left in it."""
    assert MARK in said
    assert re.findall(rf"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]|\n{MARK}", said) == []


def send_hostile(port: int) -> None:
    """Send messages whose label, unknown key and mistakes are hostile."""
    box = {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4], "LABEL": HOSTILE, HOSTILE: 1}
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(f"tcp://localhost:{port}")
        for message in ({"DRAW_BOX": box}, {HOSTILE: 1}):
            socket.send_json(message)


@pytest.fixture
def pull(rig: RigOnDisk) -> int:
    """Write a rig among whose devices are hostile ones; where its one camera receives is given."""
    install(rig)
    found = {"8-fake": HOSTILE, f"{HOSTILE}-fake": "a hostile serial number"}
    (rig.folder / "found").write_text(json.dumps(found))
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    return pull


def test_no_command_prints_what_could_steer_the_terminal(rig: RigOnDisk, pull: int) -> None:
    with rig.serve("--plug", "left", "--plug", HOSTILE):
        send_hostile(pull)
        wait_for(lambda: MARK in rig.camera("left")["malformed_reason"], "the malformed message")
        wait_for(lambda: "malformed" in rig.run_here("events").stdout, "the event")
        for command in COMMANDS:
            # Only a process of its own finds the back end of another package.
            done = (rig.run if command == ["cameras"] else rig.run_here)(*command)
            assert_harmless(done.stdout + done.stderr)
            assert "Traceback" not in done.stderr
        log = Path(rig.status()["engine"]["log_path"])
    assert_harmless(rig.said())
    assert_harmless(log.read_text())


def test_mistakes_in_a_config_are_reported_without_what_they_quote(rig: RigOnDisk) -> None:
    camera = f'[[cameras]]\nunique_id = "{AS_TOML}"\nname = "{AS_TOML}"\nfps = "{AS_TOML}"\n'
    rig.write_config(f'"{AS_TOML}" = 1\n{camera}"{AS_TOML}" = "{AS_TOML}"\n')
    for command in ("check", "serve"):
        done = rig.run(command)
        assert done.returncode == 2
        assert_harmless(done.stderr)


def test_a_camera_with_an_impossible_serial_number_is_left_out(rig: RigOnDisk, pull: int) -> None:
    with rig.serve():
        assert rig.camera("left")["pull_address"].endswith(str(pull))
        wait_for(lambda: not rig.status()["engine"]["scanning"], "the search")
        assert [camera["unique_id"] for camera in rig.status()["cameras"]] == [
            "left-simulated",
            "8-fake",
        ]


def test_the_tui_shows_it_harmlessly(rig: RigOnDisk, pull: int) -> None:
    written = StringIO()
    with TerminalTui(rig, 120, 40) as tui:
        tui.process.logfile_read = written
        tui.shows("capturing")
        tui.press("p")
        tui.shows("plugged")
        send_hostile(pull)
        tui.shows(MARK)
        tui.press("l")
        tui.shows("malformed")
    raw = written.getvalue()
    assert re.findall(rf"\x1b\]2;{MARK}|\x1b\[2J{MARK}|\x9b|\u202e|\n{MARK}", raw) == []

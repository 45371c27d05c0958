"""What libraries print past Python lands in the log, never on the screen; last words are kept."""

import json
from typing import Any

import psutil
import pytest

from tests.support import (
    NUMBERED,
    STEADY_FPS,
    RigOnDisk,
    free_ports,
    has_ended,
    simulated,
    steady,
    wait_for,
)
from tests.system.counting import counting
from tests.system.fake_cameras import install, set_mood
from tests.system.terminal import TerminalTui

PRINTING_TUI = """
import os, sys, threading, time
from pathlib import Path

def print_when_asked():
    while not Path("print").exists():
        time.sleep(0.01)
    os.write(2, b"\\x1b[2Jlibterm: no such locale\\n")
    os.write(1, b"libterm: to its stdout\\n")

if "serve" not in sys.orig_argv and "pmv_tui" in sys.orig_argv:
    threading.Thread(target=print_when_asked, daemon=True).start()
"""
"""A module that Python imports as it starts: it stands for a C library in the TUI's process."""


@pytest.fixture
def pub(rig: RigOnDisk) -> int:
    """Write a config of a healthy camera and a fake one; give the port of the first."""
    install(rig)
    ports = free_ports(4)
    rig.write_config(
        NUMBERED
        + steady("left", *ports[:2])
        + simulated("odd", *ports[2:], fps=100).replace("odd-simulated", "odd-fake")
    )
    return ports[0]


def printed(rig: RigOnDisk) -> list[str]:
    """Return the texts of the events that report what was printed."""
    done = rig.run_here("events", "--json")
    assert done.returncode == 0, done.stderr
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return [event["text"] for event in events if event["kind"] == "printed"]


def test_what_a_driver_prints_is_an_event_and_reaches_stderr_and_buries_nothing(
    rig: RigOnDisk, pub: int
) -> None:
    with rig.serve("--plug", "left"), counting(pub) as numbers:
        set_mood(rig, "odd", "noisy")
        wait_for(lambda: "printed: driver: buffer 7 is late" in printed(rig), "the event")
        so_far = len(numbers)
        wait_for(lambda: len(numbers) > so_far + 2 * STEADY_FPS, "two seconds of its prints")
        wait_for(lambda: "more lines: see" in "".join(printed(rig)), "a word of the rest")
        assert len(printed(rig)) < 25
        set_mood(rig, "odd", "")
        rig.says("INFO printed: driver: buffer 7 is late")
        assert "\x1b" not in rig.said()
        written = [each.stat().st_size for each in rig.folder.rglob("engine.out")]
        assert len(written) == 1
        assert written[0] > 2000, "the file has all of it"


def test_what_a_driver_prints_is_seen_in_the_log_and_not_on_the_screen(
    rig: RigOnDisk, pub: int
) -> None:
    del pub
    with TerminalTui(rig) as tui:
        tui.shows("0 of 2 plugged")
        set_mood(rig, "odd", "noisy")
        tui.shows("printed: driver: buffer 7 is late")
        assert tui.text().count("0 of 2 plugged") == 1
        tui.press("l")
        tui.shows("printed: driver: buffer 7 is late")


def test_the_last_words_of_an_engine_that_aborts_are_kept(rig: RigOnDisk, pub: int) -> None:
    del pub
    with TerminalTui(rig) as tui:
        tui.shows("0 of 2 plugged")
        engine = psutil.Process(rig.status()["engine"]["pid"])
        set_mood(rig, "odd", "abort")
        wait_for(lambda: has_ended(engine), "the engine to die")
        (output,) = rig.folder.rglob("engine.out")
        words = output.read_text()
        assert "driver: assertion failed" in words
        assert "Fatal Python error: Aborted" in words


def test_what_a_library_prints_in_the_tui_is_seen_in_the_log_and_not_on_the_screen(
    rig: RigOnDisk, pub: int
) -> None:
    del pub
    (rig.folder / "site" / "sitecustomize.py").write_text(PRINTING_TUI)
    with TerminalTui(rig, columns=120) as tui:
        before = tui.shows("0 of 2 plugged", "capturing")
        (rig.folder / "print").touch()
        tui.shows("printed in this terminal's process: libterm: no such locale", "its stdout")
        now = tui.text()
        assert now.splitlines()[0] == before.splitlines()[0], now
        assert now.count("name  state") == now.count("sockets") == 1, now

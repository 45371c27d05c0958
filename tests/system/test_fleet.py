"""Several rigs in one terminal: the real program, and real engines."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.support import RigOnDisk, free_ports, rig_on_disk, simulated, wait_for
from tests.system.terminal import TerminalTui


@pytest.fixture
def maze() -> Iterator[RigOnDisk]:
    with rig_on_disk() as rig:
        rig.write_config(simulated("left", *free_ports(2)))
        yield rig


@pytest.fixture
def nest() -> Iterator[RigOnDisk]:
    """Another rig of the same user, whose camera has the same unique_id."""
    with rig_on_disk() as rig:
        rig.write_config(simulated("left", *free_ports(2)))
        with rig.serve("--plug-all"):
            yield rig


def test_two_rigs_are_steered_and_one_that_dies_takes_nothing_with_it(
    maze: RigOnDisk, nest: RigOnDisk
) -> None:
    rigs = [word for rig in (maze, nest) for word in ("--rig", f"local:{rig.config_path}")]
    with TerminalTui(maze, columns=100, words=rigs) as tui:
        tui.shows(f"local:{maze.folder.name}", "no engine runs there")
        tui.shows(f"local:{nest.folder.name}", "1 of 1 plugged", "● plugged")
        tui.press("E")
        tui.shows("Start the engine of")
        tui.press("y")
        wait_for(maze.serving, "the engine to be started")
        tui.shows("0 of 1 plugged")
        tui.press("p")
        wait_for(lambda: maze.camera("left")["plugged"], "the camera to be plugged")
        tui.shows("2 of 2 plugged")
        tui.press("M ")
        tui.shows("Pause 2 cameras of 2 rigs?")
        tui.press("y")
        wait_for(lambda: maze.camera("left")["paused"], "the camera to be paused")
        wait_for(lambda: nest.camera("left")["paused"], "the other one to be paused")
        # Its engine dies: its row says so, its camera stays; the other rig does as before.
        os.kill(maze.status()["engine"]["pid"], signal.SIGKILL)
        tui.shows("1 of 2 rigs connected", "no engine runs there", "s old")
        tui.press("MG ")
        wait_for(lambda: not nest.camera("left")["paused"], "the camera to publish again")
        tui.press("q")
        assert tui.ended() == 0
        assert "All engines go on as they are" in tui.sent
    assert nest.camera("left")["plugged"]

"""The line drops, the terminal stalls, the program is stopped: the TUI ends or comes back right."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest

from tests.support import (
    NUMBERED,
    STEADY_FPS,
    RigOnDisk,
    free_ports,
    has_ended,
    rig_on_disk,
    simulated,
    steady,
    wait_for,
)
from tests.system.counting import counting
from tests.system.terminal import TerminalTui

STALL = 4
"""Seconds for which nobody reads the terminal, and ..."""

AT_LEAST = 2.0
"""... seconds of processor time that a process which spins would have used meanwhile."""


@pytest.fixture(scope="module")
def pub() -> int:
    """The port of the camera whose images are counted."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def running(pub: int) -> Iterator[RigOnDisk]:
    """A rig of two cameras, its engine running; the left one is plugged."""
    ports = free_ports(3)
    with rig_on_disk() as rig:
        rig.write_config(NUMBERED + steady("left", pub, ports[0]) + steady("right", *ports[1:]))
        with rig.serve("--plug", "left"):
            yield rig


@pytest.fixture
def served(running: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig; the right camera is not plugged."""
    yield running
    assert running.ask("unplug", camera="right")["ok"]


@contextmanager
def attached(rig: RigOnDisk, pub: int, *within: str) -> Iterator[tuple[TerminalTui, list[int]]]:
    """Attach a TUI to an engine that publishes; at the end no image was missed by its client."""
    with counting(pub) as numbers, TerminalTui(rig, within=within) as tui:
        tui.shows("1 of 2 plugged")
        yield tui, numbers


def tui_of(tui: TerminalTui) -> psutil.Process:
    """Find the process of the TUI: the last of those that run it."""
    process = psutil.Process(tui.process.pid)
    return (process, *process.children(recursive=True))[-1]


@pytest.mark.parametrize("within", [(), ("setsid", "--wait")], ids=["session", "no session"])
def test_a_closed_terminal_ends_the_tui_and_not_the_engine(
    served: RigOnDisk, pub: int, within: tuple[str, ...]
) -> None:
    with attached(served, pub, *within) as (tui, _):
        process = tui_of(tui)
        tui.hang_up()
        wait_for(lambda: has_ended(process), "the TUI to end")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_tui_in_order_and_the_terminal_is_as_before(
    served: RigOnDisk, pub: int, number: int
) -> None:
    with attached(served, pub) as (tui, _):
        tui.process.kill(signal.SIGUSR1)  # which means nothing to it
        tui.process.kill(number)
        wait_for(tui.over, "the TUI to end")
        assert tui.process.exitstatus == 0
        assert tui.restored()


def test_a_killed_tui_costs_a_client_no_image(served: RigOnDisk, pub: int) -> None:
    with attached(served, pub) as (tui, _):
        tui.process.kill(signal.SIGKILL)
        tui.ended()
        with TerminalTui(served) as next_tui:
            next_tui.shows("1 of 2 plugged")


def stall(numbers: list[int], *tuis: TerminalTui) -> None:
    """Read nothing of terminals for a while; what the TUIs paint fills them up at once."""
    end = len(numbers) + STEADY_FPS * STALL
    for width in (100, 120, 140, 100, 80):
        for tui in tuis:
            tui.resize(width, 24)
        wait_for(partial(_more_than, numbers, len(numbers) + 2), "images meanwhile")
    wait_for(partial(_more_than, numbers, end), "images during all of the stall")


def _is_over(tui: TerminalTui) -> bool:
    return not tui.process.isalive()


def _more_than(numbers: list[int], count: int) -> bool:
    return len(numbers) > count


def test_a_terminal_that_stalls_for_seconds_is_painted_right_when_it_reads_on(
    served: RigOnDisk, pub: int
) -> None:
    with attached(served, pub) as (tui, numbers):
        before = sum(tui_of(tui).cpu_times()[:2])
        stall(numbers, tui)
        assert sum(tui_of(tui).cpu_times()[:2]) - before < AT_LEAST
        assert served.run_here("plug", "right").returncode == 0
        tui.shows("2 of 2 plugged")

        def painted() -> bool:
            screen = tui.text()
            return screen.count("2 of 2 plugged") == screen.count("enter open") == 1

        wait_for(painted, "the whole screen to be painted")
        tui.press("?")
        tui.shows("Help")


def test_a_terminal_that_stalls_for_good_does_not_keep_the_tui(served: RigOnDisk, pub: int) -> None:
    with attached(served, pub) as (tui, numbers), TerminalTui(served) as other:
        other.shows("1 of 2 plugged")
        stall(numbers, tui, other)
        for one, number in ((tui, signal.SIGHUP), (other, signal.SIGTERM)):
            one.process.kill(number)
            wait_for(partial(_is_over, one), "the TUI to end")
            assert one.process.exitstatus == 0


def test_a_tui_that_was_stopped_comes_back_painted_and_ends_as_ever(
    served: RigOnDisk, pub: int
) -> None:
    with attached(served, pub) as (tui, _):
        tui.process.kill(signal.SIGSTOP)
        wait_for(lambda: tui_of(tui).status() == psutil.STATUS_STOPPED, "it to stop")
        assert served.run_here("plug", "right").returncode == 0
        tui.process.kill(signal.SIGCONT)
        tui.shows("2 of 2 plugged", "left", "right")
        tui.press("?")
        tui.shows("Help")
        tui.press("q")
        tui.shows("2 of 2 plugged")
        tui.press("q")
        tui.shows("Detach")
        tui.press("d")
        assert tui.ended() == 0


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back(
    served: RigOnDisk, pub: int
) -> None:
    shell = ("bash", "--norc", "--noprofile", "-i")
    with counting(pub), TerminalTui(served, within=shell) as tui:
        tui.press(f"PS1='shell: '; {tui.command}\r")
        tui.shows("1 of 2 plugged")
        tui.press("\x1a")
        tui.shows("Stopped", "shell:")
        assert tui.cleared()
        assert served.run_here("plug", "right").returncode == 0
        tui.press("fg\r")
        tui.shows("2 of 2 plugged")
        tui.hides("Stopped")
        tui.press("q")
        tui.shows("Detach")
        tui.press("d")
        tui.shows("pmv-tui stop ends it", "shell:")
        assert tui.cleared()


def test_ctrl_z_where_no_shell_waits_is_reported(served: RigOnDisk, pub: int) -> None:
    with attached(served, pub) as (tui, _):
        tui.press("\x1a")
        tui.shows("No shell waits here")


def test_a_terminal_grows_and_shrinks_and_is_painted_right(served: RigOnDisk, pub: int) -> None:
    with attached(served, pub) as (tui, _):
        tui.resize(200, 50)
        tui.shows("1 of 2 plugged", "localhost:", "frames")
        tui.resize(40, 12)
        tui.shows("left", "capturing")
        tui.resize(80, 24)
        screen = tui.shows("1 of 2 plugged", "left", "right", "state")
        assert screen.count("1 of 2 plugged") == 1, screen


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_show_it_is_refused_and_nothing_is_started(
    rig: RigOnDisk, term: str
) -> None:
    rig.write_config(simulated("left", *free_ports(2)))
    with TerminalTui(rig, columns=200, environment={"TERM": term}) as tui:
        assert tui.ended() == 2
        assert "TERM=xterm-256color pmv-tui" in tui.text()
    assert "no engine runs" in rig.run_here("status").stderr

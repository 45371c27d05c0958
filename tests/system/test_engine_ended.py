"""The engine dies or is stopped under TUIs: they say so, and one starts another."""

import os
import signal

import psutil
import pytest

from tests.support import RigOnDisk, free_ports, has_ended, steady, wait_for
from tests.system.sockets import port_is_free, receive_image
from tests.system.terminal import TerminalTui


@pytest.fixture
def ports(rig: RigOnDisk) -> list[int]:
    """Write a config of three cameras; give their ports."""
    ports = free_ports(6)
    names = ("left", "right", "top")
    rig.write_config(
        "".join(steady(name, *ports[2 * at : 2 * at + 2]) for at, name in enumerate(names))
    )
    return ports


def kill_engine(rig: RigOnDisk) -> int:
    pid: int = rig.status()["engine"]["pid"]
    os.kill(pid, signal.SIGKILL)
    return pid


def test_an_engine_that_is_killed_is_started_again_with_what_was_plugged(
    rig: RigOnDisk, ports: list[int]
) -> None:
    with TerminalTui(rig) as tui:
        # Before the other one: else each starts an engine, and the later one takes over at once.
        tui.shows("0 of 3 plugged")
        with TerminalTui(rig) as other:
            for command in ("plug left", "plug right", "pause right"):
                assert rig.run_here(*command.split()).returncode == 0
            other.shows("2 of 3 plugged", "paused")
            tui.shows("2 of 3 plugged", "paused")
            old = kill_engine(rig)
            tui.shows("The engine has died", "Start", "Quit")
            other.shows("The engine has died", "with left, right plugged")
            tui.press("s")
            tui.shows("2 of 3 plugged")
            other.shows("2 of 3 plugged")
            other.hides("Start")
            assert receive_image(ports[0])["unique_id"] == "left-simulated"
            assert rig.camera("right")["paused"]
            assert not rig.camera("top")["plugged"]
            engine = rig.status()["engine"]["pid"]
            assert engine != old
            assert psutil.Process(engine).nice() == os.nice(0), "the TUI alone stands back"


def test_an_engine_that_another_operator_stopped_is_not_called_dead(
    rig: RigOnDisk, ports: list[int]
) -> None:
    del ports
    with TerminalTui(rig) as tui:
        tui.shows("0 of 3 plugged")
        wait_for(lambda: not rig.run_here("try", "left", "gain=3").returncode, "its settings")
        tui.shows("left*", "gain: tried, not saved")
        assert "left: gain: tried, not saved" in rig.run_here("status").stdout
        tui.press("q")
        tui.shows("Detach", "left: gain: tried, not saved", "what is not saved is lost")
        assert rig.run_here("stop").returncode == 0
        tui.shows(
            "The engine was stopped: asked to stop",
            "gain = 3 ",
            "not saved, and gone with the engine",
            "engine stopped",
        )
        tui.press("\x1b")
        tui.shows("engine ended", "> left")
        assert "Detach" not in tui.text(), "that question went with the engine"
        tui.press("q")
        tui.shows("The engine was stopped")
        tui.press("q")
        assert tui.ended() == 0
        assert "was stopped" in tui.text()


def test_two_operators_see_each_others_changes_and_know_of_each_other(
    rig: RigOnDisk, ports: list[int]
) -> None:
    del ports
    with TerminalTui(rig, columns=120) as tui:
        tui.shows("0 of 3 plugged", "operator connected")
        with TerminalTui(rig, columns=120) as other:
            other.shows("2 operators, 0 of 3 plugged")
            tui.shows("2 operators")
            other.press("p")
            tui.shows("1 of 3 plugged")
            assert len(rig.status()["engine"]["operators"]) == 2
            other.process.kill(signal.SIGKILL)
            wait_for(lambda: "2 operators" not in tui.text().splitlines()[0], "it to be missed")


def test_an_engine_that_a_tui_started_ends_when_nobody_uses_it_any_more(
    rig: RigOnDisk, ports: list[int]
) -> None:
    with rig.config_path.open("a") as config:
        config.write("[engine]\nlinger = 0\n")
    with TerminalTui(rig) as tui:
        tui.shows("0 of 3 plugged")
        assert rig.run_here("plug", "left").returncode == 0
        engine = psutil.Process(rig.status()["engine"]["pid"])
        tui.shows("1 of 3 plugged")
        tui.process.kill(signal.SIGHUP)
        tui.ended()
    receive_image(ports[0])
    assert engine.is_running(), "something is plugged"
    assert rig.run_here("unplug", "left").returncode == 0
    wait_for(lambda: has_ended(engine), "it to end")
    assert port_is_free(ports[0])
    (log,) = rig.folder.rglob("engine.log")
    assert "nothing was plugged and nobody was connected any more" in log.read_text()


def test_an_engine_that_serves_in_the_foreground_goes_on(rig: RigOnDisk, ports: list[int]) -> None:
    with rig.config_path.open("a") as config:
        config.write("[engine]\nlinger = 0\n")
    with rig.serve() as engine:
        with TerminalTui(rig) as tui:
            tui.shows("0 of 3 plugged")
            tui.process.kill(signal.SIGHUP)
            tui.ended()
        wait_for(lambda: not rig.status()["engine"]["operators"], "the operator to have left")
        assert rig.run_here("plug", "left").returncode == 0
        receive_image(ports[0])
        assert engine.poll() is None

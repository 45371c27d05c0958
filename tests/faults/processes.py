"""Processes that are killed, and a terminal that nobody reads."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import psutil

from pmv_tui.system import OF_NO_USE
from tests.faults.asked_rig import AskedRig
from tests.faults.display import screen, viewer_of
from tests.faults.fault import fault
from tests.faults.rig import KINDS, FaultRig
from tests.faults.small_rig import small_rig
from tests.monkey.deeds import answer, far_click, open_paste, other_encoding, strange_sequence
from tests.support import DEADLINE, NUMBERED, SMALL, free_ports, simulated, steady, wait_for
from tests.system.counting import counting
from tests.system.sockets import port_is_free, receive_image
from tests.system.terminal import TerminalTui


def all_plugged(rig: FaultRig) -> str:
    """Return what a TUI shows of this rig, which may lack a kind of camera."""
    return f"{len(rig.pub)} of {len(rig.pub)} plugged"


@contextmanager
def rig_with_window(
    pub: int, pull: int
) -> Iterator[tuple[AskedRig, subprocess.Popen[str], psutil.Process]]:
    """Run another rig of one camera, whose window is open; give its engine and its viewer."""
    with small_rig() as other, screen() as one:
        other.environment["DISPLAY"] = one.name
        other.write_config(simulated("lone", pub, pull, more=SMALL))
        with other.serve("--plug-all") as engine:
            receive_image(pub)
            assert other.run_here("window", "lone").returncode == 0
            yield other, engine, viewer_of(psutil.Process(engine.pid))


@fault("the engine is killed -9, and started again")
def engine_killed(_rig: FaultRig) -> Iterator[str]:
    pub, pull = free_ports(2)
    with rig_with_window(pub, pull) as (other, engine, viewer):
        engine.kill()
        engine.wait()
        viewer.wait(DEADLINE)  # it ends with its engine
        report = other.run_here("status").stderr
        assert "no engine runs" in report
        assert port_is_free(pub)
        assert port_is_free(pull)
        yield report
        with other.serve("--plug-all"):
            receive_image(pub)


@fault("the engine is sent SIGUSR1 and its like")
def signals_of_no_use(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    for number in OF_NO_USE:
        if number != signal.SIGALRM:  # pylon's own, once it has grabbed
            os.kill(rig.engine.pid, number)
    yield rig.event(since, "SIGUSR1 received; it means nothing")


@fault("the engine is sent bursts of signals, then three to end at")
def signal_to_end(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(simulated("lone", pub, pull, more=SMALL))
        with other.serve("--plug-all") as engine:
            receive_image(pub)
            for _ in range(5):  # one interrupts the handler of another
                for number in OF_NO_USE:
                    engine.send_signal(number)
            other.event(0, "SIGALRM received", "means nothing")
            for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
                engine.send_signal(number)
            assert engine.wait(DEADLINE) == 0
        assert "engine stopped" in other.said()
        assert port_is_free(pub)
        yield "SIGALRM means nothing; engine stopped"


@fault("the TUI is killed -9, and started again")
def tui_killed(rig: FaultRig) -> Iterator[str]:
    with TerminalTui(rig) as tui:
        tui.shows(all_plugged(rig))
        tui.process.kill(signal.SIGKILL)
        tui.process.wait()
    with TerminalTui(rig) as tui:
        tui.shows(all_plugged(rig))
        yield all_plugged(rig)


@fault("nobody reads the terminal for 10 s")
def terminal_stalled(rig: FaultRig) -> Iterator[str]:
    with TerminalTui(rig, columns=200, rows=50) as tui:
        tui.shows(all_plugged(rig))
        before = rig.counters.report()["left"].received
        images = rig.times(10, 2) * KINDS["left"][1]
        wait_for(
            lambda: rig.counters.report()["left"].received > before + images, "time to pass", 30
        )
        yield all_plugged(rig)
        tui.press("?")
        tui.shows("Keys")


@fault("the terminal sends bytes that are no text")
def bytes_of_no_text(rig: FaultRig) -> Iterator[str]:
    with TerminalTui(rig) as tui:
        tui.shows(all_plugged(rig))
        for kind in (other_encoding, strange_sequence, answer, far_click, open_paste):
            for deed in kind(Random(rig.times(2, 1))):  # noqa: S311 - the same each time
                os.write(tui.process.child_fd, deed.data[:4000])
        os.write(tui.process.child_fd, b"\xe9\x1b[201~")
        tui.shows("not UTF-8")
        yield "This terminal sent bytes that are not UTF-8"
        tui.press("?")
        tui.shows("Keys")


@fault("nobody reads what serve prints")
def output_stalled(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other, full_pipe() as pipe:
        pub, pull = free_ports(2)
        other.write_config(NUMBERED + steady("lone", pub, pull))
        command = other.command("serve", "--plug-all")
        with subprocess.Popen(command, env=other.environment, stderr=pipe) as engine:
            try:
                wait_for(other.serving, "the engine to answer")
                assert other.ask("pause", camera="lone")["ok"]
                assert other.ask("resume", camera="lone")["ok"]
                log = other.control_path().with_name("engine.log")
                wait_for(lambda: "publishes again" in log.read_text(), "the log to go on")
                with counting(pub):
                    yield "the log file goes on: publishes again"
                engine.terminate()
                assert engine.wait(DEADLINE) == 0
            finally:
                engine.kill()


@contextmanager
def full_pipe() -> Iterator[int]:
    """Make a pipe with room for nothing, which nobody reads; its writing end is given."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    try:
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


@fault("the state folder, then the control socket is removed")
def folder_removed(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(NUMBERED + steady("lone", pub, pull))
        with other.serve("--plug-all") as engine, counting(pub, gaps=True):
            control = other.control_path()
            shutil.rmtree(other.folder / "state")
            # Before it is restored as well as after it.
            assert other.status()["engine"]["pid"] == engine.pid
            wait_for(control.exists, "the folder to be restored")
            report = other.event(0, "control was gone, and is restored")
            log = control.with_name("engine.log")
            wait_for(lambda: log.exists() and "restored" in log.read_text(), "the log to go on")
            control.unlink()
            assert other.run_here("settings", "lone").returncode == 0
            wait_for(control.exists, "the socket to be restored")
            assert other.ask("rescan")["ok"]
            yield report
        assert other.run_here("status").returncode == 1


@fault("a second engine, by another link, host name, state folder")
def second_engine(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(NUMBERED + steady("lone", pub, pull))
        hard, soft = other.folder / "hard.toml", other.folder / "soft.toml"
        hard.hardlink_to(other.config_path)
        soft.symlink_to(other.config_path)
        own, renamed = other.config_path, shutil.which("unshare") and os.getuid() == 0
        with other.serve("--plug-all") as engine:
            with counting(pub, gaps=True):
                for link, state in ((hard, "state"), (soft, "state"), (own, "elsewhere")):
                    other.config_path = link
                    other.environment["XDG_STATE_HOME"] = str(other.folder / state)
                    if renamed:
                        new_name = 'hostname new; exec "$@"'
                        other.within = ["unshare", "--uts", "sh", "-c", new_name, "-"]
                    assert other.status()["engine"]["pid"] == engine.pid
                    second = other.run("serve")
                    assert f"already runs (pid {engine.pid})" in second.stderr
                    assert second.returncode == 1
                yield second.stderr
            assert not (other.folder / "elsewhere").exists(), "nothing is left of it"
            assert other.run("stop").returncode == 0
            assert engine.wait(20) == 0


@fault("engine and viewer are stopped for a while, as on a laptop that sleeps")
def slept(rig: FaultRig) -> Iterator[str]:
    pub, pull = free_ports(2)
    with rig_with_window(pub, pull) as (other, engine, viewer):
        for pid in (engine.pid, viewer.pid):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(rig.times(60, 4))  # longer than a viewer may be silent
        for pid in (engine.pid, viewer.pid):
            os.kill(pid, signal.SIGCONT)
        report = other.event(0, "the engine did not run for")
        receive_image(pub)
        assert other.now("lone")["window"] == "shown"
        assert viewer.is_running()
        # Nor is it taken for a time in which no frames came.
        wait_for(lambda: "not known" in other.run_here("history", "lone").stdout, "its seconds")
        yield report


FAULTS = (
    *(folder_removed, second_engine, slept),
    *(output_stalled, engine_killed, signals_of_no_use, signal_to_end),
    *(tui_killed, terminal_stalled, bytes_of_no_text),
)

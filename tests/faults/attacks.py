"""Attacks and crowds: many at once, and what nobody sends or does who means well."""

import functools
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from pmv_tui.keys import Keys
from tests.faults.clients import only_the_counting_client
from tests.faults.fault import fault
from tests.faults.processes import all_plugged
from tests.faults.rig import FaultRig
from tests.faults.small_rig import SmallRig, small_rig
from tests.faults.stranger import run_stranger
from tests.support import DEADLINE, SMALL, free_ports, simulated, wait_for
from tests.system.sockets import port_is_free, receive_image
from tests.system.terminal import TerminalTui

ASIDE = ["nice", "-n", "10"]
"""Runs what would keep the rig's own programs from the processors of a small machine."""


@fault("130 000 connections are made and cut")
def knocked_at(rig: FaultRig) -> Iterator[str]:
    run_stranger("knock", rig.times(130_000, 3000), rig.pub["left"], rig.pull["left"])
    yield wait_for(lambda: only_the_counting_client(rig), "all of them to be gone")


@fault("60 cameras publish at once")
def many_cameras(rig: FaultRig) -> Iterator[str]:
    count = rig.times(60, 12)
    with small_rig() as other:
        ports = free_ports(2 * count)
        other.write_config(
            "".join(
                simulated(f"c{number}", *ports[2 * number :][:2], fps=5, more=SMALL)
                for number in range(count)
            )
        )
        with other.serve("--plug-all"):
            for port in ports[::2]:
                receive_image(port)
            (summary, *_) = other.run_here("status").stdout.splitlines()
            assert other.run_here("unplug", "all").returncode == 0
            assert all(port_is_free(port) for port in ports)
            yield f"{count} publish; {summary}"


@fault("10 TUIs look on at once")
def many_tuis(rig: FaultRig) -> Iterator[str]:
    count = rig.times(10, 3)
    with ExitStack() as terminals:
        tuis = [terminals.enter_context(TerminalTui(rig, within=ASIDE)) for _ in range(count)]
        for tui in tuis:
            tui.shows(all_plugged(rig))
            tui.press("l")
        for tui in tuis:
            tui.shows("Log")
        assert len(rig.snapshot()["engine"]["operators"]) >= count
        yield f"{count} TUIs show {all_plugged(rig)}"


@fault("1 MB is pasted into the TUI")
def pasted(rig: FaultRig) -> Iterator[str]:
    text = "x" * rig.times(1_000_000, 100_000)
    with TerminalTui(rig, within=ASIDE) as tui:
        tui.shows(all_plugged(rig))
        tui.press(f"\x1b[200~{text}\x1b[201~")
        tui.press("?")
        tui.shows("Keys")
        tui.press("\x1b")
        yield tui.shows(all_plugged(rig)) and all_plugged(rig)


def answers(path: Path) -> bool:
    """Return whether somebody listens at a unix socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(path)) == 0


Stage = Callable[[SmallRig, int, psutil.Process], object]

STAGES: dict[str, Stage] = {
    "its process": lambda _rig, _pub, engine: engine.is_running(),
    "its lock": lambda _rig, _pub, engine: (
        "/lock" in "\n".join(file.path for file in engine.open_files())
    ),
    "its socket": lambda rig, _pub, _engine: any(map(answers, rig.control_paths())),
    "its port": lambda _rig, pub, _engine: not port_is_free(pub),
}
"""What is true from some moment of an engine's start on, by name."""


@fault("the engine is killed -9 while it starts, over and over")
def killed_at_start(rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(simulated("lone", pub, pull, more=SMALL))
        for stage in [*STAGES] * rig.times(10, 1):
            with starting(other) as engine:
                wait_for(functools.partial(STAGES[stage], other, pub, engine), stage)
                engine.kill()
        report = other.run_here("status").stderr
        assert "no engine runs" in report
        with other.serve("--plug-all"):
            receive_image(pub)
            yield report


@contextmanager
def starting(rig: SmallRig) -> Iterator[psutil.Process]:
    """Start an engine; nothing of it runs after the block."""
    engine = psutil.Popen(
        rig.command("serve", "--plug-all"), env=rig.environment, stderr=subprocess.DEVNULL
    )
    try:
        yield engine
    finally:
        engine.kill()
        engine.wait()


MECHANISMS = (b"NULL", b"PLAIN", b"CURVE", b"GSSAPI", b"")


def greeting(mechanism: bytes) -> bytes:
    """Return the first bytes of a ZeroMQ client (ZMTP 3.0) that asks for some way to log in."""
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB"
SUBSCRIBE = b"\x00\x01\x01"
"""What a client says that is let in without a key, and then: all images."""


def answer_to(port: int, mechanism: bytes) -> int:
    """Log in at a port by some way, subscribe, and count the bytes that come until it is cut."""
    got = 0
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as client:
        client.sendall(greeting(mechanism))
        with suppress(ConnectionError):
            client.sendall(READY + SUBSCRIBE)
            while more := client.recv(65536):
                got += len(more)
    return got


@fault("clients log in at an encrypted camera in every other way")
def downgraded(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(f"[security]\ncurve = true\n{simulated('lone', pub, pull, more=SMALL)}")
        Keys(other.folder / "keys").make_client("alice")
        with other.serve("--plug-all"):
            wait_for(lambda: other.now("lone")["plugged"], "the sockets to be bound")
            for port in (pub, pull):
                for mechanism in MECHANISMS:
                    assert answer_to(port, mechanism) < 1000, "no image has so few bytes"
            yield wait_for(
                lambda: other.now("lone")["refused_reason"], "the rejection to be reported"
            )
            camera = other.now("lone")
            assert (camera["clients"], camera["messages"], camera["malformed"]) == (0, 0, 0)


FAULTS = (*(knocked_at, many_cameras, many_tuis, pasted, killed_at_start, downgraded),)

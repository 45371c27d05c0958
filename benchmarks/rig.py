"""The whole product under measurement: a rig in a folder of its own, its engine, its commands."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.cameras import Phases, announce, unique_ids
from benchmarks.clients import ipc_address
from pmv_tui.keys import Keys

PATIENCE = 60.0
"""Seconds in which the engine must do what a benchmark needs."""

CPUCLOCK_SCHED = 2
"""Of a process' clocks, the one of its processor time: linux/posix-timers.h."""


def free_ports(count: int) -> list[int]:
    """Find loopback ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Rig:
    """A config with simulated cameras, and the engine that runs on it once it is started.

    Parameters
    ----------
    folder : an empty one.
    count : cameras.
    width, height : pixels.
    fps : frames a second.
    curve : whether the sockets are encrypted.
    ipc : whether images are published over ipc, and not tcp.
    phases : of the cameras of this benchmark; None: simulated cameras, which begin as they come.

    Attributes
    ----------
    key : the file of a client that is let in; None where no key is asked for.
    folder : where its files lie.
    ports, pull_ports : where each camera publishes and receives, on this machine.
    environment : of every command that is run on the rig.
    engine : its process, from `start` on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        count: int,
        width: int,
        height: int,
        fps: float,
        curve: bool = False,
        ipc: bool = False,
        phases: Phases | None = None,
    ) -> None:
        ports = free_ports(2 * count)
        ids = unique_ids(count, phases) if phases else [f"c{n}-simulated" for n in range(count)]
        self.folder = folder
        self.ports, self.pull_ports = ports[::2], ports[1::2]
        text = "[socket_config]\nput_rate = 0.0\nextended_metadata = true\n"
        for unique_id, port, pull in zip(ids, ports[::2], ports[1::2], strict=True):
            pub = ipc_address(port) if ipc else f"tcp://localhost:{port}"
            text += (
                f'[[cameras]]\nunique_id = "{unique_id}"\nfps = {fps}\n'
                f"width = {width}\nheight = {height}\n"
                f'pub_address = "{pub}"\npull_address = "tcp://localhost:{pull}"\n'
            )
        self.key: Path | None = None
        if curve:
            text += "[security]\ncurve = true\n"
            self.key = Keys(folder / "keys").make_client("client")
        self._config = folder / "config.toml"
        self._config.write_text(text)
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder), "PYLON_CAMEMU": "0"}
        # As what is installed: not compiled again at each start.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if phases:
            announce(folder)
            root = str(Path(__file__).parents[1])
            self.environment["PYTHONPATH"] = os.pathsep.join((root, str(folder)))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the engine, all cameras plugged, and wait for them."""
        self._process = subprocess.Popen(
            self.command("serve", "--plug-all"),
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        self.engine = psutil.Process(self._process.pid)
        self.wait()

    def wait(self) -> None:
        """Wait until all cameras capture and no search goes on."""
        end = time.monotonic() + PATIENCE
        while not self._ready():
            if time.monotonic() > end:
                raise TimeoutError("the engine's cameras do not capture")
            time.sleep(0.1)

    def run(self, *arguments: str) -> str:
        """Run a command on the rig; give what it prints."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def status(self) -> dict[str, Any]:
        """Ask for the snapshot; empty while the engine does not answer."""
        told = self.run("status", "--json")
        snapshot: dict[str, Any] = json.loads(told) if told else {}
        return snapshot

    def use_display(self, name: str) -> None:
        """Let the commands that follow name a display."""
        self.environment["DISPLAY"] = name

    def viewer(self) -> psutil.Process | None:
        """Return the viewer; None where no window is open."""
        for child in self.engine.children():
            with suppress(psutil.NoSuchProcess):
                if "pmv_tui.windows" in child.cmdline():
                    return child
        return None

    def probe_all(self, seconds: float) -> list[dict[str, Any]]:
        """Let a client a camera receive for some seconds; give their reports."""
        clients = [
            subprocess.Popen(
                self.command(
                    "probe", f"tcp://localhost:{port}", "--json", "--seconds", str(seconds)
                ),
                env=self.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for port in self.ports
        ]
        return [json.loads(client.communicate()[0]) for client in clients]

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a pmv-tui command on this rig; without one, of the TUI."""
        config = ["--config", str(self._config)]
        return [sys.executable, "-m", "pmv_tui", *arguments[:1], *config, *arguments[1:]]

    def stop(self) -> None:
        """End the engine, whoever started it."""
        if self._process:
            self._process.terminate()
            self._process.wait()
        else:
            self.run("stop")

    def _ready(self) -> bool:
        status = self.status()
        return (
            bool(status)
            and not status["engine"]["scanning"]
            # Others may be found, which are somebody's.
            and all(one["state"] == "capturing" for one in status["cameras"] if one["listed"])
        )


@contextmanager
def prepared(**about: Any) -> Iterator[Rig]:
    """Make a rig for the length of a block; its engine is not started yet, and ended after it."""
    folder = Path(tempfile.mkdtemp(prefix="pmvbench"))
    rig = Rig(folder, **about)
    try:
        yield rig
    finally:
        rig.stop()
        shutil.rmtree(folder)


@contextmanager
def running(**about: Any) -> Iterator[Rig]:
    """Run a rig for the length of a block."""
    with prepared(**about) as rig:
        rig.start()
        yield rig


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has taken, all its threads together.

    It is the kernel's clock of that process, to the nanosecond: what the process table says comes
    in steps of 10 ms, which is what a script takes for a hundred frames.
    """
    if not process.is_running():  # its number may be another's by now
        raise psutil.NoSuchProcess(process.pid)
    return time.clock_gettime(~process.pid << 3 | CPUCLOCK_SCHED)

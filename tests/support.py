"""What several tests need: deadlines, free ports, and the real program in a folder of its own."""

import fcntl
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from pmv_tui.cameras import search
from pmv_tui.cli import main
from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.wire.status import Reply
from tests.own_cameras.sitecustomize import limited

DEADLINE = 60.0
"""Seconds after which what a test waits for is taken never to come, on however busy a machine."""

Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], what: str, seconds: float = DEADLINE) -> Value:
    """Wait until a condition gives something true; fail with `what` if it does not in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what}; last: {value!r}")
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    """Find loopback ports that nobody listens on, and that no client is given meanwhile.

    A port of those that the system gives to clients may be taken before it is bound, and so may one
    that tests which run beside these find: each is given once, and reserved to the process's end.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    lowest = 10_000 if int(given[0]) > 20_000 else 1024
    places = random.SystemRandom().sample(range(lowest, int(given[0])), 20 * count)
    free = (port for port in places if _is_free(port) and _reserve(port))
    return [next(free) for _ in range(count)]


_reserved = set[int]()


def _reserve(port: int) -> bool:
    """Reserve a port among all tests on this machine, by a lock on a byte of a file."""
    if port in _reserved:
        return False
    with suppress(OSError):
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        _reserved.add(port)
        return True
    return False


@cache
def _reservations() -> int:
    """Open that file; it stays open, as closing it would give up every lock on it."""
    path = Path(tempfile.gettempdir(), f"pmv-tui-test-ports-{os.getuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as one, suppress(OSError):
        one.bind(("127.0.0.1", port))
        return True
    return False


def has_ipv6() -> bool:
    """Return whether IPv6's loopback can be listened at: in many containers it is off."""
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


def has_ended(process: psutil.Process) -> bool:
    """Return whether a process is no more, or waits for its parent to take note of that."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # between the two questions
        return True


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 16 bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


STOPPING = 10.0
"""Seconds that an engine is given to end in order when a test is over; then it is killed."""

KEPT = {
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"),
}
KEPT_PREFIXES = ("PYTEST_", "TEXTUAL_SNAPSHOT_", "PIP_", "SSL_")


def plain_environment() -> dict[str, str]:
    """Return the environment without what a person has set for other programs, or for this one.

    Variables choose displays, themes, locales, terminals and SDKs: tests set those they mean.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
    return {"LANG": "C.UTF-8", "TERM": "xterm-256color", **kept}


def plain_signals() -> None:
    """Let no signal be ignored or blocked, as nohup, a shell's `&` and some services leave them.

    Programs that are started inherit it: none of them could be ended by Ctrl-C, or by a hang-up.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python's own
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


SERIAL = f"PMV{os.getpid()}"
"""The fake network camera's serial number: those of other runs and rigs answer a search too."""

EXAMPLES = Path(__file__).parents[1] / "examples"

OWN_CAMERAS = Path(__file__).with_name("own_cameras")
"""The folder on the path of a rig's programs that keeps them to the cameras of tests."""


class RigOnDisk:
    """A config file in a folder of its own, and the real program run on it.

    Parameters
    ----------
    folder : an empty folder with a short path (a unix socket lies in it).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config_path = folder / "config.toml"
        self.environment = {
            **plain_environment(),
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYLON_CAMEMU": "0",
            # pypylon's import breaks off, and the process with it, where its own deprecation
            # warnings are errors.
            "PYTHONWARNINGS": "error,default::DeprecationWarning",
            "PYTHONPATH": str(OWN_CAMERAS),
            "OWN_NETWORK_CAMERA": SERIAL,
            "SEARCHED_BACK_ENDS": "",
        }

    def write_config(self, text: str) -> None:
        """Write the config file."""
        self.config_path.write_text(text)

    def search_everywhere(self) -> None:
        """Let the rig's programs search with every back end, as they do without tests.

        Where a test does not ask for it, nothing is found: see `tests/own_cameras`.
        """
        self.environment.pop("SEARCHED_BACK_ENDS", None)

    def search_with(self, backend: str) -> None:
        """Let them search with one back end: each loads its SDK, which takes a second or two."""
        self.environment["SEARCHED_BACK_ENDS"] = backend

    def add_modules(self, folder: Path) -> None:
        """Let the rig's programs find a folder's modules before all others."""
        self.environment["PYTHONPATH"] = f"{OWN_CAMERAS}{os.pathsep}{folder}"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a pmv-tui command on this rig."""
        command, *rest = arguments
        return [sys.executable, "-m", "pmv_tui", command, "--config", str(self.config_path), *rest]

    def run(self, *arguments: str, seconds: float = DEADLINE) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in a process of its own."""
        return self._run(self.command(*arguments), seconds)

    def run_here(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as `pmv-tui` does, in this process: starting another takes 0.3 s.

        For tests of what a command does and prints. How it ends by a signal, what it imports and
        which modules of other packages it finds are properties of a process: see `run`.
        """
        return self.run_line("--config", str(self.config_path), *words)

    def run_line(self, *line: str) -> subprocess.CompletedProcess[str]:
        """Run a whole command line so, in which no config is named but what is written."""
        out, err = io.StringIO(), io.StringIO()
        with self._surroundings(), redirect_stdout(out), redirect_stderr(err):
            try:
                code = main(line)
            except SystemExit as usage:
                code = int(str(usage.code))
        return subprocess.CompletedProcess(line, code, out.getvalue(), err.getvalue())

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Give this process the folder, variables and stdin that the rig's programs have."""
        with pytest.MonkeyPatch.context() as patch, Path(os.devnull).open() as nobody:
            for name in set(os.environ) - set(self.environment):
                patch.delenv(name)
            for name, value in {**self.environment, "COLUMNS": "80"}.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", nobody)
            # Here, the programs' sitecustomize was not executed.
            patch.setattr(search.Searches, "_search_with", limited(search))
            patch.chdir(self.folder)
            yield

    def run_bare(self) -> subprocess.CompletedProcess[str]:
        """Run pmv-tui without a command, and without a terminal."""
        bare = [sys.executable, "-m", "pmv_tui", "--config", str(self.config_path)]
        return self._run(bare, DEADLINE)

    def _run(self, command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def control_path(self) -> Path:
        """Find the control socket where the documentation says it lies."""
        (path,) = self.control_paths()
        return path

    def control_paths(self) -> list[Path]:
        """Find the control sockets of all rigs whose state lies where this one's does."""
        return list(Path(self.environment["XDG_STATE_HOME"]).glob("pmv-tui/*/control"))

    def ask(self, command: str, **arguments: Any) -> Reply:
        """Send a question or a command to the engine, on its control socket."""
        with ControlClient(f"ipc://{self.control_path()}") as client:
            return client.request(command, timeout=DEADLINE, **arguments)

    def status(self) -> dict[str, Any]:
        """Ask the engine for its snapshot."""
        if len(self.control_paths()) == 1:
            # As `pmv-tui status --json` prints it, for a fiftieth of the time.
            snapshot: dict[str, Any] = json.loads(json.dumps(self.ask("snapshot")["snapshot"]))
            return snapshot
        # Several rigs share the folder, and the program knows which is whose.
        done = self.run_here("status", "--json")
        assert done.returncode == 0, done.stderr
        from_command: dict[str, Any] = json.loads(done.stdout)
        return from_command

    def camera(self, name: str) -> dict[str, Any]:
        """Ask the engine for one camera's status."""
        cameras: list[dict[str, Any]] = self.status()["cameras"]
        return next(camera for camera in cameras if camera["name"] == name)

    def serving(self) -> bool:
        """Return whether an engine answers."""
        if len(self.control_paths()) != 1:
            return bool(self.control_paths()) and self.run_here("status").returncode == 0
        try:
            return self.ask("snapshot")["ok"]
        except EngineGone:  # the socket that a killed one left behind
            return False

    def wait_for_search(self) -> None:
        """Wait until the engine has loaded its cameras' libraries, and takes what it will keep."""
        wait_for(lambda: not self.status()["engine"]["scanning"], "the first search to end")

    @contextmanager
    def serve(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Run the engine in the foreground; at the block's end it must stop cleanly."""
        with (self.folder / "serve.err").open("w") as errors:
            process = subprocess.Popen(
                self.command("serve", *arguments),
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                text=True,
            )
        try:
            wait_for(lambda: self.serving() or process.poll() is not None, "the engine to answer")
            assert process.poll() is None, self.said()
            yield process
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                assert process.wait(DEADLINE) == 0, self.said()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def said(self) -> str:
        """Return what the engine printed."""
        return (self.folder / "serve.err").read_text()

    def says(self, text: str) -> None:
        """Wait until the engine has printed something: a thread of its own writes it."""
        wait_for(lambda: text in self.said(), f"{text!r} to be printed")

    def end(self) -> None:
        """End an engine in the background, and whatever else was left behind on this rig.

        It would hold ports and processors for what comes after it.
        """
        for path in self.control_paths():
            _stop(path)
        # Not of another rig whose folder's name goes on after this one's.
        named = re.compile(rf"{re.escape(str(self.folder))}(?![\w-])")
        left = [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(named.search(word) for word in process.info["cmdline"] or ())
        ]
        for process in left:
            with suppress(psutil.NoSuchProcess):  # an engine that was just stopped ends by itself
                process.kill()
        psutil.wait_procs(left, DEADLINE)  # or it may still write where the folder is removed


AnyRig = TypeVar("AnyRig", bound=RigOnDisk)


@contextmanager
def in_new_folder(kind: Callable[[Path], AnyRig]) -> Iterator[AnyRig]:
    """Make a rig in a new folder for the length of a block; then nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    rig = kind(folder)
    try:
        yield rig
    finally:
        rig.end()
        shutil.rmtree(folder)


def rig_on_disk() -> AbstractContextManager[RigOnDisk]:
    """Make a plain rig in a new folder for the length of a block."""
    return in_new_folder(RigOnDisk)


@contextmanager
def shared(rig: RigOnDisk) -> Iterator[None]:
    """Undo what a block makes of a rig whose engine runs on: file, what is plugged or tried."""
    text = rig.config_path.read_text()
    yield
    assert rig.ask("unplug", camera="all")["ok"]
    assert rig.ask("discard", camera="all")["ok"]
    if rig.config_path.read_text() != text:
        rig.write_config(text)
        assert rig.ask("reload")["ok"]


def _stop(control_path: Path) -> None:
    """Have the engine at a control socket end, if one answers there, and see that it does."""
    with (
        suppress(EngineGone, KeyError, psutil.NoSuchProcess),
        ControlClient(f"ipc://{control_path}") as client,
    ):
        pid = client.request("snapshot", timeout=1)["snapshot"]["engine"]["pid"]
        engine = psutil.Process(pid)
        client.request("stop")
        psutil.wait_procs([engine], STOPPING)


NUMBERED = "[socket_config]\nextended_metadata = true\nput_rate = 0\n"
"""The beginning of a config whose images carry their numbers, and are all published."""

SMALL = "width = 96\nheight = 72"
"""Of a simulated camera with images so small that the kernel's buffers hold a second of them."""


def simulated(name: str, pub: int, pull: int, *, fps: int = 60, more: str = "") -> str:
    """Write a simulated camera's section of a config file."""
    return (
        f'[[cameras]]\nunique_id = "{name}-simulated"\nname = "{name}"\nfps = {fps}\n'
        f'pub_address = "tcp://localhost:{pub}"\npull_address = "tcp://localhost:{pull}"\n{more}\n'
    )


STEADY_FPS = 10


def steady(name: str, pub: int, pull: int) -> str:
    """Write a simulated camera whose every image must arrive.

    Its images are small, and the engine's queue of three bridges 300 ms: a machine that leaves a
    process without a processor for a while loses none.
    """
    return simulated(name, pub, pull, fps=STEADY_FPS, more=SMALL)

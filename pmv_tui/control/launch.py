"""Starts and ends an engine from outside, and says how its process does."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.engine.log import new_output
from pmv_tui.output import fit_to_show
from pmv_tui.threads import Patient

START_TIMEOUT = 15.0
"""Seconds in which an engine must answer; it was seen to take 0.4."""

CONFIG_WRONG = 2
"""The engine's exit code where the config file has mistakes."""


class ConfigRefused(RigError):  # noqa: N818 - what happened, as it reads
    """The engine did not start for mistakes in the config file; the text holds all of them."""


class Launch:
    """Starts a rig's engine unless one runs; `wait` until it answers, after other work.

    It outlives the terminal that it was started from: it has a session of its own and no terminal.
    What it and its SDKs print goes to `engine.out` beside the log. It ends itself when nobody uses
    it any more; see `[engine] linger`.

    Parameters
    ----------
    to_plug : names of cameras to plug at once.
    to_pause : names of cameras to plug too, but paused.

    Raises
    ------
    RigError : the rig's folder cannot be used.
    """

    def __init__(self, rig: Rig, to_plug: Iterable[str] = (), to_pause: Iterable[str] = ()) -> None:
        self._rig = rig
        self._deadline = time.monotonic() + START_TIMEOUT
        self._process: subprocess.Popen[bytes] | None = None
        self._to_plug, self._to_pause = list(to_plug), list(to_pause)
        if not rig.engine_runs():
            self._start()

    @property
    def started(self) -> bool:
        """Whether this has started one; else one ran already."""
        return self._process is not None

    def _start(self) -> None:
        rig = self._rig
        rig.make_folder()
        self._output = new_output(rig.output_path)
        # -P: a zmq.py in the folder that the person works in is not ours to import.
        command = [sys.executable, "-P", "-m", "pmv_tui", "serve", "--linger"]
        command += [f"--plug={name}" for name in self._to_plug]
        command += [f"--plug-paused={name}" for name in self._to_pause]
        if rig.config_path.exists():
            command += ["--config", str(rig.config_path)]
        try:
            self._output.touch(0o600)
            out = self._output.open("ab")
        except OSError as error:
            raise RigError(f"{self._output}: {error.strerror}; an engine needs it") from error
        with out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def wait(self) -> None:
        """Wait until the engine answers.

        Raises
        ------
        ConfigRefused : its config has mistakes.
        RigError : it ended before it answered, or is silent; the text holds what it said.
        """
        while not self._answers():
            self._check()

    def failure(self) -> str:
        """Return why the engine will not answer; empty while it may."""
        try:
            self._check()
        except RigError as error:
            return str(error)
        return ""

    def _check(self) -> None:
        if self._process is None and not self._rig.engine_runs():
            self._start()  # The one that ran was ending.
        code = self._process and self._process.poll()
        # Where two were started at once, the other one's engine is as good.
        if code is not None and not self._rig.engine_runs():
            said = self._output.read_text(errors="replace").strip()
            if code == CONFIG_WRONG:
                raise ConfigRefused(said.removeprefix("pmv-tui: "))
            raise RigError(f"the engine ended at once:\n{said[-2000:]}")
        if time.monotonic() > self._deadline:
            raise RigError(
                f"the engine did not answer within {START_TIMEOUT:.0f} s; see {self._rig.log_path}"
            )

    def _answers(self) -> bool:
        with ControlClient(self._rig.endpoint) as client:
            try:
                client.request("events", timeout=0.5, since=2**31)
            except EngineGone:
                return False
        return True


LOG_LINES = 6
"""Lines shown of the end of the log, and ..."""

PRINTED_LINES = 6
"""... of what was printed last: a crash says there what it was."""

TAIL = 8192
"""Bytes read of a file's end."""

CRASH = "Fatal Python error"
"""Begins what is printed of a crash; where it happened follows, then a list of modules."""


class EngineKeeper:
    """Looks after the engine of a rig; a TUI's `EngineProcess`."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        # On Linux each thread has its own niceness, which what it starts inherits: this one is
        # there before the TUI makes itself nice, and the engine is not to be.
        self._starter = ThreadPoolExecutor(1, "starter")
        self._starter.submit(int).result()
        # The event loop asks: none of it may wait for a disk that hangs.
        self.runs = Patient(self._runs, True, keeps=True)
        self.ending = Patient(rig.ending, "has ended", keeps=False)
        self.last_lines = Patient[list[str]](self._last_lines, [], keeps=False)

    def _runs(self) -> bool:
        """Return whether it runs, answering or not."""
        try:
            return self._rig.engine_runs()
        except RigError:
            return False  # A start says why.

    def _last_lines(self) -> list[str]:
        """Return the end of its log and of what it printed."""
        printed = _tail(self._rig.output_path)
        crashes = [at for at, line in enumerate(printed) if line.startswith(CRASH)]
        if crashes:
            printed = printed[max(0, crashes[-1] - 2) : crashes[-1] + PRINTED_LINES - 2]
        return _tail(self._rig.log_path)[-LOG_LINES:] + printed[-PRINTED_LINES:]

    def start(self, plugged: Sequence[str], paused: Sequence[str]) -> Callable[[], str]:
        """Start another unless one runs.

        Returns
        -------
        A function that returns why it failed; empty while it has not.
        """
        try:
            return self._starter.submit(Launch, self._rig, plugged, paused).result().failure
        except (RigError, OSError) as error:
            text = str(error)
            return lambda: text


def _tail(path: Path) -> list[str]:
    """Read the last lines of a file; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().splitlines()
    except OSError:
        return []
    return [line for each in lines if (line := fit_to_show(each))]

"""Starts the engine in the background, in a session of its own, and waits until it answers."""

import subprocess
import sys
import time
from collections.abc import Iterable

from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.engine.output import new_output

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
        """Return when the engine answers.

        Raises
        ------
        ConfigRefused : its config has mistakes.
        RigError : it ended before it answered, or is silent; the text holds what it said.
        """
        while not self._answers():
            self._check()

    def failure(self) -> str:
        """Tell why the engine will not answer; empty while it may."""
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

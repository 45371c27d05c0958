"""Starts the engine in the background, in a session of its own, and waits until it answers."""

import subprocess
import sys
import time

from pmv_tui.control.client import ControlClient, EngineGone
from pmv_tui.control.rig import Rig, RigError

START_TIMEOUT = 15.0
"""Seconds in which an engine must answer; it was seen to take 0.4."""


def ensure_engine(rig: Rig) -> None:
    """Start the rig's engine unless one runs.

    It outlives the terminal that it was started from: it has a session of its own and no terminal.
    What it and its SDKs print goes to `engine.out` beside the log.

    Raises
    ------
    RigError : it ended before it answered; the text holds what it said.
    """
    if answers(rig, timeout=1.0 if rig.engine_runs() else 0.0):
        return
    rig.make_folder()
    output = rig.folder / "engine.out"
    command = [sys.executable, "-m", "pmv_tui", "serve"]
    if rig.config_path.exists():
        command += ["--config", str(rig.config_path)]
    with output.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if answers(rig, timeout=0.5):
            return
        if process.poll() is not None and not rig.engine_runs():
            said = output.read_text(errors="replace").strip()
            raise RigError(f"the engine ended at once:\n{said[-2000:]}")
    raise RigError(f"the engine did not answer within {START_TIMEOUT:.0f} s; see {rig.log_path}")


def answers(rig: Rig, timeout: float) -> bool:
    """Tell whether the rig's engine answers within `timeout` seconds."""
    if timeout <= 0:
        return False
    with ControlClient(rig.endpoint) as client:
        try:
            client.request("events", timeout=timeout, since=2**31)
        except EngineGone:
            return False
    return True

"""The engine's process as others on this machine see it: whether it runs, how it ended, another."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pmv_tui.background import Patient
from pmv_tui.control.rig import Rig, RigError
from pmv_tui.engine.launch import Launch
from pmv_tui.printed import fit_to_show

LOG_LINES = 6
"""Lines told of the end of the log, and ..."""

PRINTED_LINES = 6
"""... of what was printed last: a crash tells there what it was."""

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
        """Tell whether it runs, answering or not."""
        try:
            return self._rig.engine_runs()
        except RigError:
            return False  # A start tells why.

    def _last_lines(self) -> list[str]:
        """Give the end of its log and of what it printed."""
        printed = _tail(self._rig.output_path)
        crashes = [at for at, line in enumerate(printed) if line.startswith(CRASH)]
        if crashes:
            printed = printed[max(0, crashes[-1] - 2) : crashes[-1] + PRINTED_LINES - 2]
        return _tail(self._rig.log_path)[-LOG_LINES:] + printed[-PRINTED_LINES:]

    def start(self, plugged: Sequence[str], paused: Sequence[str]) -> Callable[[], str]:
        """Start another unless one runs.

        Returns
        -------
        Tells why it failed; empty while it has not.
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

"""The clients as a benchmark sees them: started, stopped, woken, and what they noted."""

import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import psutil
from numpy.typing import NDArray

PATIENCE = 30.0
"""Seconds in which a client must have received its first frame."""

Rows = NDArray[np.int64]
"""What a client noted, shape (frames, 3): received, or answered, and time stamp, both ns since the
epoch, and the frame's number."""


class Receiver:
    """A client process.

    Parameters
    ----------
    kind : one of `clients.KINDS`.
    port : where it connects.
    file : where it saves what it noted.
    work : seconds that it works on a frame.
    key : the file of its key, where one is asked for.
    answer_at : the port where it answers each frame; None: it does not.
    """

    def __init__(
        self,
        kind: str,
        port: int,
        file: Path,
        work: float = 0.0,
        *,
        key: Path | None = None,
        answer_at: int | None = None,
    ) -> None:
        self._what = f"a client of kind {kind}"
        self._file = file
        command = [sys.executable, "-m", "benchmarks.clients", kind, str(port), str(file)]
        command += ["--work", str(work), *(["--key", str(key)] if key else [])]
        command += ["--answer-at", str(answer_at)] if answer_at else []
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.process = psutil.Process(self._process.pid)

    def wait(self) -> None:
        """Wait for its first frame."""
        output = self._process.stdout
        if not (output and select.select([output], [], [], PATIENCE)[0] and output.readline()):
            raise TimeoutError(f"{self._what} received nothing")

    def freeze(self) -> None:
        """Stop it, as a debugger would, until it is woken."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def rows(self) -> Rows:
        """End it; give what it noted."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        return cast("Rows", np.load(self._file))

    def kill(self) -> None:
        """End it however it does."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def receiving(
    clients: Sequence[tuple[str, int]],
    work: float = 0.0,
    key: Path | None = None,
    answer_at: Sequence[int] = (),
) -> Iterator[list[Receiver]]:
    """Run clients, each given as kind and port, for the length of a block; all have a frame.

    Parameters
    ----------
    answer_at : where each answers its frames, if they do.
    """
    with TemporaryDirectory(prefix="pmvbench") as folder:
        receivers: list[Receiver] = []
        try:
            answers: Sequence[int | None] = answer_at or [None] * len(clients)
            for number, ((kind, port), at) in enumerate(zip(clients, answers, strict=True)):
                file = Path(folder) / f"{number}.npy"
                receivers.append(Receiver(kind, port, file, work, key=key, answer_at=at))
            for receiver in receivers:
                receiver.wait()
            yield receivers
        finally:
            for receiver in receivers:
                receiver.kill()


def between(rows: Rows, begin: int, end: int) -> Rows:
    """Select what was received in a span of time, ns since the epoch."""
    return rows[(rows[:, 0] >= begin) & (rows[:, 0] < end)]


def ages(rows: Rows) -> NDArray[np.float64]:
    """Return each frame's age when it was received, ms."""
    return (rows[:, 0] - rows[:, 1]) / 1e6


def gaps(rows: Rows) -> int:
    """Count the frames that are missing between the first and the last."""
    return int((np.diff(rows[:, 2]) - 1).sum())


def pause(seconds: float) -> tuple[int, int]:
    """Let time pass; give its begin and end, ns since the epoch."""
    begin = time.time_ns()
    time.sleep(seconds)
    return begin, time.time_ns()

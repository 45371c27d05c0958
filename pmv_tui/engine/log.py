"""The engine's log: its file, the terminal of `serve`, what libraries print beside it."""

import copy
import ctypes
import errno
import faulthandler
import logging
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue, SimpleQueue
from traceback import walk_tb
from typing import TextIO

from pmv_tui.control.rig import Rig, RigError
from pmv_tui.threads import LastingThread, returns_within
from pmv_tui.untrusted import printable, without_passwords

_LINE_BUFFERED = 1
"""`_IOLBF` of stdio.h."""


def new_output(path: Path) -> Path:
    """Make room for an engine's output; that of the engine before it is kept, as .1."""
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    return path


def prepare_output() -> None:
    """Let what is printed reach the file at once, and what a library crashes with too.

    Both Python and the C library would else hold back some thousand characters.
    """
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file here
    c = ctypes.CDLL(None)
    c.setvbuf(ctypes.c_void_p.in_dll(c, "stdout"), None, _LINE_BUFFERED, 0)
    faulthandler.enable(all_threads=False)


DISK_TIMEOUT = 1.0
"""Seconds that the disk with the engine's folder is given for the last words."""

PATIENCE = 3.0
"""Seconds after which a write that has not ended is reported."""

BYTES = 1_000_000
FILES = 5


class LogQueue(QueueHandler):
    """Hands records to the log's thread, a traceback as lines of their own."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Make texts of what may change before the record is written."""
        # QueueHandler's own makes one text of both, of which the log would make one line.
        record = copy.copy(record)
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        return record


class LogListener(QueueListener):
    """Hands records to the log's handlers, in a thread that no record can end."""

    def start(self) -> None:
        """Start the thread."""
        self._thread = LastingThread("log", self._monitor)  # type: ignore[attr-defined]
        self._thread.start()


class LogFile(RotatingFileHandler):
    """Writes the log; what a full disk refuses is left out, and the engine goes on.

    Used by the log's thread; `trouble` may be read by any.

    Parameters
    ----------
    path : older files stand beside it, with .1 and so on behind its name.

    Attributes
    ----------
    hangs : whether the thread was left behind in a write that did not end.

    Raises
    ------
    OSError : the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=BYTES, backupCount=FILES, encoding="utf-8")
        self._trouble = ""
        self._failed = False
        self._writing_since: float | None = None
        self.hangs = False

    @property
    def trouble(self) -> str:
        """Why the log cannot be written; empty where it can."""
        since = self._writing_since
        if since is not None and time.monotonic() - since > PATIENCE:
            return (
                f"{self.baseFilename} is not written, its disk does not answer; see that it is "
                "mounted and its server runs"
            )
        return self._trouble

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._failed = False
        self._writing_since = time.monotonic()
        self._leave_what_is_gone()
        super().emit(record)
        self._writing_since = None
        if not self._failed:
            self._trouble = ""

    def _leave_what_is_gone(self) -> None:
        """Release a file that was removed or moved away: the next record begins another."""
        if self.stream is None:
            return
        try:
            there = os.path.samestat(os.fstat(self.stream.fileno()), os.stat(self.baseFilename))  # noqa: PTH116
        except OSError:
            there = False
        if not there:
            with suppress(OSError):
                self.stream.close()
            self.stream = None  # then the handler opens it

    def close(self) -> None:
        """Close the file; what could not be written is given up."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Keep why a record could not be written, in place of a traceback for each."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._failed = True
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "make room" if full else "see that it is there and this user may write to it"
        self._trouble = f"{self.baseFilename} cannot be written: {error.strerror}; {remedy}"


KEPT = 1000
"""Lines that wait for a reader; what comes then is left out."""

END_TIMEOUT = 1.0
"""Seconds that the last lines are given to be read."""


class TerminalLog(logging.Handler):
    """Writes records to a descriptor, by a thread of its own.

    A terminal that was stopped with ctrl+s, or a pager that nobody scrolls, holds up neither the
    log file nor the engine's end.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: Queue[str | None] = Queue(KEPT)
        self._left_out = 0
        # It writes to the descriptor: a file object's lock, held by a thread that hangs, would make
        # Python abort at its end.
        self._thread = LastingThread("terminal", self._run)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written; never waits."""
        try:
            self._lines.put_nowait(self.format(record))
        except Full:
            self._left_out += 1

    def close(self) -> None:
        """End the thread, or leave it behind where nobody reads."""
        with suppress(Full):
            self._lines.put_nowait(None)
            self._thread.join(END_TIMEOUT)
        super().close()

    def _run(self) -> None:
        reported = 0
        try:
            while (line := self._lines.get()) is not None:
                self._write(line)
                left_out = self._left_out
                if left_out > reported and self._lines.empty():
                    self._write(
                        f"({left_out - reported} lines left out, as nobody read; the log has them)"
                    )
                    reported = left_out
        except OSError:
            # The reader is gone, and nobody else is there to tell; the log file has it all.
            return

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode(errors="replace")
        while data:
            data = data[os.write(self._descriptor, data) :]


PERIOD = 60.0
"""Seconds from one line about a traceback to the next."""

REMEMBERED = 100
"""Tracebacks that are distinguished; the one that was seen longest ago is forgotten."""

Key = tuple[type[BaseException] | None, str, tuple[tuple[str, int], ...]]


class RepeatedTracebacks(logging.Filter):
    """Lets a record with a traceback through once; later ones as a line a minute, with their count.

    Two tracebacks are the same where the exception's class, the logged sentence and the lines of
    code are: a reason that holds a number or a time makes no difference. May be used from any
    thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._seen: OrderedDict[Key, tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written; shorten one that repeats another."""
        if not record.exc_info:
            return True
        kind, _, traceback = record.exc_info
        places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(traceback)]
        key = kind, record.getMessage(), tuple(places)
        now = time.monotonic()
        with self._lock:
            written, count = self._seen.pop(key, (None, 0))
            due = written is None or now - written >= PERIOD
            self._seen[key] = (now, 0) if due else (written or 0.0, count + 1)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if due and written is not None:
            record.msg = (
                f"{record.getMessage()}: {record.exc_info[1]!r}; the traceback above once more, "
                f"{count + 1} times since"
            )
            record.args, record.exc_info, record.exc_text = None, None, None
        return due


class _Formatter(logging.Formatter):
    """Writes what a terminal can show: logs are read with `tail -f`, and `serve` writes to one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        # A message is one line: none that quotes others can look like the start of another.
        return printable(without_passwords(super().formatMessage(record)))

    def format(self, record: logging.LogRecord) -> str:
        lines = without_passwords(super().format(record)).split("\n")
        return "\n".join(map(printable, lines))


@contextmanager
def logged(rig: Rig, terminal: TextIO | None) -> Iterator[LogFile]:
    """Log through a queue: no thread that carries frames ever waits for a disk or a terminal."""
    try:
        file = LogFile(rig.log_path)
    except OSError as error:
        raise RigError(f"{rig.log_path}: {error.strerror}; an engine needs it") from error
    handlers: list[logging.Handler] = [file]
    if terminal is not None:
        handlers.append(TerminalLog(terminal.fileno()))
    for handler in handlers:
        handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s"))
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = LogListener(queue, *handlers)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    queue_handler = LogQueue(queue)
    queue_handler.addFilter(RepeatedTracebacks())
    root.addHandler(queue_handler)
    listener.start()
    try:
        yield file
    finally:
        root.removeHandler(queue_handler)
        file.hangs = not returns_within(DISK_TIMEOUT, listener.stop)
        for handler in [] if file.hangs else handlers:
            handler.close()

"""Keeps a traceback that repeats itself from filling the log: written once, then counted."""

import logging
import threading
import time
from collections import OrderedDict
from types import TracebackType

PERIOD = 60.0
"""Seconds from one line about a traceback to the next."""

REMEMBERED = 100
"""Tracebacks that are told apart; the one that was seen longest ago is forgotten."""

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
        key = kind, record.getMessage(), _lines(traceback)
        now = time.monotonic()
        with self._lock:
            told, count = self._seen.pop(key, (None, 0))
            due = told is None or now - told >= PERIOD
            self._seen[key] = (now, 0) if due else (told or 0.0, count + 1)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if due and told is not None:
            record.msg = (
                f"{record.getMessage()}: {record.exc_info[1]!r}; the traceback above once more, "
                f"{count + 1} times since"
            )
            record.args, record.exc_info, record.exc_text = None, None, None
        return due


def _lines(traceback: TracebackType | None) -> tuple[tuple[str, int], ...]:
    """Return the file and line of each call in a traceback."""
    lines = []
    while traceback is not None:
        lines.append((traceback.tb_frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    return tuple(lines)

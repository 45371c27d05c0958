"""A search with one back end: `python -m pmv_tui.cameras.trial NAME PARENT SECONDS NICENESS`.

Writes a line of JSON to stdout, and to stderr whatever SDKs print. It may die on the way; then the
last words on stderr say where, as `faulthandler` writes them.
"""

import ctypes
import faulthandler
import json
import logging
import os
import resource
import signal
import sys

from pmv_tui.cameras.registry import search_with
from pmv_tui.cameras.search import as_map

PR_SET_PDEATHSIG = 1
"""Of Linux' prctl.h."""


class _Kept(logging.Handler):
    """Keeps what is logged, for the process that asked."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record. See `logging.Handler`."""
        self.lines.append(self.format(record))


def main() -> None:
    """Search, answer, and end without the SDK's own way out."""
    name, parent, seconds, niceness = sys.argv[1], *map(int, sys.argv[2:])
    _end_with(parent)
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # its end is reported in words
    answer = os.dup(1)
    os.dup2(2, 1)
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds, exit=True)
    kept = _Kept()
    logging.getLogger().addHandler(kept)
    found = as_map(search_with(name)) | {"logged": kept.lines}
    data = json.dumps(found).encode()
    while data:
        data = data[os.write(answer, data) :]
    os._exit(0)


def _end_with(parent: int) -> None:
    """End this process with the one that asked, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    main()

"""Names whoever steers an engine from here, for the others and for the log."""

import os
import sys


def operator_here(program: str = "") -> str:
    """Name this process by its terminal, the host its user came from, and its id.

    Parameters
    ----------
    program : put first; empty for the TUI.
    """
    try:
        terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, AttributeError, ValueError):  # None, one without a name, or no stdin at all.
        terminal = "" if program else "a terminal"
    if program and terminal:
        terminal = f"on {terminal}"
    caller = os.environ.get("SSH_CONNECTION", "").split(" ")[0]
    words = (program, terminal, caller and f"from {caller}")
    return f"{' '.join(filter(None, words))}, pid {os.getpid()}"

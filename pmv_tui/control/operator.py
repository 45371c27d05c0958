"""Names whoever steers an engine from here, for the others and for the log."""

import os
import sys


def operator_here(program: str = "") -> str:
    """Name this process by its terminal, the host its user came from, and its id.

    Parameters
    ----------
    program : put first; empty for the TUI.
    """
    words = [program] if program else []
    try:
        words.append(os.ttyname(sys.stdin.fileno()).removeprefix("/dev/"))
    except (OSError, AttributeError, ValueError):  # No terminal, one without a name, or no stdin.
        words.append("no terminal" if program else "a terminal")
    if caller := os.environ.get("SSH_CONNECTION", "").split(" ")[0]:
        words.append(f"from {caller}")
    return f"{' '.join(words)}, pid {os.getpid()}"

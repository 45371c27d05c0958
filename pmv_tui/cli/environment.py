"""Variables that decide which cameras are found: what they are here, and in the rig's engine."""

import os
from pathlib import Path

from pmv_tui.control.rig import Rig, RigError

DECIDING = ("PYLON_CAMEMU", "GENICAM_GENTL64_PATH")
"""Read by SDKs, in each process for itself."""


def differences(rig: Rig) -> list[str]:
    """Return which of the variables this process and the rig's engine do not have alike."""
    try:
        pid = rig.engine_pid() if rig.engine_runs() else None
        theirs = _environment(pid) if pid else None
    except (OSError, RigError):
        return []  # whose it is, and what to do about that, other commands say
    if theirs is None:
        return []
    return [
        f"{name} is {_said(here)} here and {_said(there)} in the engine (pid {pid}), which may "
        "find other cameras; to change that: pmv-tui stop, then start it where that is right"
        for name in DECIDING
        if (here := os.environ.get(name, "")) != (there := theirs.get(name, ""))
    ]


def _environment(pid: int) -> dict[str, str]:
    """Read the variables with which a process was started."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def _said(value: str) -> str:
    return value or "not set"

"""The engines of this user that run on this machine, whatever rigs they are of."""

import os
from dataclasses import dataclass
from pathlib import Path

from pmv_tui.control.claims import endpoint, listener, paths_claimed
from pmv_tui.control.client import snapshot_of
from pmv_tui.control.rig import engine_folder
from pmv_tui.wire.status import Snapshot, why_not_understood

PATIENCE = 1.0
"""Seconds that an engine is given to answer."""


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """An engine that runs.

    Parameters
    ----------
    pid : of its process.
    folder : of its log; None where that cannot be seen.
    snapshot : what it reports; None where it does not answer.
    """

    pid: int
    folder: Path | None
    snapshot: Snapshot | None

    def camera_at(self, port: int) -> str:
        """Name the camera that has a port; empty where none of its has."""
        for camera in self.snapshot["cameras"] if self.snapshot else ():
            if camera["plugged"] and any(
                camera[key].endswith(f":{port}") for key in ("pub_address", "pull_address")
            ):
                return camera["name"]
        return ""


def running_engines() -> list[RunningEngine]:
    """Ask every engine that runs, by process id; those of before this version are not found."""
    claims = engine_pids()
    return [_ask(pid, claims[pid]) for pid in sorted(claims)]


def engine_pids() -> dict[int, str]:
    """Find every engine that runs, and do not ask it: its process id, and the name it holds."""
    return {pid: claim for claim in paths_claimed() if (pid := listener(claim)) is not None}


def engine_of(pid: int) -> RunningEngine | None:
    """Ask a process what it is the engine of; None where it is none."""
    for claim in paths_claimed():
        if listener(claim) == pid:
            return _ask(pid, claim)
    return None


def whose_port(pid: int, port: int) -> str:
    """Name the rig and the camera that a process has a port for; empty where it is no engine."""
    if pid == os.getpid():
        return "another camera of this rig"
    engine = engine_of(pid)
    if engine is None or engine.snapshot is None:
        return ""
    camera = engine.camera_at(port)
    config = engine.snapshot["engine"]["config_path"]
    return f"{camera and f'camera {camera} of '}the engine of {config} (pid {pid})"


def whose_engine(pid: int) -> str:
    """Name the rig that a process is the engine of; empty where it is none."""
    engine = engine_of(pid)
    if engine is None or engine.snapshot is None:
        return ""
    return f"the engine of {engine.snapshot['engine']['config_path']} (pid {pid})"


def _ask(pid: int, claim: str) -> RunningEngine:
    snapshot = snapshot_of(endpoint(claim), PATIENCE)
    if snapshot is not None and why_not_understood(snapshot):
        snapshot = None
    return RunningEngine(pid, engine_folder(pid), snapshot)

"""The folder of the rig's engine: whether it can be used, on which disk, and the room there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pmv_tui.config.locate import real_path
from pmv_tui.control.rig import MAX_SOCKET_PATH
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, ok, warning
from pmv_tui.private import why_not_private

NEEDED, LITTLE = 10, 200
"""MB: the logs take 6."""

SHARED = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "lustre")
"""File systems on which locks and local sockets may not work."""


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what keeps an engine from its lock, its socket or its log."""
    folder = examined.rig.folder
    if len(os.fsencode(examined.rig.socket_path)) > MAX_SOCKET_PATH:
        yield error(
            f"{examined.rig.socket_path} is too long for a socket",
            "set XDG_STATE_HOME to a folder with a shorter path",
        )
    for each in (folder.parent, folder):
        if each.exists() and (why := why_not_private(each)):
            yield error(why, "no engine starts before, and none is asked")
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield error(
            f"{there} cannot be written: an engine needs it for its log",
            f"change its owner or mode, or set XDG_STATE_HOME; it would hold {folder}",
        )
    kind = _file_system(examined, there)
    if kind in SHARED:
        yield warning(
            f"{there} lies on a network file system ({kind}): locks may not work there",
            "set XDG_STATE_HOME to a folder on a local disk",
        )
    free = shutil.disk_usage(there).free // 1_000_000
    text = f"{free} MB are free for logs in {folder}"
    remedy = "delete what is not needed there; nothing is captured to disk, but logs are"
    if free < NEEDED:
        yield error(text, remedy)
    elif free < LITTLE:
        yield warning(text, remedy)
    else:
        yield ok(text)


def _file_system(examined: Examined, folder: Path) -> str:
    """Name the kind of file system that a folder lies on; empty where it is not known."""
    mounts = [line.split() for line in (examined.read("proc/self/mounts") or "").splitlines()]
    around = [
        (len(words[1]), number, words[2])
        for number, words in enumerate(mounts)
        if real_path(folder).is_relative_to(words[1].replace("\\040", " "))
    ]
    return max(around)[2] if around else ""

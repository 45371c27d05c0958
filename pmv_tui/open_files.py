"""Open files: how many this process may have, and whether there is room for more."""

import os
import resource

MOST = 65_536
"""More clients than any rig has; the usual limit of 1024 is soon reached by scripts that leak."""

ENGINE = 64
"""What an engine takes without any camera, search and commands included: 23 were measured."""

PLUGGED = 8
"""What a plugged camera takes without clients."""

KEPT = 24
"""Left for clients and commands, whatever else is refused."""


def allow_many() -> int:
    """Allow many open files, where the system lets us: every client takes one.

    Where they run out, the next caller of the control socket ends the process: libzmq's ipc
    listener takes EMFILE for a bug (4.3.5, ipc_listener.cpp).

    Returns
    -------
    How many may be open now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return MOST if soft == resource.RLIM_INFINITY else soft


def why_no_room(needed: int) -> str:
    """Tell why no more files are to be opened, and what to do; empty where there is room.

    Parameters
    ----------
    needed : files that are to be opened.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return ""
    try:
        used = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - of many files, names are enough
    except OSError:
        used = limit  # For looking, too, a file is opened.
    if limit - used >= needed + KEPT:
        return ""
    return (
        f"{limit} files may be open (ulimit -n), {used} are, and {KEPT} are kept for clients and "
        "commands; raise the limit and restart the engine, or unplug other cameras"
    )

"""What the operating system is asked for: private folders, open files, processes, signals.

A library that needs a signal sets its own handler in place of ours. pylon does, with SIGALRM, when
it first grabs; one that is sent by hand after that still ends the process, inside pylon.
"""

import ctypes
import os
import pwd
import resource
import signal
import stat
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

PRIVATE = 0o700
"""The mode of a folder that its user alone may look into."""


def why_not_private(folder: Path, instead: str = "") -> str:
    """Return why a folder, or the link that leads to it, is not to be trusted; empty: it is.

    Parameters
    ----------
    instead : how to have another one, after the word "or".

    Raises
    ------
    OSError : it cannot be looked at.
    """
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        return f"{folder} is not a folder; move it away"
    strangers = {status.st_uid, folder.lstat().st_uid} - {os.getuid()}
    if strangers:
        # Not to be removed: it may well be in use.
        owner = user_name(strangers.pop())
        me = user_name(os.getuid())
        remedy = f"run this as {owner}{' (without sudo)' if os.getuid() == 0 else ''}"
        if owner == "root":
            remedy = f"where sudo has left it so: sudo chown -R {me} {folder}"
        return f"{folder} belongs to {owner}, not to {me}; {remedy}{instead and f', or {instead}'}"
    if stat.S_IMODE(status.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{folder} can be written to by others; see what is in it, then chmod go-w {folder}"
    return ""


def standing(folder: Path) -> Path:
    """Return a folder, or the nearest above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def user_name(uid: int) -> str:
    """Name a user; some have no name here."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


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
    """Return why no more files are to be opened, and what to do; empty where there is room.

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


def run_child(
    arguments: Sequence[str],
    seconds: float,
    environment: Mapping[str, str] | None = None,
    started: Callable[["subprocess.Popen[str]"], object] = lambda _: None,
) -> "subprocess.CompletedProcess[str]":
    """Run `python -m` with arguments, a module of this package, in a process of its own.

    Parameters
    ----------
    seconds : after which it is killed.
    environment : its environment variables; None: this process's.
    started : is given the process, to end it before its time.

    Raises
    ------
    subprocess.TimeoutExpired : it took longer.
    OSError : it cannot be started.
    """
    import subprocess  # noqa: PLC0415 - every command imports this module, and few get here

    with subprocess.Popen(
        [sys.executable, "-P", "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as child:
        started(child)
        try:
            said, errors = child.communicate(timeout=seconds)
        finally:
            child.kill()
    return subprocess.CompletedProcess(child.args, child.returncode, said, errors)


TO_END = (
    *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGPWR, signal.SIGXCPU),
)
"""A person or the system wants the end, or power or time run out."""

_STACK_FAULT = 16
"""SIGSTKFLT, for which Python 3.11 has no name."""

OF_NO_USE = (
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF),
    *(signal.SIGIO, _STACK_FAULT, *range(signal.SIGRTMIN, signal.SIGRTMAX + 1)),
)
"""Would end a process that does not handle them, and leave all behind as it is."""


def to_be_handled() -> tuple[signal.Signals, ...]:
    """Return the signals to end at, less those that this process was started to ignore.

    `nohup` has SIGHUP ignored, a shell SIGINT and SIGQUIT for what it runs in the background.
    """
    return tuple(
        each
        for each in TO_END
        if each == signal.SIGTERM or signal.getsignal(each) is not signal.SIG_IGN
    )


def ignore_while_starting() -> None:
    """Let no signal of no use end this process before it has its handlers: imports take a second.

    Those that end it in order would lose nothing yet.
    """
    for number in OF_NO_USE:
        signal.signal(number, signal.SIG_IGN)


HANDLERS_STACK = 1024 * 1024
"""Bytes: every signal at once, with the registers of the largest processors. What is not used takes
no memory."""


class _Stack(ctypes.Structure):
    """The C library's `stack_t`; see sigaltstack(2)."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def make_room_for_handlers() -> None:
    """Have this thread's signal handlers run on a stack that has room for a burst of signals.

    CPython lets them run on one of 16 kB (faulthandler.c), and a second signal may interrupt the
    handler of the first. Where a processor's registers take 8 kB (AMX), that is too much for it,
    and the kernel ends the process: that was seen where six signals came at once.
    """
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    # Never freed: a signal may come until the process is gone.
    start = library.malloc(ctypes.c_size_t(HANDLERS_STACK))
    library.sigaltstack(ctypes.byref(_Stack(start, 0, HANDLERS_STACK)), None)


def name(number: int) -> str:
    """Return what people call a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Signals:
    """The signals that came. Its methods are called by the main thread.

    Parameters
    ----------
    wake : called when the engine is to end.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._ignored: Counter[int] = Counter()
        self.ending = ""
        """Why the engine is to end, in words; empty while it is not."""

    def handle(self) -> None:
        """Receive them from now on."""
        make_room_for_handlers()
        for number in to_be_handled():
            signal.signal(number, self._end)
        for number in OF_NO_USE:
            signal.signal(number, self._ignore)

    def ignored(self) -> list[str]:
        """Return a sentence for each ignored signal that came since the last call."""
        counts, self._ignored = self._ignored, Counter()
        return [
            f"{name(number)} received{f' {count} times' if count > 1 else ''}; it means nothing "
            "to the engine, which goes on"
            for number, count in counts.items()
        ]

    # Only flags here: a signal may have interrupted whatever the main thread was doing.

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.ending = f"{name(number)} received"
        self._wake()

    def _ignore(self, number: int, _frame: FrameType | None) -> None:
        self._ignored[number] += 1


def stop_listening() -> None:
    """Ignore whatever would end the process from now on: its end is on its way."""
    # But SIGALRM: what is left of pylon may still wait for its own.
    for number in {*TO_END, *OF_NO_USE} - {signal.SIGALRM}:
        signal.signal(number, signal.SIG_IGN)

"""Which signals end a process of ours in order, which mean nothing to it, and room for all."""

import ctypes
import signal

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

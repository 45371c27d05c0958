"""Which signals end a process of ours in order, and which mean nothing to it."""

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


def name(number: int) -> str:
    """Return what people call a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

"""The signals that the engine receives: some end it in order, the others are told, no more.

A library that needs a signal sets its own handler in place of ours. pylon does, with SIGALRM, when
it first grabs; one that is sent by hand after that still ends the process, inside pylon.
"""

import signal
from collections import Counter
from collections.abc import Callable
from types import FrameType

from pmv_tui.signals import OF_NO_USE, TO_END, make_room_for_handlers, name, to_be_handled


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
        """Tell of those that came since the last call and changed nothing."""
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

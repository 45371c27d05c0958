"""The window process, `python -m pmv_tui.windows FD`: FD is its end of the link to the engine.

Without FD it tries whether windows could be shown, opens none, and prints what it found as JSON.
"""

import contextlib
import ctypes
import json
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import APT_LINE, PIP_LINE, require_cv2
from pmv_tui.windows.display import Display, DisplayUnreachable
from pmv_tui.windows.launcher import LinkClosed, send
from pmv_tui.windows.messages import WindowState

NICENESS = 5
"""Windows wait for capture, not the other way round."""

GRACE = 1.0
"""Seconds from the engine's end to the viewer's, where it hangs in the display."""


class NoWindows(Exception):  # noqa: N818 - a state, reported as it is
    """No window can be shown here.

    Parameters
    ----------
    state : of the windows.
    why, remedy : in words; `remedy` may be empty.
    """

    def __init__(self, state: WindowState, why: str, remedy: str = "") -> None:
        super().__init__(f"{why}; {remedy}" if remedy else why)
        self.state = state
        self.why = why
        self.remedy = remedy


def main() -> None:
    """Show windows until the engine ends."""
    link = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with_engine, args=(link.fileno(),), daemon=True).start()
    os.nice(NICENESS)
    send(link, {"alive": True})
    try:
        display, _ = _prepare(os.environ["DISPLAY"])
    except NoWindows as trouble:
        send(link, {"trouble": trouble.state, "reason": str(trouble)})
        return

    from pmv_tui.windows.process import ViewerLoop  # noqa: PLC0415 - it imports cv2

    ViewerLoop(link, display).run()


def _prepare(name: str) -> tuple[Display, str]:
    """Load what windows need, and connect to a display.

    Returns
    -------
    The connection, and what OpenCV shows windows with.

    Raises
    ------
    NoWindows : something is missing.
    """
    try:
        require_cv2()
        import cv2  # noqa: PLC0415 - only now is it known that it can be imported

        # Qt loads it when the first window opens, and aborts where a library of it is missing.
        plugin = Path(cv2.__file__).parent / "qt/plugins/platforms/libqxcb.so"
        if plugin.exists():
            ctypes.CDLL(str(plugin))
        display = Display(name)
    except BackendUnavailable as trouble:
        raise NoWindows("libraries missing", trouble.reason, trouble.remedy) from None
    except OSError as trouble:
        raise NoWindows("libraries missing", str(trouble), f"try: {APT_LINE}") from None
    except DisplayUnreachable as trouble:
        raise NoWindows("no display", str(trouble)) from None
    framework = cv2.currentUIFramework()
    if not framework:
        why = "this OpenCV is built without windows"
        raise NoWindows("libraries missing", why, f"try: {PIP_LINE}")
    return display, framework


def _try_out() -> dict[str, str]:
    """Return what windows would be shown with, or why none can be, and what to do."""
    try:
        return {"framework": _prepare(os.environ["DISPLAY"])[1]}
    except NoWindows as trouble:
        return {"why": trouble.why, "remedy": trouble.remedy}


def _end_with_engine(link: int) -> None:
    """End the process after the engine, even where the main thread hangs in the display."""
    poll = select.poll()
    poll.register(link, 0)
    poll.poll()  # Only a hang-up ends this: nothing else was asked for.
    time.sleep(GRACE)
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1:]:
        with contextlib.suppress(LinkClosed):
            main()
    else:
        json.dump(_try_out(), sys.stdout)

"""The window process, `python -m pmv_tui.windows FD`: FD is its end of the link to the engine."""

import contextlib
import os
import select
import socket
import sys
import threading
import time
from typing import NoReturn

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import APT_LINE, PIP_LINE, require_cv2
from pmv_tui.windows.display import Display, DisplayUnreachable
from pmv_tui.windows.launcher import LinkClosed, send
from pmv_tui.windows.messages import WindowState

NICENESS = 5
"""Windows wait for capture, not the other way round."""

GRACE = 1.0
"""Seconds from the engine's end to the viewer's, where it hangs in the display."""


def main() -> None:
    """Show windows until the engine ends."""
    link = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with_engine, args=(link.fileno(),), daemon=True).start()
    os.nice(NICENESS)
    send(link, {"alive": True})
    try:
        require_cv2()
        display = Display(os.environ["DISPLAY"])
    except BackendUnavailable as error:
        _give_up(link, "libraries missing", str(error))
    except OSError as error:
        _give_up(link, "libraries missing", f"{error}; try: {APT_LINE}")
    except DisplayUnreachable as error:
        _give_up(link, "no display", str(error))

    import cv2  # noqa: PLC0415 - only now is it known that it can be imported

    if not cv2.currentUIFramework():
        reason = f"this OpenCV is built without windows; try: {PIP_LINE}"
        _give_up(link, "libraries missing", reason)

    from pmv_tui.windows.process import ViewerLoop  # noqa: PLC0415 - it imports cv2

    ViewerLoop(link, display).run()


def _give_up(link: socket.socket, state: WindowState, reason: str) -> NoReturn:
    """Report why no window can be shown, and end."""
    send(link, {"trouble": state, "reason": reason})
    sys.exit(0)


def _end_with_engine(link: int) -> None:
    """End the process after the engine, even where the main thread hangs in the display."""
    poll = select.poll()
    poll.register(link, 0)
    poll.poll()  # Only a hang-up ends this: nothing else was asked for.
    time.sleep(GRACE)
    os._exit(0)


if __name__ == "__main__":
    with contextlib.suppress(LinkClosed):
        main()

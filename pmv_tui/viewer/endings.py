"""Why a viewer ended, in words, from its exit status and what it printed."""

import signal

from pmv_tui.cameras.cv2_import import APT_LINE
from pmv_tui.viewer.messages import WindowStatus


def explain(status: int, said: str, display: str) -> WindowStatus:
    """Tell what the windows are now of a viewer that ended and did not say why.

    None of this can be caught where it happens: Qt aborts, libX11 exits, the kernel kills.

    Parameters
    ----------
    status : exit code, or a signal's number below zero.
    said : what it printed.
    display : the one it used.
    """
    if status == -signal.SIGABRT and "Qt platform plugin" in said:
        return WindowStatus("libraries missing", f"Qt cannot show windows here; try: {APT_LINE}")
    # Python's own way to exit with 1 prints a traceback; libX11's does not.
    if status == 1 and "Traceback" not in said:
        return WindowStatus(
            "display lost", f"the X server of {display} ended, or dropped its windows"
        )
    if status < 0:
        return WindowStatus(
            "viewer died", f"ended by signal {-status} ({signal.strsignal(-status)})"
        )
    last = said.strip().rpartition("\n")[2]
    return WindowStatus("viewer died", last or f"it ended with exit code {status}")

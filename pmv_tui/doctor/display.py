"""The display: whether windows can be shown on it. Tried out in a process that may die of it."""

import ctypes
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import APT_LINE, PIP_LINE, require_cv2
from pmv_tui.doctor import Examined, Finding, note, ok, warning
from pmv_tui.system import Silent, run_child
from pmv_tui.windows.display import Display, DisplayUnreachable
from pmv_tui.windows.launcher import viewer_environment

SECONDS = 4.0


def check_display(examined: Examined) -> Iterator[Finding]:
    """Yield why no window could be shown; all else works without."""
    display = examined.environment.get("DISPLAY", "")
    if not display:
        yield note(
            "no display: DISPLAY is not set, so no window can be shown",
            "DISPLAY=:0 pmv-tui shows them on the rig's own monitor; ssh -X forwards one",
        )
        return
    xauthority = examined.environment.get("XAUTHORITY", "")
    environment = viewer_environment(examined.environment, display, xauthority)
    try:
        ended = run_child([__name__], SECONDS, environment)
    except Silent as silent:
        yield warning(
            f"the display {display} hangs: {silent}",
            "see whether its X server, or the ssh -X that forwards it, still runs",
        )
        return
    if ended.status == 0:
        yield Finding(**json.loads(ended.said))
    else:
        yield _no_window(display, f"the trial ended with {ended.status}")


def _no_window(display: str, why: str, remedy: str = "") -> Finding:
    remedy = remedy or "choose another DISPLAY; pmv-tui runs without windows too"
    return warning(f"no window can be shown on {display}: {why}", remedy)


def _try_out(display: str) -> Finding:
    """Try what a window needs, but open none: a person may be looking at that display."""
    try:
        require_cv2()
        import cv2  # noqa: PLC0415 - only now is it known that it can be imported

        framework = cv2.currentUIFramework()
        # Qt loads it when the first window opens, and aborts where a library of it is missing.
        plugin = Path(cv2.__file__).parent / "qt/plugins/platforms/libqxcb.so"
        if plugin.exists():
            ctypes.CDLL(str(plugin))
        Display(display)
    except BackendUnavailable as trouble:
        return _no_window(display, trouble.reason, trouble.remedy)
    except DisplayUnreachable as trouble:
        return _no_window(display, str(trouble))
    except OSError as trouble:
        return _no_window(display, str(trouble), f"try: {APT_LINE}")
    if not framework:
        return _no_window(display, "this OpenCV is built without windows", PIP_LINE)
    return ok(f"windows can be shown on {display} ({framework})")


if __name__ == "__main__":
    json.dump(asdict(_try_out(os.environ["DISPLAY"])), sys.stdout)

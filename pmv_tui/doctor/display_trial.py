"""Tries what a window needs, `python -m pmv_tui.doctor.display_trial`: prints why it would fail.

No window is opened: a person may be looking at that display.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import APT_LINE, PIP_LINE, require_cv2
from pmv_tui.windows.display import Display, DisplayUnreachable


def main() -> None:
    """Print a map with `trouble`, empty where there is none, and `remedy`."""
    answer = {"trouble": "", "remedy": "", "framework": ""}
    try:
        require_cv2()
        import cv2  # noqa: PLC0415 - only now is it known that it can be imported

        answer["framework"] = cv2.currentUIFramework()
        if not answer["framework"]:
            answer |= {"trouble": "this OpenCV is built without windows", "remedy": PIP_LINE}
        # Qt loads it when the first window opens, and aborts where a library of it is missing.
        plugin = Path(cv2.__file__).parent / "qt/plugins/platforms/libqxcb.so"
        if plugin.exists():
            ctypes.CDLL(str(plugin))
        Display(os.environ["DISPLAY"])
    except BackendUnavailable as trouble:
        answer |= {"trouble": trouble.reason, "remedy": trouble.remedy}
    except DisplayUnreachable as trouble:
        answer |= {"trouble": str(trouble)}
    except OSError as trouble:
        answer |= {"trouble": str(trouble), "remedy": f"try: {APT_LINE}"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

"""Why a viewer ended, in words, and what it is started with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmv_tui.windows.launcher import explain, viewer_environment

QT_ABORTS = (
    'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "/x" even though it was found.'
)


@pytest.mark.parametrize(
    ("status", "said", "state", "reason"),
    [
        (-6, QT_ABORTS, "libraries missing", "apt-get install libgl1 libglib2.0-0 libsm6"),
        (1, "The X11 connection broke (error 1).", "display lost", "X server of :7"),
        (1, "", "display lost", "X server of :7"),
        (1, "Traceback (most recent call last):\nValueError: no", "viewer died", "ValueError: no"),
        (-9, "", "viewer died", "signal 9 (Killed)"),
        (-6, "free(): invalid pointer", "viewer died", "signal 6 (Aborted)"),
        (3, "", "viewer died", "exit code 3"),
    ],
)
def test_an_ending_is_reported_in_words(status: int, said: str, state: str, reason: str) -> None:
    ending = explain(status, said, ":7")
    assert ending.state == state
    assert reason in ending.reason


def test_the_viewer_has_one_display_and_nothing_else_decides_for_qt() -> None:
    environment = {
        "PATH": "/bin",
        "DISPLAY": ":1",
        "XAUTHORITY": "/old",
        "QT_QPA_PLATFORM": "offscreen",
        "QT_PLUGIN_PATH": "/elsewhere",
        "QT_SCALE_FACTOR": "2",
        "WAYLAND_DISPLAY": "wayland-0",
        "SESSION_MANAGER": "local/x",
    }
    assert viewer_environment(environment, ":0", "") == {
        "PATH": "/bin",
        "DISPLAY": ":0",
        "QT_QPA_PLATFORM": "xcb",
    }
    assert viewer_environment(environment, ":0", "/new")["XAUTHORITY"] == "/new"


def test_the_engine_s_side_never_loads_opencv() -> None:
    code = (
        "import sys; import pmv_tui.windows.manager, pmv_tui.windows.messages;"
        "print([name for name in sys.modules if name.partition('.')[0] == 'cv2'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_library_that_qt_lacks_is_named_before_qt_aborts_for_it(tmp_path: Path) -> None:
    plugins = tmp_path / "cv2/qt/plugins/platforms"
    plugins.mkdir(parents=True)
    (tmp_path / "cv2/__init__.py").write_text("")
    (plugins / "libqxcb.so").write_text("no library")
    command = [sys.executable, "-m", "pmv_tui.windows"]
    more = {"PYTHONPATH": str(tmp_path), "DISPLAY": ":0", "OPENCV_LOG_LEVEL": "SILENT"}
    done = subprocess.run(
        command, env={**os.environ, **more}, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert "libqxcb.so" in found["why"]
    assert "apt-get install" in found["remedy"]

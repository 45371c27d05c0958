"""Displays that are not there, go, or hang, and the viewer that dies."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from pmv_tui.cameras.base import BackendUnavailable
from pmv_tui.cameras.cv2_import import require_cv2
from tests.faults.fault import fault
from tests.faults.rig import FaultRig, Unavailable
from tests.support import wait_for
from tests.viewer.screen import Screen


def needs_opencv() -> None:
    """See that there can be windows."""
    try:
        require_cv2()
    except BackendUnavailable as trouble:
        raise Unavailable(str(trouble)) from trouble


@contextmanager
def screen() -> Iterator[Screen]:
    """Run an X server."""
    needs_opencv()
    if shutil.which("Xvfb") is None:
        raise Unavailable("Xvfb is not installed; apt-get install xvfb")
    one = Screen()
    try:
        yield one
    finally:
        one.end()


def open_window(rig: FaultRig, display: str) -> None:
    """Open the left camera's window; a viewer that failed before is started after a pause."""
    rig.ask("window", camera="left", display=display, xauthority="")
    wait_for(lambda: rig.now("left")["window"] == "shown", "the window to be shown")


def window_shows(rig: FaultRig, state: str) -> str:
    """Wait until the left camera's window has a state; give it and its reason."""
    wait_for(lambda: rig.now("left")["window"] == state, f"the window to be {state}")
    camera = rig.now("left")
    return f"{camera['window']}: {camera['window_reason']}"


@contextmanager
def closed_at_the_end(rig: FaultRig) -> Iterator[None]:
    """Close the left camera's window after a block, whatever has become of it."""
    try:
        yield
    finally:
        rig.ask("window", camera="left", close=True)


@fault("there is no X server")
def absent(rig: FaultRig) -> Iterator[str]:
    needs_opencv()
    with closed_at_the_end(rig):
        rig.ask("window", camera="left", display=":4711", xauthority="")
        yield window_shows(rig, "no display")


@fault("the X server is killed -9")
def killed(rig: FaultRig) -> Iterator[str]:
    with closed_at_the_end(rig), screen() as one:
        open_window(rig, one.name)
        one.server.kill()
        yield window_shows(rig, "display lost")


@fault("the X server freezes")
def frozen(rig: FaultRig) -> Iterator[str]:
    with closed_at_the_end(rig), screen() as one:
        open_window(rig, one.name)
        with one.frozen():
            yield window_shows(rig, "display lost")


@fault("the viewer is killed -9")
def viewer_killed(rig: FaultRig) -> Iterator[str]:
    with closed_at_the_end(rig), screen() as one:
        open_window(rig, one.name)
        viewer_of(rig.engine).kill()
        yield window_shows(rig, "viewer died")
        open_window(rig, one.name)


def viewer_of(engine: psutil.Process) -> psutil.Process:
    """Find an engine's viewer."""
    (viewer,) = (each for each in engine.children() if "pmv_tui.windows" in each.cmdline())
    return viewer


# Each failure makes the pause before the next viewer longer: the one that needs two comes first.
FAULTS = (viewer_killed, killed, frozen, absent)

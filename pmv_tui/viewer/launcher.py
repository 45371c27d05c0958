"""Starts the viewer, talks to it without ever waiting, and tells in words why it ended."""

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

from pmv_tui.printed import LineBudget
from pmv_tui.viewer.endings import explain
from pmv_tui.viewer.link import (
    LinkClosed,
    MessageTooLong,
    check_length,
    make_pair,
    receive_waiting,
    send,
)
from pmv_tui.viewer.messages import Scene, WindowStatus

START_TIMEOUT = 15.0
"""Seconds to the first sign of life: Python and the link, on a busy machine."""

SILENCE_TIMEOUT = 3.0
"""Seconds between signs of life after which the display is taken to hang."""

LOADING_TIMEOUT = 10.0
"""Seconds between the first sign of life and the second: OpenCV is loaded from a cold disk."""

END_TIMEOUT = 2.0
"""Seconds that the viewer is given to end by itself."""

LONGEST_TEXT = 1000
"""Characters of a caption or a notice, where the whole scene is too large for a message."""

OUTPUT_KEPT = 4_000
"""Characters of what the viewer printed last."""

# A desktop's session manager would start the viewer again at the next log-in, and Qt would take
# its platform, its plugins or its scale from variables meant for other programs.
_DROPPED_PREFIX = "QT_"
_DROPPED = {"SESSION_MANAGER", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "OPENCV_UI_BACKEND"}


STOPPED = 1.0
"""Seconds between two looks from which on this process is taken to have been stopped."""


class Viewer:
    """One viewer process. Used by one thread; no method waits for the viewer but `end`.

    Parameters
    ----------
    display, xauthority : as in the environment variables; `xauthority` may be empty.
    max_size : of a window's longer side, pixels.
    rate : images a second that it shows at most.
    printed : is given each line that the viewer, Qt or X prints.

    Raises
    ------
    OSError : it cannot be started.
    ValueError : `display` or `xauthority` holds a zero byte.

    Attributes
    ----------
    link, output : what to select for reading.
    """

    def __init__(
        self,
        display: str,
        xauthority: str,
        max_size: int,
        rate: float,
        printed: Callable[[str], object],
    ) -> None:
        self.display = display
        self._printed = printed
        self._budget = LineBudget("they are not kept")
        self.link, theirs = make_pair()
        self.link.setblocking(False)
        with theirs:
            self._process = self._spawn(theirs.fileno(), xauthority)
        self.output = cast("IO[bytes]", self._process.stdout)
        os.set_blocking(self.output.fileno(), False)
        self._said = ""
        self._unsent: deque[tuple[dict[str, Any], int | None]] = deque()
        self._trouble: WindowStatus | None = None
        self._froze = False
        self._signs_of_life = 0
        self._silent_from = self._looked = time.monotonic()
        self._send({"settings": {"max_size": max_size, "rate": float(rate)}})

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def open(self, camera: str, title: str, fd: int) -> None:
        """Show a window.

        Raises
        ------
        MessageTooLong : its title or id is no text for a window.

        Parameters
        ----------
        camera : its unique_id.
        title : what its frame says; no other window may have the same.
        fd : of the camera's frame slot, which stays open as long as the viewer.
        """
        self._send({"open": camera, "title": title}, fd)

    def close(self, camera: str) -> None:
        """Close a window."""
        self._send({"close": camera})

    def draw(self, camera: str, scene: Scene) -> bool:
        """Tell what to draw on a camera's image; False where the viewer is behind.

        A scene that is too large for a message goes without its overlays, and says so.
        """
        if self._unsent:
            return False
        try:
            try:
                return send(self.link, {"scene": {camera: scene}})
            except MessageTooLong:
                return send(self.link, {"scene": {camera: _shortened(scene)}})
        except LinkClosed:
            return False  # `receive` tells of the end.

    def receive(self) -> list[dict[str, Any]]:
        """Give what the viewer says of its windows; nothing of it waits afterwards.

        Raises
        ------
        LinkClosed : it has ended, or was made to: its display hangs.
        """
        self._read_output()
        news = []
        for message, _ in receive_waiting(self.link):
            match message:
                case {"alive": True}:
                    self._signs_of_life += 1
                    self._silent_from = time.monotonic()
                case {"trouble": state, "reason": reason}:
                    self._trouble = WindowStatus(state, reason)
                case _:
                    news.append(message)
        self._send_unsent()
        now = time.monotonic()
        if now - self._looked > STOPPED:
            # This process did not run, and so, most likely, neither did the viewer.
            self._silent_from += now - self._looked
        self._looked = now
        if now - self._silent_from > self._patience():
            self._froze = True
            raise LinkClosed
        return news

    def end(self) -> WindowStatus:
        """See the process to its end, and tell why it came; waits for `END_TIMEOUT` at most."""
        self.link.close()
        if self._froze:
            self._process.kill()
        try:
            status = self._process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._read_output()
        self.output.close()
        if self._trouble is not None:
            return self._trouble
        if self._froze:
            return WindowStatus("display lost", f"{self.display} does not answer")
        return explain(status, self._said, self.display)

    def _spawn(self, link: int, xauthority: str) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "pmv_tui.viewer", str(link)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[link],
                env=viewer_environment(os.environ, self.display, xauthority),
                start_new_session=True,
            )
        except (OSError, ValueError):
            self.link.close()
            raise

    def _patience(self) -> float:
        """Give the seconds in which a sign of life is due."""
        match self._signs_of_life:
            case 0:
                return START_TIMEOUT
            case 1:
                return LOADING_TIMEOUT
            case _:
                return SILENCE_TIMEOUT

    def _send(self, message: dict[str, Any], fd: int | None = None) -> None:
        """Send a message that must arrive: later, where the viewer is behind."""
        check_length(message)  # one that never fits would stop all that come after it
        self._unsent.append((message, fd))
        self._send_unsent()

    def _send_unsent(self) -> None:
        try:
            while self._unsent and send(self.link, *self._unsent[0]):
                self._unsent.popleft()
        except LinkClosed:
            return  # It may have said why: `receive` reads that, and tells of the end.

    def _read_output(self) -> None:
        """Tell what the viewer, Qt and X print."""
        data = self.output.read() or b""
        for line in self._budget.pick(data.splitlines()):
            self._printed(line)
        self._said = (self._said + data.decode(errors="replace"))[-OUTPUT_KEPT:]


def _shortened(scene: Scene) -> Scene:
    """Leave the overlays out of a scene, and the end of texts that nobody could read."""
    caption = f"{scene['caption'][:LONGEST_TEXT]} too many overlays to draw".lstrip()
    return Scene(caption=caption, notice=scene["notice"][:LONGEST_TEXT], overlays=[])


def viewer_environment(
    environment: Mapping[str, str], display: str, xauthority: str
) -> dict[str, str]:
    """Give the viewer's environment: the engine's, with one display and nothing else for Qt.

    Parameters
    ----------
    environment : the engine's.
    display, xauthority : see `Viewer`.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIX)
    }
    kept |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    if xauthority:
        kept["XAUTHORITY"] = xauthority
    return kept

"""Starts the viewer, talks to it without ever waiting, and says in words why it ended.

Sequenced packets keep messages whole, and either side learns of the other's end at once, however
that came. No name, no port, no file.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, cast

from pmv_tui.cameras.cv2_import import APT_LINE
from pmv_tui.frames.pool import SharedImages
from pmv_tui.output import LineBudget
from pmv_tui.windows.messages import MAX_MESSAGE_BYTES, Scene, WindowStatus, pack, unpack


def explain(status: int, said: str, display: str) -> WindowStatus:
    """Return the state of the windows of a viewer that ended without saying why.

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


class LinkClosed(Exception):  # noqa: N818 - what happened, not an error
    """The other side has ended."""


class MessageTooLong(ValueError):  # noqa: N818 - what happened, not an error
    """A message that would not fit in a packet."""


def make_pair() -> tuple[socket.socket, socket.socket]:
    """Make the engine's end and the viewer's."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def check_length(message: dict[str, Any]) -> bytes:
    """Encode a message.

    Raises
    ------
    MessageTooLong : it is longer than `MAX_MESSAGE_BYTES`.
    """
    data = pack(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageTooLong(f"{len(data)} bytes; a message has {MAX_MESSAGE_BYTES} at most")
    return data


def send(link: socket.socket, message: dict[str, Any], fd: int | None = None) -> bool:
    """Send a message; False where the socket is full and does not block.

    Parameters
    ----------
    fd : a descriptor of which the other side gets a copy.

    Raises
    ------
    LinkClosed : nobody is there to read it.
    MessageTooLong : it is longer than `MAX_MESSAGE_BYTES`.
    """
    data = check_length(message)
    try:
        socket.send_fds(link, [data], [] if fd is None else [fd])
    except BlockingIOError:
        return False
    except (BrokenPipeError, ConnectionResetError):
        raise LinkClosed from None
    return True


def receive_waiting(link: socket.socket) -> Iterator[tuple[dict[str, Any], int | None]]:
    """Yield the messages that wait, each with the descriptor that came with it; never blocks.

    Raises
    ------
    LinkClosed : every message was read, and no other will come.
    """
    # Asked first, as a link that blocks would: `recv_fds` takes flags, and in 3.11 ignores them.
    # Not by `select`, which knows no descriptor above 1023.
    waiting = select.poll()
    waiting.register(link, select.POLLIN)
    while waiting.poll(0):
        try:
            data, fds, _, _ = socket.recv_fds(link, MAX_MESSAGE_BYTES, 1)
        except ConnectionResetError:
            continue  # It ended with messages unread: reported once, before what still waits.
        if not data:
            raise LinkClosed
        for fd in fds:
            os.set_inheritable(fd, False)
        yield unpack(data), fds[0] if fds else None


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
        self._unsent: deque[tuple[dict[str, Any], SharedImages | None]] = deque()
        self._trouble: WindowStatus | None = None
        self._froze = False
        self._signs_of_life = 0
        self._silent_from = self._looked = time.monotonic()
        self.configure(max_size, rate)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def configure(self, max_size: int, rate: float) -> None:
        """Apply settings, as to `Viewer`; those that are open keep their size."""
        self._send({"settings": {"max_size": max_size, "rate": float(rate)}})

    def open(self, camera: str, title: str) -> None:
        """Show a window.

        Raises
        ------
        MessageTooLong : its title or id is no text for a window.

        Parameters
        ----------
        camera : its unique_id.
        title : what its frame says; no other window may have the same.
        """
        self._send({"open": camera, "title": title})

    def show_images(self, camera: str, shared: SharedImages) -> None:
        """Have a window show the images of a memory from now on."""
        self._send({"images": camera}, shared)

    def close(self, camera: str) -> None:
        """Close a window."""
        self._send({"close": camera})

    def draw(self, camera: str, scene: Scene) -> bool:
        """Return what to draw on a camera's image; False where the viewer is behind.

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
            return False  # `receive` reports the end.

    def receive(self) -> list[dict[str, Any]]:
        """Return what the viewer says of its windows; nothing of it waits afterwards.

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
        """See the process to its end, and say why it came; waits for `END_TIMEOUT` at most."""
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
                [sys.executable, "-P", "-m", "pmv_tui.windows", str(link)],
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
        """Return the seconds in which a sign of life is due."""
        match self._signs_of_life:
            case 0:
                return START_TIMEOUT
            case 1:
                return LOADING_TIMEOUT
            case _:
                return SILENCE_TIMEOUT

    def _send(self, message: dict[str, Any], shared: SharedImages | None = None) -> None:
        """Send a message that must arrive: later, where the viewer is behind."""
        check_length(message)  # one that never fits would stop all that come after it
        self._unsent.append((message, shared))
        self._send_unsent()

    def _send_unsent(self) -> None:
        try:
            while self._unsent:
                message, shared = self._unsent[0]
                if not send(self.link, message, shared.descriptor if shared else None):
                    return
                self._unsent.popleft()
        except LinkClosed:
            return  # It may have said why: `receive` reads that, and reports the end.

    def _read_output(self) -> None:
        """Report what the viewer, Qt and X print."""
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
    """Return the viewer's environment: the engine's, with one display and nothing else for Qt.

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

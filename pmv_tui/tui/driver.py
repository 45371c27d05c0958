"""Textual's driver for a terminal that may be slow, be closed, send anything, or stop us."""

import asyncio
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from pmv_tui.tui.graphics import ANSWER_PATIENCE, ANSWERED, ends
from pmv_tui.tui.keyboard import Keyboard, TerminalAnswered
from pmv_tui.tui.link import NoTextTyped

if TYPE_CHECKING:
    from textual.app import App


MAX_WAITING = 64 * 1024
"""Bytes that may wait for the terminal before it counts as behind: a full screen or two. Then
nothing more is worth sending until it has caught up, and the screen is repainted."""

CHUNK = 4096
"""Bytes a write, and a read: as much as a terminal takes at once."""

PATIENCE = 2.0
"""Seconds that a terminal is given to take the last of what was written."""


class _Uncounted(bytes):
    """What does not count among what waits for the terminal."""


class TerminalOutput:
    """A thread that writes, so that only it waits.

    Parameters
    ----------
    descriptor : of the terminal.
    keyboard : descriptor of where its keys are read.
    caught_up : called, in the thread, when a terminal that was behind reads again: something was
        left out, and all is to be repainted.
    gone : called once, in the thread, when the terminal is closed.
    """

    def __init__(
        self,
        descriptor: int,
        keyboard: int,
        caught_up: Callable[[], object],
        gone: Callable[[], object],
    ) -> None:
        self._descriptor = descriptor
        self._keyboard = keyboard
        self._caught_up = caught_up
        self._gone = gone
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._behind = self._closing = False
        self._lock = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Have a text written, unless the terminal is behind; returns at once."""
        data = text.encode(errors="replace")
        with self._lock:
            self._behind = self._behind or self._size > MAX_WAITING
            if self._behind:
                return
            self._waiting.append(data)
            self._size += len(data)
        os.eventfd_write(self._wake, 1)

    def write_whole(self, text: str) -> bool:
        """Have a text written, however long; return whether it is: not while others wait."""
        with self._lock:
            if self._behind or self._size > MAX_WAITING // 4:
                return False
            # Not counted: what follows it is not to be left out for its length alone.
            self._waiting.append(_Uncounted(text.encode(errors="replace")))
        os.eventfd_write(self._wake, 1)
        return True

    def forget(self) -> None:
        """Leave out what still waits for a terminal that is behind; what follows is written."""
        with self._lock:
            if self._behind:
                self._waiting.clear()
                self._size = 0
                self._behind = False

    def close(self) -> None:
        """Write what waits, then end the thread; one that the terminal holds up is left behind."""
        self._closing = True
        os.eventfd_write(self._wake, 1)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            os.close(self._wake)

    def _run(self) -> None:
        """Write until closed; nothing is asked for while nothing is to be done."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._keyboard, 0)  # Its end alone.
        while not (self._closing and not self._waiting):
            poll.register(self._descriptor, select.POLLOUT if self._waiting else 0)
            happened = dict(poll.poll())
            if self._wake in happened:
                os.eventfd_read(self._wake)
            state = happened.get(self._descriptor, 0)
            gone = self._keyboard in happened or bool(state & ~select.POLLOUT)
            if gone or (state and not self._write_some()):
                if not self._closing:
                    self._gone()
                return

    def _write_some(self) -> bool:
        """Write a part of what waits; False where the terminal is gone."""
        with self._lock:
            data = self._waiting.popleft() if self._waiting else b""
            self._size -= 0 if isinstance(data, _Uncounted) else len(data)
        for start in range(0, len(data), CHUNK):
            try:
                _write_all(self._descriptor, data[start : start + CHUNK])
            except OSError:
                return False
        with self._lock:
            back = self._behind and not self._waiting
            self._behind = self._behind and not back
        if back:
            self._caught_up()
        return True


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class Owed:
    """Counts the answers that the terminal owes, so that none of them comes to the shell.

    Written to by the event loop and by the thread that reads the keys.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._since = 0.0
        self._settled = threading.Event()
        self._settled.set()

    def owe(self, text: str) -> None:
        """Note a text that is answered."""
        if text.endswith(ANSWERED):
            with self._lock:
                self._count += 1
                self._since = time.monotonic()
                self._settled.clear()

    def settle(self, answer: str) -> None:
        """Note an answer; those that come before the last one of a question do not count."""
        with self._lock:
            if self._count and ends(answer):
                self._count -= 1
                if not self._count:
                    self._settled.set()

    def wait(self) -> None:
        """Wait a moment for what is owed; not for one who has owed it too long to answer at all."""
        if time.monotonic() - self._since < ANSWER_PATIENCE:
            self._settled.wait(LAST_ANSWER)


LAST_ANSWER = 0.5
"""Seconds that a terminal is given, before it is left, to answer what it was asked."""

SILENCE = 100
"""Milliseconds without a key after which what is not complete is not waited for."""


class TerminalDriver(LinuxDriver):
    """Textual's own, but for what it does when the terminal does not take what is drawn.

    `at_end` returns what the terminal is sent before it is left: what Textual does not know goes.

    Textual's waits for the terminal once 30 pieces wait, and with it the event loop: no signal, no
    key and no timer would be heard. And one that was stopped without a warning (SIGSTOP) would read
    the keyboard with two threads from then on, and leave the terminal raw at its end.
    """

    def __init__(
        self,
        app: "App[Any]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._loop = asyncio.get_running_loop()
        self._terminal = sys.stderr.fileno()
        self._output: TerminalOutput | None = None
        self.at_end: Callable[[], str] = str
        self._owed = Owed()
        # In place of Textual's handlers: these run between two steps of the event loop.
        self._loop.add_signal_handler(signal.SIGTSTP, self.stop_process)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)

    def write(self, data: str) -> None:
        """Have data written; never waits."""
        if self._output is not None:
            self._output.write(data)

    def write_whole(self, text: str) -> bool:
        """Have a text written all of it; return whether it is: not where the terminal is behind."""
        if self._output is None or not self._output.write_whole(text):
            return False
        self._owed.owe(text)
        return True

    @property
    def size_in_pixels(self) -> tuple[int, int]:
        """Width and height of all cells, pixels; nil where the kernel was not told."""
        try:
            told = fcntl.ioctl(self._terminal, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return 0, 0
        _, _, width, height = struct.unpack("HHHH", told)
        return width, height

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._output = TerminalOutput(
            self._terminal,
            self.fileno,
            caught_up=lambda: self._loop.call_soon_threadsafe(self._repaint),
            # As the kernel would: it does not where this process leads no session.
            gone=lambda: os.kill(os.getpid(), signal.SIGHUP),
        )
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was."""
        if self._output is not None:
            self._output.forget()
        self.write(self.at_end())
        self._owed.wait()
        super().stop_application_mode()

    def close(self) -> None:
        """Have the last of it written."""
        super().close()
        if self._output is not None:
            self._output.close()
            self._output = None

    def run_input_thread(self) -> None:
        """Read keys until asked to end, or until the terminal is gone. See `LinuxDriver`."""
        keyboard = Keyboard(lambda data: self.process_message(NoTextTyped(data)))
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            if not poll.poll(SILENCE):
                read = keyboard.nothing_came()
            elif data := self._keys():
                read = keyboard.read(data)
            else:
                return
            for message in read:
                if isinstance(message, TerminalAnswered):
                    self._owed.settle(message.answer)
                self.process_message(message)

    def _keys(self) -> bytes:
        """Read what was typed; nothing where the terminal is gone, which its output notices."""
        try:
            return os.read(self.fileno, CHUNK)
        except OSError:
            return b""

    def process_message(self, message: Message) -> None:
        """Pass on what was typed; a mouse beyond the edge is none. See `Driver.process_message`."""
        if isinstance(message, events.MouseEvent):
            width, height = self._app.size
            if not (message.x < width and message.y < height):
                return
        super().process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Do not ask: the kernel reports another size too, and no answer can make one up."""

    def stop_process(self) -> None:
        """Give the terminal back to the shell until it continues this process."""
        self.suspend_application_mode()
        # The group, as the terminal's own ctrl+z would: whoever started this and waits, such as
        # make, must give way to the shell too.
        os.kill(0, signal.SIGSTOP)

    def _continued(self) -> None:
        """Take the terminal again; what the shell wrote on it meanwhile is painted over."""
        if self._output is not None:  # Stopped without a warning.
            self.suspend_application_mode()
        self.resume_application_mode()
        self._repaint()

    def _repaint(self) -> None:
        self._app.refresh(repaint=True, layout=True)

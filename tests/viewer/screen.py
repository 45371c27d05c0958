"""A real X server without a monitor, and what a person would see and do at it."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from Xlib import XK, X, Xatom, display, error, protocol
from Xlib.ext import xtest

WIDTH, HEIGHT = 1400, 1100
"""Pixels of the screen."""


class Screen:
    """An Xvfb server, and a client that looks at it. There is no window manager.

    Attributes
    ----------
    name : as in `DISPLAY`.
    server : the process.
    """

    def __init__(self) -> None:
        reading, writing = os.pipe()
        with open(reading) as number:  # noqa: PTH123 - a descriptor
            self.server = subprocess.Popen(
                [
                    *("Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset"),
                    *("-screen", "0", f"{WIDTH}x{HEIGHT}x24"),
                ],
                pass_fds=[writing],
                stderr=subprocess.DEVNULL,
            )
            os.close(writing)
            self.name = f":{number.readline().strip()}"
        self._display: Any = display.Display(self.name)
        self._root = self._display.screen().root

    def end(self) -> None:
        """End the server, in whatever state it is."""
        with contextlib.suppress(error.ConnectionClosedError):
            self.server.kill()
            self.server.wait()
            self._display.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server hang for a while."""
        self.server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.send_signal(signal.SIGCONT)

    def titles(self) -> list[str]:
        """Return the titles of the windows on the screen, lowest first."""
        return [title for _, title in self._windows()]

    def pixels(self, title: str) -> NDArray[np.uint8]:
        """Read what a window shows: uint8, shape (height, width, 3), red, green, blue.

        What lies above it is seen too, as by a person.
        """
        while True:
            # Its size may change between the question for it and the one for its pixels.
            with contextlib.suppress(error.BadMatch):
                return self._pixels(self._window(title))

    @staticmethod
    def _pixels(window: Any) -> NDArray[np.uint8]:
        place = window.get_geometry()
        data = window.get_image(0, 0, place.width, place.height, X.ZPixmap, 0xFFFFFFFF).data
        bgrx = np.frombuffer(data, np.uint8).reshape(place.height, place.width, 4)
        return bgrx[:, :, 2::-1]

    def press_close_button(self, title: str) -> None:
        """Do what a window manager does when its button is pressed."""
        window = self._window(title)
        message = protocol.event.ClientMessage(
            window=window,
            client_type=self._display.intern_atom("WM_PROTOCOLS"),
            data=(32, [self._display.intern_atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0]),
        )
        window.send_event(message)
        self._display.sync()

    def point_at(self, title: str) -> None:
        """Move the pointer into a window."""
        self._move_to(title, 5, 5)

    def focus(self, title: str) -> None:
        """Let keys go to a window, wherever the pointer is."""
        self._window(title).set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def move(self, title: str, x: int, y: int) -> None:
        """Move a window's top left corner to a place on the screen."""
        self._window(title).configure(x=x, y=y)
        self._display.sync()

    def place(self, title: str) -> tuple[int, int]:
        """Return where a window's top left corner lies."""
        place = self._window(title).get_geometry()
        return place.x, place.y

    def pretend_a_window_manager(self) -> None:
        """Leave the mark on the screen by which programs know that one runs."""
        mark = self._display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        self._root.change_property(mark, Xatom.WINDOW, 32, [self._root.id])
        self._display.sync()

    def press(self, key: str) -> None:
        """Press and release a key, such as `q` or `Escape`, with shift where it needs that."""
        code, column = min(self._display.keysym_to_keycodes(XK.string_to_keysym(key)))
        shift = self._display.keysym_to_keycode(XK.XK_Shift_L)
        with self._held(X.KeyPress, shift) if column else contextlib.nullcontext():
            for event in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(self._display, event, code)
        self._display.sync()

    @contextmanager
    def _held(self, event: int, detail: int) -> Iterator[None]:
        xtest.fake_input(self._display, event, detail)
        yield
        xtest.fake_input(self._display, event + 1, detail)  # its release
        self._display.sync()

    def turn_wheel(self, title: str, x: int, y: int, notches: int) -> None:
        """Turn the wheel over a pixel of a window: away from the user, or with < 0 towards them."""
        self._move_to(title, x, y)
        for _ in range(abs(notches)):
            with self._held(X.ButtonPress, 4 if notches > 0 else 5):
                pass

    def drag(self, title: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Move the pointer from one pixel of a window to another, with its first button down."""
        self._move_to(title, *start)
        with self._held(X.ButtonPress, 1):
            self._move_to(title, *end)

    def resize(self, title: str, width: int, height: int) -> None:
        """Give a window another size, as a user who drags its corner."""
        self._window(title).configure(width=width, height=height)
        self._display.sync()

    def _move_to(self, title: str, x: int, y: int) -> None:
        place = self._window(title).get_geometry()
        xtest.fake_input(self._display, X.MotionNotify, x=place.x + x, y=place.y + y)
        self._display.sync()

    def _window(self, title: str) -> Any:
        return next(window for window, name in self._windows() if name == title)

    def _windows(self) -> Iterator[tuple[Any, str]]:
        title_of_window = self._display.intern_atom("_NET_WM_NAME")
        for window in self._root.query_tree().children:
            # A window may go while it is asked for.
            with contextlib.suppress(error.BadWindow, error.BadDrawable):
                shown = window.get_attributes().map_state == X.IsViewable
                title = window.get_full_property(title_of_window, X.AnyPropertyType)
                if shown and title is not None:
                    yield window, title.value.decode()


@contextmanager
def screen() -> Iterator[Screen]:
    """Run a screen for a test; skip it where there is no Xvfb."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed; apt-get install xvfb")
    one = Screen()
    try:
        yield one
    finally:
        one.end()

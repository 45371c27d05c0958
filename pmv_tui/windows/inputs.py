"""Keys and mouse of windows, each with the window that it is meant for: through libX11.

HighGUI reports keys without their window and without shift, of several at once the last alone, and
its Qt magnifies what a window shows by itself at a turn of the wheel. So keys are read beside Qt,
and the mouse by a window without pixels, which lies over all that Qt has painted.
"""

import ctypes
from collections.abc import Iterator
from ctypes import byref, c_int, c_long, c_uint, c_ulong, c_void_p
from enum import IntEnum
from typing import NamedTuple

from pmv_tui.windows.display import Display


class _EventType(IntEnum):
    KEY_PRESS, BUTTON_PRESS, MOTION = 2, 4, 6


_KEY_PRESS_MASK, _BUTTON_PRESS_MASK, _FIRST_BUTTON_MOTION_MASK = 1 << 0, 1 << 2, 1 << 8
_MOUSE_MASK = 1 << 2 | 1 << 3 | 1 << 6 | 1 << 13
"""Button pressed and released, and every motion."""

_INPUT_ONLY = 2
_MASKS_ARE_GIVEN = 1 << 11 | 1 << 12
_LARGEST = 32767
"""Pixels of a window's side: what lies beyond the one it is in does not count."""

_SHIFT, _OTHERS = 1 << 0, 1 << 2 | 1 << 3 | 1 << 6
"""Shift; and control, alt and super, whose keys are the window manager's and Qt's."""

_FIRST_BUTTON, _WHEEL = 1, {4: 1, 5: -1}
"""The buttons as which a wheel is reported, and how many notches away from the user they are."""


class Key(NamedTuple):
    """A key that was pressed, as X names it: `q`, `plus`, `Left`."""

    camera: str
    name: str


class Wheel(NamedTuple):
    """A turn of the wheel over a window.

    Parameters
    ----------
    x, y : where the pointer was, pixels of the window.
    notches : away from the user; below 0 towards them.
    """

    camera: str
    x: int
    y: int
    notches: int


class Drag(NamedTuple):
    """A motion of the pointer while its first button is down.

    Parameters
    ----------
    right, down : how far, pixels.
    """

    camera: str
    right: int
    down: int


Input = Key | Wheel | Drag


class _Event(ctypes.Structure):
    """What XKeyEvent, XButtonEvent and XMotionEvent have in common, in the room of XEvent."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("window", c_ulong),
        ("root", c_ulong),
        ("subwindow", c_ulong),
        ("time", c_ulong),
        ("x", c_int),
        ("y", c_int),
        ("x_root", c_int),
        ("y_root", c_int),
        ("state", c_uint),
        ("detail", c_uint),
        ("rest_of_union", c_long * 12),
    )


class _Attributes(ctypes.Structure):
    """Xlib's XSetWindowAttributes."""

    _fields_ = (
        ("background_pixmap", c_ulong),
        ("background_pixel", c_ulong),
        ("border_pixmap", c_ulong),
        ("border_pixel", c_ulong),
        ("bit_gravity", c_int),
        ("win_gravity", c_int),
        ("backing_store", c_int),
        ("backing_planes", c_ulong),
        ("backing_pixel", c_ulong),
        ("save_under", c_int),
        ("event_mask", c_long),
        ("do_not_propagate_mask", c_long),
        ("override_redirect", c_int),
        ("colormap", c_ulong),
        ("cursor", c_ulong),
    )


class Inputs:
    """What users do to windows. Used by the thread that uses the display.

    A window that has gone takes with it what was asked for here.

    Parameters
    ----------
    display : on which the windows are.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._x = display.x
        self._x.XCreateWindow.restype = c_ulong
        self._x.XLookupKeysym.restype = c_ulong
        self._x.XKeysymToString.restype = ctypes.c_char_p
        self._cameras: dict[int, str] = {}
        self._dragged: tuple[int, int] | None = None

    def watch(self, camera: str, title: str) -> bool:
        """Report from now on what is done to a camera's window; whether it was found.

        Parameters
        ----------
        camera : what events call it.
        title : of the window, which is one of this process.
        """
        if camera not in self._cameras.values() and (window := self._display.own_window(title)):
            self._x.XSelectInput(self._display.connection, c_ulong(window), _KEY_PRESS_MASK)
            self._cameras[window] = self._cameras[self._cover(window)] = camera
        return camera in self._cameras.values()

    def forget(self, camera: str) -> None:
        """Report nothing more of a window, which closes."""
        self._cameras = {window: each for window, each in self._cameras.items() if each != camera}

    def waiting(self) -> Iterator[Input]:
        """Yield what was done since the last call, in that order; never blocks."""
        event = _Event()
        while self._x.XPending(self._display.connection):
            self._x.XNextEvent(self._display.connection, byref(event))
            camera = self._cameras.get(event.window)
            if camera is not None and (found := self._understood(camera, event)):
                yield found

    def _cover(self, window: int) -> int:
        """Lay a window without pixels over one; what the mouse does there, Qt never hears of."""
        attributes = _Attributes(
            event_mask=_BUTTON_PRESS_MASK | _FIRST_BUTTON_MOTION_MASK,
            do_not_propagate_mask=_MOUSE_MASK,
        )
        cover: int = self._x.XCreateWindow(
            self._display.connection,
            c_ulong(window),
            *(0, 0, _LARGEST, _LARGEST),
            *(0, 0, _INPUT_ONLY, None),
            c_ulong(_MASKS_ARE_GIVEN),
            byref(attributes),
        )
        self._x.XMapWindow(self._display.connection, c_ulong(cover))
        self._x.XFlush(self._display.connection)
        return cover

    def _understood(self, camera: str, event: _Event) -> Input | None:
        match event.type:
            case _EventType.KEY_PRESS if not event.state & _OTHERS:
                return Key(camera, self._key_name(event))
            case _EventType.BUTTON_PRESS if event.detail in _WHEEL:
                return Wheel(camera, event.x, event.y, _WHEEL[event.detail])
            case _EventType.BUTTON_PRESS if event.detail == _FIRST_BUTTON:
                self._dragged = event.x, event.y
            case _EventType.MOTION if self._dragged is not None:
                x, y = self._dragged
                self._dragged = event.x, event.y
                return Drag(camera, event.x - x, event.y - y)
        return None

    def _key_name(self, event: _Event) -> str:
        column = 1 if event.state & _SHIFT else 0
        symbol = self._x.XLookupKeysym(byref(event), c_int(column))
        name = self._x.XKeysymToString(c_ulong(symbol or self._x.XLookupKeysym(byref(event), 0)))
        return name.decode() if name else ""

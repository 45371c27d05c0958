"""Asks the X server what HighGUI does not tell: whether it answers, and which window has the focus.

HighGUI reports a key without its window, and says nothing of a server that hangs. Through a second
connection to the same display both can be asked. libX11 is there wherever HighGUI works: the Qt in
it needs it too.
"""

import ctypes
from ctypes import byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

_NO_WINDOW, _WINDOW_UNDER_POINTER = 0, 1
_ANY_PROPERTY_TYPE = 0
_LONGEST_TITLE = 1024
"""In units of four bytes."""


class DisplayUnreachable(Exception):  # noqa: N818 - a state, reported as it is
    """No X server answers under that name, or it refuses."""


class Display:
    """A connection to the display that the environment names. Used by one thread.

    When the server dies, libX11 ends the process: nobody can draw anywhere then.

    Parameters
    ----------
    name : as in `DISPLAY`.

    Raises
    ------
    DisplayUnreachable : there is none.
    OSError : libX11 is not installed.
    """

    def __init__(self, name: str) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = c_void_p
        self._x.XInternAtom.restype = self._x.XDefaultRootWindow.restype = c_ulong
        display = self._x.XOpenDisplay(name.encode())
        if not display:
            raise DisplayUnreachable(f"cannot connect to {name}")
        self._display = c_void_p(display)
        self._root = c_ulong(self._x.XDefaultRootWindow(self._display))
        self._title = c_ulong(self._x.XInternAtom(self._display, b"_NET_WM_NAME", False))

    def wait_for_answer(self) -> None:
        """Return when the server has answered: never, where it hangs."""
        self._x.XSync(self._display, False)

    def focused_title(self) -> str:
        """Give the title of the window that keys go to; empty where it has none."""
        window, revert_to = c_ulong(), c_int()
        self._x.XGetInputFocus(self._display, byref(window), byref(revert_to))
        if window.value == _WINDOW_UNDER_POINTER:
            window = self._under_pointer()
        return self._title_of(window) if window.value != _NO_WINDOW else ""

    def _under_pointer(self) -> c_ulong:
        """Give the child of the root window that the pointer is in: a window nobody manages."""
        root, child, mask = c_ulong(), c_ulong(), c_uint()
        x, y, x_inside, y_inside = c_int(), c_int(), c_int(), c_int()
        self._x.XQueryPointer(
            self._display,
            self._root,
            byref(root),
            byref(child),
            byref(x),
            byref(y),
            byref(x_inside),
            byref(y_inside),
            byref(mask),
        )
        return child

    def _title_of(self, window: c_ulong) -> str:
        """Read a window's title. One that is gone has none: Qt has told libX11 to bear that."""
        value, kind, bits = c_char_p(), c_ulong(), c_int()
        length, left = c_ulong(), c_ulong()
        self._x.XGetWindowProperty(
            self._display,
            window,
            self._title,
            c_long(0),
            c_long(_LONGEST_TITLE),
            c_int(False),
            c_ulong(_ANY_PROPERTY_TYPE),
            byref(kind),
            byref(bits),
            byref(length),
            byref(left),
            byref(value),
        )
        title = (value.value or b"").decode(errors="replace")
        self._x.XFree(value)
        return title

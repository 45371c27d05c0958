"""What HighGUI neither reports nor does: a second connection to its X server, through libX11.

HighGUI reports a key without its window, says nothing of a server that hangs, and now and then
leaves a new window black (see `Display.map_again`). libX11 is there wherever HighGUI works, as the
Qt in it needs it, and finds the display and the right to use it just as Qt does.
"""

import ctypes
from collections.abc import Collection, Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

_NO_WINDOW, _WINDOW_UNDER_POINTER = 0, 1
_MAP_NOTIFY = 19
_ANY_PROPERTY_TYPE = 0
_CREATOR_ONLY = 0
_LONGEST_PROPERTY = 4096
"""In units of four bytes."""


class DisplayUnreachable(Exception):  # noqa: N818 - a state, reported as it is
    """No X server answers under that name, or it refuses."""


class _MapEvent(ctypes.Structure):
    """The fields of Xlib's XMapEvent, in the room of the union XEvent."""

    _fields_ = (
        ("type", c_int),
        ("serial", c_ulong),
        ("send_event", c_int),
        ("display", c_void_p),
        ("event", c_ulong),
        ("window", c_ulong),
        ("override_redirect", c_int),
        ("rest_of_union", c_long * 17),
    )


class Display:
    """A connection to an X server. Used by one thread.

    When the server dies, libX11 ends the process: nobody can draw anywhere then. Windows that are
    asked for may be gone by then; Qt has libX11 ignore that.

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
        self._root: int = self._x.XDefaultRootWindow(self._display)

    def wait_for_answer(self) -> None:
        """Wait until the server has answered: for ever, where it hangs."""
        self._x.XSync(self._display, False)

    def arranges_windows(self) -> bool:
        """Whether a window manager runs: it finds a place for each window."""
        return bool(self._property(self._root, b"_NET_SUPPORTING_WM_CHECK", c_ulong))

    def focused_title(self) -> str:
        """Return the title of the window that keys go to; empty where it has none."""
        window, revert_to = c_ulong(), c_int()
        self._x.XGetInputFocus(self._display, byref(window), byref(revert_to))
        if window.value == _WINDOW_UNDER_POINTER:
            return self._title(self._under_pointer())
        return self._title(window.value)

    def map_again(self, titles: Collection[str]) -> None:
        """Notify Qt once more that these windows are on the screen.

        In about one of twenty starts Qt 5.15 loses the first events of a new window, MapNotify
        among them. It then takes the window for hidden and paints nothing, for good. A second
        notification costs one repaint.
        """
        for window in self._clients():
            if self._title(window) in titles:
                event = _MapEvent(type=_MAP_NOTIFY, event=window, window=window)
                self._x.XSendEvent(
                    self._display, c_ulong(window), False, c_long(_CREATOR_ONLY), byref(event)
                )
        self._x.XFlush(self._display)

    def _clients(self) -> Iterator[int]:
        """Yield the windows of all programs: as the window manager lists them, if there is one."""
        listed = self._property(self._root, b"_NET_CLIENT_LIST", c_ulong)
        yield from listed or self._children_of_root()

    def _children_of_root(self) -> list[int]:
        root, parent, count = c_ulong(), c_ulong(), c_uint()
        children = POINTER(c_ulong)()
        self._x.XQueryTree(
            self._display,
            c_ulong(self._root),
            byref(root),
            byref(parent),
            byref(children),
            byref(count),
        )
        windows = children[: count.value]
        self._x.XFree(children)
        return windows

    def _under_pointer(self) -> int:
        """Return the child of the root window that the pointer is in: a window nobody manages."""
        root, child, mask = c_ulong(), c_ulong(), c_uint()
        x, y, x_inside, y_inside = c_int(), c_int(), c_int(), c_int()
        self._x.XQueryPointer(
            self._display,
            c_ulong(self._root),
            byref(root),
            byref(child),
            byref(x),
            byref(y),
            byref(x_inside),
            byref(y_inside),
            byref(mask),
        )
        return child.value

    def _title(self, window: int) -> str:
        if window == _NO_WINDOW:
            return ""
        text = self._property(window, b"_NET_WM_NAME", ctypes.c_ubyte)
        return bytes(text).decode(errors="replace")

    def _property(
        self, window: int, name: bytes, item: type[c_ulong] | type[ctypes.c_ubyte]
    ) -> list[int]:
        """Read a property of a window: its items; none where it has no such property."""
        value, kind, bits = POINTER(item)(), c_ulong(), c_int()
        length, left = c_ulong(), c_ulong()
        self._x.XGetWindowProperty(
            self._display,
            c_ulong(window),
            c_ulong(self._x.XInternAtom(self._display, c_char_p(name), False)),
            c_long(0),
            c_long(_LONGEST_PROPERTY),
            c_int(False),
            c_ulong(_ANY_PROPERTY_TYPE),
            byref(kind),
            byref(bits),
            byref(length),
            byref(left),
            byref(value),
        )
        items: list[int] = value[: length.value] if length.value else []
        self._x.XFree(value)
        return items

"""What HighGUI neither reports nor does: a second connection to its X server, through libX11.

HighGUI says nothing of a server that hangs, and now and then leaves a new window black (see
`Display.map_again`). libX11 is there wherever HighGUI works, as the Qt in it needs it, and finds
the display and the right to use it just as Qt does.
"""

import ctypes
import os
from collections.abc import Collection, Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p

_MAP_NOTIFY = 19
_ANY_PROPERTY_TYPE = 0
_CREATOR_ONLY = 0
_LONGEST_PROPERTY = 4096
"""In units of four bytes."""


FRAMES = 2
"""Windows around one another that a window manager may have put around that of a program."""


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

    Attributes
    ----------
    x, connection : libX11, and what its functions take first.

    Raises
    ------
    DisplayUnreachable : there is none.
    OSError : libX11 is not installed.
    """

    def __init__(self, name: str) -> None:
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = c_void_p
        self.x.XInternAtom.restype = self.x.XDefaultRootWindow.restype = c_ulong
        display = self.x.XOpenDisplay(name.encode())
        if not display:
            raise DisplayUnreachable(f"cannot connect to {name}")
        self.connection = c_void_p(display)
        self._root: int = self.x.XDefaultRootWindow(self.connection)

    def wait_for_answer(self) -> None:
        """Wait until the server has answered: for ever, where it hangs."""
        self.x.XSync(self.connection, False)

    def arranges_windows(self) -> bool:
        """Whether a window manager runs: it finds a place for each window."""
        return bool(self._property(self._root, b"_NET_SUPPORTING_WM_CHECK", c_ulong))

    def own_window(self, title: str) -> int:
        """Return the window of this process that has a title; 0 where none has yet."""
        for window in self._clients():
            if self._title(window) == title and self._process(window) == os.getpid():
                return window
        return 0

    def screen_size(self) -> tuple[int, int]:
        """Return the width and height of all monitors together, pixels."""
        screen = self.x.XDefaultScreen(self.connection)
        width = self.x.XDisplayWidth(self.connection, screen)
        return width, self.x.XDisplayHeight(self.connection, screen)

    def map_again(self, titles: Collection[str]) -> None:
        """Notify Qt once more that these windows are on the screen.

        In about one of twenty starts Qt 5.15 loses the first events of a new window, MapNotify
        among them. It then takes the window for hidden and paints nothing, for good. A second
        notification costs one repaint.
        """
        for window in self._clients():
            if self._title(window) in titles:
                event = _MapEvent(type=_MAP_NOTIFY, event=window, window=window)
                self.x.XSendEvent(
                    self.connection, c_ulong(window), False, c_long(_CREATOR_ONLY), byref(event)
                )
        self.x.XFlush(self.connection)

    def _clients(self) -> Iterator[int]:
        """Yield the windows of all programs: as the window manager lists them, if there is one."""
        listed = self._property(self._root, b"_NET_CLIENT_LIST", c_ulong)
        yield from listed or self._children(self._root, FRAMES)

    def _children(self, window: int, depth: int) -> Iterator[int]:
        """Yield the windows in a window, and those in them: managers put frames around."""
        root, parent, count = c_ulong(), c_ulong(), c_uint()
        found = POINTER(c_ulong)()
        self.x.XQueryTree(
            self.connection,
            c_ulong(window),
            byref(root),
            byref(parent),
            byref(found),
            byref(count),
        )
        children = found[: count.value]
        self.x.XFree(found)
        for child in children:
            yield child
            if depth:
                yield from self._children(child, depth - 1)

    def _process(self, window: int) -> int:
        """Return the id of the process that a window is of; 0 where it does not say."""
        return next(iter(self._property(window, b"_NET_WM_PID", c_ulong)), 0)

    def _title(self, window: int) -> str:
        text = self._property(window, b"_NET_WM_NAME", ctypes.c_ubyte)
        return bytes(text).decode(errors="replace")

    def _property(
        self, window: int, name: bytes, item: type[c_ulong] | type[ctypes.c_ubyte]
    ) -> list[int]:
        """Read a property of a window: its items; none where it has no such property."""
        value, kind, bits = POINTER(item)(), c_ulong(), c_int()
        length, left = c_ulong(), c_ulong()
        self.x.XGetWindowProperty(
            self.connection,
            c_ulong(window),
            c_ulong(self.x.XInternAtom(self.connection, c_char_p(name), False)),
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
        self.x.XFree(value)
        return items

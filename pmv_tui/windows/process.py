"""The viewer's main loop: messages in, windows refreshed, keys and closings reported.

Everything runs in the main thread, the only one from which HighGUI may be called.
"""

import contextlib
import os
import socket
import time
from collections import Counter
from itertools import count
from typing import Any

import cv2

from pmv_tui.frames.memory import ImageMemory
from pmv_tui.windows.display import Display
from pmv_tui.windows.inputs import Input, Inputs, Key
from pmv_tui.windows.keys import CLOSING
from pmv_tui.windows.launcher import LinkClosed, receive_waiting, send
from pmv_tui.windows.messages import cascaded
from pmv_tui.windows.window import CameraWindow

SLOWEST_RATE = 30.0
"""Cycles a second at least: keys and buttons are answered at once at any display rate."""

ALIVE_INTERVAL = 0.5
"""Seconds between two signs of life."""

LONGEST_REASON = 1000
"""Characters of why an image cannot be drawn."""

LOOKED_FOR = 15
"""Cycles in which a new window is looked for on the display before it is reported, at most."""

TOLD_TO_PAINT = 4
"""Signs of life during which a new window is asked to paint itself; see `Display.map_again`."""


class ViewerLoop:
    """Runs the windows until the engine closes the link.

    Parameters
    ----------
    link : the viewer's end, blocking.
    display : the one that HighGUI uses.
    """

    def __init__(self, link: socket.socket, display: Display) -> None:
        self._link = link
        self._display = display
        self._inputs = Inputs(display)
        self._windows: dict[str, CameraWindow] = {}
        self._opened: dict[str, int] = {}
        self._young: Counter[str] = Counter()
        self._failures: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._max_size = 0
        self._period = self._image_period = 1 / SLOWEST_RATE

    def run(self) -> None:
        """Show windows; returns when the engine is gone or wants no more."""
        cv2.setNumThreads(1)  # Small images: threads cost more than they save, and capture's cores.
        next_cycle = next_alive = time.monotonic()
        try:
            while True:
                self._cycle()
                now = time.monotonic()
                if now >= next_alive:
                    self._tell_alive()
                    next_alive = now + ALIVE_INTERVAL
                next_cycle = max(next_cycle + self._period, now)
                time.sleep(next_cycle - now)
        except LinkClosed:
            return

    def _cycle(self) -> None:
        for message, fd in receive_waiting(self._link):
            self._obey(message, fd)
        for camera, window in self._windows.items():
            self._refresh(camera, window)
        if not self._windows:
            return
        cv2.pollKey()
        # Shown before closed, so that the engine knows whether a closing is that of an earlier
        # window of the same camera.
        if self._opened:
            self._tell_shown()
        self._tell_closed()
        for event in self._inputs.waiting():
            if event.camera in self._windows:
                self._follow(self._windows[event.camera], event)

    def _refresh(self, camera: str, window: CameraWindow) -> None:
        """Paint what is new in a window; where that fails, say so in it, and go on with others."""
        try:
            # A cycle may come a little early, as the images do.
            now = time.monotonic() + self._period / 2
            painted = window.refresh(now, self._image_period)
        except Exception as error:  # noqa: BLE001 - whatever an image or a scene holds
            if self._failed(camera, error):
                with contextlib.suppress(Exception):  # the engine knows, and reports it
                    window.give_up(self._failures[camera])
        else:
            if painted and self._failures.pop(camera, ""):
                send(self._link, {"drawn": camera})

    def _failed(self, camera: str, error: Exception) -> bool:
        """Report once why a camera's window shows no image; return whether this is news."""
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        if self._failures.get(camera) == reason:
            return False
        self._failures[camera] = reason
        send(self._link, {"failed": camera, "reason": reason})
        return True

    def _open(self, camera: str, title: str) -> None:
        self._failures.pop(camera, None)
        try:
            self._windows[camera] = CameraWindow(camera, title, self._max_size, self._display)
        except Exception as error:  # noqa: BLE001 - whatever HighGUI throws
            self._failed(camera, error)
            return
        self._arrange(camera)
        self._opened[camera] = LOOKED_FOR
        self._young[camera] = TOLD_TO_PAINT

    def _read_from(self, camera: str, fd: int) -> None:
        """Have a window show the images of a memory."""
        try:
            if camera in self._windows:
                self._windows[camera].images = ImageMemory(fd)
        except (OSError, ValueError) as error:
            self._failed(camera, error)
        finally:
            os.close(fd)

    def _arrange(self, camera: str) -> None:
        """Cascade a new window where nobody else would: all would lie on one another."""
        self._places = {each: at for each, at in self._places.items() if each in self._windows}
        taken = {at for each, at in self._places.items() if each != camera}
        self._places[camera] = next(place for place in count() if place not in taken)
        if not self._display.arranges_windows():
            self._windows[camera].move_to(*cascaded(self._places[camera]))

    def _tell_alive(self) -> None:
        self._tell_to_paint()
        for camera, window in self._windows.items():
            self._inputs.watch(camera, window.title)
        self._display.wait_for_answer()
        send(self._link, {"alive": True})

    def _tell_to_paint(self) -> None:
        young = [camera for camera in self._young if camera in self._windows]
        if young:
            self._display.map_again({self._windows[camera].title for camera in young})
        self._young -= Counter(young)

    def _obey(self, message: dict[str, Any], fd: int | None) -> None:
        match message:
            case {"settings": {"max_size": int(max_size), "rate": float(rate)}}:
                self._max_size = max_size
                self._period = 1 / max(rate, SLOWEST_RATE)
                self._image_period = 1 / rate
            case {"open": str(camera), "title": str(title)}:
                self._open(camera, title)
            case {"images": str(camera)} if fd is not None:
                self._read_from(camera, fd)
            case {"close": str(camera)} if camera in self._windows:
                self._shut(camera)
            case {"scene": dict(scenes)}:
                for camera, scene in scenes.items():
                    # One that the user has just closed: the engine does not know yet.
                    if camera in self._windows:
                        self._windows[camera].show(scene)

    def _follow(self, window: CameraWindow, event: Input) -> None:
        """Do what a user wants of a window; where that fails, go on with others."""
        if isinstance(event, Key) and event.name in CLOSING:
            self._closed_by_user(event.camera)
            return
        try:
            window.follow(event)
        except Exception as error:  # noqa: BLE001 - whatever HighGUI throws
            self._failed(event.camera, error)

    def _tell_closed(self) -> None:
        for camera, window in list(self._windows.items()):
            if not window.is_open():
                self._closed_by_user(camera)

    def _closed_by_user(self, camera: str) -> None:
        self._shut(camera)
        if self._opened.pop(camera, 0):
            send(self._link, {"shown": camera})  # else its closing were that of one before it
        send(self._link, {"closed": camera})

    def _shut(self, camera: str) -> None:
        self._inputs.forget(camera)
        self._windows.pop(camera).close()

    def _tell_shown(self) -> None:
        """Report new windows once they are painted and the display knows them."""
        if LOOKED_FOR in self._opened.values():
            self._tell_to_paint()
        self._display.wait_for_answer()
        for camera, cycles in list(self._opened.items()):
            window = self._windows.get(camera)
            if window is None:
                del self._opened[camera]
            elif self._inputs.watch(camera, window.title) or cycles <= 1:
                del self._opened[camera]
                send(self._link, {"shown": camera})
            else:
                self._opened[camera] = cycles - 1

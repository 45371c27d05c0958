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
import numpy as np

from pmv_tui.frames.memory import ImageMemory
from pmv_tui.frames.reader import Look, look, look_at
from pmv_tui.windows.display import Display
from pmv_tui.windows.drawing import Image, render, shrink
from pmv_tui.windows.launcher import LinkClosed, receive_waiting, send
from pmv_tui.windows.messages import Scene, cascaded, empty_scene

EMPTY_SIZE = (640, 480)
"""Width and height of a window before the camera's first frame, pixels."""

NO_FRAME_YET = "no image yet"
CANNOT_DRAW = "the image cannot be drawn"


class CameraWindow:
    """A window from its opening to its closing. Used by the main thread.

    Parameters
    ----------
    camera : its unique_id, HighGUI's name of the window.
    title : what its frame says.
    max_size : of its longer side, pixels.

    Attributes
    ----------
    images : where the camera's images are; None before the first.
    """

    def __init__(self, camera: str, title: str, max_size: int) -> None:
        self.title = title
        self.images: ImageMemory | None = None
        self._camera = camera
        self._max_size = max_size
        self._number = 0
        self._next = 0.0
        self._scene = empty_scene()
        self._stale = self._awaited = False
        self._usable = True
        self._image_size = EMPTY_SIZE
        self._image: Image = shrink(np.zeros(EMPTY_SIZE[::-1], np.uint8), max_size)
        cv2.namedWindow(camera, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        cv2.setWindowTitle(camera, title)
        self._paint()

    def move_to(self, x: int, y: int) -> None:
        """Put its top left corner there, pixels of the screen."""
        cv2.moveWindow(self._camera, x, y)

    def show(self, scene: Scene) -> None:
        """Draw another scene from the next refresh on."""
        self._awaited |= scene.get("image") != self._scene.get("image")
        self._scene = scene
        self._stale = True

    def refresh(self, now: float, period: float) -> bool:
        """Paint what is new since the last call; whether anything was.

        Parameters
        ----------
        now : monotonic, s.
        period : seconds from one image to the next, at least.
        """
        # What belongs to another image is drawn together with that one.
        news = (now >= self._next or self._awaited) and self._read()
        self._awaited = False
        if news:
            self._next = max(min(self._next, now) + period, now)
        if not self._usable or not (news or self._stale):
            return False
        self._stale = False  # whether or not it can be painted: once is enough to know
        self._paint()
        return True

    def _read(self) -> bool:
        """Take over the image that is drawn over, or the newest; whether it is another one."""
        if self.images is None:
            return False
        self._usable = False  # unless the next lines succeed
        number, made = self._looked(self.images)
        self._usable = True
        if made is None:
            return False
        self._number = number
        self._image, self._image_size = made
        return True

    def _looked(self, images: ImageMemory) -> Look[tuple[Image, tuple[int, int]]]:
        wanted = self._scene.get("image")
        if wanted is not None:
            ticket, timestamp = wanted
            number, made = look_at(images, ticket, timestamp, self._number, self._sized)
            if number:
                return number, made
        return look(images, self._number, self._sized)

    def _sized(self, image: Image) -> tuple[Image, tuple[int, int]]:
        """Return a copy in the size that the window shows, and the image's own size."""
        sized = shrink(image, self._max_size)
        copy = sized.copy() if np.shares_memory(sized, image) else sized
        return copy, (image.shape[1], image.shape[0])

    def give_up(self, reason: str) -> None:
        """Say in the window why its image cannot be drawn."""
        scene = Scene(caption="", notice=f"{CANNOT_DRAW}: {reason}", overlays=[])
        blank: Image = np.zeros(EMPTY_SIZE[::-1], np.uint8)
        cv2.imshow(self._camera, render(blank, EMPTY_SIZE, scene))

    def is_open(self) -> bool:
        """Return whether the user has left it open."""
        try:
            return cv2.getWindowProperty(self._camera, cv2.WND_PROP_VISIBLE) > 0
        except cv2.error:
            return False  # It was the last one: HighGUI has nothing left to ask.

    def close(self) -> None:
        """Take it from the screen, if the user has not.

        A window that its button closed is hidden, and shown again with its next image. Destroying
        it as well would count as closing two, and HighGUI ends with what it takes for the last.
        """
        if self.is_open():
            cv2.destroyWindow(self._camera)

    def _paint(self) -> None:
        scene = self._scene
        if not self._number and not scene["notice"]:
            scene = Scene(caption=scene["caption"], notice=NO_FRAME_YET, overlays=[])
        cv2.imshow(self._camera, render(self._image, self._image_size, scene))


CLOSING_KEYS = {ord("q"), 27}
"""q and escape."""

SLOWEST_RATE = 30.0
"""Cycles a second at least: keys and buttons are answered at once at any display rate."""

ALIVE_INTERVAL = 0.5
"""Seconds between two signs of life."""

LONGEST_REASON = 1000
"""Characters of why an image cannot be drawn."""

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
        self._windows: dict[str, CameraWindow] = {}
        self._opened: list[str] = []
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
        key = cv2.pollKey()
        # Shown before closed, so that the engine knows whether a closing is that of an earlier
        # window of the same camera.
        if self._opened:
            self._tell_shown()
        if key in CLOSING_KEYS:
            self._close_focused()
        self._tell_closed()

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
            self._windows[camera] = CameraWindow(camera, title, self._max_size)
        except Exception as error:  # noqa: BLE001 - whatever HighGUI throws
            self._failed(camera, error)
            return
        self._arrange(camera)
        self._opened.append(camera)
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
                self._windows.pop(camera).close()
            case {"scene": dict(scenes)}:
                for camera, scene in scenes.items():
                    # One that the user has just closed: the engine does not know yet.
                    if camera in self._windows:
                        self._windows[camera].show(scene)

    def _close_focused(self) -> None:
        """Close the window that a key was meant for."""
        title = self._display.focused_title()
        for camera, window in list(self._windows.items()):
            if window.title == title:
                self._closed_by_user(camera)

    def _tell_closed(self) -> None:
        for camera, window in list(self._windows.items()):
            if not window.is_open():
                self._closed_by_user(camera)

    def _closed_by_user(self, camera: str) -> None:
        self._windows.pop(camera).close()
        send(self._link, {"closed": camera})

    def _tell_shown(self) -> None:
        """Report new windows once they are painted and the display knows them."""
        self._tell_to_paint()
        self._display.wait_for_answer()
        for camera in self._opened:
            if camera in self._windows:
                send(self._link, {"shown": camera})
        self._opened.clear()

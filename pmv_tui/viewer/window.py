"""One camera's HighGUI window: shows its newest frame, and its scene over it."""

import cv2
import numpy as np

from pmv_tui.viewer.drawing import Image, render, shrink
from pmv_tui.viewer.messages import Scene, empty_scene
from pmv_tui.viewer.slot import FrameSlotReader

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
    frames : where the camera's frames come from; the window's own from now on.
    max_size : of its longer side, pixels.
    """

    def __init__(self, camera: str, title: str, frames: FrameSlotReader, max_size: int) -> None:
        self.title = title
        self._camera = camera
        self._frames = frames
        self._max_size = max_size
        self._sequence = 0
        self._scene = empty_scene()
        self._stale = False
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
        self._scene = scene
        self._stale = True

    def refresh(self) -> bool:
        """Paint what is new since the last call; whether anything was."""
        newest = self._frames.latest(self._sequence)
        if newest is not None:
            image, self._sequence = newest
            self._usable = False  # unless the next lines succeed
            self._image_size = image.shape[1], image.shape[0]
            self._image = shrink(image, self._max_size)
            self._usable = True
        if not self._usable or (newest is None and not self._stale):
            return False
        self._stale = False  # whether or not it can be painted: once is enough to know
        self._paint()
        return True

    def give_up(self, reason: str) -> None:
        """Say in the window why its image cannot be drawn."""
        scene = Scene(caption="", notice=f"{CANNOT_DRAW}: {reason}", overlays=[])
        blank: Image = np.zeros(EMPTY_SIZE[::-1], np.uint8)
        cv2.imshow(self._camera, render(blank, EMPTY_SIZE, scene))

    def is_open(self) -> bool:
        """Tell whether the user has left it open."""
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
        self._frames.close()

    def _paint(self) -> None:
        scene = self._scene
        if not self._sequence and not scene["notice"]:
            scene = Scene(caption=scene["caption"], notice=NO_FRAME_YET, overlays=[])
        cv2.imshow(self._camera, render(self._image, self._image_size, scene))

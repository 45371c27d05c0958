"""One camera's window, from its opening to its closing: what it shows, and what its keys do."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np

from pmv_tui.figures import figures
from pmv_tui.frames.memory import ImageMemory, Record
from pmv_tui.frames.reader import Look, look, look_at
from pmv_tui.region import cut, region_in
from pmv_tui.windows import panel
from pmv_tui.windows.display import Display
from pmv_tui.windows.drawing import (
    Image,
    Mask,
    draw_caption,
    render,
    saturated,
    scaled,
    stretched,
)
from pmv_tui.windows.inputs import Drag, Input, Key, Wheel
from pmv_tui.windows.keys import ACTS, HELP
from pmv_tui.windows.messages import Scene, empty_scene, fit
from pmv_tui.windows.view import Part, Size, View
from pmv_tui.wire.status import Figures, Region

EMPTY_SIZE = (640, 480)
"""Width and height of a window before the camera's first frame, pixels."""

NO_FRAME_YET = "no image yet"
NO_RECORD = Record(0, 0, None, 0, 0, "")

CANNOT_DRAW = "the image cannot be drawn"

FIGURES_PERIOD = 0.25
"""Seconds from one look at exposure and focus to the next, at least."""

DETAILS = 2
"""Of a caption: from 0, as it is configured, over all that is known of the image to figures."""


class Taken(NamedTuple):
    """What was taken of an image.

    Parameters
    ----------
    picture : uint8, shape (height, width), in the size in which it is shown.
    part : of the image that it is.
    room : of the window for which it was made, pixels.
    record : of the image.
    marked : its saturated pixels; None where they are not marked.
    figures : of that part; None where they are not needed, or not yet.
    """

    picture: Image
    part: Part
    room: Size
    record: Record
    marked: Mask | None = None
    figures: Figures | None = None


class Aids:
    """What a user has asked for to aim, focus and expose a lens.

    Attributes
    ----------
    details : 0: the caption as configured; 1: all that is known of the image; 2: figures, too.
    marking, stretching, keys : whether saturated pixels are marked, contrast is stretched, the keys
        are listed.
    figures : of the part that is shown, where they are needed; None: not known yet.
    best : the highest sharpness of that part so far.
    """

    def __init__(self) -> None:
        self.details = 0
        self.marking = self.stretching = self.keys = False
        self.figures: Figures | None = None
        self.best: float | None = None
        self._region: Region | None = None
        self._next = 0.0
        self._behind = False

    def next_details(self) -> None:
        """Say more in the caption; after the most as much as is configured."""
        self.details = (self.details + 1) % (DETAILS + 1)

    def toggle(self, name: Literal["marking", "stretching", "keys"]) -> None:
        """Turn one of them on, or off."""
        setattr(self, name, not getattr(self, name))

    def forget_best(self) -> None:
        """Begin the best sharpness anew."""
        self.best, self._next = None, 0.0

    @property
    def need_figures(self) -> bool:
        """Whether figures are shown, or tell how far to stretch the contrast."""
        return self.details == DETAILS or self.stretching

    def due(self, part: Part, now: float) -> bool:
        """Whether figures of a part of an image are needed, and are not of just before."""
        return self.need_figures and (now >= self._next or part.region != self._region)

    def note(self, taken: "Taken", now: float) -> None:
        """Keep what was found in an image, and the best of its part."""
        if not self.need_figures:
            self.figures = self.best = self._region = None
        self._behind = self.need_figures and taken.figures is None
        if taken.figures is not None:
            if taken.part.region != self._region:
                self.best = None
            self._region, self._next = taken.part.region, now + FIGURES_PERIOD
            self.figures = taken.figures
            if (sharpness := taken.figures["sharpness"]) is not None:
                self.best = max(sharpness, self.best or 0)

    def overdue(self, now: float) -> bool:
        """Whether an image came since, too soon after the one that figures are of."""
        return self._behind and now >= self._next

    @property
    def contrast(self) -> tuple[int, int] | None:
        """The values that become black and white; None where none do."""
        if not self.stretching or self.figures is None:
            return None
        return self.figures["percentiles"][0], self.figures["percentiles"][-1]

    def caption(self, scene: Scene, taken: "Taken") -> list[str]:
        """Say what is shown: as much as was asked for, and what is not as it is in the image."""
        contrast = "contrast {}-{}".format(*self.contrast) if self.contrast else ""
        remarks = [contrast, "saturated pixels red" if self.marking else ""]
        if not self.details:
            zoom = "" if taken.part.whole else panel.zoom(taken.part)
            return [_joined(scene["caption"], zoom, *remarks)]
        about = scene.get("details", scene["caption"])
        where = panel.where(taken.part, taken.record) if taken.record.sequence else ""
        return [about, _joined(where, *remarks)]


def _joined(*parts: str) -> str:
    return "  ".join(part for part in parts if part)


class CameraWindow:
    """A window from its opening to its closing. Used by the main thread.

    Parameters
    ----------
    camera : its unique_id, HighGUI's name of the window.
    title : what its frame says.
    max_size : of its longer side, pixels, until the user makes it larger.
    display : on which it is.

    Attributes
    ----------
    images : where the camera's images are; None before the first.
    aids : to focus and expose its lens.
    """

    def __init__(self, camera: str, title: str, max_size: int, display: Display) -> None:
        self.title = title
        self.images: ImageMemory | None = None
        self.aids: Aids = Aids()
        self._camera = camera
        self._display = display
        self._max_size = max_size
        self._number = 0
        self._next = 0.0
        self._scene = empty_scene()
        self._stale = self._awaited = self._again = False
        self._usable = True
        self._view = View()
        self._small: Sequence[int] | None = None
        """Where it lay, and its size, before it filled a screen that nobody manages."""
        self._room = self._asked = self._former = fit(*EMPTY_SIZE, max_size)
        self._left_alone = True
        """Whether its size is the one that was asked for, and not the user's."""
        self._image_size = EMPTY_SIZE
        self._taken = self._nothing()
        cv2.namedWindow(camera, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.setWindowTitle(camera, title)
        cv2.resizeWindow(camera, *self._room)
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
        self._follow_size()
        if self.aids.overdue(now):
            self.look_again()
        # What belongs to another image is drawn together with that one.
        news = (now >= self._next or self._awaited or self._again) and self._read(now)
        self._awaited = self._again = False
        if news:
            self._next = max(min(self._next, now) + period, now)
        if not self._usable or not (news or self._stale):
            return False
        self._stale = False  # whether or not it can be painted: once is enough to know
        self._paint()
        return True

    def look_again(self) -> None:
        """Show the image anew at the next refresh: something else is asked of it."""
        self._again = self._stale = True

    def follow(self, event: Input) -> None:
        """Do what a user wants."""
        match event:
            case Key(_, name) if name in ACTS:
                ACTS[name](self)
            case Wheel(_, x, y, notches):
                self.zoom(notches, (x, y))
            case Drag(_, right, down):
                self._view.pan(-right, -down)
        self.look_again()

    def zoom(self, steps: int, at: tuple[int, int] | None = None) -> None:
        """Show the image larger, or smaller; see `View.zoom`."""
        self._view.zoom(steps, at)

    def fit(self) -> None:
        """Show all of the image."""
        self._view.fit()

    def step(self, right: int, down: int) -> None:
        """Show what lies beside, by an eighth of the window."""
        self._view.step(right, down)

    def toggle_full_screen(self) -> None:
        """Let it fill the screen, or have the size from before."""
        if self._display.arranges_windows():
            full = cv2.getWindowProperty(self._camera, cv2.WND_PROP_FULLSCREEN)
            mode = cv2.WINDOW_NORMAL if full == cv2.WINDOW_FULLSCREEN else cv2.WINDOW_FULLSCREEN
            cv2.setWindowProperty(self._camera, cv2.WND_PROP_FULLSCREEN, mode)
        elif self._small is None:  # nobody is there who would do it
            self._small = cv2.getWindowImageRect(self._camera)
            self._place(0, 0, *self._display.screen_size())
        else:
            self._place(*self._small)
            self._small = None

    def _place(self, x: int, y: int, width: int, height: int) -> None:
        cv2.moveWindow(self._camera, x, y)
        cv2.resizeWindow(self._camera, width, height)

    def _follow_size(self) -> None:
        """Note where the user, or a window manager, has made it larger or smaller."""
        _, _, *size = cv2.getWindowImageRect(self._camera)
        room = size[0], size[1]
        if room == self._room:
            self._former = room  # what was asked for, was done
        elif min(room) > 0 and room != self._former:
            self._room = self._former = room
            self._left_alone = room == self._asked
            if self._left_alone:
                self._fit_to(self._image_size)
            self.look_again()

    def _read(self, now: float) -> bool:
        """Take over the image that is drawn over, or the newest; whether it is another one."""
        if self.images is None:
            if self._again:
                self._taken = self._nothing()
            return False
        self._usable = False  # unless the next lines succeed
        number, taken = self._looked(self.images, now)
        self._usable = True
        if taken is None:
            return False
        self._number = number
        self._taken = taken
        self.aids.note(taken, now)
        return True

    def _looked(self, images: ImageMemory, now: float) -> Look[Taken]:
        def take(image: Image, record: Record) -> Taken:
            return self._take(image, record, now)

        wanted = self._scene.get("image")
        known = 0 if self._again else self._number
        if wanted is not None:
            ticket, timestamp = wanted
            number, taken = look_at(images, ticket, timestamp, known, take)
            if number:
                return number, taken
        return look(images, known, take)

    def _take(self, image: Image, record: Record, now: float) -> Taken:
        """Return a copy in the size that the window shows, and what is asked of the image."""
        size = image.shape[1], image.shape[0]
        if size != self._image_size:
            self._fit_to(size)
        part = self._view.part(size, self._room)
        marked = saturated(image, part, self._room) if self.aids.marking else None
        found = None
        if self.aids.due(part, now):
            region = region_in(*size, part.region, record.pixel_format)
            found = figures(cut(image, region), record.pixel_format)
        picture = scaled(image, part, self._room)
        return Taken(picture, part, self._room, record, marked, found)

    def _fit_to(self, size: Size) -> None:
        """Give the window the size of another image, unless its user chose one."""
        self._image_size = size
        if self._left_alone:
            self._former = self._room
            self._room = self._asked = fit(*size, self._max_size)
            cv2.resizeWindow(self._camera, *self._asked)

    def _nothing(self) -> Taken:
        """Return what is shown before there is an image."""
        blank: Image = np.zeros(self._room[::-1], np.uint8)
        part = View().part(self._room, self._room)
        return Taken(blank, part, self._room, NO_RECORD)

    def give_up(self, reason: str) -> None:
        """Say in the window why its image cannot be drawn."""
        scene = Scene(caption="", notice=f"{CANNOT_DRAW}: {reason}", overlays=[])
        nothing = self._nothing()
        cv2.imshow(self._camera, render(nothing.picture, nothing.part, nothing.room, scene))

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
        scene, taken = self._scene, self._taken
        if not self._number and not scene["notice"]:
            scene = Scene(**{**scene, "notice": NO_FRAME_YET, "overlays": []})
        picture = taken.picture
        if self.aids.contrast is not None:
            picture = stretched(picture, *self.aids.contrast)
        canvas = render(picture, taken.part, taken.room, scene, taken.marked)
        draw_caption(canvas, self.aids.caption(scene, taken), panel.draw_map(canvas, taken.part))
        if self.aids.details == DETAILS and self.aids.figures is not None:
            panel.draw_figures(canvas, self.aids.figures, self.aids.best)
        if self.aids.keys:
            panel.draw_keys(canvas, HELP)
        cv2.imshow(self._camera, canvas)

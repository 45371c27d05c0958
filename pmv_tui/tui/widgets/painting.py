"""Has a picture's image painted with pixels: in its place, over its cells, and nowhere else."""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets._toast import ToastHolder

from pmv_tui.tui.glyphs import style_of
from pmv_tui.tui.graphics import Ability, Graphics
from pmv_tui.wire.drawn import Overlay

if TYPE_CHECKING:
    from pmv_tui.tui.picture import Cells, Shown
    from pmv_tui.tui.pixels import PixelDrawing

NUMBERS = itertools.count(0x706D)
"""Of pictures in a terminal; other programs' images have others, as far as one can choose them."""


class Painting:
    """A widget's image, as long as there are pixels for it.

    Its cells are Textual's, and empty but for words: what they are drawn over again takes sixels
    away, and so the image is sent again after that. Where anything lies over the widget, or a part
    of it is out of sight, there are no pixels: dialogs and toasts are made of cells.

    Attributes
    ----------
    drawing : what goes on with the picture; None where there are no pixels.
    """

    def __init__(self, widget: Widget, graphics: Graphics) -> None:
        self._widget = widget
        self._graphics = graphics
        self._number = next(NUMBERS)
        self.drawing: PixelDrawing | None = None
        self._can: Ability | None = None
        self._cells: Cells | None = None
        self._image: Callable[[], str] = str
        self._due = False

    def canvas(self) -> tuple[int, int] | None:
        """Return the width and height of an image that fills the widget; None without pixels."""
        self._graphics.attend(time.monotonic())
        can = self._graphics.can
        if can is None or not self._is_free():
            self.end()
            return None
        columns, rows = self._room()
        (width, height), coarse = can.cell, self._graphics.coarse
        return columns * width // coarse, rows * height // coarse

    def draw(
        self, shown: "Shown", overlays: Sequence[Overlay], notice: str, *, contrast: bool
    ) -> "Cells":
        """Draw an image that is to be painted; return the cells below it. See `Drawing.draw`."""
        from pmv_tui.tui.pixels import PixelDrawing  # noqa: PLC0415 - see `PictureView.draw`

        can = self._graphics.can or self._can
        if can is None:
            raise ValueError("the terminal has no pixels")
        if self.drawing is None or can != self._can:
            self._can, self.drawing = can, PixelDrawing(can, self._number)
        self._cells, self._image = self.drawing.draw(
            shown, overlays, notice, self._room(), contrast=contrast
        )
        self._due = True
        self._graphics.pictures.add(self)
        return self._cells

    def paint(self) -> None:
        """Send the image, where it is due and can be sent. See `Picture`."""
        if not (self._due and self._cells and self._graphics.is_ready and self._is_free()):
            return
        x, y = self._corner(self._cells)
        words = self._words(self._cells, x, y)
        image = f"\x1b7\x1b[{y + 1};{x + 1}H{self._image()}{words}\x1b8"
        if self._graphics.send(image, time.monotonic()):
            self._due = False

    def overwritten(self, regions: Iterable[Region], *, anew: bool) -> None:
        """Have the image sent again where its cells were drawn over.

        Parameters
        ----------
        regions : of the terminal, what was drawn.
        anew : whether that was drawn for another layout, or as the terminal has lost it.
        """
        place = self._widget.region
        if not any(place.overlaps(region) for region in regions):
            return
        if not self._is_free():
            self.end()
        elif anew or (self._can and self._can.way != "kitty"):
            self._due = True

    def end(self) -> None:
        """Take the image away, where the terminal keeps it; else what is drawn there does."""
        self._due = False
        self._graphics.pictures.discard(self)
        if deleted := self.deleted():
            self._graphics.say(deleted)
        self.drawing = None

    def deleted(self) -> str:
        """Return what takes the image away that the terminal keeps. See `Picture`."""
        return self.drawing.deleted() if self.drawing else ""

    def _room(self) -> tuple[int, int]:
        """Return how many columns and rows there are; sixels in the last row would scroll it."""
        size, can = self._widget.size, self._graphics.can
        last = self._widget.content_region.bottom >= self._widget.app.size.height
        return size.width, size.height - bool(last and can and can.way == "sixel")

    def _is_free(self) -> bool:
        """Return whether all of the widget is in sight, and nothing lies over it."""
        widget = self._widget
        if not (widget.is_attached and widget.display and widget.screen is widget.app.screen):
            return False
        place = widget.region
        if not place or widget.screen.find_widget(widget).visible_region != place:
            return False
        toasts = widget.screen.query(ToastHolder)
        return not any(toast.region.overlaps(place) for toast in toasts)

    def _corner(self, cells: "Cells") -> tuple[int, int]:
        """Return the column and row of the terminal where the image begins."""
        place = self._widget.content_region
        x = place.x + max(place.width - cells.columns, 0) // 2
        return x, place.y + max(place.height - cells.rows, 0) // 2

    def _words(self, cells: "Cells", x: int, y: int) -> str:
        """Write again what stands on the image, which has covered it."""
        if self._can is None or self._can.way == "kitty":
            return ""
        system = ColorSystem[SYSTEMS[self._widget.app.console.color_system or "truecolor"]]
        sixteen = system is ColorSystem.STANDARD
        written = []
        for row in range(cells.rows):
            column = 0
            for text, ink, paper in cells.runs(row):
                if text.strip():
                    styled = style_of(ink, paper, sixteen=sixteen).render(text, color_system=system)
                    written.append(f"\x1b[{y + row + 1};{x + column + 1}H{styled}")
                column += len(text)
        return "".join(written)


SYSTEMS = {"standard": "STANDARD", "256": "EIGHT_BIT", "truecolor": "TRUECOLOR"}
"""Rich's two names for the colours that a terminal has."""

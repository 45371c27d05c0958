"""The live picture of one camera."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from pmv_tui.control.messages import Thumbnail
from pmv_tui.tui.glyphs import AsciiOnly
from pmv_tui.tui.picture.colours import NO_COLOUR, style_of
from pmv_tui.tui.picture.look import Look, look_of

if TYPE_CHECKING:
    from pmv_tui.tui.picture.cells import Cells
    from pmv_tui.tui.picture.draw import Drawing

MAX_SIZE = 400, 200
"""Pixels that are asked for at most: what the engine gives."""


class PictureView(Widget, can_focus=False):
    """Shows what a `PictureFeed` brings; only the rows that changed are sent to the terminal."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._unique_id = ""
        self._look: Look | None = None
        self._drawing: Drawing | None = None
        self._image: Thumbnail | None = None
        self._told: Thumbnail | None = None
        self._cells: Cells | None = None
        self._known = 0

    @property
    def unique_id(self) -> str:
        """The camera's; empty where none is shown."""
        return self._unique_id

    @property
    def known(self) -> int:
        """The number of the frame that is shown; 0 where none is, or another size is needed."""
        return self._known

    @property
    def wanted_size(self) -> tuple[int, int]:
        """Width and height that the image may have, pixels; a zero where it is not to be seen."""
        return min(self.size.width, MAX_SIZE[0]), min(2 * self.size.height, MAX_SIZE[1])

    @property
    def waits(self) -> bool:
        """Whether an image is to come any moment: there is none, and nothing keeps it back."""
        return self._image is None and not (self._told and self._told["notice"])

    def follow(self, unique_id: str) -> bool:
        """Show this camera from now on; tell whether that is another one."""
        if unique_id == self._unique_id:
            return False
        self._unique_id = unique_id
        self._image = self._told = None
        self._known = 0
        self._put(None)
        return True

    def show(self, told: Thumbnail) -> None:
        """Show what the engine told of the camera."""
        if told["pixels"] is not None:
            self._image = told
        elif not told["sequence"]:
            self._image = None
        self._told = told
        self._draw(told["notice"])
        self._known = told["sequence"]

    def freeze(self, why: str) -> None:
        """Mark what is shown as old: the engine tells no more."""
        self._draw(why)

    def give_up(self, why: str) -> None:
        """Say why what was told cannot be drawn."""
        self._image = None
        self._draw(why)

    def on_resize(self) -> None:
        """Ask for another size."""
        self._known = 0

    def notify_style_update(self) -> None:
        """Draw anew in another theme."""
        super().notify_style_update()
        self._cells = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Leave the terminal's own greys as they are, which are short. See `App`."""
        return [
            each for each in super().get_line_filters() if not isinstance(each, ANSIToTruecolor)
        ]

    def render_line(self, y: int) -> Strip:
        """Draw one line, the picture in the middle of the widget."""
        # Looked up once: Textual puts the widget's own style together anew each time.
        cells, width, own = self._cells, self.size.width, self.rich_style
        if cells is None:
            return Strip.blank(width, own)
        x, first = self._corner(cells)
        if not 0 <= y - first < cells.rows:
            return Strip.blank(width, own)
        segments = [Segment(" " * x, own)] if x else []
        sixteen = self._color_system() == "standard"
        for text, ink, paper in cells.runs(y - first):
            coloured = style_of(ink, paper, sixteen=sixteen)
            segments.append(Segment(text, own if ink == NO_COLOUR else coloured))
        return Strip(segments).adjust_cell_length(width, own)

    def _draw(self, notice: str) -> None:
        """Draw the newest image; without one, say why there is none."""
        # numpy takes as long to import as half of Textual, and nothing but pictures needs it.
        from pmv_tui.tui.picture.draw import Drawing, greys_in, words  # noqa: PLC0415

        if self._image is None or self._told is None:
            text = notice or ("waiting for an image" if self._unique_id else "")
            self._put(words(text, self.size.height, self.size.width) if text else None)
            return
        look = self._current_look()
        if self._drawing is None or look != self._look:
            self._look, self._drawing = look, Drawing(look)
        told, pixels = self._told, greys_in(self._image)
        self._put(self._drawing.draw(pixels, told["image_size"], told["overlays"], notice))

    def _put(self, cells: "Cells | None") -> None:
        """Put a picture in the place of the former, and have drawn what is different."""
        former, self._cells = self._cells, cells
        if cells is None or former is None or cells.ink.shape != former.ink.shape:
            self.refresh()
            return
        x, y = self._corner(cells)
        changes = cells.changes(former)
        if changes:
            self.refresh(
                *(Region(x + column, y + row, columns, 1) for row, column, columns in changes)
            )

    def _corner(self, cells: "Cells") -> tuple[int, int]:
        """Give the column and row of the widget where the picture begins."""
        return max(self.size.width - cells.columns, 0) // 2, max(
            self.size.height - cells.rows, 0
        ) // 2

    def _current_look(self) -> Look:
        """Choose how pictures are shown in this terminal."""
        ascii_only = any(isinstance(each, AsciiOnly) for each in self.get_line_filters())
        return look_of(self._color_system(), unicode=not ascii_only)

    def _color_system(self) -> str | None:
        """Tell which colours the terminal has; None where none are wanted."""
        return None if self.app.no_color else self.app.console.color_system

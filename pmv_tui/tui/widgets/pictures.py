"""Live pictures: one camera's, and all cameras' beside each other."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from operator import gt
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.cells import cell_len
from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Offset, Size
from textual.geometry import Region as ScreenRegion
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pmv_tui.tui.glyphs import NO_COLOUR, Look, leaves_ascii, look_of, style_of
from pmv_tui.tui.link import EngineLink, Unanswered, ask_on
from pmv_tui.tui.text.columns import (
    MAX_NAME_WIDTH,
    MIN_NAME_WIDTH,
    fps_cell,
    fps_short,
    name_cell,
    plug_short,
    state_cell,
    state_word,
)
from pmv_tui.tui.text.lines import GAP, MARK_WIDTH, Base, Cell, Line, fit, plain, tabular
from pmv_tui.tui.viewport import Pane, Viewport
from pmv_tui.tui.widgets.line_view import LineView
from pmv_tui.tui.widgets.painting import Painting
from pmv_tui.wire.status import CameraStatus, Region, Thumbnail, full_name

if TYPE_CHECKING:
    from pmv_tui.tui.picture import Cells, Drawing, Shown
    from pmv_tui.tui.pixels import PixelDrawing
    from pmv_tui.tui.terminal_app import TerminalApp


class Wanted(NamedTuple):
    """What a picture is made of.

    Parameters
    ----------
    size : width and height that the image may have, pixels; a zero where it is not to be seen.
    region : what of the image; None: all of it.
    scale : of the viewport; None: the whole image is shown.
    saturated, figures : whether it is wanted too which pixels are too bright, and in figures how
        all of it is.
    painted : whether the terminal's pixels show it.
    """

    size: Pane
    region: Region | None
    scale: float | None
    saturated: bool = False
    figures: bool = False
    painted: bool = False


class PictureView(Widget, can_focus=False):
    """Shows what a `PictureFeed` brings; only the rows that changed are sent to the terminal.

    Attributes
    ----------
    unique_id : the camera's; empty where none is shown.
    measured : whether figures of what is shown are wanted, too: a `Measured` for each image.
    viewport : what of its image is looked at, by the wheel and by dragging; None: all of it, and
        the mouse does nothing.
    words : how the image is shown: its scale, and what was done to its greys; short, one each.
    """

    ALLOW_SELECT = False

    class Measured(Message):
        """There are new figures of what is shown."""

        def __init__(self, thumbnail: Thumbnail) -> None:
            super().__init__()
            self.thumbnail = thumbnail

    class Moved(Message):
        """Another part of the image is looked at: it is to be asked for."""

    class Described(Message):
        """The words are others."""

    class Chosen(Message):
        """The picture was clicked twice."""

    def __init__(self) -> None:
        super().__init__()
        self.unique_id = ""
        self.viewport: Viewport | None = None
        self.words: tuple[str, ...] = ()
        self._drawn_for: tuple[Look, Pane, Region | None] | None = None
        self._drawing: Drawing | None = None
        self._image: Thumbnail | None = None
        self._made_of: Wanted | None = None
        self._newest: Thumbnail | None = None
        self._cells: Cells | None = None
        self._painting: Painting | None = None
        self._canvas: tuple[int, int] | None = None
        self.measured = False
        self._held: Offset | None = None

    @property
    def wanted_size(self) -> Pane:
        """Width and height of the pane, pixels of blocks; a zero where it is not to be seen."""
        return self.size.width, 2 * self.size.height

    def look(self) -> None:
        """Decide whether the terminal's pixels show it; called before each question."""
        if self._painting is None:
            self._painting = Painting(self, cast("TerminalApp", self.app).graphics)
        self._canvas = self._painting.canvas()

    def on_hide(self) -> None:
        """Take away what is no cell."""
        if self._painting:
            self._painting.end()

    @property
    def wanted(self) -> Wanted:
        """What is to be asked for."""
        pane, seen, painted = self.wanted_size, self.viewport, self._canvas is not None
        size = self._canvas or pane
        if seen is None or not all(pane):
            return Wanted(size, None, None, figures=self.measured, painted=painted)
        part = seen.region(pane), seen.scale_in(pane)
        return Wanted(size, *part, seen.saturated, self.measured, painted)

    @property
    def known(self) -> int:
        """The number of the frame that is shown; 0 where none is, or something else is wanted."""
        return self._newest["sequence"] if self._newest and self._made_of == self.wanted else 0

    @property
    def waits(self) -> bool:
        """Whether an image is to come any moment: there is none, and nothing keeps it back."""
        return self._image is None and not (self._newest and self._newest["notice"])

    def follow(self, unique_id: str, viewport: Viewport | None = None) -> bool:
        """Show this camera from now on; return whether that is another one."""
        self.viewport = viewport
        if unique_id == self.unique_id:
            return False
        self.unique_id = unique_id
        self._image = self._newest = self._made_of = None
        self._put(None)
        self.on_hide()
        return True

    def show(self, newest: Thumbnail, wanted: Wanted) -> None:
        """Show what the engine reported; where that cannot be drawn, say why in its place."""
        try:
            self._show(newest, wanted)
        except Exception as error:  # noqa: BLE001 - other cameras' pictures go on
            self._image = self._made_of = None
            self.draw(f"no picture: {type(error).__name__}: {error}")

    def _show(self, newest: Thumbnail, wanted: Wanted) -> None:
        if any(map(gt, newest["size"], wanted.size)):
            raise ValueError("the image is larger than was asked for")
        if newest["pixels"] is not None:
            self._image, self._made_of = newest, wanted
        elif not newest["sequence"]:
            self._image = self._made_of = None
        self._newest = newest
        if self.viewport and newest["sequence"]:
            self.viewport.image = newest["image_size"]
        self.draw(newest["notice"])
        if newest.get("figures"):
            self.post_message(self.Measured(newest))

    def notify_style_update(self) -> None:
        """Redraw in another theme."""
        super().notify_style_update()
        self._cells = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Leave the terminal's own greys as they are, which are short. See `App`."""
        return [
            each for each in super().get_line_filters() if not isinstance(each, ANSIToTruecolor)
        ]

    def render_line(self, y: int) -> Strip:
        """Draw one line, the picture in the middle of the widget."""
        # Looked up once: Textual puts the widget's own style together again each time.
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

    def draw(self, notice: str) -> None:
        """Draw the newest image, and why it is not live; without one, say why there is none."""
        # numpy takes as long to import as half of Textual, and nothing but pictures needs it.
        from pmv_tui.tui.picture import shown_in, words  # noqa: PLC0415

        newest, image, made_of = self._newest, self._image, self._made_of
        if image is None or newest is None or made_of is None:
            text = notice or ("waiting for an image" if self.unique_id else "")
            self._put(words(text, self.size.height, self.size.width) if text else None)
            self._describe(())
            return
        shown = shown_in(image, made_of.scale, made_of.size)
        contrast = bool(self.viewport and self.viewport.contrast)
        if made_of.painted and self._painting:
            self._paint(self._painting, shown, notice, contrast=contrast)
            return
        drawing = self._drawing_of(made_of)
        self._put(drawing.draw(shown, newest["overlays"], notice, contrast=contrast))
        across = shown.pixels.shape[1]
        self._describe(described(shown, drawing, across, contrast=contrast))

    def _paint(self, painting: Painting, shown: "Shown", notice: str, *, contrast: bool) -> None:
        """Draw what is shown with the terminal's pixels."""
        newest = self._newest
        overlays = newest["overlays"] if newest else ()
        self._put(painting.draw(shown, overlays, notice, contrast=contrast))
        self.call_after_refresh(painting.paint)
        if painting.drawing:
            across = painting.drawing.across
            self._describe(described(shown, painting.drawing, across, contrast=contrast))

    def _drawing_of(self, made_of: Wanted) -> "Drawing":
        """Return what goes on with the picture, or begins one where another part is shown."""
        from pmv_tui.tui.picture import Drawing  # noqa: PLC0415

        look = self._current_look()
        part = look, made_of.size, made_of.region
        if self._drawing is None or part != self._drawn_for:
            self._drawn_for, self._drawing = part, Drawing(look)
        return self._drawing

    def _describe(self, words: tuple[str, ...]) -> None:
        if words != self.words:
            self.words = words
            self.border_title = self._title if self.viewport and self.viewport.is_used else ""
            self.post_message(self.Described())

    @property
    def _title(self) -> str:
        """How it is shown; where there is little room figures alone, and what is marked."""
        title = ", ".join(self.words)
        if len(title) <= self.size.width - TITLE_MARGIN:
            return title
        return ", ".join(FIGURE_NAME.sub("", word) for word in self.words)

    def redraw(self) -> None:
        """Draw again what is shown, in another way."""
        if self._newest:
            self.draw(self._newest["notice"])

    def zoom(self, steps: int, at: tuple[float, float] | None = None) -> None:
        """Show less of the image, and larger; or more. See `Viewport.zoom`."""
        if self.viewport:
            self.viewport.zoom(steps, self.wanted_size, at)
            self.post_message(self.Moved())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in, around the pointer."""
        self._zoom_at(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out, around the pointer."""
        self._zoom_at(event, -1)

    def _zoom_at(self, event: events.MouseEvent, steps: int) -> None:
        if self.viewport:
            event.stop()
            column, row = event.get_content_offset_capture(self)
            width, height = self.wanted_size
            left, top = (self.size.width - width) / 2, self.size.height - height / 2
            self.zoom(steps, (column + 0.5 - left, 2 * row + 1 - top))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the image."""
        if self.viewport and event.button == 1:
            self._held = event.screen_offset
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the image with the mouse."""
        if self._held is None or self.viewport is None:
            return
        if not event.button:  # It was let go where the terminal did not see it.
            self._let_go()
            return
        across, down = self._held - event.screen_offset
        self._held = event.screen_offset
        self.viewport.move(across, 2 * down, self.wanted_size)
        self.post_message(self.Moved())

    @on(events.MouseUp)
    @on(events.MouseRelease)
    @on(events.Hide)
    def _let_go(self) -> None:
        self._held = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Choose the picture at the second click."""
        if self.viewport and event.chain == 2:
            self.post_message(self.Chosen())

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
                *(ScreenRegion(x + column, y + row, columns, 1) for row, column, columns in changes)
            )

    def _corner(self, cells: "Cells") -> tuple[int, int]:
        """Return the column and row of the widget where the picture begins."""
        return max(self.size.width - cells.columns, 0) // 2, max(
            self.size.height - cells.rows, 0
        ) // 2

    def _current_look(self) -> Look:
        """Choose how pictures are shown in this terminal."""
        ascii_only = leaves_ascii(self.get_line_filters())
        return look_of(self._color_system(), unicode=not ascii_only)

    def _color_system(self) -> str | None:
        """Return which colours the terminal has; None where none are wanted."""
        return None if self.app.no_color else self.app.console.color_system


TITLE_MARGIN = 4
"""Terminal columns of a border that its title leaves free."""

FIGURE_NAME = re.compile("^(fit|zoom|contrast) ")
"""What stands before a figure in the words that describe a picture."""

FIRST_PERIOD = 0.05
"""Seconds from one question to the next while a first image is to come, and whatever the hurry: a
drag moves the image with each cell."""


def described(
    shown: "Shown", drawing: "Drawing | PixelDrawing", across: int, *, contrast: bool
) -> tuple[str, ...]:
    """Say how an image is shown: its scale, what became of its greys, what is marked."""
    width = shown.region[2] if shown.region else shown.image_size[0]
    scale = width / max(across, 1)
    ratio = f"1:{scale:.3g}" if scale >= 1 else f"{1 / scale:.3g}:1"
    words = [f"zoom {ratio}" if shown.region else f"fit {ratio}"]
    if contrast and drawing.contrast.limits:
        words.append("contrast {}-{}".format(*drawing.contrast.limits))
    if shown.saturated is not None:
        words.append(f"saturated {drawing.mark}" if shown.saturated.any() else "none saturated")
    return tuple(words)


class PictureFeed:
    """Keeps the pictures up to date that `views` gives, those to be seen: `rate` times a second."""

    def __init__(
        self, link: EngineLink, rate: float, views: Callable[[], Iterable[PictureView]]
    ) -> None:
        self._link = link
        self._period = 1 / rate
        self._views = views
        self._hurry = asyncio.Event()
        self._begun = 0.0

    def hurry(self) -> None:
        """Ask at once: other pictures are to be seen, or other sizes."""
        self._hurry.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        await ask_on(self._ask_for_visible, self._hurry)

    async def _ask_for_visible(self) -> float:
        """Ask for what is to be seen. See `ask_on`."""
        await asyncio.sleep(self._begun + FIRST_PERIOD - time.monotonic())
        begun = self._begun = time.monotonic()
        views = [view for view in self._views() if view.unique_id and all(view.wanted_size)]
        if views:
            await self._ask(views)
        period = FIRST_PERIOD if any(view.waits for view in views) else self._period
        return max(begun + period - time.monotonic(), FIRST_PERIOD)

    async def _ask(self, views: list[PictureView]) -> None:
        """Ask for pictures of the size that fits all, and hand them to their views."""
        # Tiles differ by a column at most, where those of the screen do not divide evenly.
        for view in views:
            view.look()
        asked = [(view, view.wanted) for view in views]
        sizes = [one.size for _, one in asked] + [self._link.largest_thumbnail]
        width, height = (min(sides) for sides in zip(*sizes, strict=True))
        known = {view.unique_id: view.known for view in views}
        regions = {view.unique_id: one.region for view, one in asked if one.region}
        figures = [view.unique_id for view, one in asked if one.figures]
        saturated = [view.unique_id for view, one in asked if one.saturated]
        try:
            thumbnails = await self._link.thumbnails(
                known, width, height, regions, figures=figures, saturated=saturated
            )
        except Unanswered as why:
            for view in views:
                view.draw(str(why))  # What is shown is old.
            return
        for view, wanted in asked:
            for one in thumbnails:
                # While the answer was under way, another camera or size may have been chosen.
                if one["unique_id"] == view.unique_id and view.wanted.size == wanted.size:
                    view.show(one, wanted)


SHAPE = 4 / 3
"""Width to height of the images that tiles are made for; others fit in too."""

MIN_WIDTH, MIN_HEIGHT = 18, 7
"""Of a tile, terminal columns and rows; where that does not fit, the tiles scroll."""

GUTTER = 1
"""Columns between two tiles."""


def arrange(count: int, width: int, height: int) -> tuple[int, int]:
    """Choose how many tiles beside each other, and rows of a tile, make the largest pictures.

    Width and height are the screen's, in terminal columns and rows; there is one tile at least.
    """
    widest = max(1, min(count, (width + GUTTER) // (MIN_WIDTH + GUTTER)))
    fitting = [one for one in range(1, widest + 1) if height // ceil(count / one) >= MIN_HEIGHT]
    if not fitting:
        return widest, MIN_HEIGHT

    def picture_width(columns: int) -> float:
        tile_width = (width + GUTTER) // columns - GUTTER
        tile_height = height // ceil(count / columns)
        # A row of cells is two pixels high; one row is the line above the picture.
        return min(tile_width, 2 * (tile_height - 1) * SHAPE)

    best = max(fitting, key=picture_width)
    return best, height // ceil(count / best)


def tile_lines(camera: CameraStatus, width: int, *, cursor: bool) -> list[Line]:
    """Write the line above a camera's picture: its name, its rate or what is wrong, its plug."""
    capturing = state_word(camera) == "capturing"
    state, plug = fps_short(camera) if capturing else state_cell(camera), plug_short(camera)
    rest = [cell_len(state.text), cell_len(plug.text)]
    room = width - MARK_WIDTH - sum(rest) - 2 * GAP
    name = name_cell(camera)
    name_width = max(min(cell_len(name.text), room), MIN_NAME_WIDTH)
    base: Base = "cursor" if cursor else "plain"
    # The plug comes first: whatever is cut off at the right, whether images are sent is seen.
    return [tabular([plug, name, state], [rest[1], name_width, rest[0]], base)]


class PictureCaption(LineView):
    """What stands above a picture that fills the terminal."""


def caption_lines(camera: CameraStatus, words: Sequence[str], width: int) -> list[Line]:
    """Write whose picture it is, its rate or what is wrong, its plug, how it is shown, its size.

    Where there is little room the size is left out, then a part of the rate, then of the name.
    """
    capturing = state_word(camera) == "capturing"
    state, short = (fps_cell(camera), fps_short(camera)) if capturing else [state_cell(camera)] * 2
    size, shown = Cell(f"{camera['width']}x{camera['height']}"), list(map(Cell, words))
    plug, name = plug_short(camera), plain(full_name(camera))
    mark = "*" if camera.get("unsaved") else ""  # of settings that are not saved
    name_width = min(cell_len(name), MAX_NAME_WIDTH)
    for rest in ([state, *shown, size], [state, *shown], [short, *shown]):
        room = width - sum(cell_len(cell.text) + GAP for cell in (plug, *rest)) - GAP - len(mark)
        if room >= name_width:
            break
    named = Cell(fit(name, min(name_width, max(room, MIN_NAME_WIDTH))) + mark, "strong")
    blank = Cell(" ")
    return [Line(tuple(part for cell in (plug, named, *rest) for part in (blank, cell, blank)))]


class PictureTile(Vertical):
    """One camera: a line, and its picture."""

    def __init__(self, unique_id: str) -> None:
        super().__init__()
        self.title = LineView()
        self._picture = PictureView()
        self._picture.follow(unique_id)

    def compose(self) -> ComposeResult:
        """Lay out the line and the picture."""
        yield self.title
        yield self._picture


class PictureGrid(VerticalScroll, can_focus=False):
    """A tile a camera, as large as all of them fit; they scroll where they would be too small."""

    class Chosen(Message):
        """The tile under the cursor was clicked twice."""

    def __init__(self, unique_id: str) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()
        self._tiles: dict[str, PictureTile] = {}
        self._at = unique_id
        self._columns = 1

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    def on_mount(self) -> None:
        """Keep the tile under the cursor in sight when tiles were laid out in another way."""
        self.watch(self, "virtual_size", self._bring_into_view, init=False)

    def show_cameras(self, cameras: Sequence[CameraStatus]) -> None:
        """Show these; tiles are rebuilt where they are not those of before."""
        self._cameras = cameras
        unique_ids = [camera["unique_id"] for camera in cameras]
        if unique_ids != list(self._tiles):
            self._tiles = {unique_id: PictureTile(unique_id) for unique_id in unique_ids}
            self.remove_children()
            self.mount_all(self._tiles.values())
            self._arrange()
        self._describe()

    def move_to(self, place: int) -> None:
        """Put the cursor on a tile, the nearest there is, and bring it into view."""
        if self._cameras:
            place = max(0, min(place, len(self._cameras) - 1))
            self._at = self._cameras[place]["unique_id"]
            self._describe()
            self._bring_into_view()

    def _bring_into_view(self) -> None:
        if tile := self._tiles.get(self._at):
            tile.scroll_visible(animate=False)

    def move(self, rows: int) -> None:
        """Move the cursor down, or up where `rows` is negative."""
        self.step(rows * self._columns)

    def step(self, tiles: int) -> None:
        """Move the cursor on, or back where `tiles` is negative; not beyond an end."""
        if 0 <= self._cursor + tiles < len(self._cameras):
            self.move_to(self._cursor + tiles)

    def move_to_last(self) -> None:
        """Put the cursor on the last tile."""
        self.move_to(len(self._cameras) - 1)

    def on_resize(self) -> None:
        """Rearrange the tiles; the one under the cursor stays in sight."""
        self._arrange()
        self.call_after_refresh(self._bring_into_view)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the tile that was clicked; the second click of two chooses it."""
        clicked = event.widget.ancestors_with_self if event.widget else ()
        for place, tile in enumerate(self._tiles.values()):
            if tile in clicked:
                self.move_to(place)
                if event.chain == 2:
                    self.post_message(self.Chosen())

    @property
    def _cursor(self) -> int:
        """The place of the tile under the cursor; the first where its camera is gone."""
        return next(
            (i for i, camera in enumerate(self._cameras) if camera["unique_id"] == self._at), 0
        )

    def _describe(self) -> None:
        for place, camera in enumerate(self._cameras):
            title = self._tiles[camera["unique_id"]].title
            title.show_by(partial(tile_lines, camera, cursor=place == self._cursor))

    def _arrange(self) -> None:
        """Size and place the tiles so that the pictures are largest."""
        if self._tiles:
            # Before it has a size, all of the terminal but the footer.
            size = self.size or Size(self.app.size.width, self.app.size.height - 1)
            self._columns, height = arrange(len(self._tiles), *size)
            self.styles.grid_size_columns = self._columns
            self.styles.grid_rows = str(height)

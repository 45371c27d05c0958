"""The pictures of all cameras, with a cursor on one of them."""

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.geometry import Size
from textual.message import Message

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.tiles import Arrangement, arrange, tile_line
from pmv_tui.tui.widgets.line_view import LineView
from pmv_tui.tui.widgets.picture_view import PictureView


class TileTitle(LineView):
    """The line above a picture."""

    _camera: CameraStatus | None = None
    _cursor = False

    def show_camera(self, camera: CameraStatus, *, cursor: bool) -> None:
        """Describe this one; `cursor` tells whether the cursor is on it."""
        self._camera, self._cursor = camera, cursor
        self.draw()

    def draw(self) -> None:
        """Shorten the name as it fits. See `LineView.draw`."""
        if self._camera:
            self.show([tile_line(self._camera, self.line_width, cursor=self._cursor)])


class PictureTile(Vertical):
    """One camera: a line, and its picture.

    Parameters
    ----------
    unique_id : the camera's.
    """

    class Clicked(Message):
        """The tile was clicked, so often in a row."""

        def __init__(self, tile: "PictureTile", times: int) -> None:
            super().__init__()
            self.tile = tile
            self.times = times

    def __init__(self, unique_id: str) -> None:
        super().__init__()
        self._title = TileTitle()
        self._picture = PictureView()
        self._picture.follow(unique_id)

    def compose(self) -> ComposeResult:
        """Lay out the line and the picture."""
        yield self._title
        yield self._picture

    def show_camera(self, camera: CameraStatus, *, cursor: bool) -> None:
        """Describe the camera; `cursor` tells whether the cursor is on it."""
        self._title.show_camera(camera, cursor=cursor)

    def on_click(self, event: events.Click) -> None:
        """Tell the grid."""
        self.post_message(self.Clicked(self, event.chain))


class PictureGrid(VerticalScroll, can_focus=False):
    """A tile a camera, as large as all of them fit; they scroll where they would be too small.

    Parameters
    ----------
    unique_id : of the camera that the cursor is on at first.
    """

    class Chosen(Message):
        """The tile under the cursor was clicked twice."""

    def __init__(self, unique_id: str) -> None:
        super().__init__()
        self._cameras: Sequence[CameraStatus] = ()
        self._tiles: dict[str, PictureTile] = {}
        self._at = unique_id
        self._arrangement = Arrangement(1, 1)

    @property
    def camera(self) -> CameraStatus | None:
        """The camera under the cursor; None where there is no camera."""
        return self._cameras[self._cursor] if self._cameras else None

    @property
    def columns(self) -> int:
        """Tiles beside each other."""
        return self._arrangement.columns

    def show_cameras(self, cameras: Sequence[CameraStatus]) -> None:
        """Show these; tiles are made anew where they are not those of before."""
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
        """Scroll to the tile under the cursor."""
        if tile := self._tiles.get(self._at):
            tile.scroll_visible(animate=False)

    def move(self, tiles: int) -> None:
        """Move the cursor on, or back where `tiles` is negative; not beyond an end."""
        if 0 <= self._cursor + tiles < len(self._cameras):
            self.move_to(self._cursor + tiles)

    def move_to_last(self) -> None:
        """Put the cursor on the last tile."""
        self.move_to(len(self._cameras) - 1)

    def on_resize(self) -> None:
        """Arrange the tiles anew; the one under the cursor stays in sight."""
        self._arrange()
        self.call_after_refresh(self._bring_into_view)

    @on(PictureTile.Clicked)
    def _clicked(self, clicked: PictureTile.Clicked) -> None:
        """Put the cursor on the tile; the second click of two chooses it."""
        if clicked.tile.is_attached:  # Other cameras may have come since it was clicked.
            self.move_to(list(self._tiles.values()).index(clicked.tile))
            if clicked.times == 2:
                self.post_message(self.Chosen())

    @property
    def _cursor(self) -> int:
        """The place of the tile under the cursor; the first where its camera is gone."""
        return next(
            (i for i, camera in enumerate(self._cameras) if camera["unique_id"] == self._at), 0
        )

    def _describe(self) -> None:
        """Write the lines above the pictures."""
        for place, camera in enumerate(self._cameras):
            tile = self._tiles[camera["unique_id"]]
            tile.show_camera(camera, cursor=place == self._cursor)

    def _arrange(self) -> None:
        """Give the tiles the size and places that make the pictures largest."""
        if self._tiles:
            # Before it has a size, all of the terminal but the footer.
            size = self.size or Size(self.app.size.width, self.app.size.height - 1)
            self._arrangement = arrange(len(self._tiles), *size)
            self.styles.grid_size_columns = self._arrangement.columns
            self.styles.grid_rows = str(self._arrangement.height)

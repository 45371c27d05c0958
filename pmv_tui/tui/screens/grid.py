"""The screen with the pictures of all cameras."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.signal import Signal
from textual.widgets import Static

from pmv_tui.tui.actions import GRID_ACTIONS
from pmv_tui.tui.link import EngineLink
from pmv_tui.tui.screens.steering import SteeringScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import GRID_HELP
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.pictures import PictureGrid
from pmv_tui.wire.status import CameraStatus


class GridScreen(SteeringScreen):
    """A live picture a camera, and the keys that steer the one under the cursor.

    Parameters
    ----------
    unique_id : of the camera that the cursor is on at first.
    state, changed, link : as `SteeringScreen` needs them.
    """

    registry = GRID_ACTIONS
    help_topics = GRID_HELP
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in GRID_ACTIONS]

    def __init__(
        self, unique_id: str, state: RigState, changed: Signal[RigState], link: EngineLink
    ) -> None:
        super().__init__(state, changed, link)
        self._unique_id = unique_id

    def compose(self) -> ComposeResult:
        """Lay out trouble, pictures and footer."""
        yield Static(id="trouble", markup=False)
        yield PictureGrid(self._unique_id)
        yield KeyFooter(self.registry)

    @property
    def grid(self) -> PictureGrid:
        """The pictures."""
        return self.query_one(PictureGrid)

    def target(self) -> CameraStatus | None:
        """Return the camera under the cursor. See `SteeringScreen.target`."""
        return self.grid.camera

    def draw(self, state: RigState) -> None:
        """Draw this state of the rig."""
        self.grid.show_cameras(state.arranged)

    @on(PictureGrid.Chosen)
    def action_open(self) -> None:
        """Open the screen of the camera under the cursor."""
        if camera := self.target():
            self.open_camera(camera)

    def action_move(self, rows: int) -> None:
        """Move the cursor to the row above or below."""
        self.grid.move(rows * self.grid.columns)

    def action_step(self, tiles: int) -> None:
        """Move the cursor to the tile beside it."""
        self.grid.move(tiles)

    def action_first(self) -> None:
        """Put the cursor on the first tile."""
        self.grid.move_to(0)

    def action_last(self) -> None:
        """Put the cursor on the last tile."""
        self.grid.move_to_last()

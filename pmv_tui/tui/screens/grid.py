"""The screen with the pictures of all cameras."""

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from pmv_tui.tui.actions import GRID_ACTIONS
from pmv_tui.tui.screens.steering import SteeringScreen
from pmv_tui.tui.text.help import GRID_HELP
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.pictures import PictureGrid
from pmv_tui.wire.status import CameraStatus


class GridScreen(SteeringScreen):
    """A live picture a camera, and the keys that steer the one under the cursor."""

    registry = GRID_ACTIONS
    help_topics = GRID_HELP
    moved = PictureGrid

    def compose(self) -> ComposeResult:
        """Lay out trouble, whose pictures these are where there are several rigs, and the rest."""
        if self.state.rig:
            yield Static(f" Pictures of {self.state.rig}", classes="screen-title", markup=False)
        yield Static(id="trouble", markup=False)
        yield PictureGrid(self.unique_id)
        yield KeyFooter(self.registry)

    @property
    def grid(self) -> PictureGrid:
        """The pictures."""
        return self.query_one(PictureGrid)

    def target(self) -> CameraStatus | None:
        """Return the camera under the cursor. See `SteeringScreen.target`."""
        return self.grid.camera

    def draw(self) -> None:
        """Draw the rig. See `RigStateScreen.draw`."""
        self.grid.show_cameras(self.state.arranged)

    @on(PictureGrid.Chosen)
    def action_open(self) -> None:
        """Open the screen of the camera under the cursor."""
        if camera := self.target():
            self.open_camera(camera)

    def action_step(self, tiles: int) -> None:
        """Move the cursor to the tile beside it."""
        self.grid.step(tiles)

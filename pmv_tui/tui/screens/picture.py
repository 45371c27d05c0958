"""The screen of one camera's picture, as large as the terminal."""

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from pmv_tui.tui.actions import PICTURE_ACTIONS
from pmv_tui.tui.link import EngineLink
from pmv_tui.tui.screens.trying import TryingScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import PICTURE_HELP
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.figures import FiguresPane
from pmv_tui.tui.widgets.pictures import PictureCaption, PictureView, caption_lines
from pmv_tui.wire.status import CameraStatus

ROOMY = 110
"""Columns of a terminal from which on figures stand beside a picture without being asked for."""


class PictureScreen(TryingScreen):
    """Shows one camera after the other, and the keys that steer the one that is shown."""

    registry = PICTURE_ACTIONS
    help_topics = PICTURE_HELP

    def __init__(self, state: RigState, link: EngineLink, unique_id: str) -> None:
        super().__init__(state, link, unique_id)
        self.log_camera = unique_id

    def compose(self) -> ComposeResult:
        """Lay out caption, trouble, picture, figures beside it, and footer."""
        yield PictureCaption()
        yield Static(id="trouble", markup=False)
        with Horizontal(id="view"):
            yield PictureView()
            yield FiguresPane()
        yield KeyFooter(self.registry)

    def on_resize(self) -> None:
        """Show the figures where they are wanted, or where nobody said so and there is room."""
        self._show_figures()

    @property
    def view(self) -> PictureView:
        """The picture."""
        return self.query_one(PictureView)

    @property
    def figures(self) -> FiguresPane:
        """How it is exposed and focused."""
        return self.query_one(FiguresPane)

    def target(self) -> CameraStatus | None:
        """Return the camera that is shown; None once it is no longer there."""
        return self.state.camera(self.unique_id)

    def draw(self) -> None:
        """Draw the camera; without it, go back."""
        if camera := self.target():
            self.view.follow(self.unique_id, self.state.wishes.viewport(camera))
            self.figures.follow(self.unique_id)
            self._caption()
        else:
            self.leave_without(self.unique_id)

    @on(PictureView.Described)
    def _caption(self) -> None:
        if camera := self.target():
            caption = partial(caption_lines, camera, self.view.words)
            self.query_one(PictureCaption).show_by(caption)

    def action_picture(self) -> None:
        """Go back, at the second click on the picture."""
        self.dismiss()

    def action_move_view(self, across: int, down: int) -> None:
        """Look further to the right and down."""
        if viewport := self.view.viewport:
            viewport.step(across, down, self.view.wanted_size)
            self.pictures.hurry()

    def action_next_camera(self, places: int) -> None:
        """Show the camera so many places further on; after the last one, the first."""
        if not self.asks_first(partial(self._next_camera, places)):
            self._next_camera(places)

    def _next_camera(self, places: int) -> None:
        cameras = [camera["unique_id"] for camera in self.state.arranged]
        if len(cameras) > 1 and self.unique_id in cameras:
            before = self.view.viewport
            place = (cameras.index(self.unique_id) + places) % len(cameras)
            self.unique_id = self.log_camera = cameras[place]
            self.draw()
            if before and (after := self.view.viewport):
                after.contrast, after.saturated = before.contrast, before.saturated
            self.pictures.hurry()
        else:
            self.toast("There is no other camera")

    def action_figures(self) -> None:
        """Show how the picture is exposed and focused, or hide that."""
        if self.has_class("-narrow"):
            self.toast("The terminal is too narrow for figures", severity="warning")
        else:
            self.state.wishes.figures = not self.has_class("-figures")
            self._show_figures()

    def _show_figures(self) -> None:
        wanted = self.state.wishes.figures
        self.set_class(self.app.size.width >= ROOMY if wanted is None else wanted, "-figures")

    @on(FiguresPane.Shown)
    def _ask_for_figures(self) -> None:
        """Have figures computed while they are to be seen, and only then."""
        self.view.measured = self.figures.display
        self.pictures.hurry()

    @on(PictureView.Measured)
    def _measured(self, message: PictureView.Measured) -> None:
        if camera := self.target():
            self.figures.look(camera, message.thumbnail)

    def action_forget_best(self) -> None:
        """Begin anew with the best sharpness."""
        self.figures.forget()

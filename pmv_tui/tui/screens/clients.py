"""The clients of one camera: who receives its images, and who is too slow."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.signal import Signal
from textual.widgets import Static

from pmv_tui.tui.actions import CLIENTS_ACTIONS
from pmv_tui.tui.screens.base import ExplainedScreen
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import CLIENTS_HELP
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.widgets.bars import KeyFooter
from pmv_tui.tui.widgets.tables import ClientView
from pmv_tui.wire.status import CameraStatus, behind


class ClientsScreen(ExplainedScreen[None]):
    """Follows the clients of a camera until one goes back, or it is no longer there.

    Parameters
    ----------
    unique_id : the camera's.
    state : what is known now.
    changed : signals when there is more.
    """

    registry = CLIENTS_ACTIONS
    help_topics = CLIENTS_HELP
    BINDINGS: ClassVar[list[BindingType]] = [action.binding for action in CLIENTS_ACTIONS]

    def __init__(self, unique_id: str, state: RigState, changed: Signal[RigState]) -> None:
        super().__init__()
        self._unique_id = unique_id
        self._state = state
        self._changed = changed

    def compose(self) -> ComposeResult:
        """Lay out a title, trouble, the clients and the footer."""
        yield Static(classes="screen-title", markup=False)
        yield Static(id="trouble", markup=False)
        yield ClientView()
        yield KeyFooter(self.registry)

    def on_mount(self) -> None:
        """Show what is known, and whatever comes."""
        self._changed.subscribe(self, self._show, immediate=True)
        self._show(self._state)

    def _show(self, state: RigState) -> None:
        self.show_trouble(state)
        camera = state.camera(self._unique_id)
        if camera:
            self.query_one(".screen-title", Static).update(f" {_title(camera)}")
            self.query_one(ClientView).show_camera(camera)
        elif self.is_active:
            gone = plain(f"{self._unique_id} is no longer there")
            self.notify(gone, severity="warning", markup=False)
            self.dismiss()

    def action_move(self, rows: int) -> None:
        """Scroll by lines."""
        self.query_one(ClientView).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        view = self.query_one(ClientView)
        view.scroll_relative(y=pages * (view.size.height - view.pinned), animate=False)

    def action_first(self) -> None:
        """Go to the first client."""
        self.query_one(ClientView).scroll_home(animate=False)

    def action_last(self) -> None:
        """Go to the last client."""
        self.query_one(ClientView).scroll_end(animate=False)


def _title(camera: CameraStatus) -> str:
    clients = camera.get("client_list", [])
    slow = len(behind(clients))
    counts = f"{len(clients) or 'none'}{f', {slow} behind' if slow else ''}"
    return f"Clients of {plain(camera['name'])}: {counts}"

"""The first line of the screen: which rig this is, and how its engine does."""

from pmv_tui.tui.lines import Cell, Line, fit
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text import plain, short_path
from pmv_tui.tui.trouble import count_troubles
from pmv_tui.tui.widgets.line_view import LineView


class HeaderLine(LineView):
    """Program, host and config file to the left, the engine to the right."""

    _state: RigState | None = None

    def show_state(self, state: RigState) -> None:
        """Show this state of the rig."""
        self._state = state
        self.draw()

    def draw(self) -> None:
        """Abbreviate the path as it fits. See `LineView.draw`."""
        if self._state:
            self.show([header_line(self._state, self.line_width)])


def header_line(state: RigState, width: int) -> Line:
    """Write the line; the config file's path is abbreviated to what fits."""
    program, engine = Cell(" pmv-tui  ", "strong"), _engine(state)
    troubles = count_troubles(state.cameras)
    trouble = Cell(troubles and f"{troubles}, ", "bad")
    room = width - len(program.text) - len(trouble.text) - len(engine.text) - 2
    if state.snapshot is None:
        return Line((program, Cell(" " * (room + 1)), engine))
    host = plain(state.snapshot["engine"]["host"])
    path = plain(state.snapshot["engine"]["config_path"])
    where = f"{host}  {short_path(path, max(room - len(host) - 2, 0))}"
    return Line((program, Cell(fit(where, max(room, 0)) + " "), trouble, engine))


def _engine(state: RigState) -> Cell:
    """Say in a word or two how the engine does."""
    if state.silence:
        return Cell("engine ended" if state.ended else "no answer", "bad")
    if state.snapshot is None:
        return Cell("connecting", "muted")
    if state.snapshot["engine"]["scanning"]:
        return Cell("scanning", "warning")
    if not state.cameras:
        return Cell("no cameras", "warning")
    plugged = sum(camera["plugged"] for camera in state.cameras)
    operators = len(state.snapshot["engine"]["operators"])
    others = f"{operators} operators, " if operators > 1 else ""
    return Cell(
        f"{others}{plugged} of {len(state.cameras)} plugged", "good" if plugged else "muted"
    )

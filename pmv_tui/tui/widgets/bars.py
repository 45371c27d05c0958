"""The first and the last line of a screen: how the rig does, and which keys there are."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from pmv_tui.tui.actions import Action
from pmv_tui.tui.state import RigState, count_troubles
from pmv_tui.tui.text.columns import has_failed
from pmv_tui.tui.text.lines import Cell, Line, fit, plain, short_path
from pmv_tui.tui.widgets.line_view import LineView


class HeaderLine(LineView):
    """Program, host and config file to the left, the engine to the right."""


def header_lines(state: RigState, width: int) -> list[Line]:
    """Write the line; the config file's path is abbreviated to what fits."""
    program, engine = Cell(" pmv-tui  ", "strong"), _engine(state)
    troubles = count_troubles(state.cameras)
    only_late = troubles and not any(map(has_failed, state.cameras))
    trouble = Cell(troubles and f"{troubles}, ", "warning" if only_late else "bad")
    room = width - len(program.text) - len(trouble.text) - len(engine.text) - 2
    if state.snapshot is None:
        return [Line((program, Cell(" " * (room + 1)), engine))]
    host = plain(state.snapshot["engine"]["host"])
    path = plain(state.snapshot["engine"]["config_path"])
    where = f"{host}  {short_path(path, max(room - len(host) - 2, 0))}"
    return [Line((program, Cell(fit(where, max(room, 0)) + " "), trouble, engine))]


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


ALWAYS = 2
"""How many of the last keys are always shown: those for help and for the way back."""

PALETTE_WIDTH = 12
"""Terminal columns of the palette's key, which stands to the right of the others."""


class KeyFooter(Footer):
    """Leaves out whole keys of a registry where the terminal is narrow, and cuts none off."""

    def __init__(self, registry: Iterable[Action]) -> None:
        super().__init__(compact=True)
        actions = list(registry)
        self._order = {action.method: place for place, action in enumerate(actions)}
        self._first = {action.method for action in actions if action.footer}

    def compose(self) -> ComposeResult:
        """Lay out the keys that fit. See `Footer.compose`."""
        if not self._bindings_ready:
            return
        active = self.screen.active_bindings
        shown: dict[str, ActiveBinding] = {}
        for one in active.values():
            if one.binding.show:
                shown.setdefault(one.binding.action, one)
        keys = [self._key(one) for one in shown.values()]
        keys.sort(key=lambda key: self._order.get(key.action, -1))
        room = self.app.size.width + 1  # Nothing stands behind the blank of the last one.
        first = [key for key in keys if key.action in self._first]
        palette = active.get(self.app.COMMAND_PALETTE_BINDING)
        if not (palette and sum(map(key_width, first)) + PALETTE_WIDTH <= room):
            yield from fitting(first, room)
            return
        others = [key for key in keys if key.action not in self._first]
        room -= PALETTE_WIDTH + sum(map(key_width, first))
        chosen = {*first, *fitting(others, room, always=0)}
        yield from (key for key in keys if key in chosen)
        yield self._key(palette, "-command-palette")

    def _key(self, active: ActiveBinding, classes: str = "") -> FooterKey:
        """Make what shows one key.

        Textual's own footer binds each to an attribute of itself, and so keeps those of all
        earlier layouts for as long as it lives.
        """
        binding = active.binding
        return FooterKey(
            binding.key,
            self.app.get_key_display(binding),
            binding.description,
            binding.action,
            disabled=not active.enabled,
            tooltip=active.tooltip or binding.description,
            classes=classes,
        )

    def on_resize(self) -> None:
        """Choose again for another width."""
        self.call_after_refresh(self.recompose)


def key_width(key: FooterKey) -> int:
    """Count the terminal columns of a key, its description and the blanks behind each."""
    return cell_len(key.key_display) + cell_len(key.description) + 2


def fitting(keys: list[FooterKey], room: int, always: int = ALWAYS) -> Iterable[FooterKey]:
    """Choose the last keys, `always` many, and of the others those for which there is room."""
    first, last = keys[: len(keys) - always], keys[len(keys) - always :]
    room -= sum(map(key_width, last))
    for key in first:
        if key_width(key) <= room:
            room -= key_width(key)
            yield key
    yield from last

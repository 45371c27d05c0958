"""The bases of screens: left once, with a registry of actions, a rig's state, a field to search."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.events import ScreenResume
from textual.geometry import Offset
from textual.notifications import SeverityLevel
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker

from pmv_tui.tui.actions import Action, Registry, key_name, split
from pmv_tui.tui.state import RigState
from pmv_tui.tui.text.help import Topic
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.widgets.fields import SearchField
from pmv_tui.tui.widgets.line_view import CursorView, LineView
from pmv_tui.tui.widgets.pictures import PictureGrid


class PmvScreen(Screen[ScreenResultType]):
    """A screen that is left once, and whose keys are known.

    Textual's own pops whichever screen is on top, as often as it is asked to. What it still works
    on would find its widgets gone: while a screen is removed, they go first.

    Attributes
    ----------
    registry : the screen's actions; its bindings are made from them, and so are palette and help.
    help_topics : what its help explains besides the keys; None where it has no help.
    """

    registry: ClassVar[Registry] = ()
    help_topics: ClassVar[tuple[Topic, ...] | None] = None
    _owed: tuple[ScreenResultType | None] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Bind the keys of the registry."""
        if "registry" in vars(cls):
            cls.BINDINGS = [action.binding for action in cls.registry]
        super().__init_subclass__(**options)

    @property
    def is_left(self) -> bool:
        """Whether this screen is no longer there, not even below another one."""
        return self not in self.app.screen_stack

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key act before this screen has its widgets, or once it is left.

        A key is passed on to the screen that was on top when it came. See `DOMNode.check_action`.
        """
        return self.is_mounted and not self.is_left and super().check_action(action, parameters)

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """Return what lies at a cell, unless it has been removed since the last layout.

        A click begins to select text there, for which Textual asks the widget's parent. See
        `Screen.get_widget_and_offset_at`.
        """
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget and widget.is_attached else (None, None)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave this screen, or as soon as nothing covers it any more. See `Screen.dismiss`."""
        if not self.is_active:
            self._owed = (result,)
            return AwaitComplete()
        self._owed = None
        self.workers.cancel_node(self)
        return super().dismiss(result)

    @on(ScreenResume)
    def _leave_late(self) -> None:
        """Leave where something asked for it while another screen covered this one."""
        if self._owed:
            self.dismiss(*self._owed)

    def asks_first(self, then: Callable[[], object]) -> bool:  # noqa: ARG002 - most have nothing
        """Ask about what is not saved here, before something is done; False where nothing is.

        Parameters
        ----------
        then : does it, once that is decided.
        """
        return False

    def go_on(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do work that is to be done to its end even where this screen is left meanwhile."""
        _: Worker[None] = self.app.run_worker(work)

    def while_here(self, work: Callable[[], Coroutine[None, None, None]], group: str = "") -> None:
        """Do work until this screen is left; of a group that has a name only what came last.

        The worker begins it: one that is cancelled at once would leave a coroutine behind.
        """
        named = bool(group)
        _: Worker[None] = self.run_worker(work, group=group or "default", exclusive=named)

    async def run_from_palette(self, action: Action) -> None:
        """Do what was chosen in the palette, unless this screen is left by now."""
        if self.is_active:
            await self.run_action(action.method)

    def key_of(self, action: Action) -> str:
        """Return the first key that an action has now, as people read it."""
        active = self.active_bindings.items()
        keys = [key for key, one in active if one.binding.id == action.id]
        return key_name(keys[0] if keys else split(action.keys)[0])

    def toast(self, *lines: str, severity: SeverityLevel = "information") -> None:
        """Show lines for a moment; never read as markup."""
        self.notify("\n".join(map(plain, lines)), severity=severity, markup=False)


class RigStateScreen(PmvScreen[ScreenResultType]):
    """Draws the rig's state, now and whenever there is more.

    Parameters
    ----------
    state : the app's.

    Attributes
    ----------
    moved : what the cursor's keys move; what has no cursor is scrolled.
    paged : what is scrolled by pages.
    """

    moved: ClassVar[type[LineView | PictureGrid]] = CursorView
    paged: ClassVar[type[LineView]] = LineView

    def __init__(self, state: RigState) -> None:
        super().__init__()
        self.state = state

    def draw(self) -> None:
        """Draw the state as it is now."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Draw what is known, and whatever comes."""
        self.state.changed.subscribe(self, self._draw, immediate=True)
        self._draw(self.state)

    @property
    def banner(self) -> str:
        """What is wrong with the engine; empty where all is well."""
        return self.state.trouble

    @property
    def is_covered(self) -> bool:
        """Whether another screen, and not a dialog alone, lies over this one."""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        return not all(screen.is_modal for screen in above)

    @on(ScreenResume)
    def _draw_late(self) -> None:
        """Draw what came while another screen covered this one."""
        if self.is_mounted:
            self._draw(self.state)

    def _draw(self, _: RigState) -> None:
        """Draw, and say in the banner, where there is one, what is wrong with the engine.

        Not while another screen covers this one: for each change below it Textual would send all of
        that one again.
        """
        if self.is_covered:
            return
        trouble = plain(self.banner)
        for banner in self.query("#trouble").results(Static):
            if banner.display != bool(trouble) or banner.content != trouble:
                banner.update(trouble)
                banner.display = bool(trouble)
        self.draw()

    def entitle(self, title: str) -> None:
        """Head this screen; the same again is not laid out again, nor sent to the terminal."""
        heading = self.query_one(".screen-title", Static)
        if heading.content != title:
            heading.update(title)

    def leave_without(self, unique_id: str) -> None:
        """Leave, as the camera that this screen is about is no longer there."""
        if self.is_active:
            self.toast(f"{unique_id} is no longer there", severity="warning")
            self.dismiss()

    def action_move(self, rows: int) -> None:
        """Move the cursor, or scroll by lines."""
        self.query_one(self.moved).move(rows)

    def action_first(self) -> None:
        """Go to the first row."""
        self.query_one(self.moved).move_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.query_one(self.moved).move_to_last()

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        view = self.query_one(self.paged)
        rows = pages * (view.size.height - view.pinned)
        view.scroll_relative(y=rows, animate=False)


class SearchedScreen(PmvScreen[ScreenResultType]):
    """Has one `SearchField`; enter keeps the text in it, and gives the keys back to the screen."""

    AUTO_FOCUS = ""

    @property
    def search(self) -> SearchField:
        """The field."""
        return self.query_one(SearchField)

    def show_only(self, text: str) -> None:
        """Show what has a text in it; everything where it is empty."""
        raise NotImplementedError

    def action_search(self) -> None:
        """Ask for a text."""
        self.search.open()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a / that is typed into the field stand there. See `DOMNode.check_action`."""
        if action == "search" and any(field.display for field in self.query(SearchField)):
            return False
        return super().check_action(action, parameters)

    def clear_search(self) -> None:
        """Show everything again."""
        self.search.clear()
        self.refresh_bindings()
        self.show_only("")

    @on(Input.Changed)
    def _search_changed(self, message: Input.Changed) -> None:
        """Show what has the text as it is typed."""
        self.show_only(message.value)

    @on(Input.Submitted)
    def _keep_search(self) -> None:
        self.search.keep()
        self.refresh_bindings()

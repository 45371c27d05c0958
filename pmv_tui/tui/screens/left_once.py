"""The base of every screen: it is left once, and what it has under way ends with it."""

from collections.abc import Callable, Coroutine

from textual import on
from textual.await_complete import AwaitComplete
from textual.events import ScreenResume
from textual.screen import Screen, ScreenResultType
from textual.worker import Worker


class LeftOnce(Screen[ScreenResultType]):
    """Textual's own pops whichever screen is on top, as often as it is asked to.

    What it still works on would find its widgets gone: while a screen is removed, they go first.
    """

    _owed: tuple[ScreenResultType | None] | None = None

    @property
    def is_left(self) -> bool:
        """Whether this screen is no longer there, not even below another one."""
        return self not in self.app.screen_stack

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key act before this screen has its widgets, or once it is left.

        A key is passed on to the screen that was on top when it came. See `DOMNode.check_action`.
        """
        return self.is_mounted and not self.is_left and super().check_action(action, parameters)

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

    def go_on(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Do work that is to be done to its end even where this screen is left meanwhile."""
        _: Worker[None] = self.app.run_worker(work)

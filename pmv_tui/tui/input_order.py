"""Has keys, clicks and pastes carried out one after the other, however fast they come."""

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App, ScreenStackError
from textual.errors import NoWidget
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from pmv_tui.tui.widgets.field import Field

PERIOD = 0.5
"""Seconds between two looks at whether the widget that an input went to is gone with its screen."""

PATIENCE = 20
"""Looks after which an input is not waited for in any case."""

Input = events.InputEvent | events.Paste


class Passed(Message, verbose=True):
    """Follows an input through the same queues; it reaches the app when they have been passed.

    Parameters
    ----------
    number : of the input.
    screen : the one on top when this was sent.
    last : whether the input's own handlers have been passed before.
    """

    def __init__(self, number: int, screen: Screen[Any], *, last: bool) -> None:
        super().__init__()
        self._sender = None  # What the app itself sends does not bubble up to it.
        self.number = number
        self.screen = screen
        self.last = last


class InputOrder:
    """Sends an input on when the one before it is done: the focus moved, a screen opened or left.

    Textual sends each at once to the widget that has the focus. What is typed fast, or arrives at
    once over a slow line, would go to the field before, or to a screen that is leaving.

    Parameters
    ----------
    app : whose inputs they are.
    send : sends one to the widget that it is for.
    """

    def __init__(self, app: App[Any], send: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._send = send
        self._waiting: deque[Input] = deque()
        self._number = 0
        self._under_way = False
        self._goal: Widget | None = None
        self._timer: Timer | None = None
        self._looks = 0
        self._typed_into: Field | None = None

    async def take(self, event: Input) -> None:
        """Send an input on, now or when its turn has come."""
        if not self._under_way or (not self._waiting and self._joins(event)):
            await self._begin(event)
            return
        newest = self._waiting[-1] if self._waiting else None
        if isinstance(event, events.MouseMove) and isinstance(newest, events.MouseMove):
            self._waiting.pop()  # The newest place is what counts.
        self._waiting.append(event)
        if self._timer is None:
            self._timer = self._app.set_interval(PERIOD, self._look)

    async def go_on(self, passed: Passed) -> None:
        """Send the next input on, where this one is done: passed twice, on the same screen."""
        if passed.number != self._number:
            return
        with suppress(ScreenStackError):  # The app is leaving.
            if passed.last and passed.screen is self._app.screen:
                await self._next(passed.number)
            else:
                # What its handlers posted is behind it, and a new screen has yet to open.
                self._goal = self._app.focused or self._app.screen
                self._follow(self._goal, last=True)

    async def _begin(self, event: Input) -> None:
        self._number += 1
        self._under_way = True
        self._looks = 0
        self._goal = goal = self._goal_of(event)
        self._typed_into = _typed_into(goal, event)
        await self._send(event)
        self._follow(goal, last=False)

    def _follow(self, goal: MessagePump, *, last: bool) -> None:
        passed = Passed(self._number, self._app.screen, last=last)
        if not goal.post_message(passed):
            self._app.post_message(passed)

    def _joins(self, event: Input) -> bool:
        """Tell whether an input is typed into the same field as the one before: need not wait."""
        field = self._typed_into
        return field is not None and _typed_into(self._app.focused, event) is field

    def _goal_of(self, event: Input) -> Widget:
        """Find the widget that an input is for."""
        if isinstance(event, events.MouseEvent):
            with suppress(NoWidget):
                return self._app.mouse_captured or self._app.get_widget_at(event.x, event.y)[0]
        return self._app.focused or self._app.screen

    async def _look(self) -> None:
        """Wait for the input that is under way only as long as it may be carried out."""
        self._looks += 1
        gone = self._goal is None or not self._goal.is_attached
        if self._waiting and (gone or self._looks > PATIENCE):
            await self._next(self._number)
        elif not self._waiting and self._timer:
            self._timer.stop()
            self._timer = None

    async def _next(self, number: int) -> None:
        """Begin the next input, where this one is still the one that is under way."""
        if number == self._number and self._under_way:
            self._under_way = False
            if self._waiting:
                await self._begin(self._waiting.popleft())


def _typed_into(goal: MessagePump | None, event: Input) -> Field | None:
    """Give the field that carries an input out by itself, where one does."""
    if isinstance(goal, Field) and isinstance(event, events.Key) and goal.keeps(event):
        return goal
    return None

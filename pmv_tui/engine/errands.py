"""Commands that need something which may block: they wait beside the main thread, and go on in it.

Such a command is a coroutine. Where it awaits an `Errand`, it is set aside until that is done, and
the main thread serves the cameras, the control socket and signals meanwhile.
"""

import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

TURNS_AT_ONCE = 8
"""Cameras that are dealt with before everybody else is served; of very many, each takes some ten
milliseconds."""

Steps = Coroutine["Errand[Any]", Any, Value]
"""A command that is carried out in steps; between two of them it waits for an errand."""


class Overdue(Exception):  # noqa: N818 - a state, reported as it is
    """An errand was not done in time; it is given up, though it may still be under way."""


@dataclass(frozen=True, slots=True)
class Errand(Generic[Value]):
    """What a command waits for.

    Parameters
    ----------
    future : is done in another thread.
    limit : seconds after which it is given up.
    """

    future: "Future[Value]"
    limit: float

    def __await__(self) -> Generator["Errand[Value]", Value, Value]:
        """Wait; raises `Overdue` when the limit has passed."""
        return (yield self)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A command that waits for an errand until `deadline` (monotonic, s)."""

    steps: Steps[Any]
    outcome: "Future[Any]"
    errand: Errand[Any]
    deadline: float
    context: Context


class Errands:
    """Carries commands on. Used by the main thread.

    Parameters
    ----------
    wake : called from other threads when a command can go on.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: list[_Waiting] = []
        self._turns: deque[Future[None]] = deque()

    def begin(self, steps: Steps[Value]) -> "Future[Value]":
        """Carry a command out as far as it goes now; its context variables stay its own.

        Returns
        -------
        Its result, sooner or later; callbacks are called in the main thread.
        """
        outcome: Future[Value] = Future()
        self._go(steps, outcome, None, copy_context())
        return outcome

    def turn(self) -> Errand[None]:
        """Wait for a turn: between two of them the main thread serves everybody else.

        So a command for many cameras holds up nobody for longer than one of them takes.
        """
        turn: Future[None] = Future()
        self._turns.append(turn)
        self._wake()
        return Errand(turn, inf)

    def go_on(self) -> None:
        """Carry on with the commands whose errands are done, or overdue, and whose turn it is."""
        for _ in range(min(TURNS_AT_ONCE, len(self._turns))):
            self._turns.popleft().set_result(None)
        if self._turns:
            self._wake()
        now = time.monotonic()
        for each in self._waiting.copy():
            if each.errand.future.done() or now >= each.deadline:
                self._waiting.remove(each)
                self._go(each.steps, each.outcome, each.errand, each.context)

    def until_due(self, longest: float) -> float:
        """Return the seconds until a limit passes; at most `longest`."""
        due = min((each.deadline for each in self._waiting), default=inf)
        return max(0.0, min(longest, due - time.monotonic()))

    def _go(
        self,
        steps: Steps[Any],
        outcome: "Future[Any]",
        awaited: Errand[Any] | None,
        context: Context,
    ) -> None:
        """Carry a command on, past what it waited for, up to what it has to wait for."""
        try:
            errand = context.run(_past, steps, awaited)
            while errand.future.done():
                errand = context.run(_past, steps, errand)
        except StopIteration as end:
            outcome.set_result(end.value)
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            outcome.set_exception(error)
        else:
            deadline = time.monotonic() + errand.limit
            self._waiting.append(_Waiting(steps, outcome, errand, deadline, context))
            errand.future.add_done_callback(lambda _: self._wake())


def _past(steps: Steps[Any], awaited: Errand[Any] | None) -> Errand[Any]:
    """Carry a command on to its next errand; ends with StopIteration where there is none."""
    if awaited is None:
        return steps.send(None)
    if not awaited.future.done():
        awaited.future.cancel()
        return steps.throw(Overdue())
    if error := awaited.future.exception():
        return steps.throw(error)
    return steps.send(awaited.future.result())

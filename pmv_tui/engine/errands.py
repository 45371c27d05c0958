"""Commands that need something which may block: they wait beside the main thread, and go on in it.

Such a command is a coroutine. Where it awaits an `Errand`, it is set aside until that is done, and
the main thread serves the cameras, the control socket and signals meanwhile.
"""

import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

TURNS_AT_ONCE = 8
"""Cameras that are dealt with before everybody else is served; of very many, each takes some ten
milliseconds."""

DISK_LIMIT = 2.0
"""Seconds that a disk is given."""

Steps = Coroutine["Errand[Any]", Any, Value]
"""A command that is carried out in steps; between two of them it waits for an errand."""


class Overdue(Exception):  # noqa: N818 - a state, reported as it is
    """An errand was not done in time; it is given up, though it may still be under way."""


def silent_disk(path: Path) -> str:
    """Say that the disk of a file or folder does not answer, and what to do."""
    return (
        f"the disk of {path} did not answer within {DISK_LIMIT:g} s; see that it is mounted and "
        "its server runs, then try again"
    )


@dataclass(frozen=True, slots=True)
class Errand(Generic[Value]):
    """What a command waits for: a future of another thread, given up after `limit` seconds."""

    future: "Future[Value]"
    limit: float

    def __await__(self) -> Generator["Errand[Value]", Value, Value]:
        """Wait; raises `Overdue` when the limit has passed."""
        return (yield self)


@dataclass(slots=True, eq=False)
class _Command:
    """A command that waits for an errand until `deadline` (monotonic, s)."""

    steps: Steps[Any]
    outcome: "Future[Any]"
    errand: Errand[Any]
    deadline: float = inf
    context: Context = field(default_factory=copy_context)


class Errands:
    """Carries commands on, in the main thread; `wake` is called when a command can go on."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: list[_Command] = []
        self._turns: deque[Future[None]] = deque()

    def begin(self, steps: Steps[Value]) -> "Future[Value]":
        """Carry a command out as far as it goes now; its context variables stay its own.

        Callbacks of the future that gets its result are called in the main thread.
        """
        nothing: Future[None] = Future()
        nothing.set_result(None)
        outcome: Future[Value] = Future()
        self._go(_Command(steps, outcome, Errand(nothing, inf)))
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
                self._go(each)

    def until_due(self, longest: float) -> float:
        """Return the seconds until a limit passes; at most `longest`."""
        due = min((each.deadline for each in self._waiting), default=inf)
        return max(0.0, min(longest, due - time.monotonic()))

    def _go(self, command: _Command) -> None:
        """Carry a command on, past what it waited for, up to what it has to wait for."""
        try:
            command.errand = command.context.run(_past, command)
            while command.errand.future.done():
                command.errand = command.context.run(_past, command)
        except StopIteration as end:
            command.outcome.set_result(end.value)
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            command.outcome.set_exception(error)
        else:
            command.deadline = time.monotonic() + command.errand.limit
            self._waiting.append(command)
            command.errand.future.add_done_callback(lambda _: self._wake())


def _past(command: _Command) -> Errand[Any]:
    """Carry a command on to its next errand; ends with StopIteration where there is none."""
    awaited = command.errand.future
    if not awaited.done():
        awaited.cancel()
        return command.steps.throw(Overdue())
    if error := awaited.exception():
        return command.steps.throw(error)
    return command.steps.send(awaited.result())

"""What a fault is, and how one is written down."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.faults.rig import FaultRig

Injection = Callable[[FaultRig], AbstractContextManager[str]]
"""Entering it brings a fault about and gives the words in which the program reports it; leaving it
takes the fault away again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong on rigs.

    Parameters
    ----------
    name : in words, for the table.
    inject : brings it about. It fails where the program does not report it.
    troubles : names of the cameras whose own streams it may break.
    """

    name: str
    inject: Injection
    troubles: frozenset[str]


def fault(
    name: str, *, troubles: Iterable[str] = ()
) -> Callable[[Callable[[FaultRig], Iterator[str]]], Fault]:
    """Make a fault of a generator, which yields the words reported while the fault holds.

    Parameters
    ----------
    name, troubles : see `Fault`.
    """

    def make(steps: Callable[[FaultRig], Iterator[str]]) -> Fault:
        return Fault(name, contextmanager(steps), frozenset(troubles))

    return make

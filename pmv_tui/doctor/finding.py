"""What a check of the doctor's tells."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pmv_tui.doctor.examined import Examined

Level = Literal["ok", "note", "warning", "error"]
"""`ok`: as it should be. `note`: good to know. `warning`: may bite. `error`: breaks a run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    found : what is so, in words.
    remedy : what to do about it; empty where nothing need be done.
    check : the name of the check that found it.
    """

    level: Level
    found: str
    remedy: str = ""
    check: str = ""


Check = Callable[["Examined"], Iterable[Finding]]
"""Looks at one topic; it is called what its module is."""


def ok(found: str) -> Finding:
    """Tell what is as it should be."""
    return Finding("ok", found)


def note(found: str, remedy: str = "") -> Finding:
    """Tell what is good to know."""
    return Finding("note", found, remedy)


def warning(found: str, remedy: str) -> Finding:
    """Tell what may bite, and what to do."""
    return Finding("warning", found, remedy)


def error(found: str, remedy: str) -> Finding:
    """Tell what breaks a run, and what to do."""
    return Finding("error", found, remedy)

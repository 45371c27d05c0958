"""The table of faults, row by row as they are tried, in Markdown."""

import re

from tests.faults.fault import Fault
from tests.faults.rig import Usage
from tests.faults.trial import Outcome

WIDTHS = (44, 70, 4, 7, 8, 20)

HEADS = ("fault", "what is reported", "lost", "skipped", "recovery", "memory, fds, threads")

FOLDERS = r"(?<![:/])/\S+/"
"""Of a path: those of a rig are others each time."""

TOLD = 90
"""Characters of what is reported that are shown."""


def head() -> str:
    """Return the first two lines."""
    return f"{_row(HEADS)}\n{_row(tuple('-' * width for width in WIDTHS))}"


def row(fault: Fault, outcome: Outcome) -> str:
    """Return the line of a fault that was tried."""
    more = difference(outcome.before, outcome.after)
    seconds = f"{outcome.recovery:.1f} s"
    lost = ", ".join(f"{name} {count}" for name, count in outcome.lost.items()) or "0"
    return _row((fault.name, _short(outcome.report), lost, outcome.skipped, seconds, more))


def difference(before: Usage, after: Usage) -> str:
    """Return what an engine takes more than before."""
    return (
        f"{(after.memory - before.memory) / 1e6:+.1f} MB, "
        f"{after.descriptors - before.descriptors:+d}, {after.threads - before.threads:+d}"
    )


def row_without(fault: Fault, why: str) -> str:
    """Return the line of a fault that was not brought about, or not survived."""
    return _row((fault.name, _short(why), "", "", "", ""))


def _short(text: str) -> str:
    line = re.sub(FOLDERS, "…/", " ".join(text.split()).replace("|", "/"))
    return line if len(line) <= TOLD else f"{line[: TOLD - 1]}…"


def _row(cells: tuple[object, ...]) -> str:
    padded = (f"{cell!s:{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return f"| {' | '.join(padded)} |"

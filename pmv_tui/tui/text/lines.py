"""Lines of coloured cells: what every table and panel is drawn from."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size

from pmv_tui.untrusted import printable


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Make one line of printable characters of a text that may contain anything.

    What is taken out, and why: `printable`.
    """
    return " ".join(printable(text, " ").split())


MOST_NAMED = 8
"""Of many things of one kind, so many are named."""


def first_few(words: Sequence[str], most: int = MOST_NAMED) -> list[str]:
    """Return the first of many words, made fit to be shown, and how many more there are."""
    left = len(words) - most
    return [*map(plain, words[:most]), *([f"… and {left} more"] if left > 0 else [])]


OLD = 3.0
"""Seconds after which what is shown is called old."""


def age_text(age: float | None, least: float = OLD) -> str:
    """Say how old something is, in seconds; nothing where it is not older than `least`."""
    if age is None or age <= least:
        return ""
    if age < 60:
        return f"{age:.0f} s old"
    minutes = int(age // 60)
    return f"{minutes} min old" if minutes < 120 else f"{minutes // 60} h old"


def short_path(path: str, width: int) -> str:
    """Abbreviate a path: the home folder as `~`, then its first folders left out.

    The last part is kept whole even where it alone is longer.
    """
    with suppress(RuntimeError):  # not every user has a home folder
        home = str(Path.home())
        if path.startswith(f"{home}/"):
            path = f"~{path.removeprefix(home)}"
    parts = path.split("/")
    while len(path) > width and len(parts) > 1:
        parts.pop(0)
        path = "/".join(["…", *parts])
    return path


Tone = Literal["plain", "strong", "good", "warning", "bad", "muted"]
"""What a colour says; which colour that is depends on the theme."""

Base = Literal["plain", "title", "cursor"]
"""What a whole line is."""


class Cell(NamedTuple):
    """A piece of a line in one colour."""

    text: str
    tone: Tone = "plain"


class Line(NamedTuple):
    """One line of the screen."""

    cells: tuple[Cell, ...] = ()
    base: Base = "plain"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Pad or shorten a text to a width in terminal columns; an ellipsis marks what is cut."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


MARK_WIDTH = 2
"""Columns of the marks before a row: of the cursor, and of those that keys act on."""

GAP = 2
"""Columns between two columns."""


def tabular(
    cells: Sequence[Cell],
    widths: Sequence[int],
    base: Base = "plain",
    right: Sequence[bool] = (),
    *,
    marked: bool = False,
) -> Line:
    """Set cells side by side, as a row of a table; `>` stands before the row under the cursor.

    Parameters
    ----------
    right : whether each is aligned to the right, as counts are; empty where none is.
    marked : whether the row is one of those that keys act on.
    """
    padded = [
        Cell(fit(cell.text, width, right=to_right) + " " * GAP, cell.tone)
        for cell, width, to_right in zip(cells, widths, right or [False] * len(cells), strict=True)
    ]
    mark = (">" if base == "cursor" else " ") + ("*" if marked else " ")
    return Line((Cell(mark, "strong" if marked else "plain"), *padded), base)


def row_width(widths: Sequence[int]) -> int:
    """Add up what `tabular` makes of these: cells, the gaps between them, and the marks."""
    return MARK_WIDTH + sum(widths) + GAP * (len(widths) - 1)


def changed_spans(old: Line, new: Line) -> list[tuple[int, int]] | None:
    """Find the parts of a line to redraw.

    Returns
    -------
    (first column, columns) of each cell that changed; None where the whole line is to be drawn.
    """
    widths = [cell_len(cell.text) for cell in new.cells]
    if old.base != new.base or widths != [cell_len(cell.text) for cell in old.cells]:
        return None
    starts = accumulate(widths, initial=0)
    places = zip(old.cells, new.cells, starts, widths, strict=False)
    return [(start, width) for before, after, start, width in places if before != after]


def wrap(text: str, width: int) -> list[str]:
    """Break a text into rows of a width; at least one row, and never of fewer than 10 columns."""
    width = max(width, 10)
    rows: list[str] = []
    for word in re.findall(r"\s*\S+", text):
        if rows and cell_len(rows[-1] + word) <= width:
            rows[-1] += word
        else:
            rows += chop_cells(word.lstrip(), width)
    return rows or [""]


def indented(rows: Iterable[str], columns: int, tone: Tone = "plain") -> list[Line]:
    """Write rows that go on below a text, not below what stands before it."""
    return [Line((Cell(" " * columns), Cell(row, tone))) for row in rows]


LABEL_WIDTH = 10
"""Columns of the label that stands before a text."""


def labelled_lines(rows: Iterable[tuple[str, Cell]], width: int) -> list[Line]:
    """Write labels and the texts beside them, on as many lines as each needs; none for no text."""
    lines: list[Line] = []
    for label, (text, tone) in rows:
        if text:
            first, *rest = wrap(text, width - LABEL_WIDTH)
            lines.append(Line((Cell(fit(label, LABEL_WIDTH), "muted"), Cell(first, tone))))
            lines += indented(rest, LABEL_WIDTH, tone)
    return lines

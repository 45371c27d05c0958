"""A camera's settings as rows of a table: wanted, actual, allowed, and how a change is made."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from pmv_tui.control.messages import SettingStatus
from pmv_tui.tui.lines import GAP, MARK_WIDTH, Base, Cell, Line, tabular, wrap
from pmv_tui.tui.setting_values import (
    allowed,
    deviation,
    is_absent,
    is_editable,
    show_value,
    why_fixed,
)
from pmv_tui.tui.text import plain

MAX_VALUE_WIDTH = 20
MIN_ALLOWED_WIDTH = 8

FIRST_COLUMNS = 3
"""Columns that are never left out: the setting, wanted and actual."""


class SettingColumn(NamedTuple):
    """One column: its heading, a sentence for the help screen, and a shorter heading."""

    title: str
    meaning: str
    short: str = ""


SETTING_COLUMNS = (
    SettingColumn("setting", "Its key in the config file."),
    SettingColumn("requested", "What the config file says; - leaves it to the camera.", "request"),
    SettingColumn(
        "actual",
        "What the camera reports; ▲ marks what differs from the requested value, the reason below.",
    ),
    SettingColumn(
        "allowed",
        "What the camera allows now, with the unit; ranges depend on the other settings. Grey: "
        "not on this camera.",
    ),
    SettingColumn(
        "change",
        "Whether a change is live or restarts the camera's stream; fixed: no other choice.",
    ),
)


def setting_rows(
    settings: Sequence[SettingStatus], cursor: int, width: int
) -> tuple[Line, list[list[Line]]]:
    """Write the headings, and of each setting its row and, below it, what the camera changed.

    Parameters
    ----------
    cursor : the row under the cursor; -1 where it is on none.
    width : of the table, terminal columns; what does not fit is shortened, then left out.
    """
    titles = [Cell(column.title) for column in SETTING_COLUMNS]
    rows = [_cells(setting) for setting in settings]
    widths = _widths([titles, *rows])
    if _total(widths) > width:
        titles = [Cell(column.short or column.title) for column in SETTING_COLUMNS]
        rows = [_cells(setting, short=True) for setting in settings]
        widths = _fitted(_widths([titles, *rows]), width)
    lines = [
        [
            _row(setting, cells, widths, "cursor" if row == cursor else "plain"),
            *_deviation_lines(setting, widths[0], width),
        ]
        for row, (cells, setting) in enumerate(zip(rows, settings, strict=True))
    ]
    return tabular(titles[: len(widths)], widths, "title"), lines


def _row(setting: SettingStatus, cells: list[Cell], widths: list[int], base: Base) -> Line:
    """Set the cells side by side; why there is no such setting may take the last two columns."""
    if is_absent(setting) and len(widths) > FIRST_COLUMNS:
        first, last = widths[:FIRST_COLUMNS], widths[FIRST_COLUMNS:]
        span = sum(last) + GAP * (len(last) - 1)
        return tabular(cells[: FIRST_COLUMNS + 1], [*first, span], base)
    return tabular(cells[: len(widths)], widths, base)


def _cells(setting: SettingStatus, *, short: bool = False) -> list[Cell]:
    """Write what each column shows of a setting."""
    name, wanted = Cell(plain(setting["name"])), Cell(show_value(setting["wanted"]))
    if is_absent(setting):
        return [name, wanted, Cell("-", "muted"), Cell(why_fixed(setting), "muted"), Cell("")]
    if deviation(setting):
        actual = Cell(f"▲ {show_value(setting['actual'])}", "warning")
    else:
        actual = Cell(show_value(setting["actual"]))
    if not is_editable(setting):
        return [name, wanted, actual, Cell(allowed(setting), "muted"), Cell("fixed", "muted")]
    restarts = "restarts" if short else "restarts the stream"
    change = Cell("live" if setting["live"] else restarts)
    return [name, wanted, actual, Cell(allowed(setting)), change]


def _deviation_lines(setting: SettingStatus, indent: int, width: int) -> list[Line]:
    """Say below a row why the camera does not have what was wanted."""
    why = deviation(setting)
    if not why:
        return []
    left = MARK_WIDTH + indent + GAP
    text = f"▲ not {show_value(setting['wanted'])}: {why}"
    return [Line((Cell(" " * left), Cell(row, "warning"))) for row in wrap(text, width - left)]


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Give each column the width of its widest cell."""
    name, *values, allowed_width, change = (
        max(cell_len(cell.text) for cell in column) for column in zip(*rows, strict=True)
    )
    return [name, *(min(value, MAX_VALUE_WIDTH) for value in values), allowed_width, change]


def _fitted(widths: list[int], width: int) -> list[int]:
    """Shorten the allowed range; where too little of it is left, leave out the last columns."""
    *first, allowed_width, change = widths
    excess = max(_total(widths) - width, 0)
    if allowed_width - excess >= MIN_ALLOWED_WIDTH:
        return [*first, allowed_width - excess, change]
    room = width - _total(first) - GAP
    return [*first, min(allowed_width, room)] if room >= MIN_ALLOWED_WIDTH else first


def _total(widths: Sequence[int]) -> int:
    """Add up the width of columns, gaps and the cursor's mark."""
    return MARK_WIDTH + sum(widths) + GAP * (len(widths) - 1)

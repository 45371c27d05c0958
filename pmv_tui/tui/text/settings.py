"""A camera's settings: their values as people write them, and as rows of a table."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from rich.cells import cell_len

from pmv_tui.config import OPTIONAL
from pmv_tui.config.values import not_saved_text, short, span, whole
from pmv_tui.tui.text.lines import (
    GAP,
    MARK_WIDTH,
    Base,
    Cell,
    Line,
    indented,
    plain,
    row_width,
    tabular,
    wrap,
)
from pmv_tui.wire.status import CameraStatus, SettingStatus

SAME = 1e-4
"""Relative difference up to which two numbers are the same to whoever reads them."""


class Reading(NamedTuple):
    """What was typed, as a value.

    Parameters
    ----------
    value : of the setting's own type; None where it cannot be read, or is to be left out.
    error : why it cannot be read; empty where it can.
    warning : what the camera will hardly take; empty where nothing is known.
    """

    value: Any
    error: str = ""
    warning: str = ""


def name_setting(camera: CameraStatus) -> SettingStatus:
    """Describe a camera's name, which is a setting of the config that no camera knows."""
    return SettingStatus(
        name="name",
        wanted=camera["name"],
        actual=camera["name"],
        lowest=None,
        highest=None,
        step=None,
        choices=[],
        unit="",
        live=True,
        note="",
    )


def as_typed(value: Any) -> str:
    """Write a value in full, as it is typed: as the file has it, without quotes and brackets."""
    if value is None or isinstance(value, str):
        return plain(value or "")
    return whole(value).strip("[]")


def is_absent(setting: SettingStatus) -> bool:
    """Return whether the camera has no such setting."""
    return setting["actual"] is None


def is_editable(setting: SettingStatus) -> bool:
    """Return whether it can be changed: the camera has it, and a choice but the actual one."""
    if is_absent(setting):
        return False
    return len(setting["choices"]) != 1 or setting["wanted"] not in (None, setting["actual"])


def why_fixed(setting: SettingStatus) -> str:
    """Return why a setting cannot be changed."""
    if is_absent(setting):
        return plain(setting["note"]) or "not on this camera"
    return f"this camera has only {plain(short(setting['actual']))}"


def deviation(setting: SettingStatus) -> str:
    """Return why the value in effect is not the one requested; empty where it is."""
    wanted, actual = setting["wanted"], setting["actual"]
    if wanted is None or actual is None or _same(wanted, actual):
        return ""
    return plain(setting["note"]) or "changed by the camera"


def options(setting: SettingStatus) -> list[str]:
    """Return what may be chosen; empty where any number or text may be typed."""
    if setting["choices"]:
        return [plain(choice) for choice in setting["choices"]]
    return ["false", "true"] if isinstance(sample(setting), bool) else []


def allowed(setting: SettingStatus, *, full: bool = False) -> str:
    """Return the allowed values: a range with its unit, or choices.

    Parameters
    ----------
    full : also the step, and all of a region of interest, whose size alone is shown otherwise.
    """
    if choices := options(setting):
        return ", ".join(choices)
    write = as_typed if full else _bound
    parts = [span(setting["lowest"], setting["highest"], write), plain(setting["unit"])]
    if full and setting["step"]:
        parts.append(f"in steps of {write(setting['step'])}")
    return " ".join(filter(None, parts))


def read_value(setting: SettingStatus, text: str) -> Reading:
    """Read what was typed as a value of the setting's type.

    A number outside the range is read too, with a warning: the camera may allow it once another
    setting has changed.
    """
    text = text.strip()
    if not text and setting["name"] in OPTIONAL:
        return Reading(None)
    if setting["name"] == "source":
        return Reading(int(text) if text.isdecimal() else text)
    match sample(setting):
        case bool():
            return Reading(text == "true")
        case int():
            reading = _read(text, int, "a whole number")
        case float():
            reading = _read(text, _finite, "a number")
        case list() | tuple() as region:
            what = f"{len(region)} whole numbers with commas between them"
            reading = _read(text, partial(_whole_numbers, len(region)), what)
        case _:
            return Reading(text)
    return reading if reading.error else reading._replace(warning=_outside(setting, reading.value))


def sample(setting: SettingStatus) -> Any:
    """Return a value of the setting's type."""
    return setting["actual"] if setting["wanted"] is None else setting["wanted"]


def _same(wanted: Any, actual: Any) -> bool:
    """Compare two values as a reader does."""
    match wanted, actual:
        case (float(), int() | float()) | (int(), float()):
            return math.isclose(wanted, actual, rel_tol=SAME, abs_tol=1e-9)
        case list() | tuple(), list() | tuple():
            return list(wanted) == list(actual)
        case _:
            return bool(wanted == actual)


def _bound(value: Any) -> str:
    """Write an end of a range; of x, y, width and height only the size."""
    match value:
        case [_, _, width, height]:
            return f"{width}x{height}"
        case _:
            return short(value)


def _read(text: str, convert: Callable[[str], Any], what: str) -> Reading:
    try:
        return Reading(convert(text))
    except ValueError:
        return Reading(None, f"{text!r} is not {what}")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _whole_numbers(length: int, text: str) -> list[int]:
    values = [int(part) for part in text.split(",")]
    if len(values) != length:
        raise ValueError(text)
    return values


def _outside(setting: SettingStatus, value: Any) -> str:
    for beyond, bound, kind in (
        (_exceeds(value, setting["highest"]), setting["highest"], "maximum"),
        (_exceeds(setting["lowest"], value), setting["lowest"], "minimum"),
    ):
        if beyond:
            return f"{kind} is {as_typed(bound)} now; {as_typed(value)} will be refused"
    return ""


def _exceeds(left: Any, right: Any) -> bool:
    """Return whether a number, or any of several, is greater than its counterpart."""
    match left, right:
        case (None, _) | (_, None):
            return False
        case list() | tuple(), list() | tuple():
            return any(one > other for one, other in zip(left, right, strict=False))
        case _:
            return bool(left > right)


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
    SettingColumn(
        "requested",
        "What the config file says, or what is tried and not saved; - leaves it to the camera.",
        "request",
    ),
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
    width : of the table; what does not fit is shortened, then left out.
    """
    titles = [Cell(column.title) for column in SETTING_COLUMNS]
    rows = [_cells(setting) for setting in settings]
    widths = _widths([titles, *rows])
    if row_width(widths) > width:
        titles = [Cell(column.short or column.title) for column in SETTING_COLUMNS]
        rows = [_cells(setting, narrow=True) for setting in settings]
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


def _cells(setting: SettingStatus, *, narrow: bool = False) -> list[Cell]:
    name, wanted = Cell(plain(setting["name"])), Cell(plain(short(setting["wanted"])))
    if is_absent(setting):
        return [name, wanted, Cell("-", "muted"), Cell(why_fixed(setting), "muted"), Cell("")]
    if deviation(setting):
        actual = Cell(f"▲ {plain(short(setting['actual']))}", "warning")
    else:
        actual = Cell(plain(short(setting["actual"])))
    if not is_editable(setting):
        return [name, wanted, actual, Cell(allowed(setting), "muted"), Cell("fixed", "muted")]
    restarts = "restarts" if narrow else "restarts the stream"
    change = Cell("live" if setting["live"] else restarts)
    return [name, wanted, actual, Cell(allowed(setting)), change]


def _deviation_lines(setting: SettingStatus, indent: int, width: int) -> list[Line]:
    """Return the lines below a row that say why it is not what was requested, or not saved."""
    why = deviation(setting)
    left = MARK_WIDTH + indent + GAP
    texts = [f"▲ not {plain(short(setting['wanted']))}: {why}"] if why else []
    if unsaved := not_saved_text(setting):
        texts.append(f"▲ {unsaved}")
    return [line for each in texts for line in indented(wrap(each, width - left), left, "warning")]


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Return each column's width, that of its widest cell."""
    name, *values, allowed_width, change = (
        max(cell_len(cell.text) for cell in column) for column in zip(*rows, strict=True)
    )
    return [name, *(min(value, MAX_VALUE_WIDTH) for value in values), allowed_width, change]


def _fitted(widths: list[int], width: int) -> list[int]:
    """Shorten the allowed range; where too little of it is left, leave out the last columns."""
    *first, allowed_width, change = widths
    excess = max(row_width(widths) - width, 0)
    if allowed_width - excess >= MIN_ALLOWED_WIDTH:
        return [*first, allowed_width - excess, change]
    room = width - row_width(first) - GAP
    return [*first, min(allowed_width, room)] if room >= MIN_ALLOWED_WIDTH else first

"""Whether an answer has the form that this version expects: another machine's may be anything."""

from collections.abc import Callable, Collection
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pmv_tui.wire.status import (
    PERCENTILES,
    Figures,
    History,
    Image,
    SettingStatus,
    Trend,
)

Check = Callable[[Any], str]
"""Returns what is wrong with a value, after where it stands; empty where nothing is."""

LARGEST = 1e15
"""No number that is measured is larger, however it is written."""

LONGEST_WORD, LONGEST_TEXT = 24, 4096
"""Characters of what a table shows in full, and of anything else."""

MOST_NUMBERS = 8
"""Of a setting: a region has four."""


def why_unfit(value: object, form: Any) -> str:
    """Return what is wrong with a value that should be of a type; empty where nothing is.

    What is of a later version is let through: keys that a `TypedDict` does not know, and other
    words than those of a `Literal`.
    """
    return _check_of(form)(value)


@cache
def _check_of(form: Any) -> Check:
    """Return the check of a type; made once, as answers come all the time."""
    origin, inner = get_origin(form), get_args(form)
    if form is SettingStatus:
        return _check_of_setting(_check_of_table(form))
    if is_typeddict(form):
        return _check_of_table(form)
    if origin in (NotRequired, Required):
        return _check_of(inner[0])
    if origin in (Union, UnionType):
        return _check_of_any([_check_of(each) for each in inner])
    if origin is Literal:
        return _word if all(isinstance(each, str) for each in inner) else _is(int)
    if origin is list:
        return _check_of_list(_check_of(inner[0]))
    if origin is tuple:
        return _check_of_list(_check_of(inner[0]), len(inner))
    if origin is dict:
        return _check_of_map(*map(_check_of, inner))
    return _PLAIN[form]


def _is(*kinds: type) -> Check:
    wanted = " or ".join("nothing" if kind is NoneType else kind.__name__ for kind in kinds)

    def check(value: Any) -> str:
        # By its very type: a truth value is a number to Python.
        return "" if type(value) in kinds else f" is {type(value).__name__}, not {wanted}"

    return check


def _number(value: Any) -> str:
    if type(value) is int or (type(value) is float and isfinite(value) and abs(value) < LARGEST):
        return ""
    return " is no number that is measured"


def _text(value: Any) -> str:
    if type(value) is not str:
        return " is no text"
    return "" if len(value) <= LONGEST_TEXT else f" has {len(value)} characters"


def _word(value: Any) -> str:
    return "" if type(value) is str and len(value) <= LONGEST_WORD else " is no word that is known"


def _setting(value: Any) -> str:
    """Check what a config file may hold: a text, a number, yes or no, or a few numbers."""
    if type(value) is list:
        return "" if len(value) <= MOST_NUMBERS and not any(map(_number, value)) else " is no value"
    return "" if value is None or type(value) is bool or not _number(value) else _text(value)


_PLAIN: dict[Any, Check] = {
    Any: _setting,
    float: _number,
    str: _text,
    **{kind: _is(kind) for kind in (NoneType, int, bool, bytes)},
}


def _check_of_table(form: Any) -> Check:
    checks = {key: _check_of(each) for key, each in get_type_hints(form, None, None, True).items()}
    required = frozenset(form.__required_keys__)

    def check(value: Any) -> str:
        if type(value) is not dict:
            return " is no map"
        if missing := required - value.keys():
            return f".{min(missing)} is missing"
        for key, of_value in checks.items():
            if key in value and (why := of_value(value[key])):
                return f".{key}{why}"
        return ""

    return check


def _check_of_setting(of_table: Check) -> Check:
    """Return the check of a setting, which is compared with the ends of its range."""

    def check(value: Any) -> str:
        if why := of_table(value):
            return why
        bounds = [value[key] for key in ("lowest", "highest", "step") if value[key] is not None]
        if not bounds:
            return ""
        values = [value["actual"], value["wanted"], value.get("saved")]
        kinds = {_kind(each) for each in (*bounds, *values) if each is not None}
        fits = len(kinds) == 1 and kinds <= {"number", "numbers"}
        return "" if fits else ".lowest, .highest or .step is of another kind than its value"

    return check


def _kind(value: Any) -> str:
    """Return what a value of a setting can be compared with."""
    if type(value) in (int, float):
        return "number"
    return "numbers" if type(value) is list else "neither"


def _check_of_any(checks: list[Check]) -> Check:
    def check(value: Any) -> str:
        whys = [why for each in checks if (why := each(value))]
        return whys[0] if len(whys) == len(checks) else ""

    return check


def _check_of_list(of_value: Check, count: int | None = None) -> Check:
    def check(value: Any) -> str:
        if type(value) is not list or count not in (None, len(value)):
            return " is no list" if count is None else f" is no list of {count}"
        for place, each in enumerate(value):
            if why := of_value(each):
                return f"[{place}]{why}"
        return ""

    return check


def _check_of_map(of_key: Check, of_value: Check) -> Check:
    def check(value: Any) -> str:
        if type(value) is not dict:
            return " is no map"
        return next(
            (why for each in value.items() if (why := of_key(each[0]) or of_value(each[1]))), ""
        )

    return check


def why_no_image(image: Image) -> str:
    """Return why an image cannot be read; empty where it can, and where there is none yet."""
    width, height = image["size"]
    pixels = image["pixels"]
    fits = min(width, height) > 0 and pixels is not None and len(pixels) == width * height
    return "" if fits or pixels is None else "an image is cut off"


def why_no_figures(figures: Figures) -> str:
    """Return why the figures of an image cannot be shown; empty where they can."""
    whole = (len(figures["histogram"]), len(figures["percentiles"])) == (256, len(PERCENTILES))
    return "" if whole and min(figures["histogram"]) >= 0 else "figures are cut off"


def why_cut_off(history: History, fields: Collection[Trend]) -> str:
    """Return why the numbers of a history cannot be read; empty where they can.

    Parameters
    ----------
    fields : what must be among them.
    """
    rows, parts = len(history["times"]) // 8, 1 if history["step"] == 1 else 3
    tables = [
        (history["times"], 8),
        (history["known"], 4),
        *((each, 4 * parts) for each in history["values"].values()),
        *((each, 4) for each in history.get("totals", {}).values()),
    ]
    whole = all(len(table) == rows * size for table, size in tables)
    return "" if whole and history["values"].keys() >= set(fields) else "a history is cut off"

"""Reads a config file's text, and the TOML in it; what that may hold is the schema's to say."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pmv_tui.config.layout import BYTE_ORDER_MARK
from pmv_tui.config.locate import unreadable, why_no_file
from pmv_tui.config.lookalikes import in_toml, lookalike
from pmv_tui.config.problems import ConfigError, Problem
from pmv_tui.nesting import MAX_DEPTH, too_deep

_PLACE = re.compile(r"(?P<text>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)")


def read_text(path: Path) -> str | None:
    """Read the file as it is; None where there is none.

    Raises
    ------
    ConfigError : it is no file, cannot be read or is not UTF-8.
    """
    try:
        if why := why_no_file(path):
            raise _unreadable(path, why)
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(path, "is not UTF-8 text; save it as UTF-8", line) from None
    except OSError as error:
        raise _unreadable(path, unreadable(error)) from None


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """Parse a config's text.

    Raises
    ------
    ConfigError : it is not TOML; says the line and column.
    """
    try:
        data = tomllib.loads(text.removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        place = _PLACE.fullmatch(str(error))
        if place is None:
            raise _unreadable(path, f"is not TOML: {error}") from None
        line = int(place["line"]) if place["line"] else text.count("\n") + 1
        column = f" (column {place['column']})" if place["column"] else " (at the end)"
        if odd := lookalike(text, line, int(place["column"]) if place["column"] else None):
            column = f": {odd}"
        elif remedy := in_toml(place["text"], text.split("\n")[line - 1].rstrip("\r")):
            column += f"; {remedy}"
        raise _unreadable(path, f"is not TOML: {place['text']}{column}", line) from None
    except RecursionError:
        data = None
    if data is None or too_deep(data):
        raise _unreadable(path, f"is nested too deeply; {MAX_DEPTH} levels are allowed")
    return data


def _unreadable(path: Path, text: str, line: int | None = None) -> ConfigError:
    return ConfigError(path, [Problem("", line, text)])

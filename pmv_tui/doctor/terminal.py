"""The terminal: its size, its colours, its letters."""

from collections.abc import Iterator

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, note, ok, warning

COLUMNS, LINES = 80, 24


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what the TUI would look poor for."""
    yield _letters(examined)
    if examined.terminal is None:
        yield note("the output goes to no terminal, so nothing is known of one")
        return
    columns, lines = examined.terminal
    if columns < COLUMNS or lines < LINES:
        text = f"the terminal has {columns}x{lines} characters"
        yield warning(text, f"make it {COLUMNS}x{LINES} or larger")
    else:
        yield ok(f"{columns}x{lines} characters")
    yield _colors(examined)


def _letters(examined: Examined) -> Finding:
    """Read the locale as the C library would: the first of three that is set."""
    names = (examined.environment.get(each) for each in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, names), "")
    if "utf-8" in locale.lower() or "utf8" in locale.lower():
        return ok(f"letters: UTF-8 (locale {locale or 'not set'})")
    said = f"the locale {locale} is not UTF-8" if locale else "no locale is set"
    return warning(f"{said}: the TUI keeps to ASCII", "export LC_ALL=C.UTF-8")


def _colors(examined: Examined) -> Finding:
    environment = examined.environment
    name = environment.get("TERM", "")
    inside = ", inside tmux" if environment.get("TMUX") else ""
    if name in ("", "dumb", "unknown"):
        return warning(f"TERM is {name or 'not set'}", "export TERM=xterm-256color")
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return ok(f"all colours ({name}{inside})")
    # What is drawn with goes by the name too, and not by the terminal's own list of what it can.
    if name.endswith("256color") or name == "xterm-kitty":
        return ok(f"256 colours ({name}{inside})")
    remedy = "export TERM=xterm-256color, if the terminal has them, as nearly all do"
    if inside:
        remedy = 'in ~/.tmux.conf: set -g default-terminal "tmux-256color"'
    return note(f"16 colours ({name}{inside})", remedy)

"""What the terminal can show: characters beyond ASCII, the colours of a theme and of a picture."""

import codecs
import locale
import os
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rich.cells import split_graphemes
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES

FEW = {None, "standard"}
"""Rich's names for no colours and for 16: a theme rounded to these cannot be read."""


def first_known(names: str) -> str:
    """Return the first of several themes, with commas between, that there is; empty: none is."""
    return next((name for each in names.split(",") if (name := each.strip()) in BUILTIN_THEMES), "")


def suitable_theme(wanted: str, color_system: str | None, *, no_color: bool) -> str:
    """Choose a theme; where colours are few, one that is made of the terminal's own.

    What colours the terminal has is named as Rich does.
    """
    theme = BUILTIN_THEMES[wanted]
    if theme.ansi or not (no_color or color_system in FEW):
        return wanted
    return "ansi-dark" if theme.dark else "ansi-light"


Glyphs = Literal["unicode", "ascii"]
"""What the terminal is sent."""

GlyphsWanted = Literal["auto", "unicode", "ascii"]
"""What the config file says of it."""

CONSOLE = "linux"
"""The kernel's own console as `TERM` names it: its font has 256 or 512 characters."""

IN_ASCII = {
    "●": "*",
    "‖": "=",
    "○": "o",
    "▲": "!",
    "▾": "v",
    "▸": ">",
    "↻": "~",
    "…": "~",
    "\N{MULTIPLICATION SIGN}": "x",
    "µ": "u",
    "•": "*",
    "↑": "^",
    "↓": "v",
    "←": "<",
    "→": ">",
    "✓": "x",
    **dict.fromkeys("─━═▔╌┄┈", "-"),
    **dict.fromkeys("│┃║▏▎▍▌▋▊▉▐▕╎┆┊", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝┏┓┗┛", "+"),
    **dict.fromkeys("▁▂▃▄", "_"),
    **dict.fromkeys("▅▆▇█▀░▒▓", "#"),
}
"""A character of the same width for each glyph that this program or Textual draws."""


def choose_glyphs(setting: GlyphsWanted) -> Glyphs:
    """Decide what is drawn: what the config file says, else what locale and terminal have."""
    if setting != "auto":
        return setting
    return "unicode" if _is_utf8() and os.environ.get("TERM") != CONSOLE else "ascii"


def _is_utf8() -> bool:
    """Return whether the locale that the program was started in is one of UTF-8.

    Python takes UTF-8 in place of the C locale's ASCII, and says so by a flag; the terminal, and
    tmux in it, do not.
    """
    if sys.flags.utf8_mode and os.environ.get("PYTHONUTF8") != "1":
        return False
    return codecs.lookup(locale.getencoding()).name == "utf-8"


class AsciiOnly(LineFilter):
    """Sends ASCII alone, whatever was drawn: borders, scrollbars, and names from outside too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Put a character of the same width in the place of each. See `LineFilter.apply`."""
        return [segment._replace(text=in_ascii(segment.text)) for segment in segments]


def leaves_ascii(filters: Sequence[LineFilter]) -> bool:
    """Return whether what passes these filters is ASCII: what draws itself can do better then."""
    return any(isinstance(each, AsciiOnly) for each in filters)


@lru_cache(maxsize=4096)
def in_ascii(text: str) -> str:
    """Write a text in ASCII, as wide as it was: é is e, and what has no likeness is ?."""
    if text.isascii():
        return text
    spans, _ = split_graphemes(text)
    return "".join(_likeness(text[start:end], width) for start, end, width in spans)


def _likeness(grapheme: str, width: int) -> str:
    """Write what is one character to a reader, in as many columns as it takes."""
    if grapheme.isascii():
        return grapheme
    bare = unicodedata.normalize("NFKD", grapheme).encode("ascii", "ignore").decode()
    likeness = IN_ASCII.get(grapheme, bare)
    return likeness if len(likeness) == width else "?" * width


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is shown.

    Parameters
    ----------
    greys : what the pixels are rounded to, 0 to 255, ascending, black and white among them. Few:
        what does not change is not sent.
    dithered : whether a grey between two of them is made of both, in a pattern.
    halves : whether a cell holds two pixels, one above the other; otherwise their mean.
    shades : characters from dark to bright, for a terminal without colours; empty with colours.
    """

    greys: tuple[int, ...]
    dithered: bool = False
    halves: bool = True
    shades: str = ""


XTERM_GREYS = (0, *range(8, 239, 10), 255)
"""The greys among the 256 colours: the ramp of numbers 232 to 255, black and white.

Source: xterm's 256colres.h, "grayscale ramp".
"""

FOUR_GREYS = (0, 85, 170, 255)
"""The greys among the 16 colours: black, bright black, white, bright white."""

BLOCKS = " ░▒▓█"
LETTERS = " .:-=*%@"


def look_of(color_system: str | None, *, unicode: bool) -> Look:
    """Choose how a picture is shown.

    Parameters
    ----------
    color_system : as Rich names it: `truecolor`, `256`, `standard`; None: without colours.
    unicode : whether block characters can be shown.
    """
    if color_system is None:
        shades = BLOCKS if unicode else LETTERS
        steps = len(shades) - 1
        greys = tuple(255 * step // steps for step in range(steps + 1))
        return Look(greys, dithered=True, halves=False, shades=shades)
    if color_system == "standard":
        return Look(FOUR_GREYS, dithered=True, halves=unicode)
    return Look(XTERM_GREYS, halves=unicode)


NO_COLOUR = -1
"""In place of a colour: what the widget has."""

IN_16 = dict(zip(FOUR_GREYS, (0, 8, 7, 15), strict=True))
IN_256 = dict(zip(XTERM_GREYS, (16, *range(232, 256), 231), strict=True))
"""The terminal's number for each grey: in half the bytes that red, green and blue would take."""


@lru_cache(maxsize=8192)
def style_of(ink: int, paper: int, *, sixteen: bool) -> Style:
    """Return the style of a cell; Rich takes what the terminal has where it has not that colour.

    Parameters
    ----------
    ink, paper : 0xRRGGBB, or NO_COLOUR.
    sixteen : whether the terminal has 16 colours and no more.
    """
    numbers = IN_16 if sixteen else IN_256
    return Style(color=_colour(ink, numbers), bgcolor=_colour(paper, numbers))


def _colour(colour: int, numbers: dict[int, int]) -> RichColor | None:
    if colour == NO_COLOUR:
        return None
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    if red == green == blue and red in numbers:
        return RichColor.from_ansi(numbers[red])
    return RichColor.from_rgb(red, green, blue)

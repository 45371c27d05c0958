"""What a terminal can show of a picture: its colours, its characters, and styles of them."""

from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.style import Style


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


def _colour(colour: int, numbers: dict[int, int]) -> Color | None:
    if colour == NO_COLOUR:
        return None
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    if red == green == blue and red in numbers:
        return Color.from_ansi(numbers[red])
    return Color.from_rgb(red, green, blue)

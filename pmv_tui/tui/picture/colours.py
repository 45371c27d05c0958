"""The styles of a picture's cells."""

from functools import lru_cache

from rich.color import Color
from rich.style import Style

from pmv_tui.tui.picture.look import FOUR_GREYS, XTERM_GREYS

NO_COLOUR = -1
"""In place of a colour: what the widget has."""

IN_16 = dict(zip(FOUR_GREYS, (0, 8, 7, 15), strict=True))
IN_256 = dict(zip(XTERM_GREYS, (16, *range(232, 256), 231), strict=True))
"""The terminal's number for each grey: in half the bytes that red, green and blue would take."""


@lru_cache(maxsize=8192)
def style_of(ink: int, paper: int, *, sixteen: bool) -> Style:
    """Give the style of a cell; Rich takes what the terminal has where it has not that colour.

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

"""What a terminal can show of a picture: its colours, its characters."""

from dataclasses import dataclass


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

"""All cameras at once: how many tiles stand beside each other, and the line above each picture."""

from math import ceil
from typing import NamedTuple

from rich.cells import cell_len

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import MIN_NAME_WIDTH, fps_short, name_cell, plug_short, state_cell
from pmv_tui.tui.lines import GAP, MARK_WIDTH, Base, Line, tabular

SHAPE = 4 / 3
"""Width to height of the images that tiles are made for; others fit in too."""

MIN_WIDTH, MIN_HEIGHT = 18, 7
"""Of a tile, terminal columns and rows; where that does not fit, the tiles scroll."""

GUTTER = 1
"""Columns between two tiles."""


class Arrangement(NamedTuple):
    """How tiles lie.

    Parameters
    ----------
    columns : tiles beside each other.
    height : of a tile, rows.
    """

    columns: int
    height: int


def arrange(count: int, width: int, height: int) -> Arrangement:
    """Choose the arrangement with the largest pictures.

    Parameters
    ----------
    count : tiles, at least one.
    width, height : of the screen, terminal columns and rows.
    """
    widest = max(1, min(count, (width + GUTTER) // (MIN_WIDTH + GUTTER)))
    fitting = [one for one in range(1, widest + 1) if height // ceil(count / one) >= MIN_HEIGHT]
    if not fitting:
        return Arrangement(widest, MIN_HEIGHT)

    def picture_width(columns: int) -> float:
        tile_width = (width + GUTTER) // columns - GUTTER
        tile_height = height // ceil(count / columns)
        # A row of cells is two pixels high; one row is the line above the picture.
        return min(tile_width, 2 * (tile_height - 1) * SHAPE)

    best = max(fitting, key=picture_width)
    return Arrangement(best, height // ceil(count / best))


def tile_line(camera: CameraStatus, width: int, *, cursor: bool) -> Line:
    """Write the line above a camera's picture: its name, its rate or what is wrong, its plug.

    Parameters
    ----------
    width : of the tile, terminal columns.
    """
    capturing = camera["state"] == "capturing"
    state, plug = fps_short(camera) if capturing else state_cell(camera), plug_short(camera)
    rest = [cell_len(state.text), cell_len(plug.text)]
    room = width - MARK_WIDTH - sum(rest) - 2 * GAP
    name = name_cell(camera)
    name_width = max(min(cell_len(name.text), room), MIN_NAME_WIDTH)
    base: Base = "cursor" if cursor else "plain"
    # The plug comes first: whatever is cut off at the right, whether images are sent is seen.
    return tabular([plug, name, state], [rest[1], name_width, rest[0]], base)

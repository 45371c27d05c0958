"""Puts what clients sent into the viewer's words."""

from pmv_tui.control.overlays import BoxOverlay, Overlay, PointsOverlay
from pmv_tui.engine.overlays import Drawn


def overlays_of(drawn: Drawn) -> list[Overlay]:
    """Make the list of what is drawn on a camera's window."""
    boxes: list[Overlay] = [
        BoxOverlay(
            kind="box",
            corners=[*box.top_left, *box.bottom_right],
            label=box.label,
            color=list(box.color),
            opacity=opacity,
        )
        for box, opacity in drawn.boxes
    ]
    return boxes + [
        PointsOverlay(
            kind="points",
            points=[[round(x), round(y)] for x, y in group.points],
            label=group.label,
            color=list(group.color),
            opacity=opacity,
        )
        for group, opacity in drawn.points
    ]

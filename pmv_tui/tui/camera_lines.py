"""What the camera's screen says of a camera besides its settings."""

from collections.abc import Mapping, Sequence
from itertools import islice

from pmv_tui.control.messages import CameraStatus, Event
from pmv_tui.tui.columns import fps_verdict
from pmv_tui.tui.details import answer_rows, identity_line, plug_rows, state_text
from pmv_tui.tui.drops import drop_lines
from pmv_tui.tui.event_lines import event_lines
from pmv_tui.tui.lines import LABEL_WIDTH, Cell, Line, fit, labelled_lines


def head_lines(camera: CameraStatus, width: int) -> list[Line]:
    """Name the camera, and say how it does.

    Parameters
    ----------
    width : of the panel, terminal columns.
    """
    rows = [("state", state_text(camera)), ("frames", _frames(camera))]
    return [identity_line(camera), *labelled_lines(rows, width)]


def fact_lines(camera: CameraStatus, now: int, width: int) -> list[Line]:
    """Tell where its frames went, by whose clock they are stamped, and what clients do with them.

    Parameters
    ----------
    now : ns since the epoch.
    width : of the panel, terminal columns.
    """
    rows = [("clock", clock_text(camera)), *plug_rows(camera), *answer_rows(camera)]
    return [*drop_lines(camera, now, width), *labelled_lines(rows, width)]


def clock_text(camera: CameraStatus) -> Cell:
    """Say whose clock stamps the frames, and how the device's own differs from it."""
    offset, drift = camera["clock_offset_ms"], camera["clock_drift_ppm"]
    if offset is None:
        return Cell("host's, on arrival; the device has no clock of its own")
    rate = "" if drift is None else f", drift {drift:+.1f} ppm"
    return Cell(f"host's, on arrival; device's {offset:+.1f} ms{rate}")


def last_events(events: Sequence[Event], camera: CameraStatus, room: int, width: int) -> list[Line]:
    """Write the newest events of a camera, oldest first, as many whole ones as there is room for.

    Parameters
    ----------
    events : of the whole rig, oldest first.
    room : lines at most.
    width : of the panel, terminal columns.
    """
    unique_id = camera["unique_id"]
    names: Mapping[str, str] = {unique_id: camera["name"]}
    lines: list[Line] = []
    own = (event for event in reversed(events) if event["camera"] == unique_id)
    for event in islice(own, max(room, 0)):
        earlier = event_lines([event], names, width - LABEL_WIDTH)
        if len(earlier) + len(lines) > room:
            break
        lines = earlier + lines
    labels = ["events", *("" for _ in lines)]
    return [
        Line((Cell(fit(label, LABEL_WIDTH), "muted"), *line.cells))
        for label, line in zip(labels, lines, strict=False)
    ]


def _frames(camera: CameraStatus) -> Cell:
    """Give the rate, measured and wanted, and the counts."""
    verdict = fps_verdict(camera)
    rate = f"{camera['fps']:.1f} a second"
    if verdict.text:
        rate = f"{camera['fps']:.1f}/{camera['fps_wanted']:g} a second, {verdict.text}"
    counts = f"{camera['captured']} captured, {camera['published']} published"
    return Cell(f"{rate}; {counts}", "bad" if verdict.tone == "bad" else "plain")

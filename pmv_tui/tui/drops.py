"""Frames that were dropped: their causes, how many there were, and when the last was."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.lines import LABEL_WIDTH, Cell, Line, fit, labelled_lines

Key = Literal["missing", "skipped", "failed", "put_rate", "clients"]


class Cause(NamedTuple):
    """Why frames are dropped.

    Parameters
    ----------
    key : of `Drops` and `DropTimes`; also its heading.
    words : what became of those frames.
    meaning : a sentence for the help screen.
    lost : whether nobody meant them to be dropped.
    """

    key: Key
    words: str
    meaning: str
    lost: bool = True


CAUSES = (
    Cause(
        "missing",
        "missing on the link",
        "Lost between camera and host: gaps in the device's frame ids.",
    ),
    Cause(
        "skipped",
        "skipped: this computer was too slow",
        "Replaced by a newer frame before this computer had fetched them: it was too slow.",
    ),
    Cause("failed", "failed (incomplete)", "Arrived incomplete."),
    Cause("put_rate", "left out for put_rate", "Left out to keep to put_rate.", lost=False),
    Cause(
        "clients",
        "missed by slow clients",
        "Published, but missed by clients that did not keep up, of all clients together.",
    ),
)

SUM_WIDTH = 7
CAUSE_WIDTH = 12
"""Terminal columns of each cause; they must hold a blank and `01-31 23:59`."""

TABLE_WIDTH = LABEL_WIDTH + SUM_WIDTH + CAUSE_WIDTH * len(CAUSES)
"""Terminal columns from which the causes stand side by side."""

DAY = 86_400_000_000_000
"""ns."""


def drop_sum(camera: CameraStatus) -> Cell:
    """Add up what was lost; what was left out on purpose is no drop."""
    lost = sum(camera["drops"][cause.key] for cause in CAUSES if cause.lost)
    return Cell(str(lost), "warning" if lost else "plain")


def drop_lines(camera: CameraStatus, now: int, width: int) -> list[Line]:
    """Write how many frames each cause took, and when it took the last.

    Parameters
    ----------
    now : ns since the epoch; of a time longer ago than a day the date is given too.
    width : terminal columns; where the causes do not fit side by side, they stand in a sentence.
    """
    counts = [Cell(str(camera["drops"][cause.key]), _tone(camera, cause)) for cause in CAUSES]
    times = [_moment(camera["drops_at"][cause.key], now) for cause in CAUSES]
    if width < TABLE_WIDTH:
        told = {
            cause: f"{count.text} {cause.words}" + (f" (last {time})" if time != "-" else "")
            for cause, count, time in zip(CAUSES, counts, times, strict=True)
        }
        total = drop_sum(camera)
        lost = ", ".join(words for cause, words in told.items() if cause.lost)
        left_out = [words for cause, words in told.items() if not cause.lost]
        sentence = Cell("; ".join([f"{total.text} lost: {lost}", *left_out]), total.tone)
        return labelled_lines([("drops", sentence)], width)
    titles = _row(Cell("drops"), Cell("lost"), [Cell(cause.key) for cause in CAUSES])
    return [
        titles._replace(base="title"),
        _row(Cell(""), drop_sum(camera), counts),
        _row(Cell("last", "muted"), Cell(""), [Cell(time, "muted") for time in times]),
    ]


def _tone(camera: CameraStatus, cause: Cause) -> Literal["warning", "plain"]:
    """Warn of frames that were lost."""
    return "warning" if cause.lost and camera["drops"][cause.key] else "plain"


def _row(label: Cell, total: Cell, cells: list[Cell]) -> Line:
    """Set a label, a figure for the sum and one for each cause under each other."""
    figures = [Cell(fit(cell.text, CAUSE_WIDTH, right=True), cell.tone) for cell in cells]
    sum_figure = Cell(fit(total.text, SUM_WIDTH, right=True), total.tone)
    return Line((Cell(fit(label.text, LABEL_WIDTH), label.tone), sum_figure, *figures))


def _moment(time: int | None, now: int) -> str:
    """Write a time of this host, with its date where it is more than a day ago."""
    if time is None:
        return "-"
    local = datetime.fromtimestamp(time / 1e9, UTC).astimezone()
    return f"{local:%H:%M:%S}" if now - time < DAY else f"{local:%m-%d %H:%M}"

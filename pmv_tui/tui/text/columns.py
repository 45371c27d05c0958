"""The columns of the camera table: what each shows of a camera, and which fit a width."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from rich.cells import cell_len

from pmv_tui.config.addresses import Address
from pmv_tui.tui.text.lines import (
    Base,
    Cell,
    Line,
    Tone,
    plain,
    row_width,
    tabular,
)
from pmv_tui.wire.status import CameraStatus, Corners, behind

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


def drop_sum(camera: CameraStatus) -> Cell:
    """Add up what was lost; what was left out on purpose is no drop."""
    lost = sum(camera["drops"][cause.key] for cause in CAUSES if cause.lost)
    return Cell(str(lost), "warning" if lost else "plain")


MIN_NAME_WIDTH = 6
COMFORTABLE_NAME_WIDTH = 8
MAX_NAME_WIDTH = 20
"""Terminal columns: what is always left of a name, what figures leave of it, and what it gets."""

ALWAYS, FIGURES = 4, 8
"""Columns of this importance are kept longest; those after the first four of them are figures."""

TOLERANCE = 1.0
"""Frames a second that a rate may differ from the one that is set."""

VERDICT_WIDTH = len("high")
"""Terminal columns of the longest word for a rate: another word moves no column."""

SHORT_VERDICT_WIDTH = len("low")
"""Where there is little room: of the words but high, which is rare."""

STATES: dict[str, tuple[Tone, str]] = {
    "opening": ("warning", "The device is being opened."),
    "capturing": ("good", "Frames arrive."),
    "waiting for trigger": ("good", "Ready; the next signal on its input makes a frame."),
    "late": (
        "warning",
        "Frames arrive, and some of the last 10 s were answered after the deadline, or none is any "
        "more; how late is below the table.",
    ),
    "stalled": ("bad", "It is open, but no frame arrives."),
    "lost": ("bad", "It was there and is gone; it is tried again."),
    "error": ("bad", "It cannot be used; the reason is below the table."),
    "ended": (
        "plain",
        "A video file with loop = false has been played to its end; nothing is lost.",
    ),
}
"""The tone of each state, and its meaning."""


def state_word(camera: CameraStatus) -> str:
    """Return the state as the table has it: late answers are named where nothing worse is."""
    state = plain(camera["state"])
    tone, _ = STATES.get(state, ("plain", ""))
    return "late" if tone == "good" and camera.get("late") else state


def state_tone(camera: CameraStatus) -> Tone:
    """Return what the colour of a camera's state says; plain for one of a newer engine."""
    tone, _ = STATES.get(state_word(camera), ("plain", ""))
    return tone


class Stretched(NamedTuple):
    """A column that takes more room than it needs: its width, and the form of its cells."""

    width: int
    cell: Callable[[CameraStatus], Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    title : its heading.
    meaning : a sentence for the help screen.
    cell : what it shows of a camera.
    importance : 1 is kept longest when the terminal is narrow.
    short : a narrower form of `cell`, for when the columns of importance 1 to 8 do not fit, or this
        one does not.
    min_width : terminal columns that it takes at least, so that changing figures do not move it.
    right : whether it is aligned to the right, as counts are.
    heading : stands above `cell` in place of `title`, where that is not enough.
    stretched : what it makes of so many terminal columns, where others leave it more than it needs.
    """

    title: str
    meaning: str
    cell: Callable[[CameraStatus], Cell]
    importance: int
    short: Callable[[CameraStatus], Cell] | None = None
    min_width: int = 0
    right: bool = False
    stretched: Callable[[int], Stretched] | None = None
    heading: str = ""


Columns = tuple[Column, ...]


class Placed(NamedTuple):
    """A column that is shown: its width in terminal columns, and the form of its cells."""

    column: Column
    width: int
    cell: Callable[[CameraStatus], Cell]


def name_cell(camera: CameraStatus) -> Cell:
    """Show what people call the camera; * says that a setting of it is not saved."""
    return Cell(plain(camera["name"]) + ("*" if camera.get("unsaved") else ""))


def state_cell(camera: CameraStatus) -> Cell:
    """Show the state in its own words, and the seconds until the next try where one is due."""
    state = state_word(camera)
    retry_in = camera["retry_in"]
    again = "" if retry_in is None else f" ↻{retry_in:2.0f}s"
    return Cell(state + again, state_tone(camera))


def in_trouble(camera: CameraStatus) -> bool:
    """Whether somebody should look after a camera: it has no frames, no sockets, or late answers.

    An engine of before answers were timed reports none of them.
    """
    return has_failed(camera) or bool(camera.get("late"))


def has_failed(camera: CameraStatus) -> bool:
    """Whether a camera has no frames, or no sockets."""
    return state_tone(camera) == "bad" or bool(camera["plug_error"])


def fps_verdict(camera: CameraStatus) -> Cell:
    """Judge the measured rate, where one is wanted: ok is within 1 frame a second of it.

    A camera that says what it makes with its settings is judged by that.
    """
    if camera["external_trigger"] or camera["state"] == "ended":
        return Cell("", "plain")
    wanted = camera["fps_wanted"]
    actual = camera.get("fps_actual")
    difference = camera["fps"] - (wanted if actual is None else actual)
    if abs(difference) > TOLERANCE:
        return Cell("low" if difference < 0 else "high", "bad")
    return Cell("ok", "good") if camera["fps"] >= wanted - TOLERANCE else Cell("max", "warning")


def fps_cell(camera: CameraStatus) -> Cell:
    """Show the measured and the wanted rate, and the verdict in a word."""
    if camera["external_trigger"]:
        return fps_short(camera)
    verdict, wanted = fps_verdict(camera), f"{camera['fps_wanted']:g}"
    figure = f"{camera['fps']:{len(wanted) + 2}.1f}/{wanted}"
    limit = camera.get("limited_to")
    limited = "" if limit is None else f" →{limit:g}"
    return Cell(f"{figure} {verdict.text:{VERDICT_WIDTH}}{limited}", verdict.tone)


def fps_short(camera: CameraStatus) -> Cell:
    """Show the measured rate and the verdict."""
    verdict = fps_verdict(camera)
    return Cell(f"{camera['fps']:4.1f} {verdict.text:{SHORT_VERDICT_WIDTH}}", verdict.tone)


def plug_cell(camera: CameraStatus) -> Cell:
    """Show whether the sockets exist and images are sent; ▲ marks a failure."""
    if camera["plug_error"]:
        return Cell("▲ plugged" if camera["plugged"] else "▲ failed", "bad")
    if not camera["plugged"]:
        return Cell("○ unplugged", "muted")
    return Cell("‖ paused", "warning") if camera["paused"] else Cell("● plugged", "good")


def plug_short(camera: CameraStatus) -> Cell:
    """Show the glyph of the plug alone."""
    cell = plug_cell(camera)
    return Cell(cell.text[0], cell.tone)


def clients_cell(camera: CameraStatus) -> Cell:
    """Show how many clients are connected; ! one does not keep up; nothing where none can be."""
    if not camera["plugged"]:
        return Cell("-", "muted")
    slow = behind(camera.get("client_list", []))
    return Cell(f"{camera['clients']}!", "bad") if slow else Cell(str(camera["clients"]))


def answer_cell(camera: CameraStatus) -> Cell:
    """Show how late answers are, median and 99th percentile in ms; ! some are too late."""
    p50, p99 = camera.get("answer_p50_ms"), camera.get("answer_p99_ms")
    if p50 is None or p99 is None:
        return Cell("-", "muted")
    return _marked_late(camera, f"{p50:.1f} {p99:5.1f}")


def answer_short(camera: CameraStatus) -> Cell:
    """Show the median alone."""
    p50 = camera.get("answer_p50_ms")
    return Cell("-", "muted") if p50 is None else _marked_late(camera, f"{p50:.1f}")


def _marked_late(camera: CameraStatus, figures: str) -> Cell:
    late = bool(camera.get("late"))
    return Cell(figures + ("!" if late else " "), "warning" if late else "plain")


def corners(box: Corners) -> str:
    """Write a box as its two corners, pixels: x,y of the top left and the bottom right."""
    (left, top), (right, bottom) = box["top_left"], box["bottom_right"]
    return f"{left},{top} {right},{bottom}"


def box_cell(camera: CameraStatus) -> Cell:
    """Show the corners of the live box."""
    more = f" +{camera['drawn'] - 1}" if camera["drawn"] > 1 else ""
    if camera["box"]:
        return Cell(corners(camera["box"]) + more)
    return Cell(f"{camera['drawn']} drawn") if camera["drawn"] else Cell("-", "muted")


def window_cell(camera: CameraStatus) -> Cell:
    """Show what became of the window; the reason stands below the table."""
    match camera["window"]:
        case "":
            return Cell("-", "muted")
        case "shown":
            return Cell("open", "good")
        case "opening" | "closed by the user":
            return Cell(camera["window"].removesuffix(" by the user"))
        case trouble:
            return Cell(plain(trouble), "bad")


@lru_cache(maxsize=256)
def is_exposed(address: str) -> bool:
    """Return whether other machines may reach an address; one that cannot be read is not bound."""
    try:
        return Address.parse(address).exposed
    except ValueError:
        return False


def address_cell(address: str, *, curve: bool = False) -> Cell:
    """Show an address without its tcp://; ! marks one that other machines can reach.

    With `curve` it is encrypted, and only listed clients are let in: then that is no warning.
    """
    exposed = is_exposed(address)
    marks = [mark for mark, holds in (("!", exposed), ("curve", curve)) if holds]
    text = " ".join([plain(address).removeprefix("tcp://"), *marks])
    return Cell(text, "warning" if exposed and not curve else "plain")


def pub_short(camera: CameraStatus) -> Cell:
    """Show the port alone, or the name of the file, and whether others can reach it."""
    address = camera["pub_address"]
    shown = address_cell(address, curve=camera["curve"])
    port = address[address.rfind("/" if address.startswith("ipc:") else ":") :]
    marks = shown.text.removeprefix(plain(address).removeprefix("tcp://"))
    return shown._replace(text=plain(port) + marks)


# Whatever stands before a figure that changed is sent to the terminal with it: hence the figures
# that change most stand to the left, and cells of one colour beside each other.
COLUMNS: Columns = (
    Column(
        "name",
        "What the camera is called in the config file; * a setting is tried and not saved.",
        name_cell,
        1,
    ),
    Column(
        "state",
        "What it does; ↻ seconds until it is tried again. The reason is below the table.",
        state_cell,
        2,
        min_width=9,
    ),
    Column(
        "fps",
        "Frames per second, measured/requested; ok within 1 of that, else low or high; max: the "
        "most that the camera makes as it is set. →60: put_rate limits what is published to 60.",
        fps_cell,
        4,
        short=fps_short,
        min_width=10,
    ),
    Column(
        "answer",
        "How late scripts' answers to images are, from an image's time stamp: median, and where "
        "there is room 99th percentile, ms, of the last 10 s; ! some came after the deadline. It "
        "is there once a script has answered.",
        answer_cell,
        8,
        short=answer_short,
        min_width=len("123.4 123.4!"),
        right=True,
        heading="answer ms",
    ),
    Column(
        "plug",
        "● plugged: images are published; ‖ paused: sockets are bound, nothing is sent; "
        "○ unplugged: no sockets; ▲ the last plug or edit failed, see below the table.",
        plug_cell,
        3,
        short=plug_short,
        min_width=4,
    ),
    Column(
        "clients",
        "Subscribers connected now; ! not all of them keep up.",
        clients_cell,
        5,
        right=True,
    ),
    Column(
        "drops",
        "Frames lost since the engine started, whatever the cause. The camera's screen lists them "
        "by cause. What is left out to keep to put_rate is not lost.",
        drop_sum,
        6,
        min_width=6,
        right=True,
    ),
    Column("window", "Its window on the rig's screen: open, closed, or why not.", window_cell, 10),
    Column("box", "The box that a client sent, until it expires.", box_cell, 12, min_width=19),
    Column(
        "pub",
        "Where images are published; ! other machines can reach it; curve: encrypted, and only "
        "listed clients are accepted.",
        lambda camera: address_cell(camera["pub_address"], curve=camera["curve"]),
        9,
        short=pub_short,
    ),
    Column(
        "pull",
        "Where boxes are received; marked as pub is.",
        lambda camera: address_cell(camera["pull_address"], curve=camera["curve"]),
        11,
    ),
    Column(
        "id",
        "Its unique_id, <serial>-<backend>; grey: not in the config file.",
        lambda camera: Cell(plain(camera["unique_id"]), "plain" if camera["listed"] else "muted"),
        13,
    ),
)


def columns_shown(*, answers: bool = False, trend: Column | None = None) -> Columns:
    """Return the columns that there may be: that of answers once there are `answers`.

    A trend stands where the figures do that change as often.
    """
    columns = [column for column in COLUMNS if answers or column.title != "answer"]
    if trend:
        place = [column.title for column in columns].index("plug")
        columns.insert(place, trend)
    return tuple(columns)


USUAL = columns_shown()


def has_answers(camera: CameraStatus) -> bool:
    """Whether scripts answer a camera's images, and say so."""
    return camera.get("answers_fps") is not None


def layout(cameras: Sequence[CameraStatus], width: int, columns: Columns = USUAL) -> list[Placed]:
    """Choose the columns that fit, by importance, and give each its width.

    For the figures among the first eight, answers, plug and rate take their short forms and long
    names are shortened. The first four are always there while there is room for their short forms;
    the state is never left out and never shortened.
    """
    by_importance = sorted(columns, key=lambda column: column.importance)
    first = [column for column in by_importance if column.importance <= FIGURES]
    rest = by_importance[len(first) :]
    placed = _place_first(first, cameras, width)
    for column in rest if len(placed) == len(first) else ():
        for short in (False, True) if column.short else (False,):
            candidate = _place(column, cameras, short=short)
            if _total([*placed, candidate]) <= width:
                placed.append(candidate)
                break
    spare = width - _total(placed)
    placed = [_stretched(one, spare) for one in placed]
    return sorted(placed, key=lambda one: columns.index(one.column))


def _stretched(placed: Placed, spare: int) -> Placed:
    """Give a column that can make use of it the room that is left."""
    if placed.column.stretched is None or spare <= 0:
        return placed
    return placed._replace(**placed.column.stretched(placed.width + spare)._asdict())


SHORTENED = ((), ("answer",), ("answer", "plug"), ("answer", "plug", "fps"))
"""Columns that take their short forms, where the first do not fit else."""


def _place_first(
    columns: Sequence[Column], cameras: Sequence[CameraStatus], width: int
) -> list[Placed]:
    """Place as many of the first as fit, in the longest forms that let them; at least four."""
    for count in range(len(columns), ALWAYS - 1, -1):
        for short in SHORTENED:
            placed = [
                _place(column, cameras, short=column.title in short) for column in columns[:count]
            ]
            name, *others = placed
            room = width - _total([name._replace(width=0), *others])
            if room >= min(name.width, COMFORTABLE_NAME_WIDTH):
                return [name._replace(width=min(name.width, room)), *others]
    placed = [_place(column, cameras, short=True) for column in columns[:ALWAYS]]
    return _narrow(placed, width)


def _narrow(placed: list[Placed], width: int) -> list[Placed]:
    """Shorten the names, and where that is not enough leave out the fps, then the plug."""
    name = placed[0]
    spare = max(name.width - MIN_NAME_WIDTH, 0)
    while _total(placed) - spare > width and len(placed) > 2:
        placed = placed[:-1]
    excess = min(max(_total(placed) - width, 0), spare)
    return [Placed(name.column, name.width - excess, name.cell), *placed[1:]]


def _place(column: Column, cameras: Sequence[CameraStatus], *, short: bool = False) -> Placed:
    """Return a column with the width that its widest cell needs."""
    cell = column.short if short and column.short else column.cell
    least = 0 if short else column.min_width
    width = max(len(column.title), least, *(cell_len(cell(camera).text) for camera in cameras))
    if column.cell is name_cell:
        width = min(width, MAX_NAME_WIDTH)
    return Placed(column, width, cell)


def _total(placed: Sequence[Placed]) -> int:
    return row_width([one.width for one in placed])


def title_line(placed: Sequence[Placed]) -> Line:
    """Write the headings."""
    return _line(placed, [Cell(_heading(one)) for one in placed], "title")


def _heading(placed: Placed) -> str:
    """Return what stands above a column; its short form has the shorter heading."""
    column = placed.column
    return column.heading if column.heading and placed.cell is column.cell else column.title


def camera_line(
    placed: Sequence[Placed], camera: CameraStatus, *, cursor: bool, marked: bool = False
) -> Line:
    """Write the row of one camera."""
    cells = [one.cell(camera) for one in placed]
    return _line(placed, cells, "cursor" if cursor else "plain", marked=marked)


def _line(
    placed: Sequence[Placed], cells: Sequence[Cell], base: Base, *, marked: bool = False
) -> Line:
    widths, right = [one.width for one in placed], [one.column.right for one in placed]
    return tabular(cells, widths, base, right, marked=marked)

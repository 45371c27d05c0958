"""Rigs as lines: the row above a rig's cameras, the sums over all, and what is known of one."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from pmv_tui.tui.state import count_troubles
from pmv_tui.tui.text.columns import MAX_NAME_WIDTH, has_failed, in_trouble
from pmv_tui.tui.text.lines import (
    GAP,
    MARK_WIDTH,
    OLD,
    Cell,
    Line,
    Tone,
    age_text,
    first_few,
    fit,
    labelled_lines,
    plain,
)
from pmv_tui.wire.status import CameraStatus, EngineStatus

INDENT = 2
"""Terminal columns by which a rig's cameras stand further to the right."""


class RigRow(NamedTuple):
    """What is shown of a rig above its cameras.

    Parameters
    ----------
    trouble : why nothing newer is known; empty where what is shown is new.
    no_engine : whether all that is missing is an engine.
    retry_in : seconds until it is tried again; None where no try is due.
    age : seconds since it reported anything; None before.
    engine : as last reported.
    cameras : as last reported; `hidden` more have no room in the table.
    folded : whether its cameras are left out of the table.
    """

    name: str
    host: str
    group: str
    trouble: str
    no_engine: bool
    retry_in: float | None
    age: float | None
    engine: EngineStatus | None
    cameras: Sequence[CameraStatus]
    hidden: int
    folded: bool


def words_of(row: RigRow) -> str:
    """Return what is searched of a rig, besides its cameras."""
    return plain(f"{row.name} {row.host} {row.group}").casefold()


def is_old(row: RigRow) -> bool:
    """Whether what is shown of a rig's cameras may not be so any more."""
    return bool(row.trouble) or row.age is None or row.age > OLD


def needs_help(row: RigRow) -> bool:
    """Whether somebody should look after a rig itself, whatever its cameras do."""
    return bool(row.trouble) and row.trouble != "connecting"


class Widths(NamedTuple):
    """Terminal columns of the names of rigs and of their hosts."""

    name: int
    host: int


NARROW = 60
"""Terminal columns below which hosts are left out."""


def widths_of(rows: Sequence[RigRow], width: int) -> Widths:
    """Give names and hosts the room that the longest need; hosts none where they say no more."""
    name = max((cell_len(plain(row.name)) for row in rows), default=0)
    hosts = [plain(row.host) for row in rows if row.host != row.name]
    host = 0 if width < NARROW else max(map(cell_len, hosts), default=0)
    return Widths(min(name, MAX_NAME_WIDTH), min(host, MAX_NAME_WIDTH))


def rig_line(row: RigRow, widths: Widths, width: int, *, cursor: bool, marked: bool) -> Line:
    """Write a rig's row: its name and host, how it does, and how old what is shown is."""
    mark = (">" if cursor else " ") + ("*" if marked else " ")
    name = f"{'▸' if row.folded else '▾'} {fit(plain(row.name), widths.name)}{' ' * GAP}"
    host = f"{fit(plain(row.host), widths.host)}{' ' * GAP}" if widths.host else ""
    room = width - MARK_WIDTH - cell_len(name) - len(host)
    age = age_text(row.age)
    doing = doing_text(row)
    doing_room = max(room - len(age) - 1, 0)
    return Line(
        (
            Cell(mark, "strong" if marked else "plain"),
            Cell(name, "strong"),
            Cell(host, "muted"),
            Cell(fit(doing.text, doing_room) + " ", doing.tone),
            Cell(age, "muted"),
        ),
        "cursor" if cursor else "plain",
    )


def doing_text(row: RigRow) -> Cell:
    """Say how a rig does: what keeps it from being shown, or else how its cameras do."""
    if row.trouble:
        again = "" if row.retry_in is None else f"again in {row.retry_in:.0f} s: "
        tone: Tone = "bad" if needs_help(row) else "muted"
        return Cell(f"{'' if row.no_engine else again}{plain(row.trouble)}", tone)
    if row.engine is None:
        return Cell("connecting", "muted")
    if not row.cameras:
        return Cell("scanning" if row.engine["scanning"] else "no cameras", "warning")
    troubles = count_troubles(row.cameras)
    plugged = sum(camera["plugged"] for camera in row.cameras)
    parts = [troubles, f"{plugged} of {len(row.cameras)} plugged"]
    if row.hidden:
        parts.append(f"{row.hidden} more have no room")
    if row.engine["scanning"]:
        parts.append("scanning")
    tone = "good" if plugged else "muted"
    return Cell(", ".join(filter(None, parts)), trouble_tone(row.cameras) if troubles else tone)


def trouble_tone(cameras: Sequence[CameraStatus]) -> Tone:
    """Return what the colour of cameras in trouble says: answers that are late are no failure."""
    return "bad" if any(map(has_failed, cameras)) else "warning"


def last_known(row: RigRow, lines: Sequence[Line], width: int) -> list[Line]:
    """Say, below the first of the lines about a camera, how old they are and why; grey them all."""
    parts = [age_text(row.age, 0) or "old", plain(row.trouble) or "the engine is slow to answer"]
    said = labelled_lines([("shown", Cell(": ".join(parts), "warning"))], width)
    name, *others = map(greyed, lines)
    return [name, *said, *others]


def greyed(line: Line) -> Line:
    """Take the colours from a line: what it says may not be so any more."""
    return Line(tuple(Cell(cell.text, "muted") for cell in line.cells), line.base)


def fleet_header(rows: Sequence[RigRow], width: int) -> list[Line]:
    """Write the sums over all rigs: how many there are, and how cameras of those that answer do.

    The cameras of the others are only counted: what was known of them may not be so any more.
    """
    cameras = [camera for row in rows if not row.trouble for camera in row.cameras]
    unknown = sum(len(row.cameras) for row in rows if row.trouble)
    connected = sum(not row.trouble and row.engine is not None for row in rows)
    program = Cell(" pmv-tui  ", "strong")
    all_there = connected == len(rows)
    tone: Tone = "plain" if all_there else "warning"
    troubles = count_troubles(cameras)
    trouble = Cell(troubles and f"{troubles}, ", trouble_tone(cameras))
    plugged = sum(camera["plugged"] for camera in cameras)
    sums = f"{plugged} of {len(cameras)} plugged" if cameras or not unknown else ""
    plugs = Cell(sums, "good" if plugged else "muted")
    others = Cell(f"{', ' if sums else ''}{unknown} not known" if unknown else "", "warning")
    count = f"{connected} of {len(rows)} rigs"
    said = (f"{count} connected", count, f"{connected}/{len(rows)}")
    room = max(width - sum(len(each.text) for each in (program, trouble, plugs)) - 2, 0)
    if len(said[-1]) + len(others.text) > room:
        others = Cell("")  # fewer rigs than there are say it, too
    room -= len(others.text)
    rigs = next((words for words in said if len(words) <= room), "")
    return [Line((program, Cell(fit(rigs, room) + " ", tone), trouble, plugs, others))]


def rig_details(row: RigRow, state: Sequence[tuple[str, Cell]], width: int) -> list[Line]:
    """Describe a rig. `state` holds what keys do about what is wrong with it, labelled."""
    engine = row.engine
    parts = [plain(row.host), plain(row.group)]
    head = Line(
        (Cell(plain(row.name), "strong"), Cell("  " + ", ".join(filter(None, parts)), "muted"))
    )
    rows = [("state", doing_text(row)), *state, ("shown", Cell(age_text(row.age)))]
    if engine:
        process = f"version {engine['version']}, process {engine['pid']} on {engine['host']}"
        operators = "; ".join(first_few(engine["operators"]))
        rows += [
            ("config", Cell(plain(engine["config_path"]))),
            ("engine", Cell(plain(process))),
            ("log", Cell(plain(engine["log_path"]))),
            ("operators", Cell(operators)),
        ]
    return [head, *labelled_lines(rows, width)]


def waits_for_help(row: RigRow) -> bool:
    """Whether a rig or one of its cameras is in trouble."""
    return needs_help(row) or any(map(in_trouble, row.cameras))

"""Events as lines of a log, and which of them are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from pmv_tui.tui.text.lines import Cell, Line, Tone, fit, indented, plain, wrap
from pmv_tui.wire.status import Event, local_time

LEVEL_TONES: dict[str, Tone] = {"info": "muted", "warning": "warning", "error": "bad"}

TIME_FORMAT = "%m-%d %H:%M:%S"
"""Local time of the host; its length is that of `01-31 23:59:59`."""

MAX_NAME_WIDTH = 16
"""Terminal columns; longer names are cut."""

MIN_TEXT_WIDTH = 24
"""Where less is left beside time, level and camera, the text goes on a line of its own."""


def event_lines(events: Sequence[Event], names: Mapping[str, str], width: int) -> list[Line]:
    """Write events oldest first, each on as many lines as its text needs.

    Parameters
    ----------
    names : each camera's name by its unique_id.
    """
    columns = name_width(names)
    return [line for event in events for line in _event(event, names, columns, width)]


def name_width(names: Mapping[str, str]) -> int:
    """Return how many terminal columns cameras' names get."""
    widest = max([len("camera"), *(len(plain(name)) for name in names.values())])
    return min(widest, MAX_NAME_WIDTH)


def _event(event: Event, names: Mapping[str, str], name_width: int, width: int) -> list[Line]:
    tone = LEVEL_TONES.get(event["level"], "plain")
    moment = local_time(event["time"])
    camera = plain(names.get(event["camera"], event["camera"]))
    head = (
        Cell(f"{moment:{TIME_FORMAT}}  ", "muted"),
        Cell(fit(plain(event["level"]), 9), tone),
        Cell(fit(camera, name_width) + "  ", "strong"),
    )
    indent = sum(cell_len(cell.text) for cell in head)
    tone = "plain" if tone == "muted" else tone
    if width - indent < MIN_TEXT_WIDTH:
        return [Line(head), *indented(wrap(plain(event["text"]), width - 2), 2, tone)]
    first, *rest = wrap(plain(event["text"]), width - indent)
    return [Line((*head, Cell(first, tone))), *indented(rest, indent, tone)]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What an event must have to be shown; all of it.

    Parameters
    ----------
    camera : unique_id; empty for every camera and the rig as a whole.
    troubles_only : whether only warnings and errors are.
    text : stands in the event's text or its camera's name; small and capital letters are the same.
    """

    camera: str = ""
    troubles_only: bool = False
    text: str = ""

    def matches(self, event: Event, names: Mapping[str, str]) -> bool:
        """Return whether an event is shown; `names` has each camera's name by its unique_id."""
        if self.camera and event["camera"] != self.camera:
            return False
        if self.troubles_only and event["level"] == "info":
            return False
        if not self.text:
            return True
        name = names.get(event["camera"], event["camera"])
        return self.text.casefold() in f"{plain(name)} {plain(event['text'])}".casefold()

    def words(self, names: Mapping[str, str]) -> str:
        """Return what is shown."""
        parts = [plain(names.get(self.camera, self.camera)) or "all cameras"]
        if self.troubles_only:
            parts.append("warnings and errors")
        if self.text:
            parts.append(f"/{plain(self.text)}")
        return ", ".join(parts)

"""The clients of a camera as lines: who each is, what it gets and misses, whether it keeps up."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from pmv_tui.tui.text.lines import (
    MARK_WIDTH,
    Base,
    Cell,
    Line,
    Tone,
    plain,
    row_width,
    tabular,
    wrap,
)
from pmv_tui.wire.status import (
    BEHIND,
    CameraStatus,
    ClientStatus,
    behind,
    behind_first,
    client_sentence,
    client_text,
    full_name,
    local_time,
    not_subscribed_sentence,
    others_too,
)

NAME = "client"


class Figure(NamedTuple):
    """What a column shows of a client: its heading, meaning, text, and importance, 1 first."""

    title: str
    meaning: str
    text: Callable[[ClientStatus], str]
    importance: int
    width: int


def _figure(value: float | None, shape: str, divisor: int = 1, unit: str = "") -> str:
    """Write a figure in a format; - where it is not known."""
    return "-" if value is None else f"{value / divisor:{shape}}{unit}"


FIGURES = (
    Figure(
        "since",
        "When it subscribed: local time of the rig's host.",
        lambda client: f"{local_time(client['since']):%H:%M:%S}",
        5,
        8,
    ),
    Figure(
        "images/s",
        "Images a second that its machine has confirmed, over the last 5 s.",
        lambda client: _figure(client["fps"], ".1f"),
        2,
        8,
    ),
    Figure(
        "MB/s", "10^6 bytes a second of them.", lambda client: _figure(client["mb_s"], ".1f"), 3, 5
    ),
    Figure(
        "missed",
        "Images that were published, and that it missed as it was behind.",
        lambda client: _figure(client["missed"], ".0f"),
        1,
        6,
    ),
    Figure(
        "waiting",
        "What was sent to it, and what its machine has not confirmed yet.",
        lambda client: _figure(client["waiting_bytes"], ".0f", 1000, " kB"),
        4,
        8,
    ),
)

CLIENT_STATES = (
    (
        "answers",
        "How many images it answered in the last 10 s, and how late the answers were: from an "
        "image's time stamp to the arrival of the answer. Not there for a script that says not "
        "which image it answers, or where it cannot be told whose an answer is.",
    ),
    (
        "keeps up",
        "It misses no images, or missed some a moment ago, and no more: then it says how many. In "
        "a queue of its own they may wait for long: only its answers show that.",
    ),
    ("too slow", "Its queue here is full, and it has missed images for some 3 s, or often."),
    (
        "does not read",
        "Its machine takes nothing, though something waits: the script hangs, or the "
        "machine is gone.",
    ),
    ("waits for images", "None are published, or it has just connected and got none yet."),
    (
        "not known",
        "It comes over ipc, where no kernel counts bytes; or that of the rig's host is older than "
        "Linux 4.1.",
    ),
)


def slow_clients(camera: CameraStatus) -> Cell:
    """Return which client does not keep up, and how many others; nothing where all do."""
    slow = behind(camera.get("client_list", []))
    if not slow:
        return Cell("")
    sentence = plain(client_sentence(slow[0])).removeprefix("client ")
    return Cell(sentence + others_too(len(slow) - 1), "bad")


def clients_title(camera: CameraStatus) -> str:
    """Say how many clients there are, and how many of them do not keep up."""
    clients = camera.get("client_list", [])
    slow = len(behind(clients))
    counts = f"{len(clients) or 'none'}{f', {slow} behind' if slow else ''}"
    return f"Clients of {plain(full_name(camera))}: {counts}"


def client_lines(camera: CameraStatus, width: int) -> list[Line]:
    """Write a heading, and for each client its figures, and below them whether it keeps up.

    Those that do not keep up come first. Where there is no room for names beside the figures they
    stand above them; figures that do not fit are left out, the least important first.
    """
    clients = behind_first(camera.get("client_list", []))
    if not clients:
        return [Line(), *_indented(_nobody(camera), 2, width)]
    names = max([len(NAME), *(cell_len(plain(client["name"])) for client in clients)])
    beside = row_width([names, *(figure.width for figure in FIGURES)]) <= width
    shape = _Shape(names, FIGURES) if beside else _Shape(0, _fitting(width))
    return [*shape.heading(), *(line for client in clients for line in shape.lines(client, width))]


class _Shape(NamedTuple):
    """How clients are written: beside how wide names, if beside any, stand which figures."""

    names: int
    figures: Sequence[Figure]

    def heading(self) -> list[Line]:
        """Write what the columns are: in two lines, where names stand above the figures."""
        above = [] if self.names else [tabular([Cell(NAME)], [len(NAME)], "title")]
        return [*above, self.row(Cell(NAME), [figure.title for figure in self.figures], "title")]

    def row(self, name: Cell, texts: Sequence[str], base: Base = "plain") -> Line:
        """Write figures, and the name where it stands beside them."""
        cells, widths = list(map(Cell, texts)), [figure.width for figure in self.figures]
        right = [True] * len(cells)
        if self.names:
            cells, widths, right = [name, *cells], [self.names, *widths], [False, *right]
        return tabular(cells, widths, base, right)

    def lines(self, client: ClientStatus, width: int) -> list[Line]:
        """Write one client."""
        name = Cell(plain(client["name"]), "strong")
        above = [] if self.names else _indented(name.text, MARK_WIDTH, width, "strong")
        figures = self.row(name, [figure.text(client) for figure in self.figures])
        tone: Tone = "bad" if client["state"] in BEHIND else "muted"
        text = plain(client_text(client))
        return [*above, figures, *_indented(text, 2 * MARK_WIDTH, width, tone)]


def _indented(text: str, columns: int, width: int, tone: Tone = "plain") -> list[Line]:
    return [Line((Cell(" " * columns + row, tone),)) for row in wrap(text, width - columns)]


def _fitting(width: int) -> list[Figure]:
    """Choose the figures that fit a width, by importance."""
    chosen: list[Figure] = []
    for one in sorted(FIGURES, key=lambda each: each.importance):
        if row_width([figure.width for figure in (*chosen, one)]) <= width:
            chosen.append(one)
    return sorted(chosen, key=FIGURES.index)


def _nobody(camera: CameraStatus) -> str:
    """Return why there is no client."""
    if "client_list" not in camera:
        return "The engine is older than this terminal interface, and does not list clients."
    if not camera["plugged"]:
        return "No clients: the camera is unplugged."
    if few := not_subscribed_sentence(camera):
        return f"No clients: {few} at {plain(camera['pub_address'])}."
    return f"No clients: no script subscribes to {plain(camera['pub_address'])}."

"""What help says: each screen's keys and words, and what to do where no camera is."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from textual.content import Content

from pmv_tui.tui.actions import (
    CAMERA_ACTIONS,
    CLIENTS_ACTIONS,
    FLEET_ACTIONS,
    GRID_ACTIONS,
    LOG_ACTIONS,
    PICTURE_ACTIONS,
    PLOT_ACTIONS,
    RIG_ACTIONS,
    Action,
)
from pmv_tui.tui.key_map import KeyMap, shown_keys
from pmv_tui.tui.text.clients import CLIENT_STATES, FIGURES
from pmv_tui.tui.text.columns import CAUSES, COLUMNS, STATES
from pmv_tui.tui.text.figures import SECONDS as FOCUS_SECONDS
from pmv_tui.tui.text.lines import plain
from pmv_tui.tui.text.settings import SETTING_COLUMNS
from pmv_tui.tui.text.trends import SECONDS, TREND_MEANING
from pmv_tui.wire.status import BackendStatus, Snapshot

OTHER_KEYS = (
    ("ctrl+p", "The palette: every action by name, and the colour theme."),
    ("ctrl+q", "Quit, from anywhere; ctrl+c does the same where it does not copy a selection."),
    (
        "mouse",
        "A click puts the cursor on a row, a double click does what enter does; the wheel scrolls. "
        "On one camera's picture the wheel magnifies at the pointer, dragging moves the image, and "
        "a double click does what z does.",
    ),
)

CLOCKS = (
    ("host's", "Each frame carries the host's time of its arrival."),
    ("device's", "What is to be added to the device's own time to get the host's."),
    ("drift", "How much faster the host's clock runs, parts per million."),
)
PICTURE = (
    ("greys", "Those of the image, in the few that the terminal has; nothing is made brighter."),
    (
        "zoom 1:4",
        "Half a cell shows 4x4 pixels of the image; 4:1 is 4x4 halves of cells for each pixel.",
    ),
    ("map", "Blue, in the corner, while not all of it is shown: yellow is what is seen."),
    (
        "contrast 12-180",
        "12 is shown black, 180 white: 1 % of what is seen is darker, 1 % brighter.",
    ),
    ("red", "Where saturated pixels are marked: one of the pixels there is 255."),
    ("coloured", "Boxes and points of client scripts, with their labels; they fade as in windows."),
    (
        "+ o X _ #",
        "In a terminal without colours: boxes, points, saturated pixels, the map, what is seen.",
    ),
    ("dimmed", "The image is not live, it is the last one; the words over it say why."),
)


class Topic(NamedTuple):
    """A heading, and the terms below it with their meanings.

    Parameters
    ----------
    words : of the first rows, what else they are found by.
    """

    title: str
    rows: tuple[tuple[str, str], ...]
    words: tuple[str, ...] = ()


def keys_topic(actions: Iterable[Action], key_map: KeyMap) -> Topic:
    """Explain the keys of a screen's actions, as the key map has them."""
    listed = list(actions)
    rows = ((shown_keys(each, key_map), each.help) for each in listed)
    words = tuple(f"{each.label} {each.synonyms}" for each in listed)
    return Topic("Keys", (*rows, *OTHER_KEYS), words)


def with_how_shown(topics: Iterable[Topic], how: str) -> list[Topic]:
    """Add to the one about pictures how this terminal shows them, and why."""
    return [
        each._replace(rows=(("here", how), *each.rows)) if each is PICTURE_TOPIC else each
        for each in topics
    ]


SCRIPT = "The same from a script"


def _commands(actions: Iterable[Action]) -> Topic:
    labels: dict[tuple[str, ...], str] = {}
    for each in actions:
        if each.commands:
            labels.setdefault(each.commands, each.label)  # Several steps are one command.
    rows = ((label, ", ".join(commands)) for commands, label in labels.items())
    return Topic(f"{SCRIPT}: pmv-tui ...", tuple(rows))


def with_rig(topics: Iterable[Topic], rig: str) -> list[Topic]:
    """Have the commands for scripts name the rig, where the terminal shows several."""
    title = f"{SCRIPT}: pmv-tui --rig {shlex.quote(plain(rig))} ..."
    return [
        each._replace(title=title) if rig and each.title.startswith(SCRIPT) else each
        for each in topics
    ]


STATES_TOPIC = Topic("States", tuple((state, meaning) for state, (_, meaning) in STATES.items()))

PICTURE_TOPIC = Topic("Picture", PICTURE)

FIGURES_TOPIC = Topic(
    "Figures, of the part of the image that is seen",
    (
        (
            "sharpness",
            "How fine its structure is: turn the ring until that is highest; no structure: "
            "there is nothing but noise.",
        ),
        ("best", "The highest since that part is seen, and how much of it there is now."),
        ("blocks", f"The sharpness of the last {FOCUS_SECONDS} s, the newest to the right."),
        ("saturated", "Pixels that brighter light does not raise: they are lost to any analysis."),
        ("black", "Pixels that are as dark as can be."),
        ("1, 50, 99 %", "The values at or below which so many of the pixels are, 0 to 255."),
        (
            "histogram",
            "How many pixels have which value, 0 to the left. Heights are square roots, so that a "
            "few pixels are seen beside many.",
        ),
        ("*", "The value is tried and not saved: leaving asks what becomes of it."),
    ),
)

RIG_HELP: tuple[Topic, ...] = (
    Topic(
        "Columns",
        (*((each.title, each.meaning) for each in COLUMNS), (f"... {SECONDS} s", TREND_MEANING)),
    ),
    STATES_TOPIC,
    PICTURE_TOPIC,
    _commands(RIG_ACTIONS),
)

FLEET_HELP = (
    Topic(
        "Rigs",
        (
            ("▾ and ▸", "A rig, with its cameras below it, or without."),
            ("N of M plugged", "Of its cameras; before it stands how many are in trouble."),
            (
                "again in N s",
                "It is not connected, and will be tried then; the reason is beside it.",
            ),
            ("N s old", "Nothing newer is known: its cameras are grey, and were so then."),
            ("no engine", "It is there, and its engine is not; E on its row starts one."),
            (
                "a rig's row",
                "Keys to plug, pause, open windows, save images, add and mark act on all its "
                "cameras that are shown; to unplug several asks first.",
            ),
            (
                "several rigs",
                "Whatever keys do to cameras of more than one rig, they ask about first.",
            ),
        ),
    ),
    *RIG_HELP[:-1],
    _commands(FLEET_ACTIONS),
)

CAMERA_HELP = (
    Topic("Settings", tuple((column.title, column.meaning) for column in SETTING_COLUMNS)),
    Topic(
        "Below the settings",
        (("page down", "Scroll to what has no room: answers, boxes, events. page up goes back."),),
    ),
    Topic("Drops, since the engine started", tuple((one.key, one.meaning) for one in CAUSES)),
    Topic("Clock", CLOCKS),
    STATES_TOPIC,
    PICTURE_TOPIC,
    _commands(CAMERA_ACTIONS),
)

GRID_HELP = (PICTURE_TOPIC, STATES_TOPIC, _commands(GRID_ACTIONS))

PICTURE_HELP = (PICTURE_TOPIC, FIGURES_TOPIC, STATES_TOPIC, _commands(PICTURE_ACTIONS))

CLIENTS_HELP = (
    Topic("Figures", tuple((figure.title, figure.meaning) for figure in FIGURES)),
    Topic("Below them", CLIENT_STATES),
    _commands(CLIENTS_ACTIONS),
)

PLOT_HELP = (
    Topic(
        "Plots",
        (
            ("line", "Through the lowest and the highest value of each column of time."),
            ("grey line", "The 99th percentile, of what has two lines; * and . in ASCII."),
            ("gap", "Nothing is known of then: such as how late answers were, without any."),
            ("cursor", "What stands below the plots is of its column."),
            ("dashed line", "The engine started there; it knows of nothing before."),
            ("! and .", "Something happened: a warning or an error, or anything else."),
            ("seconds", "They are kept for an hour; of what is longer ago, minutes, for a day."),
        ),
    ),
    _commands(PLOT_ACTIONS),
)

LOG_HELP = (
    Topic(
        "Columns",
        (
            ("time", "When it happened: month, day and local time of the rig's host."),
            ("level", "info; warning: look when you can; error: something does not work."),
            ("camera", "Which it concerns; empty for the rig as a whole."),
        ),
    ),
    Topic(
        "Last line",
        (
            ("following", "The newest event is in view, and will be when more come."),
            ("N new below", "You scrolled up, so the log stays there; end goes to the newest."),
            ("repeats", "Repeated events are summed up now and then, with their count."),
        ),
    ),
    _commands(LOG_ACTIONS),
)


def empty_rig(snapshot: Snapshot, looked_at: Sequence[Path], rescan: str, quit_: str) -> Content:
    """Explain an empty table.

    The text is assembled and never read as markup, for it holds paths and reasons from outside.

    Parameters
    ----------
    looked_at : where the config file was looked for, in order.
    rescan, quit_ : the keys that help here, as people read them.
    """
    engine = snapshot["engine"]
    config = plain(engine["config_path"])
    if engine["config_exists"]:
        where = f"{config} lists none, and no search found one.\n"
        other = "another config file"
    else:
        where = "There is no config file, and no search found one. Looked for here:\n"
        where += "".join(f"  {plain(str(path))}\n" for path in looked_at)
        other = "a config file elsewhere"
    parts: list[str | tuple[str, str]] = [
        ("No cameras yet\n\n", "bold"),
        f"{where}\n",
        ("What to do\n", "bold"),
        f"  Connect a camera, then press {rescan} to search again.\n",
        f"  Or list one in {config}, then stop the engine ({quit_}) and start again:\n\n",
        ('    [[cameras]]\n    unique_id = "left-simulated"\n\n', "$text-muted"),
        f"  For {other}: pmv-tui --config FILE.\n\n",
    ]
    unusable = [backend for backend in snapshot["backends"] if not backend["available"]]
    if unusable:
        parts.append(("Kinds of camera that cannot be used here\n", "bold"))
        parts += [piece for backend in unusable for piece in _unusable(backend)]
    return Content.assemble(*parts)


def _unusable(backend: BackendStatus) -> list[str | tuple[str, str]]:
    pieces: list[str | tuple[str, str]] = [
        "  ",
        (plain(backend["name"]), "$text-warning"),
        f": {plain(backend['reason'])}\n",
    ]
    if backend["remedy"]:
        pieces.append(f"    {plain(backend['remedy'])}\n")
    return pieces

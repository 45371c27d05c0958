"""The control socket: what the engine answers, and what the TUI asks."""

from typing import Any

import zmq

from tests.pins.pin import Pins
from tests.pins.pinned_rig import PinnedRig
from tests.support import wait_for
from tests.system.script import Script
from tests.system.terminal import TerminalTui

DEEP: Any = 1
for _ in range(400):
    DEEP = [DEEP]

THUMBNAILS = {"command": "thumbnails", "cameras": {"mono": 0}, "width": 9, "height": 9}

REFUSED: list[object] = [
    b"",
    b"\xc1",
    b"hello",
    b"\x81" * 9999,
    [],
    {},
    {"command": 1},
    {"command": "plug"},
    {"command": "fly", "camera": "left"},
    {"command": "plug", "camera": 1},
    {"command": "plug", "camera": "nobody"},
    {"command": "plug", "camera": ["left", "nobody"]},
    {"command": "settings", "camera": "all"},
    {"command": "addresses", "camera": "left", "pub": 1, "pull": 2},
    {"command": "set", "camera": "left", "changes": {b"fps": 25}},
    {"command": "thumbnails", "cameras": {"mono": 0}, "width": 0, "height": 9},
    {"command": "thumbnails", "cameras": {"mono": 0}, "width": 801, "height": 9},
    {"command": "thumbnails", "cameras": {"mono": "0"}, "width": 9, "height": 9},
    {"command": "thumbnails", "cameras": {"nobody": 0}, "width": 9, "height": 9},
    {**THUMBNAILS, "regions": [0, 0, 9, 9]},
    {**THUMBNAILS, "regions": {"mono": [0, 0, 9]}},
    {**THUMBNAILS, "regions": {"mono": [0, 0, 9, 0]}},
    {**THUMBNAILS, "regions": {"mono": [0, 0.5, 9, 9]}},
    {**THUMBNAILS, "regions": {"left": [0, 0, 9, 9]}},
    {**THUMBNAILS, "figures": True},
    {**THUMBNAILS, "figures": ["nobody"]},
    {**THUMBNAILS, "saturated": [0]},
    {"command": "image"},
    {"command": "image", "camera": "all"},
    {"command": "image", "camera": ["mono"]},
    {"command": "image", "camera": "nobody"},
    {"command": "events", "since": "now"},
    {"command": "history"},
    {"command": "history", "camera": "nobody"},
    {"command": "history", "camera": "left", "fields": "fps"},
    {"command": "history", "camera": "left", "fields": ["fps", "frames"]},
    {"command": "history", "camera": "left", "since": -1},
    {"command": "history", "camera": "left", "since": "1h"},
    {"command": "history", "camera": "left", "step": 10},
    {"command": DEEP},
    {"command": "set", "camera": "left", "changes": {"source": DEEP}},
]

ANSWERED: list[dict[str, Any]] = [
    {"command": "plug", "camera": "side"},
    {"command": "plug", "camera": ["side", "side-simulated"]},
    {"command": "pause", "camera": "side"},
    {"command": "resume", "camera": "side"},
    {"command": "unplug", "camera": "side"},
    {"command": "pause", "camera": "side"},
    {"command": "settings", "camera": "side"},
    {"command": "set", "camera": "side", "changes": {"fps": 0}},
    {"command": "set", "camera": "side", "changes": {}},
    {"command": "try", "camera": "side", "changes": {"fps": 0}},
    {"command": "try", "camera": "side", "changes": {"gain": 3}},
    {"command": "discard", "camera": "side"},
    {"command": "window", "camera": "side", "close": True},
    {"command": "window", "camera": "side", "display": ""},
    {"command": "events", "since": 2**40},
    {"command": "history", "camera": "side", "since": 0, "fields": ["published", "state"]},
    {
        "command": "history",
        "camera": ["side"],
        "since": 0,
        "fields": ["published", "state"],
        "step": 60,
    },
    {"command": "reload"},
]


def written(rig: PinnedRig, script: Script, request: object) -> list[str]:
    """Ask, and write down what came of it."""
    asked = request.hex() if isinstance(request, bytes) else rig.stable.line(request)
    shown = asked if len(asked) < 200 else f"{asked[:40]}… {len(asked)} characters"
    return [f"> {shown}", rig.stable.line(script.ask(request)), ""]


def test_answers(pinned_rig: PinnedRig, pins: Pins) -> None:
    more = {"regions": {"mono": [-1, 1, 4, 2]}, "figures": ["mono"], "saturated": ["mono"]}
    with zmq.Context[zmq.Socket[bytes]]() as context:
        script = Script(pinned_rig.control_path(), context)
        wait_for(lambda: script.ask(THUMBNAILS)["thumbnails"][0]["pixels"], "a frame")
        image = {"command": "image", "camera": "mono"}
        requests = (*REFUSED, *ANSWERED, THUMBNAILS, THUMBNAILS | more, image)
        lines = [line for each in requests for line in written(pinned_rig, script, each)]
        snapshot = script.ask({"command": "snapshot"})
        script.close()
    assert list(snapshot["snapshot"]) == ["engine", "backends", "cameras"]
    pins.check("answers.txt", "\n".join(lines))


POLLED = tuple(
    f'{{"command": "{command}"' for command in ("snapshot", "events", "thumbnails", "settings")
)
"""How requests begin that the TUI sends by itself."""

STEERED = [
    ("p", "1 of 7 plugged", ""),
    (" ", "‖ paused", "● plugged"),
    (" ", "● plugged", "‖ paused"),
    ("p", "0 of 7 plugged", ""),
    ("P", "7 of 7 plugged", ""),
    ("P", "0 of 7 plugged", ""),
    ("w", "there is no display", ""),
    ("R", "nothing has changed", ""),
    ("e", "Addresses of top", ""),
    ("\x15{free_2}\r", "top: now has {free_2}", "Addresses of top"),
    ("e", "Addresses of top", ""),
    ("\x15{top_pub}\r", "top: now has {top_pub}", "Addresses of top"),
    ("\r", "exposure_time", ""),
    ("\x1b[B\r", "exposure_time of top", ""),
    ("\x159000\r", "exposure_time = 9000", "exposure_time of top"),
    ("\x1b", "0 of 7 plugged", ""),
    ("v", "▀", ""),
]
"""Keys that a person presses, what then stands on the screen, and what is gone from it."""


def test_what_the_tui_asks(pinned_rig: PinnedRig, pins: Pins) -> None:
    """What it asks by itself it asks again and again: of that each is there once, at the end."""
    with pinned_rig.asked() as requests, TerminalTui(pinned_rig, 120, 40) as tui:
        tui.shows("> top", "q quit")
        for keys, words, gone in STEERED:
            tui.press(pinned_rig.named(keys))
            tui.shows(pinned_rig.named(words))
            if gone:
                tui.hides(gone)
    asked = dict.fromkeys(map(pinned_rig.written, requests))
    by_itself = {each for each in asked if each.startswith(POLLED)}
    steered = [each for each in asked if each not in by_itself]
    pins.check("tui.txt", "\n".join([*steered, "", *sorted(by_itself), ""]))

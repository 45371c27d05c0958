"""`pmv-tui history`: what cameras did over the last hour, or day."""

import argparse
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pmv_tui.cli.events import moment
from pmv_tui.cli.grammar import (
    DONE,
    WRONG,
    CommandFailed,
    Grammar,
    cameras_argument,
    complain,
    put,
    say,
)
from pmv_tui.cli.rig import named_cameras, request

if TYPE_CHECKING:
    from pmv_tui.cli.kept import Kept

DEFAULT = "1h"

FOR_EVER = 2**63 - 1
"""ns since the epoch."""

AN_HOUR = 3602
"""Seconds, with two for what passes between the command line and the answer: for an hour the engine
keeps each second."""


def add_commands(grammar: Grammar) -> None:
    """Add `history`."""
    history = grammar.command(
        "history", _history, "show what cameras did over the last hour, or day", listing=False
    )
    cameras_argument(history)
    history.add_argument(
        "--since",
        metavar="WHEN",
        type=moment,
        default=DEFAULT,
        help="such as 10m, 24h, 03:12, 2026-01-31T03:12; default: 1h",
    )
    history.add_argument(
        "--until", metavar="WHEN", type=moment, help="in the same form; default: now"
    )
    form = history.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print a table for other programs")
    form.add_argument("--json", action="store_true", help="print JSON, for scripts")


def _history(options: argparse.Namespace) -> int:
    from pmv_tui.cli.kept import as_json, before_it, csv_text, table_lines

    # Where the host's clock was set back, what came before lies in the future now.
    until = options.until or FOR_EVER
    kept = list(_kept(options, until))
    if options.json:
        put(json.dumps({each.history["unique_id"]: as_json(each) for each in kept}) + "\n")
    elif options.csv:
        put(csv_text(kept))
        # Else a time of which nothing is known might be taken for one in which nothing happened.
        for note in filter(None, map(before_it, kept)):
            complain(note)
    else:
        events = request(options, "events", since=0)["events"]
        if not kept:
            say("no cameras; pmv-tui cameras lists what is connected")
        for each in kept:
            say(*table_lines(each, events, until))
    return DONE


def _kept(options: argparse.Namespace, until: int) -> "Iterator[Kept]":
    """Ask for each camera's history by itself: no answer is so large that it holds others up."""
    from pmv_tui.cli.kept import Kept

    now = time.time_ns()
    for option, when in (("--since", options.since), ("--until", options.until or now)):
        if when > now:
            raise CommandFailed(
                f"{option} lies in the future; a time of another day needs its date", WRONG
            )
    if until <= options.since:
        raise CommandFailed("--until must be later than --since", WRONG)
    snapshot = request(options, "snapshot")["snapshot"]
    back = (now - options.since) / 1e9
    # An engine that is younger has all of it second by second.
    known = min(back, (now - snapshot["engine"]["started"]) / 1e9)
    step = 1 if known <= AN_HOUR else 60
    for camera in named_cameras(options.cameras, snapshot):
        reply = request(options, "history", camera=camera["unique_id"], since=back, step=step)
        log_path = snapshot["engine"]["log_path"]
        yield Kept.of(reply["histories"][0], options.since, until, log_path)

"""`pmv-tui events`: what happened on the rig, once, or on and on as it happens."""

import argparse
import json
import re
import select
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from pmv_tui.cli.elsewhere import run_there
from pmv_tui.cli.grammar import DONE, CommandFailed, Grammar, say
from pmv_tui.cli.rig import request, rig_of, unique_id_of

if TYPE_CHECKING:
    from pmv_tui.control.rig import Rig
    from pmv_tui.wire.status import Event, Reply

PERIOD = 300
"""ms from one question for new events to the next."""

PATIENCE = 1.0
"""Seconds without an answer after which it is looked whether the engine still runs."""

FIRST_FOLLOWED = 10
"""Events that --follow begins with, where --since does not say from when on."""

LEVELS = ("info", "warning", "error")

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def add_commands(grammar: Grammar) -> None:
    """Add `events`."""
    events = grammar.command(
        "events",
        _events,
        "show what happened on the rig, oldest first",
        listing=False,
        elsewhere=_elsewhere,
    )
    events.add_argument(
        "--json", action="store_true", help="print each event as JSON, on a line of its own"
    )
    events.add_argument(
        "--follow", action="store_true", help="go on until ctrl+c; begins with the last 10"
    )
    events.add_argument(
        "--since", metavar="WHEN", type=moment, help="such as 10m, 2h, 13:05, 2026-01-31T13:05"
    )
    events.add_argument("--camera", metavar="NAME", help="only this camera's; name or unique_id")
    events.add_argument("--level", choices=LEVELS, default="info", help="this and more serious")


def moment(text: str) -> int:
    """Read a time: so long ago, a time of today, or a date; ns since the epoch.

    Raises
    ------
    argparse.ArgumentTypeError : it is none of these.
    """
    now = datetime.now(UTC).astimezone()
    try:
        if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text):
            number, unit = ago.groups()
            return int((now - timedelta(**{UNITS[unit]: float(number)})).timestamp() * 1e9)
        try:
            when = datetime.combine(now, time.fromisoformat(text))
        except ValueError:
            when = datetime.fromisoformat(text)
        return int(when.timestamp() * 1e9)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            "10m (ago; s, m, h or d), 13:05 (today) or 2026-01-31T13:05"
        ) from None


def _elsewhere(options: argparse.Namespace, words: list[str]) -> int:
    if options.follow:
        from pmv_tui.cli.follow import follow

        return follow(options, words)
    return run_there(options, words)


def _events(options: argparse.Namespace) -> int:
    reply = request(options, "snapshot")
    names = _names(reply)
    camera = options.camera and unique_id_of(options.camera, reply["snapshot"])
    # ctrl+c is the way to end --follow.
    with closing(_EngineLog(rig_of(options))) as log, suppress(KeyboardInterrupt):
        events = list(_wanted(log.newer(), options, camera))
        if options.follow and options.since is None:
            events = events[-FIRST_FOLLOWED:]
        _print(events, names, options)
        while options.follow:
            _wait_for_reader()
            if events := list(_wanted(log.newer(), options, camera)):
                # Read again: cameras may have come, or been given other names.
                _print(events, _names(log.ask("snapshot")), options)
    return DONE


class _EngineLog:
    """The events of the engine that runs now, until it ends."""

    def __init__(self, rig: "Rig") -> None:
        from pmv_tui.control.client import ControlClient

        self._rig = rig
        self._pid = rig.engine_pid()
        self._client = ControlClient(rig.endpoint)
        self._last = 0

    def newer(self) -> list["Event"]:
        """Return the events since the last call."""
        events = self.ask("events", since=self._last)["events"]
        if events:
            self._last = events[-1]["id"]
        return events

    def ask(self, command: str, **arguments: int) -> "Reply":
        """Ask the engine; one that is busy is waited for, one that ended is reported."""
        from pmv_tui.control.client import ControlClient, EngineGone

        while True:
            # Another engine counts its events from the beginning: one must not pass for the other.
            if self._rig.engine_pid() != self._pid or not self._rig.engine_runs():
                raise CommandFailed(f"the engine {self._ending()}; its log: {self._rig.log_path}")
            try:
                return self._client.request(command, timeout=PATIENCE, **arguments)
            except EngineGone:
                self._client.close()
                self._client = ControlClient(self._rig.endpoint)

    def _ending(self) -> str:
        """Return how it ended: the engine's last event, which nobody could ask it for."""
        from pmv_tui.control.rig import DIED

        ending = self._rig.ending()
        # The one that wrote how it ended may still hold its lock.
        another = ending == DIED and self._rig.engine_runs()
        return "was followed by another" if another else ending

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _names(reply: "Reply") -> dict[str, str]:
    """Return each camera's name by its unique_id."""
    return {camera["unique_id"]: camera["name"] for camera in reply["snapshot"]["cameras"]}


def _wanted(
    events: Sequence["Event"], options: argparse.Namespace, camera: str | None
) -> Iterator["Event"]:
    """Yield those that the options ask for."""
    for event in events:
        serious = LEVELS.index(event["level"]) >= LEVELS.index(options.level)
        late = options.since is None or event["time"] >= options.since
        if serious and late and camera in (None, event["camera"]):
            yield event


def _print(
    events: Sequence["Event"], names: Mapping[str, str], options: argparse.Namespace
) -> None:
    from pmv_tui.cli.report import event_lines

    if options.json:
        say(*(json.dumps({**each, "name": names.get(each["camera"], "")}) for each in events))
    else:
        say(*event_lines(events, names))


def _wait_for_reader() -> None:
    """Wait a period; raise BrokenPipeError as soon as nobody reads any more."""
    reader = select.poll()
    reader.register(sys.stdout.fileno(), 0)
    if reader.poll(PERIOD):
        raise BrokenPipeError

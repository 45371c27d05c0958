"""The commands that look at something without an engine: cameras, config, a stream, the machine."""

import argparse
import shutil
import socket
import textwrap
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.grammar import (
    DONE,
    NOT_DONE,
    WRONG,
    CommandFailed,
    Grammar,
    complain,
    said_of,
    seconds,
    show,
)
from pmv_tui.cli.rig import differences, from_disk, load, locate, rig_of

if TYPE_CHECKING:
    from pmv_tui.config.load import Check, LoadedConfig
    from pmv_tui.config.locate import Problem
    from pmv_tui.control.rig import Rig
    from pmv_tui.doctor import Finding


def add_commands(grammar: Grammar) -> None:
    """Add the commands that need no engine."""
    grammar.command(
        "cameras", _cameras, "list what is connected, and what cannot be used", longest=30
    )
    grammar.command("engines", _engines, "list your engines on this machine")
    grammar.command("check", _check, "list every error in the config file")
    probe = grammar.command("probe", _probe, "receive images as a client would, and measure")
    probe.add_argument("address", metavar="ADDRESS", help="such as tcp://localhost:5555")
    probe.add_argument("--seconds", metavar="N", type=seconds, default=5.0, help="default: 5")
    probe.add_argument("--key", metavar="FILE", help="this client's, from pmv-tui keys new")
    probe.add_argument(
        "--server-key", metavar="FILE", help="the rig's, where the other file does not contain it"
    )
    where = grammar.command(
        "where", _where, "show where this rig's engine is found, running or not", longest=15
    )
    where.add_argument(
        "--start", action="store_true", help="start it where it does not run, as pmv-tui does"
    )
    about = grammar.command(
        "config", _config, "show which config file is used, or what it says with all defaults"
    )
    about.add_argument("what", choices=["path", "show"])
    grammar.command(
        "doctor", _doctor, "check what could spoil a run on this machine, and say what to do"
    )


UNLIMITED = 10_000
"""Columns where the output goes to no terminal: a line a finding, for grep."""

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def _doctor(options: argparse.Namespace) -> int:
    from pmv_tui.control.rig import RigError
    from pmv_tui.doctor.run import examine, gather

    with said_of(RigError):
        examined = gather(getattr(options, "config", None), lambda path: _load_wholly(path).config)
    findings = examine(examined)
    errors = [finding for finding in findings if finding.level == "error"]
    report = {
        "config": str(examined.rig.config_path),
        "fit": not errors,
        "findings": [asdict(finding) for finding in findings],
    }
    columns = examined.terminal.columns if examined.terminal else UNLIMITED
    show(options, report, lambda: _lines(findings, columns))
    return NOT_DONE if errors else DONE


def _load_wholly(path: Path, *further: "Check") -> "LoadedConfig":
    """Read the config file; the TUI's part and the keys that it asks for are checked too.

    Raises
    ------
    ConfigError : it has mistakes, or a key that it asks for is missing or cannot be read.
    """
    from pmv_tui.config.load import load_config
    from pmv_tui.config.locate import ConfigError, Problem
    from pmv_tui.curve import KeyFileError
    from pmv_tui.keys import Keys
    from pmv_tui.tui.key_map import tui_problems

    loaded = load_config(path, tui_problems, *further)
    if not loaded.config.security.curve:
        return loaded
    keys = Keys(loaded.keys_folder)
    try:
        keys.server()
        problems = [client.problem for client in keys.clients() if client.problem]
    except KeyFileError as error:
        problems = [str(error)]
    if problems:
        raise ConfigError(loaded.path, [Problem("security.keys", None, text) for text in problems])
    return loaded


def _lines(findings: list["Finding"], columns: int) -> list[str]:
    """Return every finding, what to do below it, and how many are bad; wrapped to `columns`."""
    from pmv_tui.wire.status import counted

    lines = []
    for finding in findings:
        head = f"{MARKS[finding.level]:<7}  {finding.check:<9}  "
        lines += _broken(finding.found, head, columns)
        if finding.remedy:
            lines += _broken(finding.remedy, f"{'':<{len(head)}}→ ", columns)
    counts = {
        level: sum(finding.level == level for finding in findings) for level in ("error", "warning")
    }
    totals = [counted(count, level) for level, count in counts.items()]
    return [*lines, "", ", ".join(totals) + ("" if counts["error"] else ": nothing breaks a run")]


def _broken(text: str, head: str, columns: int) -> list[str]:
    """Break a text into lines behind its head; long words, such as paths, stay whole."""
    width = max(columns, 2 * len(head))
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


PATIENCE = 5.0
"""Seconds of a search for cameras after which it is said who keeps it waiting."""


def _cameras(options: argparse.Namespace) -> int:
    from pmv_tui.cameras.search import as_map, searches
    from pmv_tui.cli.report import search_lines

    different: list[str] = []
    with suppress(CommandFailed):  # a search needs no rig
        # Before the search, which takes out of the environment what an SDK dies of.
        different = differences(rig_of(options))

    def tell_who_is_late() -> None:
        complain(f"still searching: {', '.join(searches.under_way)}")

    late = Timer(PATIENCE, tell_who_is_late)
    late.start()
    try:
        results = searches.search()
    finally:
        late.cancel()
        searches.stop()
    show(options, list(map(as_map, results)), lambda: search_lines(results))
    for difference in different:
        complain(difference)
    return DONE


def _engines(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import engine_as_json, engine_lines
    from pmv_tui.control.client import running_engines

    engines = running_engines()
    show(options, list(map(engine_as_json, engines)), lambda: engine_lines(engines))
    return DONE


def _check(options: argparse.Namespace) -> int:
    from pmv_tui.config.load import absent_sources, camera_blocks
    from pmv_tui.config.locate import ConfigError
    from pmv_tui.wire.status import counted

    location = locate(options)
    path, count = location.path, 0
    problems: tuple[Problem, ...] = ()
    try:
        count = camera_blocks(path)
        _load_wholly(path, absent_sources(path))
    except ConfigError as error:
        if not options.json:
            raise CommandFailed(location.explained(error), WRONG) from None
        problems = error.problems
    about = {
        "path": str(path),
        "cameras": count,
        "problems": [asdict(problem) for problem in problems],
    }
    show(options, about, lambda: [f"{path}: no errors; {counted(count, 'camera')}"])
    return WRONG if problems else DONE


def _probe(options: argparse.Namespace) -> int:
    import zmq

    from pmv_tui.cli.report import probe_lines
    from pmv_tui.config.addresses import Address
    from pmv_tui.curve import Key
    from pmv_tui.network import NameTrouble, in_numbers
    from pmv_tui.probe import probe

    with said_of(ValueError, code=WRONG):
        address = Address.parse(options.address)
        if options.server_key and not options.key:
            raise CommandFailed("--server-key is for a client with a key of its own: --key", WRONG)
        key = Key.load(options.key, options.server_key) if options.key else None
    with said_of(NameTrouble):
        endpoint = in_numbers(address).endpoint
    try:
        report = probe(endpoint, options.seconds, key)
    except zmq.ZMQError as error:
        raise CommandFailed(
            f"{address} is not an address to connect to ({error.strerror}); name the rig's host, "
            "such as tcp://localhost:5555",
            WRONG,
        ) from None
    show(options, report, lambda: probe_lines(report))
    return DONE if report["images"] else NOT_DONE


def _config(options: argparse.Namespace) -> int:
    if options.what == "show":
        return _show_config(options)
    location = locate(options)
    about = {
        "path": str(location.path),
        "exists": location.exists,
        "chosen_by": location.chosen_by,
        "looked_at": [str(path) for path in location.looked_at],
    }
    show(options, about, lambda: [str(location.path)])
    return DONE


def _show_config(options: argparse.Namespace) -> int:
    from pmv_tui.config.values import flat, whole

    loaded = load(options)
    settings = flat(loaded.config.model_dump(mode="json"))
    about = {"path": str(loaded.path), "settings": settings}
    lines = [f"{key} = {whole(value)}" for key, value in settings.items() if value is not None]
    show(options, about, lambda: lines)
    return DONE


def _where(options: argparse.Namespace) -> int:
    from pmv_tui import __version__
    from pmv_tui.control.rig import RigError
    from pmv_tui.system import standing
    from pmv_tui.wire.status import PROTOCOL_VERSION

    rig = rig_of(options)
    with said_of(RigError):
        started = _started(options, rig) if options.start else ""
        pid = rig.engine_pid() if rig.engine_runs() else None
    free = from_disk(lambda: shutil.disk_usage(standing(rig.folder)).free, rig.folder)
    about = {
        "socket": str(rig.socket_path),
        "config": str(rig.config_path),
        "log": str(rig.log_path),
        "pid": pid,
        "protocol": PROTOCOL_VERSION,
        "version": __version__,
        "host": socket.gethostname(),
        "free_bytes": free,
        "time_ns": time.time_ns(),
    }
    show(options, about, lambda: [*_where_lines(about), *filter(None, [started])])
    return DONE


def _started(options: argparse.Namespace, rig: "Rig") -> str:
    """Start the rig's engine unless one runs; return what is to be known of one that was started.

    Raises
    ------
    RigError : it did not start.
    """
    from pmv_tui.control.launch import Launch

    launch = Launch(rig)
    launch.wait()
    if not launch.started:
        return ""
    linger = load(options).config.engine.linger
    return (
        f"started; it ends itself after {linger:g} s with nothing plugged, no window shown and "
        "nobody attached: [engine] linger"
    )


def _where_lines(about: dict[str, Any]) -> list[str]:
    """Return where an engine is found, for people."""
    from pmv_tui.cli.report import in_columns
    from pmv_tui.config.values import short
    from pmv_tui.wire.status import local_time

    *rows, (_, free), (_, now) = about.items()
    seen = local_time(now).isoformat(timespec="seconds")
    told = [*((key, short(each)) for key, each in rows), ("free", f"{free / 1e9:.1f} GB")]
    return in_columns([*told, ("time", seen)])

"""The commands that ask or direct the running engine: what the TUI's keys do, from a script."""

import argparse
import datetime
import time
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.grammar import (
    DONE,
    NOT_DONE,
    SOME,
    WRONG,
    CommandFailed,
    Grammar,
    camera_argument,
    cameras_argument,
    chosen,
    complain,
    show,
)
from pmv_tui.cli.rig import differences, load, named_cameras, request, rig_of

if TYPE_CHECKING:
    from pmv_tui.wire.status import Reply, Result, SettingStatus

SETTING_TIMEOUT = 5.0
"""Seconds that a camera may take to apply a setting; some must be opened again for it."""

MANY_TIMEOUT = 60.0
"""Seconds that every camera's turn may take."""

WINDOW_TIMEOUT = 10.0
"""Seconds that a window may take to be shown."""

SEARCH_TIMEOUT = 30.0
"""Seconds that a search for cameras may take; an SDK's first import is most of it."""

STOP_TIMEOUT = 10.0
"""Seconds that an engine may take to end; cameras that hang are left behind after 3."""


def add_commands(grammar: Grammar) -> None:
    """Add the commands for an engine that runs."""
    _add_questions(grammar)
    for verb, help_text in (
        ("plug", "bind cameras' sockets and publish"),
        ("unplug", "release cameras' sockets"),
        ("pause", "stop sending images; the sockets stay bound"),
        ("resume", "send images again"),
        ("discard", "set what is tried as it was saved"),
    ):
        named = grammar.command(verb, _tell_camera, help_text, longest=MANY_TIMEOUT)
        cameras_argument(named)
        named.set_defaults(verb=verb)
    addresses = grammar.command("addresses", _addresses, "change a camera's addresses")
    camera_argument(addresses)
    addresses.add_argument("pub", metavar="PUB", help="where images are published")
    addresses.add_argument("pull", metavar="PULL", help="where overlay messages are received")
    settings = grammar.command(
        "settings",
        _settings,
        "show a camera's settings: requested and actual values, and the allowed ranges",
    )
    camera_argument(settings)
    for verb, help_text in (
        ("set", "change settings of cameras: saved and applied"),
        ("try", "change settings of cameras: applied, and not saved"),
    ):
        change = grammar.command(verb, _set, help_text, longest=MANY_TIMEOUT)
        change.usage = "%(prog)s [-h] [--config FILE] [--rig RIG] [--json] NAME... KEY=VALUE..."
        change.add_argument(
            "words",
            metavar="NAME... KEY=VALUE...",
            nargs="+",
            help=f"{SOME}; then settings, such as exposure_time=8000",
        )
        change.set_defaults(verb=verb)
    window = grammar.command("window", _window, "show cameras' windows on this DISPLAY")
    cameras_argument(window)
    window.add_argument("--close", action="store_true", help="close it")
    add = grammar.command("add", _add, "add cameras that were found to the config file")
    cameras_argument(add)
    grammar.command(
        "reload", _reload, "apply a config file that was edited by hand", longest=MANY_TIMEOUT
    )
    grammar.command("rescan", _rescan, "search for cameras again", longest=SEARCH_TIMEOUT)
    grammar.command("stop", _stop, "end the engine: cameras and sockets are closed")


def _add_questions(grammar: Grammar) -> None:
    grammar.command("status", _status, "show what the engine and its cameras do")
    clients = grammar.command(
        "clients", _clients, "show who receives cameras' images, and who is too slow"
    )
    clients.add_argument("cameras", metavar="NAME", nargs="*", help=f"{SOME}; default: all")


def _status(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import status_lines

    snapshot = request(options, "snapshot")["snapshot"]
    show(options, snapshot, lambda: status_lines(snapshot))
    return DONE


def _clients(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import client_lines

    cameras = named_cameras(options.cameras, request(options, "snapshot")["snapshot"])
    listed = [
        {
            "camera": each["name"],
            "unique_id": each["unique_id"],
            "clients": each.get("client_list", []),
        }
        for each in cameras
    ]
    show(options, listed, lambda: client_lines(cameras))
    return DONE


def _tell_camera(options: argparse.Namespace) -> int:
    from pmv_tui.config.schema import EVERY_CAMERA
    from pmv_tui.control.client import TIMEOUT

    # With very many cameras that are busy, the last one's turn comes late.
    one = len(options.cameras) == 1 and EVERY_CAMERA not in options.cameras
    timeout = TIMEOUT if one else MANY_TIMEOUT
    return _results(
        options, request(options, options.verb, camera=chosen(options.cameras), timeout=timeout)
    )


def _addresses(options: argparse.Namespace) -> int:
    names = {"camera": options.camera, "pub": options.pub, "pull": options.pull}
    return _results(options, request(options, "addresses", **names))


def _results(options: argparse.Namespace, reply: "Reply") -> int:
    from pmv_tui.wire.status import result_sentence

    results = reply["results"]
    show(options, results, lambda: [result_sentence(each) for each in results])
    return DONE if reply["ok"] else NOT_DONE


def _settings(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import settings_lines

    answer = request(options, "settings", camera=options.camera)["settings"]
    show(options, answer, lambda: settings_lines(answer["settings"]))
    return DONE


def _set(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import settings_lines
    from pmv_tui.wire.status import result_sentence

    _require_name(options)
    names = list(takewhile(lambda word: "=" not in word, options.words[1:]))
    changes = dict(_assignment(text) for text in options.words[1 + len(names) :])
    if not changes:
        raise CommandFailed("no setting is given: write KEY=VALUE, such as gain=3", WRONG)
    cameras = chosen([options.words[0], *names])
    reply = request(options, options.verb, camera=cameras, changes=changes)
    if not reply["ok"]:
        return _results(options, reply)
    lines, applied = [], []
    end = time.monotonic() + SETTING_TIMEOUT
    for result in reply["results"]:
        lines.append(result_sentence(result))
        changed = _applied(options, result["camera"], end)
        changed = [setting for setting in changed if setting["name"] in changes]
        lines += settings_lines(changed) if changed else []
        applied.append({"camera": result["camera"], "settings": changed})
    one = isinstance(cameras, str) and cameras != "all"
    show(options, applied[0]["settings"] if one else applied, lambda: lines)
    return DONE


def _require_name(options: argparse.Namespace) -> None:
    """Check that a camera, not a setting, is named first: a name may contain a = too."""
    first = options.words[0]
    if "=" not in first:
        return
    cameras = request(options, "snapshot")["snapshot"]["cameras"]
    if not any(first in (each["name"], each["unique_id"]) for each in cameras):
        known = ", ".join(each["name"] for each in cameras) or "none"
        raise CommandFailed(
            f"no camera is named before {first}: write NAME... KEY=VALUE..., or all for every "
            f"camera; there are: {known}",
            WRONG,
        )


def _applied(options: argparse.Namespace, camera: str, end: float) -> "list[SettingStatus]":
    """Wait until a camera has applied its settings; return them.

    Parameters
    ----------
    camera : its name, which it may just have been given.
    end : when to give up, on the monotonic clock.
    """
    while (answer := request(options, "settings", camera=camera)["settings"])["pending"]:
        if time.monotonic() > end:
            saved = "saved, but " if options.verb == "set" else ""
            text = f"{camera}: {saved}the camera has not applied it yet; see its status"
            raise CommandFailed(text)
        time.sleep(0.05)
    return answer["settings"]


def _assignment(text: str) -> tuple[str, Any]:
    """Read KEY=VALUE; the value as in TOML, or else as text."""
    import tomllib

    from pmv_tui.untrusted import MAX_DEPTH, too_deep

    key, equals, value = text.partition("=")
    if not equals:
        raise CommandFailed(f"{text!r}: write KEY=VALUE, such as exposure_time=8000", WRONG)
    try:
        read = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        return key, _region(value) or value
    if too_deep(read):
        raise CommandFailed(f"{key} is nested deeper than {MAX_DEPTH} levels", WRONG)
    # No setting is a date or a time; a camera may well be named by one.
    return key, value if isinstance(read, datetime.date | datetime.time) else read


def _region(text: str) -> list[int]:
    """Read a region of interest as it is shown, x, y, width, height; empty where it is none."""
    parts = [part.strip() for part in text.split(",")]
    is_one = len(parts) == 4 and all(part.isdecimal() for part in parts)
    return [int(part) for part in parts] if is_one else []


def _window(options: argparse.Namespace) -> int:
    from pmv_tui.control.client import display_here
    from pmv_tui.wire.status import window_sentence

    if options.close:
        closed = request(options, "window", camera=chosen(options.cameras), close=True)
        return _results(options, closed)
    reply = request(options, "window", camera=chosen(options.cameras), **display_here())
    wanted = {result["camera"] for result in reply["results"]}
    end = time.monotonic() + WINDOW_TIMEOUT
    while True:
        cameras = request(options, "snapshot")["snapshot"]["cameras"]
        windows = [camera for camera in cameras if camera["name"] in wanted]
        if all(camera["window"] != "opening" for camera in windows) or time.monotonic() > end:
            break
        time.sleep(0.1)
    results: list[Result] = [
        {
            "camera": camera["name"],
            "ok": camera["window"] == "shown",
            "text": window_sentence(camera["window"], camera["window_reason"]),
        }
        for camera in windows
    ]
    return _results(options, {"ok": all(each["ok"] for each in results), "results": results})


def _add(options: argparse.Namespace) -> int:
    return _results(options, request(options, "set", camera=chosen(options.cameras), changes={}))


def _reload(options: argparse.Namespace) -> int:
    load(options)  # Mistakes in it are of the exit code of `check`.
    return _results(options, request(options, "reload", timeout=MANY_TIMEOUT))


def _rescan(options: argparse.Namespace) -> int:
    from pmv_tui.cli.report import rescan_lines

    before = {each["unique_id"] for each in request(options, "snapshot")["snapshot"]["cameras"]}
    request(options, "rescan")
    end = time.monotonic() + SEARCH_TIMEOUT
    while (rig := request(options, "snapshot")["snapshot"])["engine"]["scanning"]:
        if time.monotonic() > end:
            raise CommandFailed("the search goes on; pmv-tui status will show what it finds")
        time.sleep(0.1)
    found = [camera for camera in rig["cameras"] if camera["unique_id"] not in before]
    value = {
        "found": [{"unique_id": each["unique_id"], "name": each["name"]} for each in found],
        "backends": rig["backends"],
    }
    show(options, value, lambda: rescan_lines(found, rig))
    for difference in differences(rig_of(options)):
        complain(difference)
    return DONE


def _stop(options: argparse.Namespace) -> int:
    from pmv_tui.control.rig import why_silent

    rig = rig_of(options)
    pid = rig.engine_pid()
    request(options, "stop")
    if not rig.wait_for_end(STOP_TIMEOUT):
        raise CommandFailed(
            f"the engine was asked to stop, but still runs; {why_silent(pid)}; its log: "
            f"{rig.log_path}"
        )
    show(options, {"stopped": True, "pid": pid}, lambda: ["the engine has ended"])
    return DONE

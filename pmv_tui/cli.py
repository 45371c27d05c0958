"""The command line. Each command imports only what it needs, so that --help is there at once.

Exit codes: 0 done; 1 it could not be done (no engine, a port in use, nothing received, …);
2 the command line or the config file is wrong.
"""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmv_tui import __version__

if TYPE_CHECKING:
    from pmv_tui.config.load import LoadedConfig
    from pmv_tui.config.locate import Location
    from pmv_tui.control.messages import Reply, Result
    from pmv_tui.control.rig import Rig

DONE, NOT_DONE, WRONG = 0, 1, 2

TUI_NICENESS = 10

SETTING_TIMEOUT = 5.0
"""Seconds that a camera may take to take over a setting; some must be opened anew for it."""

WINDOW_TIMEOUT = 10.0
"""Seconds that a window may take to be shown."""

STOP_TIMEOUT = 10.0
"""Seconds that an engine may take to end; cameras that hang are left behind after 3."""


class CommandFailed(Exception):  # noqa: N818 - what happened, as it reads
    """A command ends with a sentence for people and an exit code."""

    def __init__(self, text: str, code: int = NOT_DONE) -> None:
        super().__init__(text)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except CommandFailed as failure:
        print(f"pmv-tui: {failure}", file=sys.stderr)
        return failure.code
    except BrokenPipeError:
        # Whoever read the output has what they wanted; the interpreter must not flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument(
        "--config", metavar="FILE", type=Path, default=argparse.SUPPRESS, help="the config file"
    )
    listing = argparse.ArgumentParser(add_help=False)
    listing.add_argument("--json", action="store_true", help="print JSON, for scripts")

    parser = argparse.ArgumentParser(
        "pmv-tui",
        parents=[config],
        description="Cameras for closed-loop experiments. Without a command: attach the terminal "
        "interface to this rig's engine; the engine is started first if none runs.",
        epilog="Exit codes: 0 done; 1 it could not be done; 2 wrong usage or config file.",
    )
    parser.add_argument("--version", action="version", version=f"pmv-tui {__version__}")
    parser.set_defaults(run=_attach)
    commands = parser.add_subparsers(metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], help_text: str, *more: Any
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, parents=[config, *more], help=help_text, description=help_text
        )
        made.set_defaults(run=run)
        return made

    serve = command("serve", _serve, "run the engine in the foreground, without a TUI")
    serve.add_argument(
        "--plug", metavar="NAME", action="append", default=[], help="plug a camera at once"
    )
    serve.add_argument("--plug-all", action="store_true", help="plug every camera at once")
    command("status", _status, "tell what the engine and its cameras do", listing)
    for verb, help_text in (
        ("plug", "bind a camera's sockets and publish"),
        ("unplug", "release a camera's sockets"),
        ("pause", "stop sending images; the sockets stay bound"),
        ("resume", "send images again"),
    ):
        named = command(verb, _tell_camera, f"{help_text} ('all': each camera)", listing)
        named.add_argument("camera", metavar="NAME", help="a camera's name or unique_id, or all")
        named.set_defaults(verb=verb)
    addresses = command("addresses", _addresses, "give a camera other addresses", listing)
    addresses.add_argument("camera", metavar="NAME", help="a camera's name or unique_id")
    addresses.add_argument("pub", metavar="PUB", help="where images are published")
    addresses.add_argument("pull", metavar="PULL", help="where overlay messages are received")
    settings = command("settings", _settings, "tell how a camera is set, and its ranges", listing)
    settings.add_argument("camera", metavar="NAME", help="a camera's name or unique_id")
    change = command("set", _set, "give a camera other settings: saved, and taken over", listing)
    change.add_argument("camera", metavar="NAME", help="a camera's name or unique_id")
    change.add_argument(
        "changes", metavar="KEY=VALUE", nargs="+", help="such as exposure_time=8000"
    )
    window = command("window", _window, "show a camera's window on this DISPLAY", listing)
    window.add_argument("camera", metavar="NAME", help="a camera's name or unique_id, or all")
    window.add_argument("--close", action="store_true", help="close it")
    command("rescan", _rescan, "search for cameras again")
    command("stop", _stop, "end the engine: cameras and sockets are closed")
    command("cameras", _cameras, "list what is connected, and what cannot be used", listing)
    command("check", _check, "list every error of the config file")
    probe = command("probe", _probe, "receive images as a client would, and measure", listing)
    probe.add_argument("address", metavar="ADDRESS", help="such as tcp://localhost:5555")
    probe.add_argument("--seconds", metavar="N", type=_seconds, default=5.0, help="default: 5")
    about = command("config", _config_path, "tell which config file is used", listing)
    about.add_argument("what", choices=["path"])
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError("a number of seconds above 0")
    return seconds


def _attach(options: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandFailed("the TUI needs a terminal; pmv-tui serve runs without one", WRONG)
    from pmv_tui.control.rig import RigError
    from pmv_tui.engine.launch import ConfigRefused, Launch

    rig = _rig(options)
    try:
        launch = Launch(rig)
        # From here on this process only shows: where processors are few, the engine and the clients
        # come first.
        os.nice(TUI_NICENESS)
        # By name: only here does the command line touch Textual (see the contracts in
        # pyproject.toml). It is imported while the engine starts.
        app = importlib.import_module("pmv_tui.tui.app")
        launch.wait()
    except ConfigRefused as error:
        raise CommandFailed(str(error), WRONG) from None
    except RigError as error:
        raise CommandFailed(str(error)) from None
    code: int = app.run_tui(rig)
    return code


def _serve(options: argparse.Namespace) -> int:
    from pmv_tui.control.rig import RigError
    from pmv_tui.engine.process import serve

    loaded = _load(options)
    to_plug = ["all"] if options.plug_all else options.plug
    try:
        serve(_rig(options), loaded, to_plug, to_stderr=True)
    except RigError as error:
        raise CommandFailed(str(error)) from None
    return DONE


def _status(options: argparse.Namespace) -> int:
    from pmv_tui.report import status_lines

    snapshot = _request(options, "snapshot")["snapshot"]
    _show(options, snapshot, lambda: status_lines(snapshot))
    return DONE


def _tell_camera(options: argparse.Namespace) -> int:
    return _results(options, _request(options, options.verb, camera=options.camera))


def _addresses(options: argparse.Namespace) -> int:
    names = {"camera": options.camera, "pub": options.pub, "pull": options.pull}
    return _results(options, _request(options, "addresses", **names))


def _results(options: argparse.Namespace, reply: "Reply") -> int:
    results = reply["results"]
    _show(options, results, lambda: [f"{result['camera']}: {result['text']}" for result in results])
    return DONE if reply["ok"] else NOT_DONE


def _settings(options: argparse.Namespace) -> int:
    from pmv_tui.report import settings_lines

    told = _request(options, "settings", camera=options.camera)["settings"]
    _show(options, told, lambda: settings_lines(told["settings"]))
    return DONE


def _set(options: argparse.Namespace) -> int:
    from pmv_tui.report import settings_lines

    changes = dict(_assignment(text) for text in options.changes)
    reply = _request(options, "set", camera=options.camera, changes=changes)
    if not reply["ok"]:
        return _results(options, reply)
    # Asked for by its unique_id or by the name it may just have been given.
    camera = changes.get("name", options.camera)
    end = time.monotonic() + SETTING_TIMEOUT
    while (told := _request(options, "settings", camera=camera)["settings"])["pending"]:
        if time.monotonic() > end:
            raise CommandFailed("saved, but the camera has not taken it over yet; see its status")
        time.sleep(0.05)
    changed = [setting for setting in told["settings"] if setting["name"] in changes]
    said = [f"{result['camera']}: {result['text']}" for result in reply["results"]]
    _show(options, changed, lambda: said + (settings_lines(changed) if changed else []))
    return DONE


def _assignment(text: str) -> tuple[str, Any]:
    """Read KEY=VALUE; the value as in TOML, or else as text."""
    import tomllib

    key, equals, value = text.partition("=")
    if not equals:
        raise CommandFailed(f"{text!r}: write KEY=VALUE, such as exposure_time=8000", WRONG)
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _window(options: argparse.Namespace) -> int:
    if options.close:
        return _results(options, _request(options, "window", camera=options.camera, close=True))
    reply = _request(
        options,
        "window",
        camera=options.camera,
        display=os.environ.get("DISPLAY", ""),
        xauthority=os.environ.get("XAUTHORITY", ""),
    )
    wanted = {result["camera"] for result in reply["results"]}
    end = time.monotonic() + WINDOW_TIMEOUT
    while True:
        cameras = _request(options, "snapshot")["snapshot"]["cameras"]
        windows = [camera for camera in cameras if camera["name"] in wanted]
        if all(camera["window"] != "opening" for camera in windows) or time.monotonic() > end:
            break
        time.sleep(0.1)
    results: list[Result] = [
        {
            "camera": camera["name"],
            "ok": camera["window"] == "shown",
            "text": ": ".join(filter(None, [camera["window"], camera["window_reason"]])),
        }
        for camera in windows
    ]
    return _results(options, {"ok": all(each["ok"] for each in results), "results": results})


def _rescan(options: argparse.Namespace) -> int:
    _request(options, "rescan")
    return DONE


def _stop(options: argparse.Namespace) -> int:
    _request(options, "stop")
    if not _rig(options).wait_for_end(STOP_TIMEOUT):
        raise CommandFailed("the engine was told to stop, but still runs")
    return DONE


def _cameras(options: argparse.Namespace) -> int:
    from pmv_tui.cameras.registry import search
    from pmv_tui.report import search_as_json, search_lines

    results = search()
    _show(options, search_as_json(results), lambda: search_lines(results))
    return DONE


def _check(options: argparse.Namespace) -> int:
    loaded = _load(options)
    count = len(loaded.config.cameras)
    print(f"{loaded.path}: no errors; {count} camera{'' if count == 1 else 's'}")
    return DONE


def _probe(options: argparse.Namespace) -> int:
    from pmv_tui.config.addresses import Address
    from pmv_tui.probe import probe
    from pmv_tui.report import probe_lines

    try:
        address = Address.parse(options.address)
    except ValueError as error:
        raise CommandFailed(str(error), WRONG) from None
    report = probe(str(address), options.seconds)
    _show(options, report, lambda: probe_lines(report))
    return DONE if report["images"] else NOT_DONE


def _config_path(options: argparse.Namespace) -> int:
    location = _locate(options)
    about = {
        "path": str(location.path),
        "exists": location.exists,
        "chosen_by": location.chosen_by,
        "looked_at": [str(path) for path in location.looked_at],
    }
    _show(options, about, lambda: [str(location.path)])
    return DONE


def _locate(options: argparse.Namespace) -> "Location":
    from pmv_tui.config.locate import locate_config
    from pmv_tui.config.problems import ConfigError

    try:
        return locate_config(getattr(options, "config", None))
    except ConfigError as error:
        raise CommandFailed(str(error), WRONG) from None


def _rig(options: argparse.Namespace) -> "Rig":
    from pmv_tui.control.rig import Rig

    return Rig.of(_locate(options).path)


def _load(options: argparse.Namespace) -> "LoadedConfig":
    """Read the config file; every error in it is told at once."""
    from pmv_tui.config.load import load_config
    from pmv_tui.config.problems import ConfigError

    try:
        return load_config(_locate(options).path)
    except ConfigError as error:
        raise CommandFailed(str(error), WRONG) from None


def _show(options: argparse.Namespace, value: Any, lines: Callable[[], list[str]]) -> None:
    if options.json:
        print(json.dumps(value, indent=2))
    else:
        print("\n".join(lines()))


def _request(options: argparse.Namespace, command: str, **arguments: Any) -> "Reply":
    """Ask the running engine; whatever keeps it from answering is said in words."""
    from pmv_tui.control.client import ControlClient, EngineGone

    rig = _rig(options)
    if not rig.engine_runs():
        raise CommandFailed(
            f"no engine runs for {rig.config_path}; pmv-tui or pmv-tui serve starts one"
        )
    with ControlClient(rig.endpoint) as client:
        try:
            reply = client.request(command, **arguments)
        except EngineGone as error:
            raise CommandFailed(f"{error}; its log: {rig.log_path}") from None
    if "error" in reply:
        raise CommandFailed(reply["error"])
    return reply

"""What commands print for people: snapshots, searches and measurements as lines of text."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pmv_tui.cameras import BUILT_IN
from pmv_tui.config.values import not_saved_text, short, span
from pmv_tui.wire.status import (
    CameraStatus,
    ClientStatus,
    Event,
    SettingStatus,
    Snapshot,
    answers_text,
    behind,
    behind_first,
    client_sentence,
    client_text,
    counted,
    local_time,
    not_subscribed_sentence,
    remarks_text,
    unsaved_text,
    window_sentence,
)

if TYPE_CHECKING:
    from pmv_tui.cameras.registry import SearchResult
    from pmv_tui.control.client import RunningEngine

NAMED_CLIENTS = 3
"""Clients that do not keep up which a camera's status names."""

GAPS_BY = {"sequence": "counted by sequence numbers", "timestamp": "estimated from timestamps"}
"""How a probe knows of gaps."""


def status_lines(snapshot: Snapshot) -> list[str]:
    """Return the rig's state, a line a camera, and below it whatever needs attention."""
    engine = snapshot["engine"]
    head = f"engine {engine['version']}, pid {engine['pid']}, {engine['config_path']}"
    if not snapshot["cameras"]:
        return [head, "no cameras; pmv-tui cameras lists what is connected"]
    columns = ("NAME", "STATE", "FPS", "PLUG", "CLIENTS", "DROPS", "PUB, PULL")
    rows = [columns, *(_row(camera) for camera in snapshot["cameras"])]
    notes = [note for camera in snapshot["cameras"] for note in _notes(camera)]
    return [head, *in_columns(rows), *notes]


def engine_as_json(engine: "RunningEngine") -> dict[str, Any]:
    """Put one of this machine's engines into a map, for scripts."""
    about: dict[str, Any] = {
        "pid": engine.pid,
        "answers": engine.snapshot is not None,
        "log_path": str(engine.folder / "engine.log") if engine.folder else None,
    }
    if engine.snapshot is None:
        return about | {"config_path": None, "started": None, "cameras": []}
    about |= {key: engine.snapshot["engine"][key] for key in ("config_path", "started")}
    keys = ("name", "unique_id", "plugged", "pub_address", "pull_address")
    about["cameras"] = [
        {key: value for key, value in camera.items() if key in keys}
        for camera in engine.snapshot["cameras"]
    ]
    return about


def engine_lines(engines: "Sequence[RunningEngine]") -> list[str]:
    """List this machine's engines, a line each."""
    if not engines:
        return ["no engine of this user runs on this machine"]
    rows: list[tuple[str, ...]] = [("PID", "CAMERAS", "PLUGGED", "CONFIG")]
    for engine in engines:
        if engine.snapshot is None:
            rows.append(
                (str(engine.pid), "?", "?", f"does not answer; its folder: {engine.folder}")
            )
            continue
        cameras = engine.snapshot["cameras"]
        plugged = sum(camera["plugged"] for camera in cameras)
        config = engine.snapshot["engine"]["config_path"]
        rows.append((str(engine.pid), str(len(cameras)), str(plugged), config))
    return in_columns(rows)


def _row(camera: CameraStatus) -> tuple[str, ...]:
    plug = "unplugged"
    if camera["plugged"]:
        plug = "paused" if camera["paused"] else "plugged"
    wanted = "trigger" if camera["external_trigger"] else f"{camera['fps_wanted']:g}"
    return (
        camera["name"],
        camera["state"].removesuffix(" for trigger"),
        f"{camera['fps']:.1f}/{wanted}",
        plug,
        str(camera["clients"]),
        str(_lost(camera)),
        _addresses(camera["pub_address"], camera["pull_address"]),
    )


def _lost(camera: CameraStatus) -> int:
    """Add up the frames that were lost; those left out to keep to put_rate were meant to be."""
    drops = camera["drops"]
    return drops["missing"] + drops["skipped"] + drops["failed"] + drops["clients"]


def _addresses(pub: str, pull: str) -> str:
    """Write both addresses so briefly that a row has room in 80 columns."""
    pub, pull = pub.removeprefix("tcp://"), pull.removeprefix("tcp://")
    shared = pub.rpartition("/" if pub.startswith("ipc:") else ":")
    return f"{pub}, {pull.removeprefix(''.join(shared[:2]))}"


def _notes(camera: CameraStatus) -> list[str]:
    notes = [camera["reason"], camera["plug_error"]]
    if late := camera.get("late"):
        notes.append(f"late: {late}")
    notes += [answers_text(camera), unsaved_text(camera)]
    if (limit := camera.get("limited_to")) is not None:
        notes.append(f"put_rate limits to {limit:g} images/s")
    slow = behind(camera.get("client_list", []))
    notes += [client_sentence(client) for client in slow[:NAMED_CLIENTS]]
    if (more := len(slow) - NAMED_CLIENTS) > 0:
        notes.append(f"{more} more clients do not keep up: pmv-tui clients lists them")
    if camera["refused"]:
        times, reason = camera["refused"], camera["refused_reason"]
        often = "once" if times == 1 else f"{times} times, the last"
        notes.append(f"clients rejected {often}: {reason}")
    if camera["malformed"]:
        notes.append(f"{camera['malformed']} malformed messages: {camera['malformed_reason']}")
    if camera["remarks"]:
        notes.append(remarks_text(camera["remarks"], camera["remark"]))
    if camera["window"]:
        notes.append(window_sentence(camera["window"], camera["window_reason"]))
    if camera["exposed"]:
        who = "encrypted, for listed clients" if camera["curve"] else "without encryption"
        notes.append(f"an address is open to other machines, {who}")
    return [f"{camera['name']}: {note}" for note in notes if note]


def client_lines(cameras: Sequence[CameraStatus]) -> list[str]:
    """List the cameras' clients, a line each: who they are, what they get and miss.

    Of each camera those that are behind come first.
    """
    clients = [
        (each["name"], client)
        for each in cameras
        for client in behind_first(each.get("client_list", []))
    ]
    silent = [
        f"{each['name']}: {few}" for each in cameras if (few := not_subscribed_sentence(each))
    ]
    if not clients:
        return ["no clients", *silent]
    titles = ("CAMERA", "CLIENT", "SINCE", "IMAGES/S", "MB/S", "MISSED", "WAITING", "")
    return [
        *in_columns([titles, *(_client_row(name, client) for name, client in clients)]),
        *silent,
    ]


def _client_row(camera: str, client: ClientStatus) -> tuple[str, ...]:
    fps, mb_s, waiting = client["fps"], client["mb_s"], client["waiting_bytes"]
    return (
        camera,
        client["name"],
        iso(client["since"]).partition(".")[0],
        "-" if fps is None else f"{fps:.1f}",
        "-" if mb_s is None else f"{mb_s:.1f}",
        short(client["missed"]),
        "-" if waiting is None else f"{waiting / 1000:.0f} kB",
        client_text(client),
    )


def in_columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Align columns to the left, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def settings_lines(settings: list[SettingStatus]) -> list[str]:
    """Return each setting's requested and actual value, and the allowed range."""
    titles = ("SETTING", "REQUESTED", "ACTUAL", "ALLOWED", "UNIT", "NOTE")
    rows = [
        (
            setting["name"],
            short(setting["wanted"]),
            short(setting["actual"]),
            ", ".join(setting["choices"]) or span(setting["lowest"], setting["highest"]),
            setting["unit"],
            "; ".join(filter(None, [setting["note"], not_saved_text(setting)])),
        )
        for setting in settings
    ]
    return in_columns([titles, *rows])


def event_lines(events: Sequence[Event], names: Mapping[str, str]) -> list[str]:
    """Return events, a line each: host's local time, level, camera, what happened.

    Parameters
    ----------
    names : each camera's name by its unique_id.
    """
    width = max(map(len, names.values()), default=0)
    return [
        f"{iso(event['time'])}  {event['level']:<7}  "
        f"{names.get(event['camera'], event['camera']):<{width}}  {event['text']}"
        for event in events
    ]


def iso(timestamp: int) -> str:
    """Write a time, ns since the epoch, as ISO 8601 in local time."""
    return local_time(timestamp).replace(tzinfo=None).isoformat(timespec="milliseconds")


def search_lines(results: "list[SearchResult]") -> list[str]:
    """Return what a search found: the cameras, then for each back end why it has none."""
    rows = [
        (camera.unique_id, camera.description) for result in results for camera in result.cameras
    ]
    lines = in_columns([("UNIQUE_ID", "CAMERA"), *rows]) if rows else ["no cameras are connected"]
    for result in results:
        if result.trouble:
            lines.append(f"{result.backend}: cannot be used: {result.trouble}")
        elif not result.cameras:
            none = BUILT_IN.get(result.backend, "usable, no camera found")
            lines.append(f"{result.backend}: {none}")
        if result.remark:
            lines.append(f"{result.backend}: {result.remark}")
    return lines


def rescan_lines(found: list[CameraStatus], rig: Snapshot) -> list[str]:
    """Return the cameras that a search added to the rig, and which kinds could not be searched."""
    lines = [f"found {camera['unique_id']}" for camera in found]
    if not found:
        lines = [f"no new camera; known: {len(rig['cameras'])}"]
    for backend in rig["backends"]:
        if not backend["available"]:
            lines.append(f"{backend['name']}: cannot be used: {backend['reason']}")
    return lines


def probe_lines(report: dict[str, Any]) -> list[str]:
    """Return how images arrived."""
    if not report["images"]:
        if report["refused"]:
            return [f"rejected: {report['refused']}"]
        if others := report["other_messages"]:
            return [
                f"{counted(others, 'message')} arrived, but no image: is the address a camera's "
                "pub_address? pmv-tui status lists them"
            ]
        if report["unreached"]:
            return [report["unreached"]]
        return ["no image arrived; is the camera plugged, and the address its pub_address?"]
    return [
        f"{report['unique_id']}  {report['width']}x{report['height']}",
        f"images   {report['images']}, {report['fps']:.2f} a second, {report['mb_s']:.1f} MB/s",
        f"gaps     {report['gaps']} ({GAPS_BY[report['gaps_told_by']]})",
        f"latency  p50 {report['latency_p50_ms']:.2f} ms, p99 {report['latency_p99_ms']:.2f} ms, "
        f"max {report['latency_max_ms']:.2f} ms, from the frame's arrival to its receipt here",
        f"age      {report['last_age_ms']:.2f} ms: the last image's",
    ]

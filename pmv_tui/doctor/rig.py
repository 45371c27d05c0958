"""The rig: its config file, its engine, its cameras and their ports."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

from pmv_tui.cameras import BUILT_IN
from pmv_tui.config.addresses import Address
from pmv_tui.config.replace import obstacle
from pmv_tui.config.schema import addresses
from pmv_tui.control.client import called
from pmv_tui.control.rig import why_silent
from pmv_tui.doctor import SDK_BACKENDS, Examined, Finding, error, note, ok, warning
from pmv_tui.network import LIMIT, NameTrouble, holder_of, in_numbers, look_up, why_not_bound
from pmv_tui.socket_file import Obstacle
from pmv_tui.socket_file import obstacle as obstacle_at
from pmv_tui.wire.status import TO_REPLACE_IT, counted


def check_config_file(examined: Examined) -> Iterator[Finding]:
    """Yield every mistake in the config file."""
    path = examined.rig.config_path
    for problem in examined.problems:
        yield error(problem, "correct it; pmv-tui check shows what is left")
    if examined.problems:
        return
    if not path.exists():
        yield note(f"there is no {path}", "it is made when a setting is first saved")
        return
    count = len(examined.config.cameras)
    yield ok(f"{path}: {counted(count, 'camera')}")
    if found := obstacle(path):
        yield warning(f"settings cannot be saved: {found.found}", found.remedy)


def check_engine(examined: Examined) -> Iterator[Finding]:
    """Yield what the engine says of its cameras."""
    pid, snapshot = examined.engine_pid, examined.snapshot
    if pid is None:
        yield note("no engine runs for this config")
    elif examined.foreign:
        yield error(f"the engine (pid {pid}) {examined.foreign}", TO_REPLACE_IT)
    elif snapshot is None:
        text = f"the engine (pid {pid}) does not answer"
        yield error(text, f"{why_silent(pid)}; its log: {examined.rig.log_path}")
    else:
        yield ok(f"engine {snapshot['engine']['version']} runs, pid {pid}")
        for camera in snapshot["cameras"]:
            if camera["listed"] and camera["state"] in ("lost", "error", "stalled"):
                finding = warning if camera["state"] == "stalled" else error
                yield finding(
                    f"{camera['name']} is {camera['state']}: {camera['reason']}",
                    "pmv-tui events shows what happened before",
                )


def check_cameras(examined: Examined) -> Iterator[Finding]:
    """Yield what a search found, and which of the config's cameras it did not."""
    configured = [camera.backend for camera in examined.config.cameras]
    results = examined.search.result()
    for result in results:
        name, trouble = result.backend, result.trouble
        if trouble:
            finding = error if name in configured else warning if result.died else note
            yield finding(f"{name} cameras cannot be used: {trouble.reason}", trouble.remedy)
        else:
            found = ", ".join(each.unique_id for each in result.cameras)
            yield ok(f"{name}: {found or BUILT_IN.get(name, 'usable, no camera found')}")
    usable = {result.backend: result.trouble is None for result in results}
    for camera in examined.config.cameras:
        if camera.backend in SDK_BACKENDS:
            # By its user-defined name a camera is not always known before it is opened.
            connected = camera.device or camera.unique_id in examined.links()
            if usable.get(camera.backend) and not connected:
                yield error(
                    f"{camera.label} ({camera.unique_id}) is listed and not connected",
                    "check its cable, power and serial number, or take it out of the config",
                )
        elif isinstance(camera.source, str) and "://" not in camera.source:
            if not Path(camera.source).exists():
                yield error(f"{camera.label}: there is no {camera.source}", "correct its source")
        elif usable and camera.backend not in usable:
            yield error(
                f"{camera.label}: there is no camera back end {camera.backend!r}",
                "correct the end of its unique_id, or install the package that brings it",
            )


ANOTHER = "end it, or give the camera another address: pmv-tui addresses, or e in the TUI"


def check_ports(examined: Examined) -> Iterator[Finding]:
    """Try to listen at every address, and let go of it at once."""
    listed = list(addresses(examined.config.cameras))
    for address in listed:
        if address.needs_look_up:
            look_up(address.host)  # all at once: a silent name server is waited for only once
    deadline = time.monotonic() + LIMIT
    own, free = [], []
    for written in listed:
        try:
            address = in_numbers(written, max(0.0, deadline - time.monotonic()))
        except NameTrouble as unknown:
            yield error(str(unknown), "no camera can be plugged there before")
            continue
        found = _obstacle(address)
        holder = holder_of(address) if found and found.in_use else None
        if found is None:
            free.append(str(address))
        elif holder and holder.pid == examined.engine_pid:
            own.append(str(address))
        elif found.in_use:
            by = called(holder.pid, address.ending) if holder else "a process of another user"
            yield error(f"{address} is in use{'' if holder else ','} by {by}", ANOTHER)
        else:
            yield error(f"{address}: {found.text}", found.remedy)
        if address.exposed and not examined.config.security.curve:
            yield warning(
                f"{address} can be reached from other machines, by anybody and without encryption",
                "write localhost for the host, or accept listed clients only: [security] in the "
                "config, docs/security.md",
            )
    if own:
        yield ok(f"held by this rig's engine: {', '.join(own)}")
    if free:
        yield ok(f"free: {', '.join(free)}")


def _obstacle(address: Address) -> Obstacle | None:
    """Return why nothing can listen at an address; None where something can."""
    if address.path:
        return obstacle_at(address.path)
    family = socket.AF_INET6 if address.host.startswith("[") else socket.AF_INET
    host = "" if address.interface == "*" else address.interface
    with socket.socket(family) as trial:
        # As ZeroMQ does: connections of a former engine that the kernel still remembers are no bar.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, address.port))
            trial.listen()
        except OSError as trouble:
            return why_not_bound(address, trouble.errno, trouble.strerror)
    return None

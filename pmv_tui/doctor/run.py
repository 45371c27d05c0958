"""Runs every check at the same time, each within a limit; none can stop the others."""

import dataclasses
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from threading import Thread

from pmv_tui.doctor import (
    bandwidth,
    cameras,
    clock,
    config_file,
    display,
    engine,
    libraries,
    limits,
    network,
    ports,
    session,
    storage,
    terminal,
    usb,
)
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Check, Finding

CHECKS: Mapping[str, Check] = {
    "config": config_file.look,
    "engine": engine.look,
    "cameras": cameras.look,
    "ports": ports.look,
    "bandwidth": bandwidth.look,
    "usb": usb.look,
    "network": network.look,
    "limits": limits.look,
    "clock": clock.look,
    "storage": storage.look,
    "session": session.look,
    "display": display.look,
    "terminal": terminal.look,
    "libraries": libraries.look,
}
"""In the order in which they are told."""

LIMIT = 4.6
"""Seconds after which a check is told to have given no answer; their own limits are below it."""


def examine(
    examined: Examined, checks: Mapping[str, Check] = CHECKS, limit: float = LIMIT
) -> list[Finding]:
    """Run the checks; what they found is given in their order.

    Parameters
    ----------
    limit : seconds for all of them together.
    """
    answers: SimpleQueue[tuple[str, list[Finding]]] = SimpleQueue()
    for name, check in checks.items():
        # A check that hangs in the kernel cannot be ended: it is left behind.
        Thread(
            target=lambda name=name, check=check: answers.put((name, _run(check, examined))),
            daemon=True,
        ).start()
    found: dict[str, list[Finding]] = {}
    deadline = time.monotonic() + limit
    while len(found) < len(checks):
        try:
            name, findings = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        found[name] = findings
    silent = [Finding("warning", f"no answer within {limit:g} s", "run pmv-tui doctor once more")]
    return [
        dataclasses.replace(finding, check=name)
        for name in checks
        for finding in found.get(name, silent)
    ]


def _run(check: Check, examined: Examined) -> list[Finding]:
    try:
        return list(check(examined))
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the other checks are told
        text = f"this check failed: {type(trouble).__name__}: {trouble}"
        return [Finding("warning", text, "report it, with the output of pmv-tui doctor --json")]

"""`pmv-tui rigs check`: rigs side by side, and in what those of a group differ."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.elsewhere import Outcome, as_map, collect, rigs_meant, show_trouble
from pmv_tui.cli.grammar import DONE, NOT_DONE, put, say

if TYPE_CHECKING:
    from pmv_tui.rigs.check import Checked, Clock, Difference
    from pmv_tui.rigs.listed import ListedRig
    from pmv_tui.rigs.ssh import Hosts

MOST_DIFFERENCES = 30
"""Shown to people; --json has all."""

ROW = "{:<{width}}  {:<9}  {:<11}  {:<20}  {:>8}  {}"


def check_rigs(options: argparse.Namespace) -> int:
    """Look at each rig; say what is wrong, and where rigs of a group differ."""
    from pmv_tui.rigs.check import differences

    rigs = rigs_meant(options.rigs_named or ["all"])
    found: dict[ListedRig, Checked] = {}
    rows = _Rows(rigs, found, silent=options.json)
    outcomes = collect(rigs, rows.examine, rows.show)
    differ = differences({rig: found[rig] for rig in rigs if rig in found})
    if options.json:
        about = {"rigs": as_map(outcomes), "differences": [each._asdict() for each in differ]}
        put(f"{json.dumps(about, indent=2)}\n")
    else:
        say(*_worst(found), *_twice(found), *_lines(differ))
    return DONE if all(outcome.ok for outcome, _ in outcomes) else NOT_DONE


class _Rows:
    """A line a rig, as each answers; what was found is kept."""

    def __init__(
        self, rigs: "Sequence[ListedRig]", found: "dict[ListedRig, Checked]", *, silent: bool
    ) -> None:
        self._found = found
        self._silent = silent
        self._width = max(len("RIG"), *(len(rig.name) for rig in rigs))
        self._put("RIG", "VERSION", "ENGINE", "CLOCK", "FREE", "DOCTOR")

    async def examine(self, hosts: "Hosts", rig: "ListedRig") -> Outcome:
        """Look at one."""
        from pmv_tui.rigs.check import examine
        from pmv_tui.wire.status import PROTOCOL_VERSION

        checked = self._found[rig] = await examine(hosts, rig)
        foreign = checked.where.protocol != PROTOCOL_VERSION
        good = not (foreign or checked.unanswered or checked.count("error"))
        errors = [f"no {words}: {why}" for words, why in checked.unanswered.items()]
        if foreign:
            errors.insert(0, "its pmv-tui is of a version that this one does not understand")
        return Outcome(rig, DONE if good else NOT_DONE, checked.as_map(), "; ".join(errors))

    def show(self, outcome: Outcome) -> bool:
        """Print its line."""
        if self._silent:
            return True
        if checked := self._found.get(outcome.rig):
            self._put(outcome.rig.name, *_row(checked))
        return show_trouble(outcome)

    def _put(self, *cells: str) -> None:
        if not self._silent:
            say(ROW.format(*cells, width=self._width))


def _row(checked: "Checked") -> tuple[str, ...]:
    from pmv_tui.wire.status import counted

    where, clock, free = checked.where, checked.clock, checked.free_bytes
    doctor = [
        counted(count, level) for level in ("error", "warning") if (count := checked.count(level))
    ]
    return (
        where.version,
        "none runs" if where.pid is None else f"pid {where.pid}",
        _apart(clock),
        "-" if free is None else f"{free / 1e9:.1f} GB",
        ", ".join(doctor) or ("all well" if checked.findings else "no answer"),
    )


def _apart(clock: "Clock | None") -> str:
    """Return how far a clock is ahead, or where it may be right, how far off it is at most."""
    if clock is None:
        return "not known"
    offset, uncertainty = clock
    if abs(offset) <= uncertainty:
        return f"± {abs(offset) + uncertainty:.1f} ms"
    return f"{offset:+.1f} ± {uncertainty:.1f} ms"


def _worst(found: "dict[ListedRig, Checked]") -> list[str]:
    """Return each rig's worst finding, a line each."""
    lines = []
    for rig, checked in found.items():
        if worst := checked.worst:
            remedy = f" → {worst['remedy']}" if worst["remedy"] else ""
            lines.append(f"{rig.name}: {worst['check']}: {worst['found']}{remedy}")
    return ["", *lines] if lines else []


def _twice(found: "dict[ListedRig, Checked]") -> list[str]:
    """Return which rigs are one engine, whose cameras are counted twice."""
    engines: dict[tuple[str, str, int], list[str]] = {}
    for rig, checked in found.items():
        where = checked.where
        if where.pid is not None:
            engines.setdefault((where.host, where.socket, where.pid), []).append(rig.name)
    lines = [
        f"{', '.join(names)}: one engine; its cameras are counted several times: name it once"
        for names in engines.values()
        if len(names) > 1
    ]
    return ["", *lines] if lines else []


def _lines(differ: "list[Difference]") -> list[str]:
    """Return in what rigs differ: each value, and who has it."""
    lines = [
        f"{group}: {key}: {_values(values)}" for group, key, values in differ[:MOST_DIFFERENCES]
    ]
    if (more := len(differ) - len(lines)) > 0:
        lines.append(f"and {more} more settings: --json has them all")
    return ["", *lines] if lines else []


def _values(values: dict[str, Any]) -> str:
    from pmv_tui.config.values import whole

    owners: dict[str, list[str]] = {}
    for rig, value in values.items():
        owners.setdefault(whole(value), []).append(rig)
    return "; ".join(f"{value} on {', '.join(rigs)}" for value, rigs in owners.items())

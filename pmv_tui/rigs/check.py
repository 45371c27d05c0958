"""What may differ between rigs or be wrong with them: versions, clocks, disks, settings."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pmv_tui.rates import NS_PER_MS
from pmv_tui.rigs.connection import Where, is_whole, read_where
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.process import Finished
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble, shown
from pmv_tui.untrusted import too_deep

LOOKS_AT_CLOCK = 5
"""Of which the quickest counts."""

PATIENCE = 30.0
"""Seconds that each question may take."""

OF_ONE_RIG = {"unique_id", "name", "device", "source", "pub_address", "pull_address"}
"""Settings of a camera that are another on each rig."""

OF_NO_EXPERIMENT = ("tui.", "security.keys", "display.")
"""What rigs may well have each for themselves."""

_CLOCK = re.compile(rb"(\d{19})\s*\Z")


class Clock(NamedTuple):
    """How far a host's clock is ahead of this one's, ms, and by how much that may be wrong."""

    offset_ms: float
    uncertainty_ms: float

    @classmethod
    def of(cls, read: int, asked: int, taken: int) -> "Clock":
        """Take what a host's clock read while an answer came: all in ns, two since the epoch."""
        return cls((read - asked - taken / 2) / NS_PER_MS, taken / 2 / NS_PER_MS)


@dataclass(frozen=True)
class Checked:
    """What was found of a rig.

    Parameters
    ----------
    clock : None where the host does not tell its time.
    free_bytes : on the disk of its log; None where that is not known.
    findings : the doctor's: level, check, found and remedy of each.
    settings : the config's, as `flat` has them; empty where it cannot be read.
    unanswered : why the doctor or the config's settings are not known, by their command.
    """

    where: Where
    clock: Clock | None
    free_bytes: int | None
    findings: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)

    @property
    def worst(self) -> dict[str, str] | None:
        """The doctor's worst finding; None where all is well."""
        found = [each for each in self.findings if each["level"] in ("error", "warning")]
        return min(found, key=lambda each: each["level"] != "error", default=None)

    def count(self, level: str) -> int:
        """Return how many findings are of a level."""
        return sum(each["level"] == level for each in self.findings)

    def as_map(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "version": self.where.version,
            "protocol": self.where.protocol,
            "host": self.where.host,
            "config": self.where.config,
            "pid": self.where.pid,
            "clock_offset_ms": self.clock and round(self.clock.offset_ms, 3),
            "clock_uncertainty_ms": self.clock and round(self.clock.uncertainty_ms, 3),
            "free_bytes": self.free_bytes,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "worst": self.worst,
            "unanswered": self.unanswered,
        }


async def examine(hosts: Hosts, rig: ListedRig) -> Checked:
    """Look at a rig.

    Raises
    ------
    HostTrouble : it cannot be reached, or its pmv-tui is not understood.
    """
    clock = await _clock(hosts, rig.host)
    watch = _Watch()
    answer = await _ask(hosts, rig, "where", watch=watch)
    if answer.code:
        raise HostTrouble(answer.complaint)
    where, about = read_where(answer.stdout), _read(answer)
    free, now = _number(about, "free_bytes"), _number(about, "time_ns")
    if clock is None and now is not None:  # a key may be restricted to pmv-tui
        clock = watch.clock(now)
    doctor = await _ask(hosts, rig, "doctor")
    config = await _ask(hosts, rig, "config", "show")
    findings, settings = _findings(_read(doctor)), _read(config).get("settings")
    settings = settings if isinstance(settings, dict) else {}
    unanswered = {
        words: answer.complaint or f"its pmv-tui ended with code {answer.code}"
        for words, answer, known in (
            ("doctor", doctor, findings),
            ("config show", config, settings),
        )
        if not known
    }
    return Checked(where, clock, free, list(findings), settings, unanswered)


async def _ask(
    hosts: Hosts, rig: ListedRig, *words: str, watch: "_Watch | None" = None
) -> Finished:
    hear = watch.hear if watch else None
    return await hosts.call_for(rig, [*words, "--json"], timeout=PATIENCE, hear=hear)


def _read(answer: Finished) -> dict[str, Any]:
    """Return the map that a command printed; an empty one where that is none, or too deep."""
    try:
        value = json.loads(answer.stdout)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) and not too_deep(value) else {}


def _number(about: dict[str, Any], key: str) -> int | None:
    """Return a whole number, which another machine may have made anything."""
    value = about.get(key)
    return value if is_whole(value) else None


def _findings(doctor: dict[str, Any]) -> "Sequence[dict[str, str]]":
    """Return what a doctor found, of which another machine may have made anything."""
    found = doctor.get("findings")
    keys = ("level", "check", "found", "remedy")
    return [
        {key: _words(each.get(key, "")) for key in keys}
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    ]


def _words(value: Any) -> str:
    """Return a text fit to be shown; nothing where it is none."""
    return shown(value) if isinstance(value, str) else ""


async def _clock(hosts: Hosts, host: str) -> Clock | None:
    """Compare a host's clock with this one's: it was read between question and answer."""
    if host == LOCAL:
        return Clock(0.0, 0.0)
    looks = list[Clock]()
    for _ in range(LOOKS_AT_CLOCK):
        if (look := await _look_at_clock(hosts, host)) is None:
            break
        looks.append(look)
    return min(looks, key=lambda each: each.uncertainty_ms, default=None)


async def _look_at_clock(hosts: Hosts, host: str) -> Clock | None:
    await hosts.line(host)  # the log-in is no part of it
    watch = _Watch()
    answer = await hosts.run(host, ["date", "+%s%N"], timeout=PATIENCE, hear=watch.hear)
    read = _CLOCK.search(answer.stdout)
    if read is None:  # not all have nanoseconds
        return None
    return watch.clock(int(read[1]))


class _Watch:
    """Notes when a question is asked, and when its answer begins to come.

    Not when the program has ended that gives it: on a busy machine that is much later.
    """

    def __init__(self) -> None:
        self._asked = time.time_ns()
        self._heard = 0

    def hear(self, _: bytes) -> None:
        """Note when the first of an answer comes."""
        self._heard = self._heard or time.time_ns()

    def clock(self, read: int) -> Clock:
        """Compare what the host's clock read, ns since the epoch."""
        return Clock.of(read, self._asked, (self._heard or time.time_ns()) - self._asked)


class Difference(NamedTuple):
    """A setting that rigs of a group do not have alike.

    Parameters
    ----------
    values : by the rig's name.
    """

    group: str
    key: str
    values: dict[str, Any]


def differences(checked: Mapping[ListedRig, Checked]) -> list[Difference]:
    """Compare the settings of rigs that are of one group, and can be read."""
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for rig, each in checked.items():
        if rig.group and each.settings:
            groups.setdefault(rig.group, {})[rig.name] = _compared(each.settings)
    return [
        Difference(group, key, values)
        for group, rigs in groups.items()
        for key in dict.fromkeys(key for settings in rigs.values() for key in settings)
        if _differ(values := _values(key, rigs))
    ]


def _values(key: str, rigs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a setting's value by rig; one without the camera has none, nor has it to say so."""
    camera, of_camera, _ = key.rpartition("].")
    return {
        name: settings.get(key, False if key.endswith("]") else None)
        for name, settings in rigs.items()
        if not of_camera or f"{camera}]" in settings
    }


def _differ(values: dict[str, Any]) -> bool:
    first, *others = values.values()
    return any(each != first for each in others)


def _compared(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared: of a camera first that it is there."""
    compared: dict[str, Any] = {}
    for key, value in settings.items():
        camera, is_camera, setting = key.rpartition("].")
        if is_camera:
            compared.setdefault(f"{camera}]", True)
        if setting not in OF_ONE_RIG and not key.startswith(OF_NO_EXPERIMENT):
            compared[key] = value
    return compared

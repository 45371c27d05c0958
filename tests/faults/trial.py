"""Puts a rig to one fault, and reports what came of it."""

import time
from dataclasses import dataclass
from typing import Literal

from tests.faults.fault import Fault
from tests.faults.rig import FaultRig, Unavailable, Usage

CAUSES: tuple[Literal["missing", "skipped", "failed"], ...] = ("missing", "skipped", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault.

    Parameters
    ----------
    report : the words in which the program reported it.
    lost : images that the clients of untroubled cameras missed, or got twice, by camera.
    skipped : frames of those cameras that never reached the engine; a machine with too much to do
        has some.
    late : seconds by which a process that does nothing was woken too late meanwhile, at most.
    recovery : seconds from the fault's end until every camera captures and every client receives.
    before, after : what the engine took before it, and after the recovery.
    """

    report: str
    lost: dict[str, int]
    skipped: int
    late: float
    recovery: float
    before: Usage
    after: Usage


def trial(rig: FaultRig, fault: Fault) -> Outcome:
    """Bring a fault about, take it away, and wait until the rig is well.

    Raises
    ------
    Unavailable : it cannot be brought about here.
    AssertionError : it is not reported, or the rig does not recover.
    """
    gone = fault.troubles & rig.missing.keys()
    if gone:
        raise Unavailable("; ".join(rig.missing[name] for name in gone))
    rig.counters.late = 0.0  # before the count: what stood still since the last one shows after it
    before, missed, skipped = rig.usage(), _missed(rig, fault), _skipped(rig, fault)
    with fault.inject(rig) as report:
        taken_away = time.monotonic()
    rig.wait_until_well()
    recovery = time.monotonic() - taken_away
    now = _missed(rig, fault)
    return Outcome(
        report=report,
        lost={name: now[name] - missed[name] for name in now if now[name] > missed[name]},
        skipped=_skipped(rig, fault) - skipped,
        late=rig.counters.late,
        recovery=recovery,
        before=before,
        after=rig.settled(before),
    )


def _missed(rig: FaultRig, fault: Fault) -> dict[str, int]:
    """Count what the clients of the cameras that a fault leaves alone have missed, or got twice."""
    return {
        name: stream.missing + stream.restarts
        for name, stream in rig.counters.report().items()
        if name not in fault.troubles
    }


def _skipped(rig: FaultRig, fault: Fault) -> int:
    """Count the frames of those cameras that were lost on their way to the engine."""
    return sum(
        camera["drops"][cause]
        for camera in rig.snapshot()["cameras"]
        if camera["name"] not in fault.troubles
        for cause in CAUSES
    )

"""Puts a rig to one fault, and tells what came of it."""

import time
from dataclasses import dataclass

from tests.faults.fault import Fault
from tests.faults.rig import FaultRig, Unavailable, Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault.

    Parameters
    ----------
    told : the words in which the program told of it.
    lost : images that the clients of untroubled cameras missed, or got twice.
    recovery : seconds from the fault's end until every camera captures and every client receives.
    before, after : what the engine took before it, and after the recovery.
    """

    told: str
    lost: int
    recovery: float
    before: Usage
    after: Usage


def trial(rig: FaultRig, fault: Fault) -> Outcome:
    """Bring a fault about, take it away, and wait until the rig is well.

    Raises
    ------
    Unavailable : it cannot be brought about here.
    AssertionError : it is not told, or the rig does not recover.
    """
    gone = fault.troubles & rig.missing.keys()
    if gone:
        raise Unavailable("; ".join(rig.missing[name] for name in gone))
    before = rig.usage()
    streams = rig.counters.report()
    with fault.inject(rig) as told:
        taken_away = time.monotonic()
    rig.wait_until_well()
    recovery = time.monotonic() - taken_away
    lost = 0
    for name, stream in rig.counters.report().items():
        if name not in fault.troubles:
            lost += stream.missing - streams[name].missing
            lost += stream.restarts - streams[name].restarts
    return Outcome(told, lost, recovery, before, rig.settled(before))

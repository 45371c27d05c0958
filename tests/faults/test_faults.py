"""Every fault, shortened, on one engine: what leaks with each adds up and shows."""

from collections.abc import Iterator

import pytest

from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.rig import FaultRig, Unavailable, Usage, fault_rig
from tests.faults.soak import growth, soak
from tests.faults.trial import trial
from tests.system.counting import TOO_LATE

LEAK = 40e6
"""Bytes by which the engine may grow over all faults: its allocator does not give back all."""


@pytest.fixture(scope="module")
def rig() -> Iterator[FaultRig]:
    with fault_rig(full=False) as one:
        yield one


@pytest.fixture(scope="module")
def first_usage(rig: FaultRig) -> Usage:
    return rig.usage()


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
@pytest.mark.usefixtures("first_usage")
def test_a_fault_is_reported_and_passes_and_costs_the_other_cameras_no_image(
    rig: FaultRig, fault: Fault
) -> None:
    try:
        outcome = trial(rig, fault)
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert outcome.report
    if outcome.lost and outcome.late > TOO_LATE:
        pytest.skip(f"{outcome.lost} lost, but the machine stood still for {outcome.late:.2f} s")
    assert outcome.lost == {}


def test_some_of_a_rigs_life_leaves_memory_flat_and_no_image_is_lost(
    rig: FaultRig,
) -> None:
    rig.counters.late = 0.0
    samples = soak(rig, 0, interval=0)
    if samples[-1].lost and rig.counters.late > TOO_LATE:
        pytest.skip(f"images lost, but the machine stood still for {rig.counters.late:.2f} s")
    assert samples[-1].lost == 0
    assert growth(samples) < 2e6


def test_after_all_of_it_the_engine_takes_what_it_took_before(
    rig: FaultRig, first_usage: Usage
) -> None:
    after = rig.settled(first_usage)
    assert after.memory - first_usage.memory < LEAK

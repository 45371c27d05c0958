"""Tries the faults one after another and prints the table: `make faults`."""

import argparse
import sys

from tests.faults import table
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.rig import FaultRig, Unavailable, fault_rig
from tests.faults.trial import trial


def main() -> int:
    """Run the harness; 1 where a fault was not survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", metavar="WORDS", default="", help="faults with these in the name")
    parser.add_argument("--full", action="store_true", help="at full length, about 20 minutes")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if options.only in fault.name]
    if not chosen:
        parser.error(f"no fault has {options.only!r} in its name")
    print(table.head(), flush=True)
    with fault_rig(full=options.full) as rig:
        first = rig.usage()
        survived = [_tried(rig, fault) for fault in chosen]
        print(f"\nin all: {table.difference(first, rig.usage())} (memory, descriptors, threads)")
    return 0 if all(survived) else 1


def _tried(rig: FaultRig, fault: Fault) -> bool:
    """Try a fault and print its row; False where it was not survived."""
    try:
        outcome = trial(rig, fault)
    except Unavailable as missing:
        print(table.row_without(fault, f"not tried: {missing}"), flush=True)
        return True
    except AssertionError as error:
        print(table.row_without(fault, f"NOT SURVIVED: {error}"), flush=True)
        return False
    print(table.row(fault, outcome), flush=True)
    return outcome.lost == 0


if __name__ == "__main__":
    sys.exit(main())

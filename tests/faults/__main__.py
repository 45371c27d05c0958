"""Tries the faults one after another and prints the table: `make faults`."""

import argparse
import sys
import traceback

from tests.faults import table
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.rig import FaultRig, Unavailable, fault_rig
from tests.faults.trial import trial


def main() -> int:
    """Run the harness; 1 where a fault was not survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--only", metavar="WORDS", action="append", help="faults with these words in the name"
    )
    parser.add_argument("--full", action="store_true", help="at full length, about 20 minutes")
    options = parser.parse_args()
    wanted = options.only or [""]
    chosen = [fault for fault in FAULTS if any(words in fault.name for words in wanted)]
    if not chosen:
        parser.error(f"no fault has {' or '.join(wanted)} in its name")
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
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"NOT SURVIVED: {error or where.line}"
        print(table.row_without(fault, why), flush=True)
        print(f"{where.filename}:{where.lineno}: {error}", file=sys.stderr)
        return False
    print(table.row(fault, outcome), flush=True)
    return not outcome.lost


if __name__ == "__main__":
    sys.exit(main())

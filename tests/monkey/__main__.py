"""Lets one monkey after another at the TUI, for an hour: `python -m tests.monkey`."""

import argparse
import sys
import time

from tests.faults.small_rig import small_rig
from tests.monkey.deeds import ANYTHING, PERSON
from tests.monkey.monkey import Monkey, write_config

DEEDS = 1000
"""Of each monkey."""

CHECKED = 100
"""Deeds after which it is seen to that the TUI is well."""


def main() -> int:
    """Try seed after seed, report each; 1 where the TUI did not survive one."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="default: %(default)g")
    parser.add_argument("--seed", type=int, default=1, help="the first one; default: %(default)d")
    options = parser.parse_args()
    end = time.monotonic() + options.minutes * 60
    print("| seed | deeds | starts of the TUI | its memory, MB: at first, at last |")
    print("| ---: | ----: | ----------------: | --------------------------------: |", flush=True)
    survived, seed = True, options.seed
    while time.monotonic() < end:
        survived = _tried(seed, end) and survived
        seed += 1
    return 0 if survived else 1


def _tried(seed: int, end: float) -> bool:
    """Let one monkey at a new rig; return whether the TUI survived it."""
    with small_rig() as rig:
        write_config(rig)
        monkey = Monkey(rig, seed, ANYTHING if seed % 2 else PERSON)
        memory = [monkey.memory()]
        try:
            while monkey.deeds < DEEDS and time.monotonic() < end:
                monkey.act_often(CHECKED)
                monkey.assert_well()
                memory.append(monkey.memory())
        except AssertionError as error:
            print(error, flush=True)
            return False
        finally:
            monkey.end()
    first, last = memory[0] / 1e6, memory[-1] / 1e6
    print(f"| {seed} | {monkey.deeds} | {monkey.starts} | {first:.0f}, {last:.0f} |", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())

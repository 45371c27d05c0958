"""The product beside two bare loops and its peers: speed, latency, memory, what trouble costs.

Run it with `python -m benchmarks.publishing`, or `make bench`, on a machine that has nothing else
to do. The workloads and the contenders of each take turns, round by round, so that all meet the
same machine. How to read it: docs/performance.md.
"""

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import product_works, works
from benchmarks.answers import answer
from benchmarks.contenders import CONTENDERS, missing_peers
from benchmarks.local_works import LOCAL, LOCAL_ALL
from benchmarks.measure import Plan, Table
from benchmarks.report import as_data, as_text, machine, summary
from benchmarks.terminal_use import terminal_use

Work = Callable[[Plan], Table]

WORKS: dict[str, Work] = {
    **LOCAL,
    **LOCAL_ALL,
    "answer": answer,
    "saturation 1280x1024": partial(works.saturation, width=1280, height=1024),
    "saturation 640x480": partial(works.saturation, width=640, height=480),
    "paced": works.paced,
    "curve 1280x1024": partial(works.curve, width=1280, height=1024),
    "curve 640x480": partial(works.curve, width=640, height=480),
    "windows": works.windows,
    "stalled": works.stalled,
    "slow": works.slow,
    "no-client": product_works.no_client,
    "scale": product_works.scale,
    "start": product_works.start,
    "tui": product_works.tui,
    "terminal": terminal_use,
    "picture": product_works.picture,
}
"""By name; `--only saturation` means both sizes."""

KINDS = tuple(dict.fromkeys(work.partition(" ")[0] for work in WORKS))

ASKED_FOR = frozenset(LOCAL_ALL)
"""What takes too long to be done where nobody asks for it."""


def main() -> int:
    """Run the rounds, print the tables."""
    options = _parser().parse_args()
    chosen = _chosen(options.only)
    contenders = [name for name in CONTENDERS if name not in missing_peers()]
    for name in missing_peers():
        print(f"{name} is not installed and left out; `make bench` installs it", file=sys.stderr)
    width, height = options.size
    plan = Plan(contenders, options.seconds, options.stall, width, height)
    rounds: dict[str, list[Table]] = {name: [] for name in chosen}
    for number in range(options.rounds):
        for name, work in chosen.items():
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr)
            rounds[name].append(work(dataclasses.replace(plan, first_round=number == 0)))
    about = machine() | {
        "rounds": str(options.rounds),
        "seconds": f"{options.seconds:g} of each measurement",
        "size": f"{width}x{height} where a workload has no size of its own",
    }
    tables = {name: summary(each) for name, each in rounds.items()}
    print(as_text(about, tables))
    if options.json:
        options.json.write_text(json.dumps(as_data(about, tables, rounds), indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.publishing", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each measurement")
    parser.add_argument(
        "--stall", type=float, default=20.0, help="seconds for which a client is stopped"
    )
    parser.add_argument(
        "--size", type=_size, default=(1280, 1024), help="of the paced workloads: 1280x1024"
    )
    parser.add_argument(
        "--only",
        type=_names,
        default=[],
        help=f"kinds of workloads, with commas: {', '.join(KINDS)}; or one, as it is printed",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all rounds there")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; one is 1280x1024")
    return int(width), int(height)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if not any(_means(name, work) for work in WORKS):
            raise argparse.ArgumentTypeError(
                f"no workload is called {name!r}; {', '.join(KINDS)} are"
            )
    return names


def _chosen(names: list[str]) -> dict[str, Work]:
    """Select workloads; all where none is named. Leave out what this machine cannot run."""
    chosen = {
        work: run
        for work, run in WORKS.items()
        if (any(_means(name, work) for name in names) if names else work not in ASKED_FOR)
    }
    if "windows" in chosen and shutil.which("Xvfb") is None:
        print("Xvfb is not installed: windows is left out (Debian: xvfb)", file=sys.stderr)
        del chosen["windows"]
    return chosen


def _means(name: str, work: str) -> bool:
    return name in (work, work.partition(" ")[0])


if __name__ == "__main__":
    sys.exit(main())

"""What a terminal costs: the TUI at rest, with pictures, trends and plots, and htop beside it."""

import os
import shutil
import sys
from statistics import fmean

import psutil

from benchmarks.measure import Figures, Plan, Table, share, watch
from benchmarks.rig import cpu_seconds, running
from benchmarks.terminal import HALF_BLOCK, Terminal, attached, settle, showing

SIZES = ((80, 24), (120, 40))
"""Columns and rows."""

TIMES = 8
"""How many times as long as other workloads this measures: what is drawn comes in bursts."""


def terminal_use(plan: Plan) -> Table:
    """Look at one camera: its row, its picture, a screen of pictures; and at the processes by htop.

    Rest and picture take turns, for the picture's share of the engine is small.
    """
    table: Table = {}
    with running(count=1, width=plan.width, height=plan.height, fps=60) as rig:
        for columns, rows in SIZES:
            size = f"{columns}x{rows}"
            with attached(rig, columns, rows) as terminal:
                settle(terminal)
                table |= _taking_turns(terminal, rig.engine, size, plan.seconds * TIMES / 2)
            if shutil.which("htop") is None:
                print("htop is not installed and left out (Debian: htop)", file=sys.stderr)
                continue
            environment = {**os.environ, "TERM": "xterm-256color"}
            with showing(["htop"], environment, columns, rows) as terminal:
                terminal.shows("PID")
                table[f"htop {size}"] = _use(terminal, rig.engine, plan.seconds * TIMES)
    return table | _of_many_cameras(plan)


MANY = 8
"""Cameras of the rig whose trends are shown."""

ENTER, HOME = "\r", "\x1b[H"


def _of_many_cameras(plan: Plan) -> Table:
    """Look at many cameras at rest, with a trend of each, and at the plots of one."""
    table: Table = {}
    with running(count=MANY, width=640, height=480, fps=30) as rig:
        for columns, rows in SIZES:
            size = f"{MANY} cameras {columns}x{rows}"
            with attached(rig, columns, rows) as terminal:
                settle(terminal)
                table[f"TUI at rest, {size}"] = _use(terminal, rig.engine, plan.seconds * TIMES)
                terminal.press("t")
                terminal.shows("Trend in the table")
                terminal.press(HOME + ENTER)
                terminal.shows("fps 60 s")
                table[f"TUI, trends, {size}"] = _use(terminal, rig.engine, plan.seconds * TIMES)
                terminal.press("h")
                terminal.shows("frames/s that arrived")
                table[f"TUI, plots, {size}"] = _use(terminal, rig.engine, plan.seconds * TIMES)
    return table


def _taking_turns(terminal: Terminal, engine: psutil.Process, size: str, seconds: float) -> Table:
    """Measure a TUI at rest and with the picture in turn, then with the screen of pictures."""
    rest, picture = list[Figures](), list[Figures]()
    for _ in range(2):
        rest.append(_use(terminal, engine, seconds))
        terminal.press("v")
        terminal.shows(HALF_BLOCK)
        picture.append(_use(terminal, engine, seconds))
        terminal.press("v")
    terminal.press("V")
    return {
        f"TUI at rest {size}": _mean(rest),
        f"TUI, v {size}": _mean(picture),
        f"TUI, V {size}": _use(terminal, engine, seconds),
    }


def _use(terminal: Terminal, engine: psutil.Process, seconds: float) -> Figures:
    """Return what a program in a terminal takes, and what the engine does meanwhile."""
    received, engine_before = terminal.received, cpu_seconds(engine)
    usage = watch(terminal.process, seconds)
    span = (usage.end - usage.begin) / 1e9
    return {
        "CPU % of a core": share(usage),
        "kB/s": (terminal.received - received) / span / 1000,
        "engine's CPU %": (cpu_seconds(engine) - engine_before) / span * 100,
    }


def _mean(rounds: list[Figures]) -> Figures:
    return {name: fmean(each[name] for each in rounds) for name in rounds[0]}

"""The workloads of the product alone: nobody listens, many cameras, the start, the TUI."""

import resource
import subprocess
from statistics import fmean
from typing import Any

from benchmarks.contenders import Cameras, Publisher
from benchmarks.measure import Plan, Table, latencies, paced_figures, share, watch
from benchmarks.rig import prepared, running
from benchmarks.terminal import HALF_BLOCK, attached, settle


def no_client(plan: Plan) -> Table:
    """Run four cameras at 60 fps that nobody receives, plugged and unplugged."""
    shares: dict[str, list[float]] = {"plug": [], "unplug": []}
    with running(count=4, width=plan.width, height=plan.height, fps=60) as rig:
        for command in ("plug", "unplug") * 2:
            rig.run(command, "all")
            shares[command].append(share(watch(rig.engine, plan.seconds)))
    return {f"{command}ged": {"CPU % of a core": fmean(each)} for command, each in shares.items()}


def scale(plan: Plan) -> Table:
    """Publish four and sixteen small cameras at 60 fps, a client each."""
    return {
        f"{count} cameras": paced_figures("product", Cameras(count, 640, 480, fps=60), plan.seconds)
        for count in (4, 16)
    }


def start(_plan: Plan) -> Table:
    """Start the program: its help, its TUI on a rig without an engine, its TUI on one with."""
    with prepared(count=2, width=640, height=480, fps=60) as rig:
        help_cpu = _cpu_of_command(rig.command("--help"))
        with attached(rig) as terminal:
            first_paint = terminal.shows("pmv-tui")
            terminal.shows("plugged")
        with attached(rig) as terminal:
            attach = terminal.shows("plugged")
    return {
        "--help": {"CPU s": help_cpu},
        "first paint": {"s": first_paint},
        "attach": {"s": attach},
    }


def tui(plan: Plan) -> Table:
    """Look at eight cameras at rest."""
    with (
        running(count=8, width=640, height=480, fps=60) as rig,
        attached(rig) as terminal,
    ):
        settle(terminal)
        before = terminal.received
        usage = watch(terminal.process, plan.seconds)
        seconds = (usage.end - usage.begin) / 1e9
        written = (terminal.received - before) / seconds / 1000
    return {"TUI": {"CPU % of a core": share(usage), "kB/s": written}}


def picture(plan: Plan) -> Table:
    """Publish four cameras at 60 fps: beside a TUI at rest, and one that shows all their pictures.

    Both take turns in one engine: what a picture adds is less than what a new start changes.
    """
    table: Table = {}
    about: dict[str, Any] = {"count": 4, "width": plan.width, "height": plan.height, "fps": 60}
    with running(**about) as rig, attached(rig) as terminal:
        settle(terminal)
        publisher = Publisher(rig.engine, rig.ports)
        table["TUI at rest"] = latencies("product", publisher, plan.seconds)
        terminal.press("V")
        terminal.shows(HALF_BLOCK)
        table["TUI, V"] = latencies("product", publisher, plan.seconds)
    return table


def _cpu_of_command(command: list[str]) -> float:
    """Run a command; give the processor time that it took, seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

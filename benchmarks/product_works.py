"""The workloads of the product alone: nobody listens, many cameras, the start, the TUI."""

import resource
import subprocess
import sys
from statistics import fmean
from typing import Any

from benchmarks.contenders import Cameras, Publisher
from benchmarks.measure import Figures, Plan, Table, latencies, paced_figures, share, watch
from benchmarks.rig import cpu_seconds, prepared, running
from benchmarks.terminal import COLUMNS, HALF_BLOCK, ROWS, Terminal, attached, settle, showing


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


IMPORTS = "import textual.app, zmq, msgpack"
"""What no start of a TUI can do without: the start is compared with it, on whatever machine."""


IMPORTS = "import textual.app, zmq, msgpack"
"""What no TUI can start without: the start is compared with it, on whatever machine."""


def start(_plan: Plan) -> Table:
    """Start the program: its help, its TUI on a rig without an engine, its TUI on one with."""
    bare = [sys.executable, "-c", f"{IMPORTS}; print('imported', flush=True); input()"]
    with prepared(count=2, width=640, height=480, fps=60) as rig:
        with showing(bare, rig.environment, COLUMNS, ROWS) as terminal:
            imports = _until(terminal, "imported")
        help_cpu = _cpu_of_command(rig.command("--help"))
        with attached(rig) as terminal:
            first_paint = _until(terminal, "pmv-tui")
            rig.wait()
        with attached(rig) as terminal:
            attach = _until(terminal, "plugged")
    return {
        "imports": imports,
        "--help": {"CPU s": help_cpu},
        "first paint": first_paint,
        "attach": attach,
    }


def _until(terminal: Terminal, text: str) -> Figures:
    """Wait until a program has written a text; return how long it has run by then."""
    return {"s": terminal.shows(text), "CPU s": cpu_seconds(terminal.process)}


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

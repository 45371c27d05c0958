"""What four windows cost: engine and viewer CPU, and the latency of publishing.

Run it with `python -m benchmarks.windows`; it needs Xvfb. Rounds with and without windows take
turns in one engine, so that both meet the same machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.rig import Rig, cpu_seconds, running

CAMERAS = 4


@contextmanager
def x_server() -> Iterator[str]:
    """Run an X server without a monitor; give its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "2560x2048x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        name = f":{number.readline().strip()}"
    try:
        yield name
    finally:
        server.terminate()
        server.wait()


def measure(rig: Rig, seconds: float) -> dict[str, float]:
    """Measure one round."""
    viewer = rig.viewer()
    engine_before = cpu_seconds(rig.engine)
    viewer_before = cpu_seconds(viewer) if viewer else 0.0
    captured_before = captured(rig)
    reports = rig.probe_all(seconds)
    frames = captured(rig) - captured_before
    return {
        "engine CPU, ms a frame": (cpu_seconds(rig.engine) - engine_before) / frames * 1000,
        "viewer CPU, % of a core": (cpu_seconds(viewer) - viewer_before) / seconds * 100
        if viewer
        else 0.0,
        "latency p50, ms": statistics.median(report["latency_p50_ms"] for report in reports),
        "latency p99, ms": statistics.median(report["latency_p99_ms"] for report in reports),
        "gaps": sum(report["gaps"] for report in reports),
    }


def captured(rig: Rig) -> int:
    """Count the frames that all cameras have captured."""
    return sum(camera["captured"] for camera in rig.status()["cameras"])


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    without: list[dict[str, float]] = []
    with_windows: list[dict[str, float]] = []
    about: dict[str, Any] = {"count": CAMERAS, "width": 1280, "height": 1024, "fps": 60.0}
    with x_server() as display, running(**about) as rig:
        rig.use_display(display)
        for _ in range(options.rounds):
            without.append(measure(rig, options.seconds))
            rig.run("window", "all")
            with_windows.append(measure(rig, options.seconds))
            rig.run("window", "all", "--close")
            while rig.viewer():
                time.sleep(0.1)
    table = {
        figure: (
            statistics.median(one[figure] for one in without),
            statistics.median(one[figure] for one in with_windows),
        )
        for figure in without[0]
    }
    if options.json:
        print(json.dumps(table, indent=2))
        return
    print(f"{CAMERAS} cameras, 1280x1024, 60 fps, a client each; medians of {options.rounds}")
    print(f"{'':26}{'no window':>12}{'4 windows':>12}{'ratio':>8}")
    for figure, (no, four) in table.items():
        print(f"{figure:26}{no:12.2f}{four:12.2f}{four / no if no else float('nan'):8.2f}")


if __name__ == "__main__":
    main()

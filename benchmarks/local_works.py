"""The workloads of the local road: scripts on the rig, by each road that there is to them.

Each function is one round and returns a row a road. All roads publish the same scene on the same
beat, and their scripts are processes of their own; a frame's age counts from its time stamp, taken
when it has been drawn, to the script having it as an image.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import get_args

import numpy as np

from benchmarks.cameras import Phases
from benchmarks.contenders import Cameras, Publisher, publishing
from benchmarks.measure import Figures, Plan, Table
from benchmarks.receivers import Receiver, ages, between, gaps, pause, receiving
from benchmarks.rig import cpu_seconds

Work = Callable[[Plan], Table]


@dataclass(frozen=True, slots=True)
class Road:
    """A way from publisher to script.

    Parameters
    ----------
    row : what it is called in a table.
    publisher : the contender that publishes.
    client : the kind of client, see `clients.KINDS`.
    every : likewise, where each frame is to be received.
    """

    row: str
    publisher: str
    client: str
    every: str


ROADS = (
    Road("bare", "bare", "documented", "documented"),
    Road("tuned", "tuned", "documented", "documented"),
    Road("product, tcp", "product", "tcp", "tcp, every"),
    Road("product, ipc", "product, ipc", "ipc", "ipc, every"),
    Road("product, local", "product", "local", "local, every"),
    Road("product, local, copied", "product", "local, copied", "local, every, copied"),
    Road("iceoryx2", "iceoryx2", "iceoryx2", "iceoryx2"),
    Road("iceoryx2, copied", "iceoryx2", "iceoryx2, copied", "iceoryx2, copied"),
)


def paced(plan: Plan, cameras: Cameras, scripts: int = 1) -> Table:
    """Receive cameras at their rate, with so many scripts a camera."""
    return dict(_measured(plan, cameras, scripts, {road: road.client for road in _roads()}))


def saturation(plan: Plan, width: int, height: int) -> Table:
    """Receive every frame that can be had of one camera that makes them as fast as it goes."""
    every = {road: road.every for road in _roads()}
    table = dict(_measured(plan, Cameras(1, width, height, fps=0), 1, every))
    for figures in table.values():
        figures["MB/s"] = figures["frames/s"] * width * height / 1e6
    return table


def scripts(plan: Plan, width: int, height: int) -> Table:
    """Receive one camera at 60 fps with one script, and with four."""
    table: Table = {}
    chosen = {road: road.client for road in _roads() if not road.row.endswith("copied")}
    for number in (1, 4):
        rows = _measured(plan, Cameras(1, width, height, fps=60), number, chosen)
        table |= {f"{row}, {_scripts(number)}": figures for row, figures in rows}
    return table


def _roads() -> Sequence[Road]:
    """Select those that this machine has."""
    there = find_spec("iceoryx2") is not None
    return [road for road in ROADS if there or road.publisher != "iceoryx2"]


def _measured(
    plan: Plan, cameras: Cameras, number: int, clients: dict[Road, str]
) -> Iterator[tuple[str, Figures]]:
    """Measure each road with so many scripts a camera; roads of one publisher share its process."""
    for contender in dict.fromkeys(road.publisher for road in clients):
        with publishing(contender, cameras) as publisher:
            for road, kind in clients.items():
                if road.publisher == contender:
                    yield road.row, _figures(publisher, kind, number, plan.seconds)


def _figures(publisher: Publisher, kind: str, number: int, seconds: float) -> Figures:
    """Measure what scripts get of a publisher, and what both take; a frame is a camera's."""
    with receiving([(kind, port) for port in publisher.ports for _ in range(number)]) as receivers:
        time.sleep(0.2)  # until the last that came is through with it
        before = _cpu(publisher, receivers)
        begin, end = pause(seconds)
        engine, clients = np.subtract(_cpu(publisher, receivers), before) * 1000
        rows = [between(receiver.rows(), begin, end) for receiver in receivers]
    age = np.concatenate([ages(each) for each in rows])
    frames = len(age) / number
    p50, p99 = np.percentile(age, (50, 99))
    return {
        "p50 ms": float(p50),
        "p99 ms": float(p99),
        "gaps": sum(gaps(each) for each in rows),
        "frames/s": frames / (end - begin) * 1e9,
        "engine CPU ms/frame": float(engine) / frames,
        "scripts' CPU": float(clients) / frames,
        "CPU ms/frame": float(engine + clients) / frames,
    }


def _cpu(publisher: Publisher, receivers: Sequence[Receiver]) -> tuple[float, float]:
    """Return the processor time of the publisher and of all clients, seconds."""
    clients = sum(cpu_seconds(receiver.process) for receiver in receivers)
    return cpu_seconds(publisher.process), clients


def _scripts(number: int) -> str:
    return "1 script" if number == 1 else f"{number} scripts"


SIZES = ((640, 480), (1280, 1024), (2448, 2048))
LARGE_FPS = 30.0
"""Frames a second of the largest, of which 60 are more than any road carries here."""


def _all_of_them() -> Iterator[tuple[str, Work]]:
    """Name each size, number of cameras, of scripts a camera, and phases."""
    for (width, height), count, number, phases in product(
        SIZES, (1, 4, 8), (1, 4), get_args(Phases)
    ):
        if count > 1 or phases == "at once":
            cameras = Cameras(count, width, height, LARGE_FPS if width > 2000 else 60, phases)
            name = f"local-all {cameras} {_scripts(number)} each"
            yield name, partial(paced, cameras=cameras, scripts=number)
    for width, height in SIZES:
        name = f"local-all {Cameras(1, width, height, 0)}"
        yield name, partial(saturation, width=width, height=height)


_FOUR = Cameras(4, 1280, 1024, fps=60)

LOCAL: dict[str, Work] = {
    "local at once": partial(paced, cameras=_FOUR),
    "local spread": partial(paced, cameras=Cameras(4, 1280, 1024, fps=60, phases="spread")),
    "local saturation": partial(saturation, width=1280, height=1024),
    "local scripts": partial(scripts, width=1280, height=1024),
}
"""What takes a few minutes: 1280x1024, and four cameras where there are several."""

LOCAL_ALL: dict[str, Work] = dict(_all_of_them())
"""The rest, half an hour a round: run where it is asked for."""

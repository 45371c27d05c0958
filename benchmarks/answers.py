"""The workload `answer`: how long after an image's time stamp a null script has answered it.

A null script a camera: it has the image as an array, answers it and waits for the next. By each
road from the product, and from the bare loop, whose images are received and answered with bare
pyzmq. What is measured: see `_row`.
"""

import json
import math
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import zmq

from benchmarks.contenders import Cameras, publishing
from benchmarks.measure import Figures, Plan, Table
from benchmarks.receivers import Rows, ages, between, gaps, pause, receiving
from benchmarks.rig import free_ports, running
from pmv_tui.control.client import snapshot_of
from pmv_tui.wire.status import CameraStatus

WARM_UP = 2.0
"""Seconds until scripts and publisher have settled, which count for nothing."""

WINDOW = 10.0
"""Seconds that the engine's figures are of."""

ROADS = {
    "product, documented": "documented",
    "product, tcp": "tcp",
    "product, local": "local",
}
"""Rows of the product, and the kind of script of each."""


def answer(plan: Plan) -> Table:
    """Answer every image of four cameras at 60 fps."""
    cameras = Cameras(4, plan.width, plan.height, fps=60)
    table = {"bare": _bare(cameras, plan.seconds)}
    with running(count=4, width=plan.width, height=plan.height, fps=60, phases="at once") as rig:
        [socket] = rig.folder.glob("pmv-tui/*/control")
        for row, kind in ROADS.items():
            with _answering(kind, rig.ports, rig.pull_ports) as scripts:
                arrived, span = _told_by(socket, plan.seconds)
            table[row] = _row(scripts, span) | arrived
    return table


def _bare(cameras: Cameras, seconds: float) -> Figures:
    """Measure the bare loop; its answers are received by a thread of this process."""
    pulls = free_ports(cameras.count)
    with publishing("bare", cameras) as publisher, _collecting(pulls) as arrivals:
        with _answering("documented", publisher.ports, pulls) as scripts:
            span = pause(seconds)
        rows = between(np.array(arrivals, np.int64).reshape(-1, 2), *span)
    return _row(scripts, span) | _arrived(*np.percentile(ages(rows), (50, 99, 100)).tolist())


@contextmanager
def _answering(kind: str, ports: Sequence[int], pulls: Sequence[int]) -> Iterator[list[Rows]]:
    """Run a script a camera for the length of a block; what each noted is there after it."""
    noted: list[Rows] = []
    with receiving([(kind, port) for port in ports], answer_at=pulls) as receivers:
        time.sleep(WARM_UP)
        yield noted
        noted += [receiver.rows() for receiver in receivers]


def _told_by(socket: Path, seconds: float) -> tuple[Figures, tuple[int, int]]:
    """Ask the engine how late answers came, of each 10 s that are wholly measured."""
    begin = time.time_ns()
    told: list[CameraStatus] = []
    for _ in range(int(seconds // WINDOW)):
        time.sleep(WINDOW)
        told += _statuses(socket)
    time.sleep(seconds % WINDOW)
    span = begin, time.time_ns()
    if not told:
        return {}, span
    p50 = statistics.median(each["answer_p50_ms"] or math.inf for each in told)
    p99 = statistics.median(each["answer_p99_ms"] or math.inf for each in told)
    worst = max(each["answer_max_ms"] or math.inf for each in told)
    return _arrived(p50, p99, worst), span


def _statuses(socket: Path) -> list[CameraStatus]:
    snapshot = snapshot_of(f"ipc://{socket}", timeout=5.0)
    if snapshot is None:
        raise TimeoutError("the engine does not say how late answers are")
    return [each for each in snapshot["cameras"] if each["listed"]]  # others may be found


def _row(scripts: Sequence[Rows], span: tuple[int, int]) -> Figures:
    """Return how long after its time stamp each image was answered, by the script's own clock.

    That clock is the publisher's, on one machine, read once the answer has been sent, of every
    image. `arrived` is what the other end says: the engine, of each 10 s and camera (the median of
    their medians and p99, the worst of all), or the thread that gets the bare loop's answers.
    """
    rows = [between(each, *span) for each in scripts]
    p50, p99, p999, worst = np.percentile(
        np.concatenate([ages(each) for each in rows]), (50, 99, 99.9, 100)
    )
    return {
        "p50 ms": float(p50),
        "p99 ms": float(p99),
        "p99.9 ms": float(p999),
        "max ms": float(worst),
        "gaps": sum(gaps(each) for each in rows),
    }


def _arrived(p50: float, p99: float, worst: float) -> Figures:
    names = ("arrived p50 ms", "arrived p99 ms", "arrived max ms")
    return dict(zip(names, (p50, p99, worst), strict=True))


@contextmanager
def _collecting(pulls: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Receive answers for the length of a block: when each came, and its image's time stamp."""
    arrivals: list[tuple[int, int]] = []
    ended = threading.Event()
    thread = threading.Thread(target=_collect, args=(pulls, arrivals, ended))
    thread.start()
    try:
        yield arrivals
    finally:
        ended.set()
        thread.join()


def _collect(pulls: Sequence[int], arrivals: list[tuple[int, int]], ended: threading.Event) -> None:
    with zmq.Context[zmq.Socket[bytes]]() as context:
        poller = zmq.Poller()
        for port in pulls:
            socket = context.socket(zmq.PULL)
            socket.bind(f"tcp://127.0.0.1:{port}")
            poller.register(socket, zmq.POLLIN)
        while not ended.is_set():
            for socket, _ in poller.poll(100):
                message = socket.recv()
                arrivals.append((time.time_ns(), json.loads(message)["TIMESTAMP"]))
        context.destroy(linger=0)

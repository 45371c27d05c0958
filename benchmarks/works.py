"""The workloads that contenders are compared by: each function is one round, a row a contender."""

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import numpy as np

from benchmarks.contenders import CLIENT_OF, Cameras, Publisher, publishing
from benchmarks.measure import (
    MB,
    Figures,
    Plan,
    Table,
    clients_of,
    latencies,
    paced_figures,
    watch,
)
from benchmarks.receivers import Rows, ages, between, pause, receiving
from benchmarks.rig import Rig, running
from benchmarks.terminal import attached, settle
from benchmarks.windows import x_server
from pmv_tui.config.schema import DisplayConfig


def saturation(plan: Plan, width: int, height: int) -> Table:
    """Publish one camera as fast as it goes."""
    table: Table = {}
    for contender in plan.contenders:
        with (
            publishing(contender, Cameras(1, width, height, fps=0)) as publisher,
            clients_of(contender, publisher) as receivers,
        ):
            usage = watch(publisher.process, plan.seconds)
            rows = between(receivers[0].rows(), usage.begin, usage.end)
        fps = len(rows) / (usage.end - usage.begin) * 1e9
        table[contender] = {
            "frames/s": fps,
            "MB/s": fps * width * height / MB,
            "CPU ms/frame": usage.cpu / len(rows) * 1000,
            "RSS MB": usage.memory / MB,
        }
    return table


def paced(plan: Plan) -> Table:
    """Publish four cameras at 60 fps, a client each."""
    cameras = Cameras(4, plan.width, plan.height, fps=60)
    return {
        contender: paced_figures(contender, cameras, plan.seconds) for contender in plan.contenders
    }


def curve(plan: Plan, width: int, height: int) -> Table:
    """Publish with and without encryption: as fast as it goes, then four cameras at 60 fps."""
    both = replace(plan, contenders=("product", "curve"))
    table = saturation(both, width, height)
    for contender, figures in table.items():
        cameras = Cameras(4, width, height, fps=60)
        at_60 = paced_figures(contender, cameras, plan.seconds)
        table[contender] = {
            "frames/s": figures["frames/s"],
            "full CPU ms/frame": figures["CPU ms/frame"],
            **at_60,
        }
    return table


def windows(plan: Plan) -> Table:
    """Publish likewise, with a TUI attached and four windows open."""
    with x_server() as display:
        return {"tuned": _tuned_under_load(plan, display), "product": _loaded(plan, display)}


def stalled(plan: Plan) -> Table:
    """Stop clients for a while beside one that goes on, then wake them.

    Two are stopped: a documented client and the product's own, or two of a peer's. NetGear has one
    client a publisher, and the others are measured once, for it takes long.
    """
    contenders = [
        contender
        for contender in plan.contenders
        if contender == "product" or (plan.first_round and contender != "vidgear")
    ]
    return {contender: _stalled(contender, plan) for contender in contenders}


def slow(plan: Plan) -> Table:
    """Receive 100 fps with clients that work 50 ms on each frame."""
    table: Table = {}
    for contender in plan.contenders:
        kinds = [CLIENT_OF[contender], *(["fresh"] if contender == "product" else [])]
        cameras = Cameras(1, 640, 480, fps=100)
        with publishing(contender, cameras) as publisher:
            clients = [(kind, publisher.ports[0]) for kind in kinds]
            with receiving(clients, work=0.05) as receivers:
                span = pause(plan.seconds)
                for kind, receiver in zip(kinds, receivers, strict=True):
                    age = ages(between(receiver.rows(), *span))
                    table[_with_client(contender, kind)] = {
                        "median age ms": float(np.median(age)),
                        "last age ms": float(age[-1]),
                    }
    return table


def _loaded(plan: Plan, display: str) -> Figures:
    """Measure the product's engine that feeds the windows and answers the TUI."""
    with _rig_on_show(plan, display, fps=60) as rig:
        return latencies("product", Publisher(rig.engine, rig.ports), plan.seconds)


def _tuned_under_load(plan: Plan, display: str) -> Figures:
    """Measure the tuned loop beside a rig whose TUI and windows do the same work.

    Nobody receives that rig's images, and its cameras are no faster than its windows.
    """
    with _rig_on_show(plan, display, fps=DisplayConfig().rate):
        return paced_figures("tuned", Cameras(4, plan.width, plan.height, fps=60), plan.seconds)


@contextmanager
def _rig_on_show(plan: Plan, display: str, fps: float) -> Iterator[Rig]:
    """Run four cameras with a TUI attached and a window each."""
    with ExitStack() as stack:
        rig = stack.enter_context(running(count=4, width=plan.width, height=plan.height, fps=fps))
        rig.use_display(display)
        rig.run("window", "all")
        settle(stack.enter_context(attached(rig)))
        yield rig


def _stalled(contender: str, plan: Plan) -> Figures:
    usual = CLIENT_OF[contender]
    kinds = (usual, "fresh" if usual == "documented" else usual)
    with publishing(contender, Cameras(1, plan.width, plan.height, fps=60)) as publisher:
        port = publisher.ports[0]
        clients = [(kind, port) for kind in (usual, *kinds)]
        with receiving(clients) as (healthy, *others):
            before = watch(publisher.process, plan.seconds)
            for receiver in others:
                receiver.freeze()
            during = watch(publisher.process, plan.stall)
            woken = time.time_ns()
            for receiver in others:
                receiver.wake()
            pause(1.0)
            rows = healthy.rows()
            figures = {
                "p99 before ms": _p99(between(rows, before.begin, before.end)),
                "p99 during ms": _p99(between(rows, during.begin, during.end)),
                "fps during": len(between(rows, during.begin, during.end)) / plan.stall,
                "growth MB": (during.memory - before.memory) / MB,
            }
            for kind, receiver in zip(kinds, others, strict=True):
                figures |= _awakening(kind, receiver.rows(), woken)
    return figures


def _awakening(kind: str, rows: Rows, woken: int) -> Figures:
    """Return what a client read first after it was woken, at a time in ns since the epoch."""
    after = rows[rows[:, 0] > woken]
    if kind == "fresh":
        return {"our first age ms": float(ages(after)[0]) if len(after) else math.inf}
    stale = after[after[:, 1] < woken]
    if not len(stale):
        return {"stale frames": 0, "stale read in ms": 0}
    return {"stale frames": len(stale), "stale read in ms": float(stale[-1, 0] - woken) / 1e6}


def _p99(rows: Rows) -> float:
    return float(np.percentile(ages(rows), 99))


def _with_client(contender: str, kind: str) -> str:
    return "product, our client" if kind == "fresh" else contender

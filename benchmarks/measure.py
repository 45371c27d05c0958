"""What the workloads have in common: plan, a look at a process, latencies of a publisher."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psutil

from benchmarks.contenders import CLIENT_OF, Cameras, Publisher, publishing
from benchmarks.receivers import Receiver, ages, between, gaps, receiving
from benchmarks.rig import cpu_seconds

MB = 1e6

Figures = dict[str, float]
"""What was measured, by name and unit."""

Table = dict[str, Figures]
"""Figures of each contender, or of each condition that is compared."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and on what is measured.

    Parameters
    ----------
    contenders : those to compare, in their order.
    seconds : of one measurement.
    stall : seconds for which a client is stopped.
    width, height : pixels, of the paced workloads.
    first_round : whether this is it; what takes long is done but once.
    """

    contenders: Sequence[str]
    seconds: float
    stall: float
    width: int
    height: int
    first_round: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took in a span of time.

    Parameters
    ----------
    begin, end : ns since the epoch.
    cpu : seconds of processor time, all its threads together.
    memory : bytes, the most that was seen resident.
    """

    begin: int
    end: int
    cpu: float
    memory: int


def watch(process: psutil.Process, seconds: float) -> Usage:
    """Look at a process for some seconds."""
    before = cpu_seconds(process)
    begin = time.time_ns()
    memory = process.memory_info().rss
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, 0.25))
        memory = max(memory, process.memory_info().rss)
    return Usage(begin, time.time_ns(), cpu_seconds(process) - before, memory)


def share(usage: Usage) -> float:
    """Return the processor time as % of one core."""
    return usage.cpu / (usage.end - usage.begin) * 1e9 * 100


@contextmanager
def clients_of(contender: str, publisher: Publisher) -> Iterator[list[Receiver]]:
    """Run the contender's usual client at each camera for the length of a block."""
    clients = [(CLIENT_OF[contender], port) for port in publisher.ports]
    with receiving(clients, key=publisher.key) as receivers:
        yield receivers


def paced_figures(contender: str, cameras: Cameras, seconds: float) -> Figures:
    """Start a contender, and measure it with a client at each of its cameras."""
    with publishing(contender, cameras) as publisher:
        return latencies(contender, publisher, seconds)


def latencies(contender: str, publisher: Publisher, seconds: float) -> Figures:
    """Measure a publisher that runs, with a client at each of its cameras."""
    with clients_of(contender, publisher) as receivers:
        usage = watch(publisher.process, seconds)
        each = [between(receiver.rows(), usage.begin, usage.end) for receiver in receivers]
    p50, p99, longest = np.percentile(np.concatenate([ages(rows) for rows in each]), (50, 99, 100))
    return {
        "p50 ms": float(p50),
        "p99 ms": float(p99),
        "max ms": float(longest),
        "gaps": sum(gaps(rows) for rows in each),
        "CPU ms/frame": usage.cpu / sum(len(rows) for rows in each) * 1000,
        "RSS MB": usage.memory / MB,
    }

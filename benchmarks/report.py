"""What was measured, as tables for people and as JSON."""

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import zmq

from benchmarks.measure import Figures, Table
from benchmarks.targets import TARGETS

LOOPS = ("bare", "tuned")
"""What the product is put in relation to."""

_OTHER_ROADS = (
    *(
        (road, "bare")
        for road in (
            "product, tcp",
            "product, ipc",
            "product, local, copied",
            "product, local",
            "iceoryx2, copied",
            "iceoryx2",
        )
    ),
    ("product, documented", "bare"),
    ("product, ipc", "product, tcp"),
    ("product, local", "iceoryx2"),
    ("4 scripts", "1 script"),
)
"""What of a row's name is replaced by what, to find the row that it is put in relation to."""


def machine() -> dict[str, str]:
    """Describe where and when this runs."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": datetime.now().astimezone().isoformat(timespec="minutes"),
        "cpu": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "libraries": f"pyzmq {zmq.__version__}, libzmq {zmq.zmq_version()}",
    }


def summary(rounds: Sequence[Table]) -> Table:
    """Take the median of each figure over the rounds; of gaps the most, for one is one too many."""
    found: dict[str, dict[str, list[float]]] = {}
    for table in rounds:
        for row, figures in table.items():
            for figure, value in figures.items():
                found.setdefault(row, {}).setdefault(figure, []).append(value)
    return {
        row: {
            figure: max(values) if figure == "gaps" else statistics.median(values)
            for figure, values in figures.items()
        }
        for row, figures in found.items()
    }


def as_text(about: dict[str, Any], tables: dict[str, Table]) -> str:
    """Write everything as Markdown."""
    lines = [f"- {key}: {value}" for key, value in about.items()]
    for work, table in tables.items():
        lines += ["", f"## {work}", "", *_work_lines(table)]
    lines += ["", "## Targets", "", *_target_lines(tables)]
    return "\n".join(lines)


def as_data(
    about: dict[str, Any], tables: dict[str, Table], rounds: dict[str, list[Table]]
) -> dict[str, Any]:
    """Put everything, each round included, into a form that JSON can hold."""
    targets = [
        {"work": target.work, "target": str(target), "value": value, "met": target.met(value)}
        for target in TARGETS
        if (value := target.value(tables)) is not None
    ]
    return {"about": about, "summary": tables, "targets": targets, "rounds": rounds}


def _work_lines(table: Table) -> Iterator[str]:
    """Write a row a contender, then the product's ratios to the others."""
    heads = list(dict.fromkeys(figure for figures in table.values() for figure in figures))
    rows = [[name, *_cells(figures, heads)] for name, figures in table.items()]
    for row, other in _compared(table):
        rows.append([f"{row} / {other}", *_cells(_ratios(table[row], table[other]), heads)])
    return _grid(["", *heads], rows)


def _compared(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the rows whose ratios are printed."""
    if "product" in table:
        yield from (("product", loop) for loop in LOOPS if loop in table)
    if "curve" in table:
        yield "curve", "product"
    for old, new in _OTHER_ROADS:
        for row in table:
            if (other := row.replace(old, new)) != row and other in table:
                yield row, other


def _ratios(figures: Figures, others: Figures) -> Figures:
    return {
        name: value / others[name]
        for name, value in figures.items()
        if name != "gaps" and others.get(name)
    }


def _target_lines(tables: dict[str, Table]) -> Iterator[str]:
    rows = []
    for target in TARGETS:
        value = target.value(tables)
        if value is not None:
            rows.append(
                [target.work, str(target), f"{value:.2f}", "met" if target.met(value) else "MISSED"]
            )
    return _grid(["work", "target", "value", ""], rows)


def _cells(figures: Figures, heads: list[str]) -> list[str]:
    return [f"{figures[head]:.2f}" if head in figures else "" for head in heads]


def _grid(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Align the columns of a Markdown table."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, ["-" * width for width in widths], *rows):
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"| {' | '.join(cells)} |"

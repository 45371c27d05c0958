"""What the product is to reach, and whether it did."""

from dataclasses import dataclass

from benchmarks.measure import Table

Place = tuple[str, str]
"""A row and a figure of a table."""


@dataclass(frozen=True, slots=True)
class Target:
    """A limit for one figure, or for its ratio to another.

    Parameters
    ----------
    work : its name.
    figure : what is looked at.
    over : what it is divided by; None: it is taken as it is.
    """

    work: str
    figure: Place
    limit: float
    over: Place | None = None
    at_least: bool = False

    def __str__(self) -> str:
        """Say what is to be reached."""
        row, figure = self.figure
        sign = "≥" if self.at_least else "≤"
        text = f"{row}: {figure} {sign} {self.limit:g}"
        if self.over:
            other, divisor = self.over
            text += f" of {other}" if divisor == figure else f" of {divisor}"
        return text

    def value(self, tables: dict[str, Table]) -> float | None:
        """Return what was reached; None where it was not measured."""
        table = tables.get(self.work, {})
        value = _look_up(table, self.figure)
        if self.over is None or value is None:
            return value
        divisor = _look_up(table, self.over)
        return value / divisor if divisor else None

    def met(self, value: float) -> bool:
        """Return whether a value reaches it."""
        return value >= self.limit if self.at_least else value <= self.limit


def _look_up(table: Table, place: Place) -> float | None:
    row, figure = place
    return table.get(row, {}).get(figure)


def _product(
    work: str, figure: str, limit: float, over: str = "", *, least: bool = False
) -> Target:
    """Set a limit for a figure of the product, or its ratio to another contender's."""
    return Target(
        work, ("product", figure), limit, (over, figure) if over else None, at_least=least
    )


_FULL = "saturation 1280x1024"

_LOCAL = "product, local"


def _local(work: str, figure: str, limit: float, over: str, *, least: bool = False) -> Target:
    """Set a limit for the local road's ratio to another."""
    return Target(work, (_LOCAL, figure), limit, (over, figure), at_least=least)


TARGETS = (
    *(
        _local(work, figure, limit, "bare")
        for work in ("local at once", "local spread")
        for figure, limit in (("p50 ms", 0.25), ("p99 ms", 0.35), ("CPU ms/frame", 0.5))
    ),
    *(
        _local(work, figure, 1.0, "iceoryx2")
        for work in ("local at once", "local spread")
        for figure in ("p50 ms", "p99 ms", "CPU ms/frame")
    ),
    _local("local saturation", "frames/s", 2.0, "bare", least=True),
    _local("local saturation", "frames/s", 1.0, "iceoryx2", least=True),
    Target(
        "local scripts",
        (f"{_LOCAL}, 4 scripts", "engine CPU ms/frame"),
        1.3,
        (f"{_LOCAL}, 1 script", "engine CPU ms/frame"),
    ),
    _product(_FULL, "frames/s", 0.90, "bare", least=True),
    _product(_FULL, "frames/s", 1.0, "imagezmq", least=True),
    _product(_FULL, "frames/s", 1.0, "vidgear", least=True),
    _product(_FULL, "RSS MB", 150),
    _product("paced", "p50 ms", 0.80, "bare"),
    _product("paced", "p50 ms", 1.15, "tuned"),
    _product("paced", "p99 ms", 1.0, "bare"),
    _product("paced", "p99 ms", 1.4, "tuned"),
    _product("paced", "gaps", 0),
    _product("paced", "CPU ms/frame", 1.1, "bare"),
    _product("windows", "p50 ms", 1.2, "tuned"),
    _product("windows", "p99 ms", 1.6, "tuned"),
    _product("windows", "gaps", 0),
    _product("stalled", "growth MB", 16),
    Target("stalled", ("product", "p99 during ms"), 1.2, ("product", "p99 before ms")),
    _product("stalled", "our first age ms", 100),
    _product("stalled", "stale frames", 8),
    _product("stalled", "stale read in ms", 20),
    Target("slow", ("product, our client", "median age ms"), 15),
    Target("no-client", ("plugged", "CPU % of a core"), 1.1, ("unplugged", "CPU % of a core")),
    Target("scale", ("16 cameras", "gaps"), 0),
    Target("scale", ("16 cameras", "CPU ms/frame"), 1.2, ("4 cameras", "CPU ms/frame")),
    Target("start", ("--help", "CPU s"), 0.15),
    Target("start", ("first paint", "s"), 1.7, ("imports", "s")),
    Target("start", ("attach", "s"), 1.5, ("imports", "s")),
    Target("tui", ("TUI", "CPU % of a core"), 3),
    Target("tui", ("TUI", "kB/s"), 4),
    Target("terminal", ("TUI, v 80x24", "CPU % of a core"), 6),
    Target("terminal", ("TUI, v 120x40", "CPU % of a core"), 6),
)

"""Text from outside, made fit to stand on the screen."""

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from pmv_tui.printable import printable


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Make one line of printable characters of a text that may contain anything.

    What is taken out, and why: `printable`.
    """
    return " ".join(printable(text, " ").split())


def short_path(path: str, width: int) -> str:
    """Abbreviate a path: the home folder as `~`, then its first folders left out.

    Parameters
    ----------
    width : characters at most; the last part is kept whole even where it alone is longer.
    """
    with suppress(RuntimeError):  # not every user has a home folder
        home = str(Path.home())
        if path.startswith(f"{home}/"):
            path = f"~{path.removeprefix(home)}"
    parts = path.split("/")
    while len(path) > width and len(parts) > 1:
        parts.pop(0)
        path = "/".join(["…", *parts])
    return path

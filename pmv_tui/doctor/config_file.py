"""The config file: whether it can be used, and saved to."""

from collections.abc import Iterator

from pmv_tui.config.replace import obstacle
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, note, ok, warning


def look(examined: Examined) -> Iterator[Finding]:
    """Tell every mistake in the config file."""
    path = examined.rig.config_path
    for problem in examined.problems:
        yield error(problem, "correct it; pmv-tui check shows what is left")
    if examined.problems:
        return
    if not path.exists():
        yield note(f"there is no {path}", "it is made when a setting is first saved")
        return
    count = len(examined.config.cameras)
    yield ok(f"{path}: {count} camera{'' if count == 1 else 's'}")
    if found := obstacle(path):
        yield warning(f"settings cannot be saved: {found.found}", found.remedy)

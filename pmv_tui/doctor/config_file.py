"""The config file: whether it can be used, and saved to."""

import os
from collections.abc import Iterator

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, note, ok


def look(examined: Examined) -> Iterator[Finding]:
    """Tell every mistake in the config file."""
    path = examined.rig.config_path
    for problem in examined.problems:
        yield error(problem, "correct it; pmv-tui check tells when nothing is left")
    if examined.problems:
        return
    if not path.exists():
        yield note(f"there is no {path}", "it is made when a setting is first saved")
        return
    count = len(examined.config.cameras)
    yield ok(f"{path}: {count} camera{'' if count == 1 else 's'}")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        yield note(
            f"{path} cannot be written by this user",
            "settings changed while it runs are not kept; change its owner, or its folder's",
        )

"""The display: whether windows can be shown on it. Tried out in a process that may die of it."""

import json
from collections.abc import Iterator

from pmv_tui.child import Silent, run_child
from pmv_tui.doctor.examined import Examined, Finding, note, ok, warning
from pmv_tui.windows.launcher import viewer_environment

SECONDS = 4.0


def look(examined: Examined) -> Iterator[Finding]:
    """Yield why no window could be shown; all else works without."""
    display = examined.environment.get("DISPLAY", "")
    if not display:
        yield note(
            "no display: DISPLAY is not set, so no window can be shown",
            "DISPLAY=:0 pmv-tui shows them on the rig's own monitor; ssh -X forwards one",
        )
        return
    xauthority = examined.environment.get("XAUTHORITY", "")
    environment = viewer_environment(examined.environment, display, xauthority)
    try:
        ended = run_child(["pmv_tui.doctor.display_trial"], SECONDS, environment)
    except Silent as silent:
        yield warning(
            f"the display {display} hangs: {silent}",
            "see whether its X server, or the ssh -X that forwards it, still runs",
        )
        return
    failed = {"trouble": f"the trial ended with {ended.status}"}
    answer = json.loads(ended.said) if ended.status == 0 else failed
    if answer["trouble"]:
        remedy = answer.get("remedy") or "choose another DISPLAY; pmv-tui runs without windows too"
        yield warning(f"no window can be shown on {display}: {answer['trouble']}", remedy)
    else:
        yield ok(f"windows can be shown on {display} ({answer['framework']})")

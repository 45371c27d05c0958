"""The rig's engine: whether it runs and answers, and which of its cameras do not capture."""

from collections.abc import Iterator

from pmv_tui.control.messages import TO_REPLACE_IT
from pmv_tui.control.rig import why_silent
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, note, ok, warning


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what the engine says of its cameras."""
    if examined.engine_pid is None:
        yield note("no engine runs for this config")
        return
    if examined.foreign:
        yield error(f"the engine (pid {examined.engine_pid}) {examined.foreign}", TO_REPLACE_IT)
        return
    if examined.snapshot is None:
        yield error(
            f"the engine (pid {examined.engine_pid}) does not answer",
            f"{why_silent(examined.engine_pid)}; its log: {examined.rig.log_path}",
        )
        return
    version = examined.snapshot["engine"]["version"]
    yield ok(f"engine {version} runs, pid {examined.engine_pid}")
    for camera in examined.snapshot["cameras"]:
        if camera["listed"] and camera["state"] in ("lost", "error", "stalled"):
            tell = warning if camera["state"] == "stalled" else error
            yield tell(
                f"{camera['name']} is {camera['state']}: {camera['reason']}",
                "pmv-tui events shows what happened before",
            )

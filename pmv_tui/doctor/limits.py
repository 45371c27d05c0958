"""What the machine allows and has: open files, processors and their speed, memory."""

import os
import resource
from collections.abc import Iterator

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, ok, warning
from pmv_tui.open_files import ENGINE

FILES_A_CAMERA = 24
"""Open files of a camera with a client, and room for more of them."""

LITTLE_MEMORY = 300
"""MB."""

SELF_GOVERNING = ("intel_pstate", "amd-pstate", "amd-pstate-epp")
"""Drivers whose `powersave` goes up to full speed under load."""


def look(examined: Examined) -> Iterator[Finding]:
    """Compare limits with the number of cameras."""
    cameras = len(examined.config.cameras)
    yield _open_files(cameras)
    yield from _processors(examined, cameras)
    yield from _memory(examined)


def _open_files(cameras: int) -> Finding:
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)  # an engine takes what it may have
    need = ENGINE + FILES_A_CAMERA * cameras
    if allowed == resource.RLIM_INFINITY:
        return ok("open files are not limited")
    text = f"{allowed} open files are allowed, about {need} needed for {cameras} camera(s)"
    if allowed >= need:
        return ok(text)
    more = f"nofile {max(1024, need)} in /etc/security/limits.conf"
    return error(text, f"raise the limit: {more}, then log in again")


def _processors(examined: Examined, cameras: int) -> Iterator[Finding]:
    usable = len(os.sched_getaffinity(0))
    if cameras > 2 * usable:
        yield warning(
            f"{cameras} cameras on {usable} processor(s)",
            "see pmv-tui status for dropped frames; lower fps, or use fewer cameras",
        )
    else:
        yield ok(f"{usable} processor(s) for {cameras} camera(s)")
    policy = "sys/devices/system/cpu/cpu0/cpufreq"
    driver = examined.read(f"{policy}/scaling_driver")
    if examined.read(f"{policy}/scaling_governor") == "powersave" and driver not in SELF_GOVERNING:
        yield warning(
            "the processors are held at their lowest speed (governor powersave)",
            "as root: cpupower frequency-set -g performance",
        )


def _memory(examined: Examined) -> Iterator[Finding]:
    for line in (examined.read("proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) // 1000
            text = f"{available} MB of memory are available"
            if available < LITTLE_MEMORY:
                yield warning(text, "end other programs: what is swapped out comes back late")
            else:
                yield ok(text)

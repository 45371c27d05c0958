"""The clock by which frames are stamped: its source, and whether it is kept to others'."""

import ctypes
from collections.abc import Iterator

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, note, ok, warning

SOURCE = "sys/devices/system/clocksource/clocksource0/current_clocksource"

SLOW = ("hpet", "acpi_pm", "jiffies", "pit")
"""Sources of which a reading takes a microsecond or more."""

_NOT_SYNCHRONISED = 5
"""What adjtimex(2) returns then, TIME_ERROR."""

_TIMEX_BYTES = 512
"""More than its structure has."""


def look(examined: Examined) -> Iterator[Finding]:
    """Tell what a time stamp is worth."""
    yield ok(
        "a frame's time stamp is this host's clock (CLOCK_REALTIME) at its arrival; a camera's own "
        "clock is compared with it in the TUI"
    )
    source = examined.read(SOURCE)
    if source in SLOW:
        yield warning(
            f"the kernel's clock source is {source}: reading it is slow",
            f"tsc is faster, where /{SOURCE.replace('current', 'available')} lists it: boot with "
            "clocksource=tsc",
        )
    elif source is not None:
        yield ok(f"clock source {source}")
    if _synchronised():
        yield ok("the clock is kept to others' by NTP or PTP")
    else:
        yield note(
            "the clock is not kept to others' by NTP or PTP",
            "to compare time stamps of several machines, start chrony, systemd-timesyncd or ptp4l",
        )


def _synchronised() -> bool:
    """Ask the kernel whether something disciplines its clock. Source: adjtimex(2)."""
    ask = ctypes.create_string_buffer(_TIMEX_BYTES)  # zeros: nothing is to be changed
    return bool(ctypes.CDLL(None).adjtimex(ask) != _NOT_SYNCHRONISED)

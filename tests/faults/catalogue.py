"""All faults, in the order in which they are tried."""

from tests.faults import (
    attacks,
    cameras,
    clients,
    clock,
    control,
    display,
    files,
    local,
    many,
    processes,
    sockets,
)

FAULTS = (
    *(*clients.FAULTS, *local.FAULTS, *sockets.FAULTS, *cameras.FAULTS, *display.FAULTS),
    *(*many.FAULTS, *processes.FAULTS, *files.FAULTS, *clock.FAULTS, *control.FAULTS),
    *attacks.FAULTS,
)

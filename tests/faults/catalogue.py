"""All faults, in the order in which they are tried."""

from tests.faults import clients, sockets

FAULTS = (*clients.FAULTS, *sockets.FAULTS)

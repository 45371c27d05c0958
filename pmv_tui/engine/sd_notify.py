"""Tells systemd how far the engine is: ready, ending. Does nothing where systemd did not start it.

Protocol: sd_notify(3), a datagram to the socket that $NOTIFY_SOCKET names.
"""

import logging
import os
import socket

log = logging.getLogger(__name__)

TIMEOUT = 1.0
"""Seconds that systemd may take to make room for a datagram."""


def sd_notify(*assignments: str) -> None:
    """Tell systemd the service's state.

    Parameters
    ----------
    assignments : such as `READY=1`, `STATUS=text`.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket is written with @ for its leading zero byte.
    address = address.replace("@", "\0", 1) if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(TIMEOUT)
        try:
            sender.sendto(os.fsencode("\n".join(assignments)), address)
        except OSError as error:
            log.warning("systemd was not notified of %s: %s", assignments[0], error)

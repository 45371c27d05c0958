"""The addresses of the config's cameras: free, held by this rig's engine, or by somebody else."""

import errno
import socket
import time
from collections.abc import Iterator

from pmv_tui.config.addresses import Address
from pmv_tui.config.complete import addresses
from pmv_tui.control.engines import whose_port
from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, error, ok, warning
from pmv_tui.names import LIMIT, NameTrouble, in_numbers, look_up
from pmv_tui.port_holder import port_holder

ANOTHER = "end it, or give the camera another address: pmv-tui addresses, or e in the TUI"


def look(examined: Examined) -> Iterator[Finding]:
    """Try to listen at every address, and let go of it at once."""
    free, own = [], []
    listed = list(addresses(examined.config.cameras))
    for address in listed:
        if address.needs_look_up:
            look_up(address.host)  # all at once: a silent name server is waited for only once
    deadline = time.monotonic() + LIMIT
    for written in listed:
        try:
            address = in_numbers(written, max(0.0, deadline - time.monotonic()))
        except NameTrouble as unknown:
            yield error(str(unknown), "no camera can be plugged there before")
            continue
        trouble = _trouble(address)
        if trouble is None:
            free.append(str(address))
        elif trouble.errno != errno.EADDRINUSE:
            yield _unusable(address, trouble)
        else:
            holder = port_holder(address.port)
            if holder is not None and holder.pid == examined.engine_pid:
                own.append(str(address))
            else:
                whose = holder and (whose_port(holder.pid, address.port) or holder)
                by = f" by {whose}" if whose else ", by a process of another user"
                yield error(f"{address} is in use{by}", ANOTHER)
        if address.exposed and not examined.config.security.curve:
            yield warning(
                f"{address} can be reached from other machines, by anybody and without encryption",
                "write localhost for the host, or accept listed clients only: [security] in the "
                "config, docs/security.md",
            )
    if own:
        yield ok(f"held by this rig's engine: {', '.join(own)}")
    if free:
        yield ok(f"free: {', '.join(free)}")


def _trouble(address: Address) -> OSError | None:
    family = socket.AF_INET6 if address.host.startswith("[") else socket.AF_INET
    host = "" if address.interface == "*" else address.interface
    with socket.socket(family) as trial:
        # As ZeroMQ does: connections of a former engine that the kernel still remembers are no bar.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, address.port))
            trial.listen()
        except OSError as trouble:
            return trouble
    return None


def _unusable(address: Address, trouble: OSError) -> Finding:
    if trouble.errno == errno.EACCES and address.port < 1024:
        return error(f"{address}: ports below 1024 need root", "choose one from 1024 up")
    if trouble.errno == errno.EADDRNOTAVAIL:
        text = f"{address}: this machine has no interface {address.host!r}"
        return error(text, "write localhost, or an address that `ip address` lists")
    return error(f"{address} cannot be bound: {trouble.strerror}", ANOTHER)

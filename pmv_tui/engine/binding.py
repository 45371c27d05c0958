"""What is found out before sockets are bound, and after they could not be: it may take a while."""

from dataclasses import replace

from pmv_tui.background import InOrder
from pmv_tui.config.addresses import Address
from pmv_tui.control.engines import whose_port
from pmv_tui.curve import KeyFileError
from pmv_tui.engine.errands import Errand, Overdue
from pmv_tui.engine.gate import Door, Gate
from pmv_tui.engine.sockets import BindError, in_use
from pmv_tui.names import LIMIT, NameTrouble, look_up, silent
from pmv_tui.port_holder import port_holder

KEY_LIMIT = 2.0
"""Seconds that reading the rig's keys may take."""

HOLDER_LIMIT = 2.0
"""Seconds that finding out who has a port may take."""

_holders = InOrder("port holders")


async def in_numbers(address: Address) -> Address:
    """Look up an address's host, where that is a name; at once where it is none.

    Raises
    ------
    BindError : there is no such host, or the name server does not answer.
    """
    if not address.needs_look_up:
        return address
    try:
        return replace(address, number=await Errand(look_up(address.host), LIMIT))
    except Overdue:
        raise BindError(silent(address)) from None
    except NameTrouble as trouble:
        raise BindError(f"{address}: {trouble}") from None


async def read_keys(gate: Gate | None, door: Door | None) -> None:
    """Read the keys that a camera's sockets are bound with, where `[security]` is on.

    Raises
    ------
    BindError : the rig has none, or their disk does not answer.
    """
    if gate is None or door is None:
        return
    try:
        await Errand(gate.read_keys(door), KEY_LIMIT)
    except KeyFileError as error:
        raise BindError(str(error)) from None
    except Overdue:
        raise BindError(
            f"the disk of {gate.folder} did not answer within {KEY_LIMIT:g} s; see that it is "
            "mounted and its server runs, then try again"
        ) from None


async def explained(error: BindError) -> BindError:
    """Name the program that has an address, where that is why it could not be bound."""
    taken = error.taken
    if taken is None:
        return error
    try:
        holder = await Errand(_holders.submit(lambda: _holder_of(taken.port)), HOLDER_LIMIT)
    except Overdue:
        return error
    return BindError(in_use(taken, holder), taken) if holder else error


def _holder_of(port: int) -> str:
    """Name who has a port; empty where that is not seen."""
    holder = port_holder(port)
    return (whose_port(holder.pid, port) or str(holder)) if holder else ""

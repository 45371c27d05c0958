"""`pmv-tui forward`: another rig's camera at two addresses of this machine, for scripts on it."""

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING

from pmv_tui.cli.grammar import (
    DONE,
    ONE,
    WRONG,
    CommandFailed,
    Grammar,
    complain,
    show,
)

if TYPE_CHECKING:
    from pmv_tui.rigs.listed import ListedRig


def add_commands(grammar: Grammar) -> None:
    """Add `forward`."""
    forward = grammar.command(
        "forward",
        _forward,
        "hold two local ports open to the sockets of another rig's camera, by ssh",
        only_here="forward RIG CAMERA names its rig: leave --rig out",
    )
    forward.add_argument("rig", metavar="RIG", help="a rig of rigs.toml, or HOST[:CONFIG]")
    forward.add_argument("far_camera", metavar="CAMERA", help=ONE)
    forward.add_argument(
        "--port",
        metavar="PORT",
        type=_port,
        help="for images; the next one is for boxes; default: two that are free",
    )


def _port(text: str) -> int:
    """Read a port, or raise what argparse reports."""
    if not (text.isascii() and text.isdecimal() and 1024 <= int(text[:6]) <= 65_534):
        raise argparse.ArgumentTypeError("a whole number from 1024 to 65534")
    return int(text)


def _forward(options: argparse.Namespace) -> int:
    import asyncio

    from pmv_tui.rigs.trouble import HostTrouble

    rig = _one_rig(options.rig)
    try:
        with suppress(KeyboardInterrupt, asyncio.CancelledError):  # the ways to end it
            asyncio.run(_held(options, rig))
    except HostTrouble as trouble:
        raise CommandFailed(f"{rig.name}: {trouble}") from None
    return DONE


def _one_rig(word: str) -> "ListedRig":
    from pmv_tui.cli.elsewhere import rigs_meant

    rigs = rigs_meant([word])
    if len(rigs) > 1:
        names = ", ".join(rig.name for rig in rigs)
        raise CommandFailed(f"{word} is several rigs: name one of {names}", WRONG)
    return rigs[0]


async def _held(options: argparse.Namespace, rig: "ListedRig") -> None:
    """Hold the ports open until this is cancelled."""
    from pmv_tui.rigs.forward import Forward
    from pmv_tui.rigs.ssh import Hosts

    _end_in_order()
    ports = (options.port, options.port + 1) if options.port else (0, 0)
    hosts = Hosts()
    forward = Forward(
        rig, options.far_camera, ports, hosts, lambda text: complain(f"{rig.name}: {text}")
    )
    try:
        images, messages = await forward.open()
        about = {"rig": rig.name, "pub_address": images, "pull_address": messages}
        show(options, about, lambda: [f"images: {images}", f"boxes: {messages}"])
        await forward.keep()
    finally:
        await forward.close()
        await hosts.close()


def _end_in_order() -> None:
    """Have the signals that end a program cancel this task, so that no connection is left."""
    import asyncio

    from pmv_tui.system import to_be_handled

    if task := asyncio.current_task():
        for number in to_be_handled():
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)

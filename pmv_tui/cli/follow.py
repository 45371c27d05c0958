"""`events --follow --rig`: what happens on several rigs, line by line as it happens."""

import argparse
import asyncio
import json
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pmv_tui.cli.elsewhere import Outcome, rigs_named, said, show_trouble
from pmv_tui.cli.grammar import DONE, NOT_DONE, say

if TYPE_CHECKING:
    from pmv_tui.rigs.listed import ListedRig

LONGEST_LINE = 65_536
"""Bytes; a rig that sends more without a line's end is cut short."""

KEPT = 65_536
"""Bytes of what a rig prints that are kept, for the case that it is no event."""

LOOK = 0.3
"""Seconds from one look whether anybody reads to the next."""


def follow(options: argparse.Namespace, words: list[str]) -> int:
    """Print the events of each rig of --rig until all engines have ended, or ctrl+c."""
    rigs = rigs_named(options)
    width = max(len(rig.name) for rig in rigs)

    def show(rig: "ListedRig") -> Callable[[str], None]:
        if options.json:
            return lambda line: say(_with_rig(line, rig.name))
        return lambda line: say(f"{rig.name:<{width}}  {line}")

    async def follow_all() -> list[bool]:
        watching = asyncio.create_task(_readers_gone())
        following = asyncio.gather(*(_follow(rig, words, show(rig)) for rig in rigs))
        first: set[asyncio.Future[Any]] = {watching, following}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                raise BrokenPipeError
            return await following
        finally:
            watching.cancel()
            following.cancel()
            await asyncio.gather(watching, following, return_exceptions=True)

    with suppress(KeyboardInterrupt):  # ctrl+c is the way to end it
        return DONE if all(asyncio.run(follow_all())) else NOT_DONE
    return DONE


async def _follow(rig: "ListedRig", words: list[str], show: Callable[[str], None]) -> bool:
    """Follow one rig; return whether its engine ended in order.

    It has a connection of its own, as it lasts: those that share one have to wait for another.
    """
    from pmv_tui.rigs.ssh import Hosts
    from pmv_tui.rigs.trouble import HostTrouble

    hosts = Hosts()
    try:
        hear = _Lines(show).take
        done = await hosts.call_for(rig, words, timeout=None, most=KEPT, hear=hear)
        return show_trouble(Outcome(rig, done.code, None, said(done)))
    except HostTrouble as trouble:
        return show_trouble(Outcome(rig, None, None, str(trouble)))
    finally:
        await hosts.close()


class _Lines:
    """Makes lines of what comes in pieces."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._rest = b""

    def take(self, data: bytes) -> None:
        """Take a piece; each line that is whole is shown."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:LONGEST_LINE]
        for line in lines:
            self._show(line.decode(errors="replace"))


def _with_rig(line: str, rig: str) -> str:
    """Return an event's line of JSON with the rig that it is of; any other text as `output`."""
    with suppress(ValueError, RecursionError):
        if isinstance(event := json.loads(line), dict):
            return json.dumps({"rig": rig, **event})
    return json.dumps({"rig": rig, "output": line})


async def _readers_gone() -> None:
    """Wait until nobody reads what is printed any more."""
    reader = select.poll()
    reader.register(sys.stdout.fileno(), 0)
    while not reader.poll(0):
        await asyncio.sleep(LOOK)

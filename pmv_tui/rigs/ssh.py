"""Other machines by the user's own `ssh`: commands are run there, their sockets are reached."""

import asyncio
import sys
from collections.abc import Sequence

from pmv_tui.rigs.line import Line, local_path, remote_path
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.process import MOST, Finished, Hear, finished
from pmv_tui.rigs.remote import BY_LIST, FOR_RIG, NOT_THERE, Call, not_there, quote
from pmv_tui.rigs.trouble import LOCAL, HostTrouble, last_line

TIMEOUT = 30.0
"""Seconds that a command may take, with the log-in where there is no connection yet."""


class Hosts:
    """Machines that this process reaches, each by one connection that all who need it share.

    It is made where it is needed first, and again where it was lost. `LOCAL` is this machine, for
    which there is none. All of it is of one event loop.

    Parameters
    ----------
    compressed : whether what passes is: status that hardly changes becomes a fraction of its size,
        and images merely take time.
    """

    def __init__(self, *, compressed: bool = False) -> None:
        self._compressed = compressed
        self._lines: dict[str, asyncio.Task[Line]] = {}
        self._closed = False

    async def run(
        self,
        host: str,
        words: Sequence[str],
        *,
        timeout: float | None = TIMEOUT,
        given: bytes = b"",
        most: int = MOST,
        hear: Hear | None = None,
    ) -> Finished:
        """Run a command on a host.

        What it has begun there may go on when it is given up here.

        Parameters
        ----------
        words : the command and its arguments, as they are.
        timeout : seconds; None: without end.
        given : to its stdin.
        most : bytes that it may print to each of its streams.
        hear : is given stdout as it comes; see `finished`.

        Raises
        ------
        HostTrouble : the host was not reached, or the command took too long, or printed too much.
        """
        try:
            async with asyncio.timeout(timeout):
                if host == LOCAL:
                    return await finished(words, given, most, hear)
                line = await self.line(host)
                return await line.run(quote(words), given, most, hear)
        except TimeoutError:
            raise HostTrouble(f"no answer within {timeout:g} s; try again") from None

    async def call(
        self,
        host: str,
        arguments: Sequence[str],
        command: str = "",
        *,
        timeout: float | None = TIMEOUT,
        given: bytes = b"",
        most: int = MOST,
        hear: Hear | None = None,
    ) -> Finished:
        """Run `pmv-tui` on a host; what shells print there at a log-in is left out.

        Parameters
        ----------
        arguments : of its command line.
        command : how it is called there; empty: it is looked for.
        timeout, given, most, hear : as of `run`.

        Raises
        ------
        HostTrouble : also where there is no pmv-tui.
        """
        if host == LOCAL:
            own = [sys.executable, "-P", "-m", "pmv_tui"]
            if command:  # by sh, as on other machines: it may begin with ~
                own = ["sh", "-c", f'exec {command} "$@"', "sh"]
            words = ["/usr/bin/env", f"{FOR_RIG}={BY_LIST}", *own, *arguments]
            done = await self.run(host, words, timeout=timeout, given=given, most=most, hear=hear)
            if command and done.code in NOT_THERE:
                raise not_there(command, last_line(done.stderr))
            return done
        call = Call(arguments, command)
        hear = hear and call.heard(hear)
        words = call.words
        done = await self.run(host, words, timeout=timeout, given=given, most=most, hear=hear)
        return call.read(done)

    async def call_for(
        self,
        rig: ListedRig,
        arguments: Sequence[str],
        *,
        timeout: float | None = TIMEOUT,
        most: int = MOST,
        hear: Hear | None = None,
    ) -> Finished:
        """Run `pmv-tui` for a rig on its machine; see `call`.

        Parameters
        ----------
        arguments : of its command line, without --config.
        """
        words = [*rig.options, *arguments]
        return await self.call(rig.host, words, rig.command, timeout=timeout, most=most, hear=hear)

    async def forward(self, host: str, path: str) -> str:
        """Return the path of a unix socket here that leads to one on a host.

        It is there as long as the connection, and for this user alone. Whether somebody listens
        over there shows when it is connected to.

        Raises
        ------
        HostTrouble : it cannot be done.
        """
        if host == LOCAL:
            return local_path(path)
        return str(await (await self.line(host)).forward(remote_path(path)))

    async def line(self, host: str) -> Line:
        """Return the connection to a host, which is made where there is none.

        Raises
        ------
        HostTrouble : it cannot be made.
        """
        if self._closed:
            raise HostTrouble("no connections are made any more")
        task = self._lines.get(host)
        if task is None or _is_over(task):
            opening = _opened(host, compressed=self._compressed)
            task = self._lines[host] = asyncio.create_task(opening)
        # Who gives up waiting does not take it from the others.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End all connections; nothing of them is left, and no more are made."""
        self._closed = True
        tasks, self._lines = list(self._lines.values()), {}
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Line):
                await outcome.close()


async def _opened(host: str, *, compressed: bool) -> Line:
    line = Line(host, compressed=compressed)
    await line.open()
    return line


def _is_over(task: asyncio.Task[Line]) -> bool:
    """Whether a connection was lost, or could not be made."""
    if not task.done():
        return False
    return task.cancelled() or task.exception() is not None or task.result().ended.is_set()

"""Programs on this machine that can ask nothing, and whose output is bounded."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from pmv_tui.rigs.trouble import HostTrouble, last_line

MOST = 1_000_000
"""Bytes that a command may print to each of its two streams, unless its caller says otherwise."""

ENDING = 1.0
"""Seconds that a program may take to be gone when it was killed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.

    Parameters
    ----------
    code : its exit code.
    """

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def complaint(self) -> str:
        """What a `pmv-tui` said last on stderr, fit to be shown; empty where it said nothing."""
        return last_line(self.stderr).removeprefix("pmv-tui: ")


def unasking() -> dict[str, Any]:
    """Return how to start a program that is to ask nothing: a session of its own has no terminal.

    Of jump hosts' `ssh` the user's config alone says what it may ask.
    """
    environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
    environment.pop("SSH_ASKPASS", None)
    return {"env": environment, "start_new_session": True}


def not_started(program: str, error: OSError) -> HostTrouble:
    """Return why a program did not start."""
    remedy = "; install OpenSSH's client" if program == "ssh" else ""
    return HostTrouble(f"{program} cannot be started: {error.strerror}{remedy}")


Hear = Callable[[bytes], object]
"""Is given what a program prints to stdout, as it comes; what it raises ends the program."""


async def finished(
    command: Sequence[str], given: bytes = b"", most: int = MOST, hear: Hear | None = None
) -> Finished:
    """Run a program to its end, which comes at the latest with this call's.

    Parameters
    ----------
    given : to its stdin.
    most : bytes that it may print to each of its streams.
    hear : then stdout may go on without end, and only its first `most` bytes are kept.

    Raises
    ------
    HostTrouble : it prints more, or cannot be started.
    """
    running = _Running(most, hear)
    try:
        await asyncio.get_running_loop().subprocess_exec(lambda: running, *command, **unasking())
    except OSError as error:
        raise not_started(command[0], error) from None
    try:
        running.give(given)
        return await running.finished
    finally:
        await running.end()


class _Running(asyncio.SubprocessProtocol):
    """A program that runs; `asyncio` calls it."""

    def __init__(self, most: int, hear: Hear | None) -> None:
        self._most = most
        self._hear = hear
        self._gone = asyncio.Event()
        self._printed = {1: bytearray(), 2: bytearray()}
        self.finished: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def give(self, given: bytes) -> None:
        """Give it its whole input."""
        stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        stdin.write(given)
        stdin.write_eof()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what it prints, unless that is too much."""
        if fd == 1 and self._hear is not None:
            self._pass_on(data, self._hear)
            return
        self._printed[fd] += data
        if len(self._printed[fd]) > self._most and not self.finished.done():
            text = f"it prints more than {self._most} bytes, and was ended"
            self.finished.set_exception(HostTrouble(text))

    def _pass_on(self, data: bytes, hear: Hear) -> None:
        if self.finished.done():
            return
        self._printed[1] += data[: self._most - len(self._printed[1])]
        try:
            hear(data)
        except Exception as error:  # noqa: BLE001 - it is raised where the end is waited for
            self.finished.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Note its end."""
        self._gone.set()
        if not self.finished.done():
            code = cast("int", self._transport.get_returncode())
            self.finished.set_result(Finished(code, *map(bytes, self._printed.values())))

    async def end(self) -> None:
        """Leave nothing of it; only what waits for a disk without end may stay."""
        if self._transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._transport.get_pid(), signal.SIGKILL)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), ENDING)
        finally:  # who waits may be cancelled once more
            self._transport.close()

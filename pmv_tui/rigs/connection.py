"""One rig's connection: found by `pmv-tui where` on its machine, kept, and made again when lost."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.rigs.line import Line
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import TIMEOUT, Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble, last_line, shown
from pmv_tui.wire.status import PROTOCOL_VERSION, why_not_understood

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
"""Seconds from a failure to the next try: doubled each time, up to the longest."""

LASTING_DELAY = 300.0
"""The same where only a person can help: a machine may lock out who is refused again and again."""

SETTLED_AFTER = 10.0
"""Seconds of a connection after which a failure is taken for a new trouble."""

MOST = 65_536
"""Bytes that `pmv-tui where` may print."""

ASKING = 5.0
"""Seconds in which an engine has to answer."""

STARTING = 45.0
"""Seconds in which an engine is started, with the log-in."""


class Where(NamedTuple):
    """What `pmv-tui where` says of a rig.

    Parameters
    ----------
    socket : the control socket's path there.
    pid : of the engine; None where none runs.
    protocol, version : of the pmv-tui that is installed there.
    """

    socket: str
    config: str
    log: str
    pid: int | None
    protocol: int
    version: str
    host: str


class NoEngine(HostTrouble):
    """All is well, but that no engine runs there."""


class RigConnection:
    """Keeps a way open to the control socket of one rig's engine.

    Parameters
    ----------
    rig : where it is.
    hosts : shared by all rigs.
    changed : called when what is known of it has changed.
    """

    def __init__(
        self, rig: ListedRig, hosts: Hosts, changed: Callable[[], object] = lambda: None
    ) -> None:
        self.rig = rig
        self._hosts = hosts
        self._changed = changed
        self._hurry = asyncio.Event()
        self._start_engine = False
        self.state: Literal["connecting", "connected", "waiting"] = "connecting"
        self.why = ""
        """Why there is none, and what to do, in words; empty before the first try and after one
        that succeeded."""
        self.no_engine = False
        """Whether all that is missing is an engine, which `start_engine` starts."""
        self.retry_at = 0.0
        """When it is tried again, monotonic, s; while it waits."""
        self.endpoint = ""
        """Where the engine is asked, as ZeroMQ names it; as long as it is connected."""
        self.where: Where | None = None
        """What was last known of the rig."""

    async def run(self) -> None:
        """Connect, and again after each loss, until cancelled."""
        delay = FIRST_DELAY
        while True:
            self._hurry.clear()
            began = time.monotonic()
            try:
                await self._connect()
                trouble = await self._lost()
            except HostTrouble as why:
                trouble = why
            except OSError as error:  # of this machine: no more open files, say
                trouble = HostTrouble(f"{error.strerror}; see what else runs here")
            if time.monotonic() - began > SETTLED_AFTER and self.state == "connected":
                delay = FIRST_DELAY
            await self._wait(trouble, LASTING_DELAY if trouble.lasting else delay)
            delay = min(2 * delay, LONGEST_DELAY)

    def hurry(self) -> None:
        """Try at once; while it is connected, see at once whether the engine still answers."""
        self._hurry.set()

    def start_engine(self) -> None:
        """Try at once, and start an engine there, once, where none runs."""
        self._start_engine = True
        self.hurry()

    async def _connect(self) -> None:
        """Find the engine, and reach its control socket.

        Raises
        ------
        HostTrouble : it cannot be done.
        """
        self._become("connecting", self.why)
        self.where = where = await self._find()
        if where.protocol != PROTOCOL_VERSION:
            raise HostTrouble(
                f"its pmv-tui is of version {where.version}, which this one does not understand; "
                "install the same version on both machines",
                lasting=True,
            )
        if where.pid is None:
            raise NoEngine("no engine runs there")
        self.endpoint = f"ipc://{await self._hosts.forward(self.rig.host, where.socket)}"
        await self._ask()
        self.no_engine = False
        self._become("connected")

    async def _find(self) -> Where:
        """Ask the rig's machine where the engine is, or have it started there."""
        start, self._start_engine = self._start_engine, False
        words = ["where", "--json", *(["--start"] if start else [])]
        timeout = STARTING if start else TIMEOUT
        done = await self._hosts.call_for(self.rig, words, timeout=timeout, most=MOST)
        if done.code:
            raise HostTrouble(done.complaint)
        return read_where(done.stdout)

    async def _ask(self) -> None:
        """See that the engine answers, and is understood."""
        client = AsyncControlClient(self.endpoint)
        try:
            reply = await client.request("snapshot", timeout=ASKING)
        except EngineGone as silence:
            raise HostTrouble(
                f"its engine cannot be asked ({silence}): see pmv-tui status there, that its "
                "sshd_config does not switch AllowStreamLocalForwarding off, and what permitopen "
                "of a restricted key allows"
            ) from None
        finally:
            client.close()
        try:
            foreign = why_not_understood(reply["snapshot"])
        except (KeyError, TypeError):
            raise HostTrouble("what answers there is no engine", lasting=True) from None
        if foreign:
            raise HostTrouble(f"its engine {shown(foreign)}; restart that engine", lasting=True)

    async def _lost(self) -> HostTrouble:
        """Wait until there is no connection to the host any more, and return why.

        Raises
        ------
        HostTrouble : no engine answers there any more.
        """
        while True:
            line = None if self.rig.host == LOCAL else await self._hosts.line(self.rig.host)
            if not await self._asked_to_look(line) and line:
                return line.why_ended()
            self._hurry.clear()
            try:
                await self._ask()
            except HostTrouble:
                await self._connect()

    async def _asked_to_look(self, line: Line | None) -> bool:
        """Wait until it is to be looked at, True, or the connection to the host has ended."""
        waits = [asyncio.create_task(self._hurry.wait())]
        if line is not None:
            waits.append(asyncio.create_task(line.ended.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        return line is None or not line.ended.is_set()

    async def _wait(self, trouble: HostTrouble, delay: float) -> None:
        """Wait until the next try."""
        self.endpoint = ""
        self.no_engine = isinstance(trouble, NoEngine)
        self.retry_at = time.monotonic() + delay
        self._become("waiting", str(trouble))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), delay)

    def _become(self, state: Literal["connecting", "connected", "waiting"], why: str = "") -> None:
        self.state, self.why = state, why
        self._changed()


def read_where(printed: bytes) -> Where:
    """Read what `pmv-tui where --json` prints.

    Raises
    ------
    HostTrouble : it is something else.
    """
    try:
        said: Any = json.loads(printed)
        where = Where(*(said[name] for name in Where._fields))
    except (ValueError, RecursionError, KeyError, TypeError):
        where = None
    texts = where and (where.socket, where.config, where.log, where.version, where.host)
    if (
        where is None
        or not all(isinstance(each, str) for each in texts or ())
        or not is_whole(where.protocol)
        or not (where.pid is None or is_whole(where.pid))
    ):
        raise HostTrouble(
            f"its pmv-tui does not say where its engine is ({last_line(printed)}); install the "
            "same version on both machines",
            lasting=True,
        )
    return where._replace(version=shown(where.version), host=shown(where.host))


def is_whole(value: Any) -> bool:
    """Whether what another machine says is a number that counts or names something."""
    return type(value) is int and 0 <= value < 2**63
